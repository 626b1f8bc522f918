"""The common test kit: T1 rates, T2 shares, T3 trends, T4 differences, and what they share.

T5 is a fact and needs no statistics. Formulas and sources: docs/methods.md.
"""

from interlock.analytics.statistics.harm import Interval, excess_rate_draws, interval, positive_draws
from interlock.analytics.statistics.mix import MixFit, expected_events, fit_mix
from interlock.analytics.statistics.multiple import FALSE_SHARE, q_values
from interlock.analytics.statistics.rates import (
    BROAD_SHARE,
    MIN_N,
    MIN_X,
    SURE,
    TIMES,
    Posterior,
    RatePrior,
    chance_half_again,
    fit_prior,
    half_again,
    posterior,
    tail_p_value,
)
from interlock.analytics.statistics.shares import (
    Difference,
    Side,
    difference,
    difference_within,
    pooled,
    share_above,
    wilson,
)
from interlock.analytics.statistics.trends import Limit, cusum, weekly_limit

__all__ = [
    "BROAD_SHARE",
    "FALSE_SHARE",
    "MIN_N",
    "MIN_X",
    "SURE",
    "TIMES",
    "Difference",
    "Interval",
    "Limit",
    "MixFit",
    "Posterior",
    "RatePrior",
    "Side",
    "chance_half_again",
    "cusum",
    "difference",
    "difference_within",
    "excess_rate_draws",
    "expected_events",
    "fit_mix",
    "fit_prior",
    "half_again",
    "interval",
    "pooled",
    "positive_draws",
    "posterior",
    "q_values",
    "share_above",
    "tail_p_value",
    "weekly_limit",
    "wilson",
]
