"""T2 and T4: shares with an interval, a share against a target, two shares compared.

Source: Wilson, JASA 22 (1927); Newcombe, Statistics in Medicine 17 (1998), method 10;
clusters by the design effect of a ratio estimate (Cochran, "Sampling Techniques", ch. 9).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, ndtri

Floats = NDArray[np.float64]

MIN_SIDE = 100  # cases a side before a difference is priced
_MIN_STRATUM = 30


def wilson(x: Floats | float, n: Floats | float, level: float = 0.95) -> tuple[Floats, Floats]:
    """Return the Wilson interval of x of n.

    Args:
        x: events, any shape, 0 <= x <= n.
        n: cases, same shape, may be fractional (effective cases).
        level: coverage, 0 to 1.

    Returns:
        Lower and upper ends, each in 0 to 1; (0, 1) where n is 0.
    """
    events, cases = np.asarray(x, dtype=float), np.asarray(n, dtype=float)
    z = float(ndtri(0.5 + level / 2))
    safe = np.where(cases > 0, cases, 1.0)
    share = events / safe
    middle = share + z * z / (2 * safe)
    half = z * np.sqrt(np.maximum(share * (1 - share), 0) / safe + z * z / (4 * safe * safe))
    scale = 1 + z * z / safe
    low = np.where(cases > 0, np.clip((middle - half) / scale, 0, 1), 0.0)
    high = np.where(cases > 0, np.clip((middle + half) / scale, 0, 1), 1.0)
    return low, high


def share_above(x: Floats, n: Floats, target: Floats | float) -> Floats:
    """T2: return the one-sided exact p-value against "the share is at most target".

    Shapes (g,); 1.0 where x is 0 or n is 0; range 0 to 1.
    """
    some = (x > 0) & (n > 0)
    tail = betainc(np.where(some, x, 1.0), np.where(some, n - x + 1, 1.0), target)
    return np.where(some, tail, 1.0)


@dataclass(frozen=True)
class Side:
    """Sums over clusters (accounts) of one side of a comparison.

    Attributes:
        n: cases; x: events; nn, xx, xn: sums over clusters of n², x² and x·n.
    """

    n: float
    x: float
    nn: float
    xx: float
    xn: float

    @property
    def share(self) -> float:
        """Events over cases, 0 to 1; 0.0 without cases."""
        return self.x / self.n if self.n else 0.0

    @property
    def design_effect(self) -> float:
        """How much clusters inflate the variance of the share; at least 1."""
        p = self.share
        plain = p * (1 - p) * self.n
        if plain <= 0:
            return 1.0
        return max(1.0, (self.xx - 2 * p * self.xn + p * p * self.nn) / plain)


@dataclass(frozen=True)
class Difference:
    """share(left) − share(right) with an interval, −1 to 1, and its standard error."""

    value: float
    low: float
    high: float
    error: float
    n_left: int
    n_right: int


def difference(left: Side, right: Side, level: float = 0.95) -> Difference | None:
    """T4: compare two shares by Newcombe's interval on effective cases.

    Returns:
        The difference; None until both sides have 100 cases ("not yet known").
    """
    return None if min(left.n, right.n) < MIN_SIDE else _compare(left, right, level)


def _compare(left: Side, right: Side, level: float) -> Difference:
    (p1, l1, u1), (p2, l2, u2) = (_with_interval(side, level) for side in (left, right))
    below = p1 - p2 - float(np.hypot(p1 - l1, u2 - p2))
    above = p1 - p2 + float(np.hypot(u1 - p1, p2 - l2))
    error = (above - below) / (2 * float(ndtri(0.5 + level / 2)))
    return Difference(p1 - p2, max(below, -1.0), min(above, 1.0), error, int(left.n), int(right.n))


def _with_interval(side: Side, level: float) -> tuple[float, float, float]:
    cases = side.n / side.design_effect
    low, high = wilson(side.share * cases, cases, level)
    return side.share, float(low), float(high)


def pooled(sides: Sequence[Side]) -> Side:
    """Return the sums of several sides; a side without cases for none."""
    return Side(*(float(sum(getattr(side, name) for side in sides)) for name in ("n", "x", "nn", "xx", "xn")))


def difference_within(pairs: Sequence[tuple[Side, Side]], level: float = 0.95) -> Difference | None:
    """T4 within strata: compare left with right in each stratum, weighted by the left side's cases.

    Args:
        pairs: (left, right) per stratum; strata with fewer than 30 cases a side are left out.
        level: coverage of the interval, 0 to 1.

    Returns:
        The difference for the left side's own mix; None until both sides have 100 cases.
    """
    used = [pair for pair in pairs if min(pair[0].n, pair[1].n) >= _MIN_STRATUM]
    left, right = pooled([pair[0] for pair in used]), pooled([pair[1] for pair in used])
    if min(left.n, right.n) < MIN_SIDE:
        return None
    if len(used) == 1:
        return difference(*used[0], level)
    value = error = 0.0
    for one, other in used:
        found = _compare(one, other, level)
        value += found.value * one.n / left.n
        error += (found.error * one.n / left.n) ** 2
    half = float(np.sqrt(error)) * float(ndtri(0.5 + level / 2))
    return Difference(value, value - half, value + half, float(np.sqrt(error)), int(left.n), int(right.n))
