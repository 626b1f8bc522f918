"""How sure is a figure when one account places several orders?

Orders of one account resemble each other, so the influences of its orders are summed before they are
squared. The same rule serves plain rates and modelled ones.

Source: Liang, Zeger, "Longitudinal data analysis using generalized linear models", Biometrika 1986.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.sparse import csr_array
from scipy.special import stdtr, stdtrit

from interlock.analytics.drivers.factors import Mask
from interlock.analytics.drivers.logistic import Cells, Codes, Fit, Floats
from interlock.analytics.drivers.standardise import Influence, Standardised


@dataclass(frozen=True)
class Errors:
    """Standard errors of standardised figures, shape (levels,)."""

    difference: Floats
    log_ratio: Floats
    attributable: Floats


class Spread:
    """Turns influences per cell into standard errors over accounts, for one fitted model."""

    def __init__(self, cells: Cells, fit: Fit, happened: Mask, account: Codes) -> None:
        """`happened` and `account` have one entry per order; accounts are any codes."""
        names, place = np.unique(account, return_inverse=True)
        shape = (len(names), len(cells.n))
        residual = happened - fit.expected[cells.of]
        self._counts = csr_array((np.ones(len(place)), (place, cells.of)), shape=shape)
        self._scores = csr_array((residual, (place, cells.of)), shape=shape) @ cells.design
        self._scale = np.sqrt(len(names) / max(len(names) - 1, 1)) / len(place)

    def errors(self, found: Standardised) -> Errors:
        """Return the errors of differences, log ratios and attributable shares."""
        with_, without = self._summed(found.with_level.influence), self._summed(found.without.influence)
        return Errors(
            difference=self._length(with_ - without),
            log_ratio=self._length(with_ / found.with_level.value - without / found.without.value),
            attributable=self._length(self._summed(found.attributable.influence)),
        )

    def _summed(self, influence: Influence) -> Floats:
        return np.asarray(self._counts @ influence.base + self._scores @ influence.direction)

    def _length(self, sums: Floats) -> Floats:
        return np.asarray(np.sqrt((sums * sums).sum(axis=0)) * self._scale)


def summed_variance(influence: Floats, account: Codes) -> float:
    """Return the variance of a sum of influences, orders of one account taken together.

    Args:
        influence: shape (orders,), mean about 0.
        account: shape (orders,), codes >= 0; no orders are allowed.

    Returns:
        A variance >= 0 with the correction g / (g - 1) for g accounts; infinite below two accounts.
    """
    accounts = distinct(account)
    if accounts < 2:
        return float("inf")
    sums = np.bincount(account, influence)
    return float(np.square(sums).sum()) * accounts / (accounts - 1)


def distinct(account: Codes) -> int:
    """Return how many accounts there are."""
    return int(np.count_nonzero(np.bincount(account))) if len(account) else 0


@lru_cache(maxsize=4096)
def quantile(accounts: int, level: float = 0.95) -> float:
    """Return the two-sided multiplier for an interval that rests on this many accounts; t, not normal."""
    return float(stdtrit(max(accounts - 1, 1), 0.5 + level / 2))


def two_sided(statistic: float, accounts: int) -> float:
    """Return the probability of a statistic at least this far from 0 when there is no difference."""
    return float(2 * stdtr(max(accounts - 1, 1), -abs(statistic)))
