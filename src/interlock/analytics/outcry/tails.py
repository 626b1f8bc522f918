"""How unlikely is a window's count? Tail probabilities as powers of ten, so that 3.0 means one in a thousand.

High counts: peaks over a threshold. Excesses of the logarithm of a ratio are taken as exponential, that is, counts
have a Pareto tail (Hill 1975; Pickands 1975), which bursts of mentions have; lighter tails are then judged with care.
Low counts: the negative binomial tail with the stream's own dispersion, because a logarithm of 0, 1, 2 is no scale.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, gammaincc

F32 = NDArray[np.float32]
LN10 = np.float32(np.log(10.0))
LOW = 5.0  # expected count of a window below which the negative binomial tail is asked as well
POISSON = 1.02  # below this variance over mean the Poisson tail is used: the other formula loses its digits


def limit(expected: F32) -> F32:
    """Return the log ratio above which a window counts as in the tail: two deviations of a count of this size.

    Args:
        expected: expected count of the window, >= 0. A tenth is added to the relative variance for overdispersion.
    """
    return np.asarray(np.float32(2.05) * np.sqrt(1 / (expected + 1) + np.float32(0.1)), np.float32)


def usual_excess(expected: F32) -> F32:
    """Return the mean excess above the limit assumed before one was learnt, in log ratios."""
    return np.asarray(np.float32(0.2) + np.float32(0.4) / np.sqrt(expected + 1), np.float32)


def pareto(over: F32, beyond: F32, excess: F32) -> F32:
    """Return powers of ten: share of ticks beyond the limit times the chance of an excess this large.

    Args:
        over: log ratio less the limit; negative below it, where the figure only sinks and means no probability.
        beyond: share of ticks above the limit, (0, 1).
        excess: mean excess, > 0.
    """
    return np.asarray(-np.log10(beyond) + np.where(over > 0, over / (excess * LN10), over), np.float32)


def count_tail(count: F32, expected: F32, spread: F32) -> F32:
    """Return powers of ten of seeing this count or more, negative binomial with variance = spread * expected.

    Args:
        count: >= 0; 0 gives 0.0.
        expected: > 0.
        spread: >= 1; near 1 it is Poisson's tail.
    """
    size = expected / np.maximum(spread - 1, POISSON - 1)
    wide = betainc(np.maximum(count, 1e-6), size, (spread - 1) / spread)
    narrow = 1 - gammaincc(np.maximum(count, 1e-6), expected)
    chance = np.where(spread > POISSON, wide, narrow)
    return np.asarray(np.where(count > 0, -np.log10(np.maximum(chance, 1e-30)), 0.0), np.float32)
