"""How sure is a figure when one account places several orders?

Orders of one account resemble each other, so the influences of its orders are summed before they are
squared. The same two functions serve plain rates and modelled ones.

Source: Liang, Zeger, "Longitudinal data analysis using generalized linear models", Biometrika 1986.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


def summed_variance(influence: Floats, account: Codes) -> float:
    """Return the variance of a sum of influences, orders of one account taken together.

    Args:
        influence: shape (orders,), mean about 0.
        account: shape (orders,), codes >= 0; 0 orders are allowed.

    Returns:
        A variance >= 0 with the correction g / (g - 1) for g accounts; infinite below two accounts.
    """
    if len(account) == 0:
        return float("inf")
    sums = np.bincount(account, influence)
    accounts = int((np.bincount(account) > 0).sum())
    if accounts < 2:
        return float("inf")
    return float(sums @ sums) * accounts / (accounts - 1)


def distinct(account: Codes) -> int:
    """Return how many accounts there are."""
    return int((np.bincount(account) > 0).sum()) if len(account) else 0


def quantile(accounts: int, level: float = 0.95) -> float:
    """Return the two-sided multiplier for an interval that rests on this many accounts; t, not normal."""
    return float(t.ppf(0.5 + level / 2, max(accounts - 1, 1)))


def two_sided(statistic: float, accounts: int) -> float:
    """Return the probability of a statistic at least this far from 0 when there is no difference."""
    return float(2 * t.sf(abs(statistic), max(accounts - 1, 1)))
