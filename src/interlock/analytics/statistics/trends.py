"""T3: is this week's count beyond what its own past leads one to expect?

Weekly: a quasi-Poisson limit on the 2/3-power scale, where counts are nearly normal.
Daily: a CUSUM that adds up small excesses until they pass a limit.

Source: Farrington et al., JRSS A 159 (1996), section 3.7; Page, Biometrika 41 (1954).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

Floats = NDArray[np.float64]

LEVEL = 0.99
MIN_PAST = 12  # weeks of past needed before a limit means anything


@dataclass(frozen=True)
class Limit:
    """The expected count of a week, the limit it should not pass, and the dispersion (>= 1)."""

    expected: float
    limit: float
    dispersion: float


def weekly_limit(past: Floats, exposure: Floats, exposure_now: float, level: float = LEVEL) -> Limit | None:
    """Return the limit of a week's count, from the weeks before it.

    Args:
        past: counts of earlier weeks, shape (w,), >= 0.
        exposure: volume of the same weeks (orders, say), shape (w,), > 0.
        exposure_now: volume of the week judged, > 0.
        level: one-sided probability that a quiet week stays below, 0 to 1.

    Returns:
        The limit; None with fewer than 12 past weeks or without volume.
    """
    return stratified_limit(past[None, :], exposure[None, :], np.array([exposure_now]), level)


def stratified_limit(
    past: Floats, exposure: Floats, exposure_now: Floats, level: float = LEVEL
) -> Limit | None:
    """Return the limit of a week's count over several strata (sources, say), each expected at its own rate.

    Args:
        past: counts of earlier weeks, shape (s, w), >= 0.
        exposure: volume of the same weeks, shape (s, w), >= 0; 0 where a stratum was not there.
        exposure_now: volume of the week judged, shape (s,), >= 0.
        level: one-sided probability that a quiet week stays below, 0 to 1.

    Returns:
        The limit; None with fewer than 12 past weeks or without volume.
    """
    if past.shape[1] < MIN_PAST or exposure_now.sum() <= 0 or exposure.sum() <= 0:
        return None
    rate = past.sum(axis=1) / np.maximum(exposure.sum(axis=1), 1e-9)
    parts = rate * exposure_now
    expected = float(parts.sum())
    counted, awaited = past.sum(axis=0), np.maximum(rate @ exposure, 1e-9)
    dispersion = max(1.0, float(((counted - awaited) ** 2 / awaited).sum() / (counted.size - 1)))
    variance = dispersion * (expected + float((parts**2 / np.maximum(past.sum(axis=1), 1.0)).sum()))
    z = float(ndtri(level))
    if expected <= 0:
        return Limit(0.0, 0.0, dispersion)
    spread = (2 / 3) * expected ** (-1 / 3) * np.sqrt(variance)
    return Limit(expected, float((expected ** (2 / 3) + z * spread) ** 1.5), dispersion)


def cusum(counts: Floats, expected: Floats, *, times: float = 1.5, limit: float = 4.0) -> int | None:
    """Return the index of the first day on which a rise to `times` the expected is certain.

    Args:
        counts: shape (d,), >= 0.
        expected: quiet counts of the same days, shape (d,), > 0.
        times: the rise to look for, > 1.
        limit: log-likelihood at which to ring; 4 rings falsely about once in 55 quiet days a unit.

    Returns:
        A day's index, or None if the limit was never passed.
    """
    gains = counts * np.log(times) - expected * (times - 1)
    total = 0.0
    for day, gain in enumerate(gains):
        total = max(0.0, total + float(gain))
        if total > limit:
            return day
    return None
