"""How often does the outcome happen at a level and elsewhere, before anything is adjusted for?

Counts, rates and the risk ratio with an interval by the log method, robust to several orders of one account.

Source: Katz et al., "Obtaining confidence intervals for the risk ratio in cohort studies", Biometrics
1978; clusters as in Liang, Zeger 1986.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import exp, log, sqrt

import numpy as np

from interlock.analytics.drivers.clusters import quantile
from interlock.analytics.drivers.factors import Codes, Floats, Mask

HUGEST_LOG = 700.0  # e^700 is the last power that a double holds
FEWEST = 30  # orders on either side below which nothing is said, as in the common test kit
FEWEST_OUTCOMES = 5.0  # outcomes expected on the smaller side if there were no difference


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95 % interval."""

    mid: float
    low: float
    high: float


@dataclass(frozen=True)
class Plain:
    """x outcomes of n orders at a level and at the other known levels; `accounts` on the smaller side."""

    n_with: int
    n_without: int
    x_with: int
    x_without: int
    accounts: int
    ratio: Interval | None

    @property
    def enough(self) -> bool:
        """Whether both sides hold orders and outcomes enough to compare them."""
        smaller, n = min(self.n_with, self.n_without), self.n_with + self.n_without
        if smaller < FEWEST:
            return False
        share = (self.x_with + self.x_without) / n
        return smaller * min(share, 1 - share) >= FEWEST_OUTCOMES


def plain_rates(codes: Codes, levels: Iterable[int], happened: Mask, account: Codes) -> list[Plain]:
    """Return the plain comparison of each level with the others.

    Args:
        codes: shape (orders,), level per order, -1 for not known; such orders count on neither side.
        levels: those to compare.
        happened, account: shape (orders,); accounts are codes >= 0.
    """
    known = np.flatnonzero(codes >= 0)
    everyone = _Side.of(known, happened, account)
    return [
        _compare(_Side.of(np.flatnonzero(codes == level), happened, account), everyone) for level in levels
    ]


@dataclass(frozen=True)
class _Side:
    """Orders and outcomes per account."""

    n: Floats
    x: Floats

    @classmethod
    def of(cls, rows: Codes, happened: Mask, account: Codes) -> "_Side":
        accounts = int(account.max()) + 1 if len(account) else 0
        owner = account[rows]
        return cls(
            np.bincount(owner, minlength=accounts).astype(float), np.bincount(owner, happened[rows], accounts)
        )

    def without(self, other: "_Side") -> "_Side":
        return _Side(self.n - other.n, self.x - other.x)


def _compare(with_: _Side, everyone: _Side) -> Plain:
    without = everyone.without(with_)
    n1, n0 = int(with_.n.sum()), int(without.n.sum())
    smaller = with_ if n1 <= n0 else without
    accounts = int(np.count_nonzero(smaller.n))
    x1, x0 = round(float(with_.x.sum())), round(float(without.x.sum()))
    return Plain(n1, n0, x1, x0, accounts, _ratio(with_, without, accounts))


def _ratio(with_: _Side, without: _Side, accounts: int) -> Interval | None:
    """Where a side has no outcome, half an outcome is added to both sides."""
    n1, n0, x1, x0 = (float(part.sum()) for part in (with_.n, without.n, with_.x, without.x))
    if n1 == 0 or n0 == 0 or x1 + x0 == 0:
        return None
    add = 0.0 if x1 and x0 else 0.5
    r1, r0 = (x1 + add) / (n1 + add), (x0 + add) / (n0 + add)
    sums = (with_.x - r1 * with_.n) / (n1 * r1) - (without.x - r0 * without.n) / (n0 * r0)
    groups = int(np.count_nonzero(with_.n + without.n))
    error = sqrt(float(np.square(sums).sum()) * groups / max(groups - 1, 1))
    if add:  # the sandwich is 0 on an empty side; the textbook variance is not
        error = max(error, sqrt(1 / (x1 + add) - 1 / (n1 + add) + 1 / (x0 + add) - 1 / (n0 + add)))
    return ratio_interval(log(r1 / r0), quantile(accounts) * error)


def ratio_interval(log_ratio: float, reach: float) -> Interval:
    """Return a ratio with its interval from the log scale."""
    low, high = (
        exp(float(np.clip(end, -HUGEST_LOG, HUGEST_LOG))) for end in (log_ratio - reach, log_ratio + reach)
    )
    return Interval(exp(log_ratio), low, high)
