"""What would have been usual, and how far is it exceeded? Figures for people; what rings is decided elsewhere.

Counts of people are over-dispersed: they scatter more widely than a Poisson count of the same mean. `spread`, the
variance over the mean, widens every interval here; at 1 they are those of Poisson.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, gammaincc, gammaincinv, nbdtrik, pdtrik

Counts = NDArray[np.float64]
DAY, WEEK = 24, 168  # hours
LEAST_HOURS = WEEK  # a week: before, nobody knows how its days differ
_LOW, _HIGH = 0.025, 0.975


def times_interval(times: float, usual: float, spread: float, ticks: float) -> tuple[float, float]:
    """Return the 95 % interval of how many times the usual a pace is.

    The pace is a fading mean of so many ticks, as good as an even mean of 2 * ticks - 1; the interval is Garwood's for
    a Poisson count, with all counts divided by the spread.

    Args:
        times: pace over usual, >= 0.
        usual: expected count of a tick, > 0; taken as known.
        spread: variance over mean of a tick's count; below 1 it is taken as 1.
        ticks: span of the fading mean, >= 1.

    Returns:
        Low and high, 0 <= low <= times <= high.
    """
    wide = max(spread, 1.0)
    worth = usual * (2 * ticks - 1) / wide
    cases = times * worth
    low = float(gammaincinv(cases, _LOW)) if cases > 0 else 0.0
    high = float(gammaincinv(cases + 1, _HIGH))
    return low / worth, high / worth


@dataclass(frozen=True)
class UsualWeek:
    """Expected counts by hour of the week, shape (168,), from Monday 0:00; and their spread, >= 1."""

    expected: Counts
    spread: float

    def between(self) -> tuple[Counts, Counts]:
        """Limits between which 95 of 100 quiet hours lie, by hour of the week; shape (168,) each."""
        if self.spread <= 1:
            return _poisson(_LOW, self.expected), _poisson(_HIGH, self.expected)
        # A negative binomial of this mean whose variance is the spread times as large.
        size = np.maximum(self.expected, 1e-9) / (self.spread - 1)
        return _negative_binomial(_LOW, size, 1 / self.spread), _negative_binomial(
            _HIGH, size, 1 / self.spread
        )


# `scipy.stats` has both quantiles, and takes every process a second to load.
def _poisson(chance: float, mean: Counts) -> Counts:
    return _least(chance, pdtrik(chance, mean), lambda count: gammaincc(count + 1, mean))


def _negative_binomial(chance: float, size: Counts, share: float) -> Counts:
    return _least(chance, nbdtrik(chance, size, share), lambda count: betainc(size, count + 1, share))


def _least(chance: float, near: Counts, at_most: Callable[[Counts], Counts]) -> Counts:
    """Return the least counts of at least this chance, from the solution over all real numbers."""
    found = np.ceil(np.maximum(near, 0))
    below = np.maximum(found - 1, 0)
    return np.where(at_most(below) >= chance, below, found)


def usual_week(counts: Counts, first_hour: int) -> UsualWeek | None:
    """Learn what is usual from counts by the hour: the mean, times a factor of the hour, times one of the weekday.

    Args:
        counts: shape (h,), one an hour without gaps, >= 0.
        first_hour: hour of the week of the first, 0 (Monday 0:00) to 167.

    Returns:
        None for less than a week of hours.
    """
    if counts.size < LEAST_HOURS:
        return None
    of_week = (first_hour + np.arange(counts.size)) % WEEK
    hour, day = of_week % DAY, of_week // DAY
    mean = counts.mean()
    if mean == 0:
        return UsualWeek(np.zeros(WEEK), 1.0)
    by_hour = np.bincount(hour, counts, DAY) / np.bincount(hour, minlength=DAY) / mean
    by_day = np.bincount(day, counts, WEEK // DAY) / np.bincount(day, minlength=WEEK // DAY) / mean
    expected = mean * np.outer(by_day, by_hour).ravel()
    fitted = expected[of_week]
    said = fitted > 0
    freedom = max(1, counts.size - DAY - WEEK // DAY + 1)
    spread = float(((counts[said] - fitted[said]) ** 2 / fitted[said]).sum() / freedom)
    return UsualWeek(expected, max(1.0, spread))
