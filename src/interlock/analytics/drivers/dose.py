"""Does more of a factor go with more of the outcome?

A table of bins, each with its plain rate and an interval. The interval is Wilson's at the effective number
of orders: several orders of one account that resemble each other count for less.

Source: Wilson, "Probable inference", JASA 1927; Kish, "Survey Sampling", 1965 (design effect).
"""

import numpy as np

from interlock.analytics.drivers.clusters import summed_variance
from interlock.analytics.drivers.estimate import Population
from interlock.analytics.drivers.factors import Codes, Dose, Mask
from interlock.analytics.finding import GroupRate
from interlock.analytics.statistics import wilson


def dose_table(dose: Dose | None, population: Population) -> tuple[GroupRate, ...]:
    """Return a row per bin that any order is in; empty without a dose."""
    if dose is None:
        return ()
    known = ~np.isnan(dose.measure)
    bins = np.where(known, np.searchsorted(dose.edges, np.nan_to_num(dose.measure), "right"), -1)
    return tuple(
        _row(label, population.happened[bins == i], population.account[bins == i])
        for i, label in enumerate(dose.labels)
        if (bins == i).any()
    )


def _row(label: str, happened: Mask, account: Codes) -> GroupRate:
    n, x = len(happened), int(happened.sum())
    rate = x / n
    low, high = rate_interval(happened, account)
    return GroupRate(label, x, n, rate, low, high, expected=None, subject=False)


def rate_interval(happened: Mask, account: Codes) -> tuple[float, float]:
    """Return the 95 % interval of the rate among one or more orders."""
    effective = len(happened) / design_effect(happened, account)
    low, high = wilson(float(happened.mean()) * effective, effective)
    return float(low), float(high)


def design_effect(happened: Mask, account: Codes) -> float:
    """Return how many times the variance of a rate exceeds that of independent orders; at least 1."""
    n, rate = len(happened), float(happened.mean())
    independent = n * rate * (1 - rate)
    if independent == 0 or n < 2:
        return 1.0
    clustered = summed_variance(happened.astype(np.float64) - rate, account)
    return max(1.0, clustered / independent) if np.isfinite(clustered) else float(n)
