"""Does more of a factor go with more of the outcome?

A table of bins, each with its plain rate and an interval. The interval is Wilson's at the effective number
of orders: several orders of one account that resemble each other count for less.

Source: Wilson, "Probable inference", JASA 1927; Kish, "Survey Sampling", 1965 (design effect).
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np

from interlock.analytics.drivers.clusters import summed_variance
from interlock.analytics.drivers.estimate import Population
from interlock.analytics.drivers.factors import Codes, Dose, Mask

NORMAL_95 = 1.959963984540054


@dataclass(frozen=True)
class DoseRow:
    """One bin of a dose-response table: x outcomes of n orders, rate with 95 % interval."""

    label: str
    x: int
    n: int
    rate: float
    low: float
    high: float


def dose_table(dose: Dose | None, population: Population) -> tuple[DoseRow, ...]:
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


def _row(label: str, happened: Mask, account: Codes) -> DoseRow:
    n, x = len(happened), int(happened.sum())
    rate = x / n
    low, high = wilson(rate, n / design_effect(happened, account))
    return DoseRow(label, x, n, rate, low, high)


def design_effect(happened: Mask, account: Codes) -> float:
    """Return how many times the variance of a rate exceeds that of independent orders; at least 1."""
    n, rate = len(happened), float(happened.mean())
    independent = n * rate * (1 - rate)
    if independent == 0 or n < 2:
        return 1.0
    clustered = summed_variance(happened.astype(np.float64) - rate, account)
    return max(1.0, clustered / independent) if np.isfinite(clustered) else float(n)


def wilson(rate: float, n: float) -> tuple[float, float]:
    """Return the 95 % interval of a rate seen in n > 0 (effective) orders."""
    z2 = NORMAL_95**2
    middle = (rate + z2 / (2 * n)) / (1 + z2 / n)
    reach = NORMAL_95 / (1 + z2 / n) * sqrt(rate * (1 - rate) / n + z2 / (4 * n * n))
    return max(0.0, middle - reach), min(1.0, middle + reach)
