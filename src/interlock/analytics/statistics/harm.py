"""How much harm lies beyond the usual, with an interval that holds?

The excess of a group is drawn from the posterior of its rate, never taken from the raw
rate; each further factor of the arithmetic is drawn from its own uncertainty.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from interlock.analytics.statistics.rates import Posterior

Floats = NDArray[np.float64]

DRAWS = 4000  # the ends of a 90 % interval then move by about 1 % between seeds


@dataclass(frozen=True)
class Interval:
    """Low, middle and high of a quantity; 90 % lies between low and high."""

    low: float
    mid: float
    high: float


def excess_rate_draws(post: Posterior, group: int, rng: np.random.Generator, size: int = DRAWS) -> Floats:
    """Return draws of (true rate − usual rate) of one group, never below 0; shape (size,), 0 to 1."""
    return np.asarray(np.maximum(post.draws(group, size, rng) - post.usual[group], 0.0))


def positive_draws(value: float, error: float, rng: np.random.Generator, size: int = DRAWS) -> Floats:
    """Return normal draws around a positive quantity, cut at 0; shape (size,)."""
    return np.maximum(rng.normal(value, error, size), 0.0)


def interval(draws: Floats) -> Interval:
    """Return the 5th, 50th and 95th percentile of draws, shape (d,), d > 0."""
    low, mid, high = np.quantile(draws, [0.05, 0.5, 0.95])
    return Interval(float(low), float(mid), float(high))
