"""How loud must a stream be to ring, so that all streams together ring falsely no oftener than was allowed?

The expected number of false alarms is the sum of the chances of all streams at all ticks, however they depend on each
other, because expectations add. So a budget of B false alarms in a span of T ticks over n streams lets each stream
and tick have the chance B / (n T). Which strength has that chance was measured once, by simulation of quiet streams:
the heaviest-tailed world decides (bursts with a Pareto tail of index 3), lighter ones ring less often than allowed.
See docs/methods.md#outcry; tests/analytics/test_outcry_budget.py repeats the simulation, with a control that fails.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

# log10 of the chance that a quiet stream starts to ring at a tick, as a line in the strength: START + SLOPE * strength.
# Drawn along the heaviest-tailed of the simulated worlds at 2 to 5, 1.8 million ticks after the first two days.
START, SLOPE = -0.6, -1.19
# Falls get a tenth of the budget, rises the rest: an outcry is a rise, and a stream that stops is often its source.
FALLS = 0.1
DAYS_A_QUARTER = 91.25


class BudgetError(ValueError):
    """A budget that allows nothing."""


@dataclass(frozen=True)
class Budget:
    """At most so many false alarms in so many days, over all streams together."""

    alarms: float = 1.0
    days: float = DAYS_A_QUARTER

    def __post_init__(self) -> None:
        if not (self.alarms > 0 and self.days > 0):
            raise BudgetError("A budget allows more than 0 false alarms in more than 0 days.")


def chance(strength: float) -> float:
    """Return the chance a tick that a quiet stream rings at this strength or more, 0 to 1."""
    return float(min(1.0, 10.0 ** (START + SLOPE * strength)))


def strength_of(power: float) -> float:
    """Return the strength whose chance is 10 ** -power: the inverse of `chance`."""
    return (-power - START) / SLOPE


def alarm_at(budget: Budget, *, streams: int, ticks_per_day: float) -> float:
    """Return the strength from which a stream rings.

    Args:
        budget: what is allowed.
        streams: how many are watched; at least 1 is taken.
        ticks_per_day: > 0.

    Returns:
        A strength of at least 2.0: weaker ones were not measured, and a laxer budget does not ring for less.
    """
    ticks = max(streams, 1) * ticks_per_day * budget.days
    return max(2.0, strength_of(math.log10(ticks / (budget.alarms * (1 - FALLS)))))


def power_allowed(alarms: float, stream_ticks: float) -> float:
    """Return the powers of ten that a p-value must reach, so that so many stream-ticks pass it by chance so often.

    Args:
        alarms: how many false ones are expected then, > 0.
        stream_ticks: streams times ticks, > 0.
    """
    return math.log10(stream_ticks / alarms)
