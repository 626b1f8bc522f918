"""How much do several uncertain amounts come to together?

The ends of intervals must not be added: that would say that everything goes wrong at once. The amounts are
drawn again and again, each independently of the others, and the interval of the sums is read off.

Each amount is drawn from a two-piece normal whose median is the middle and whose 5th and 95th percentile are
the ends given, floored at 0: money at stake is not negative (Wallis, "The two-piece normal", Stat. Sci. 2014).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# The 95th percentile of a standard normal: the ends given hold 90 in 100.
_END = 1.6448536269514722
DRAWS = 4000


@dataclass(frozen=True)
class Total:
    """The sum in minor units; low and high bound it 90 times in 100 of `draws`; `parts` amounts went in."""

    low: int
    mid: int
    high: int
    parts: int
    draws: int


def total_of(amounts: Sequence[tuple[int, int, int]], *, seed: int = 1, draws: int = DRAWS) -> Total:
    """Return the interval of a sum of independent amounts.

    Args:
        amounts: (low, mid, high) each, minor units, low <= mid <= high, ends at the 5th and 95th percentile.
        seed: the same seed gives the same interval, so that a page does not change by being read again.
        draws: how often the sum is drawn.

    Returns:
        The 5th, 50th and 95th percentile of the sum; one amount is returned as it is; zeros for none.
    """
    if len(amounts) < 2:
        low, mid, high = amounts[0] if amounts else (0, 0, 0)
        return Total(low, mid, high, len(amounts), 0)
    ends = np.asarray(amounts, dtype=np.float64)
    sums = _drawn(ends, np.random.default_rng(seed), draws).sum(axis=1)
    low, mid, high = (round(end) for end in np.quantile(sums, (0.05, 0.5, 0.95)))
    return Total(low, mid, high, len(amounts), draws)


def part_of(amounts: Sequence[tuple[int, int, int]], inside: Sequence[bool], *, seed: int = 1) -> int:
    """Return the middle of the sum of some of the amounts, from the very draws of the whole sum.

    Args:
        amounts: as for `total_of`.
        inside: for each amount whether it belongs to the part.
        seed: as for `total_of`.

    Returns:
        Minor units; never more than the middle of the whole, and the same where all belong to it.
    """
    if len(amounts) < 2:
        return sum(mid for (_low, mid, _high), chosen in zip(amounts, inside, strict=True) if chosen)
    sums = _drawn(np.asarray(amounts, dtype=np.float64), np.random.default_rng(seed), DRAWS)
    return round(np.median(sums[:, np.asarray(inside, dtype=bool)].sum(axis=1)))


def _drawn(ends: NDArray[np.float64], rng: np.random.Generator, draws: int) -> NDArray[np.float64]:
    """Return draws of each amount, shape (draws, amounts)."""
    low, mid, high = ends.T
    normal = rng.standard_normal((draws, len(ends)))
    spread = np.where(normal < 0, mid - low, high - mid) / _END
    return np.asarray(np.maximum(mid + normal * spread, 0.0))
