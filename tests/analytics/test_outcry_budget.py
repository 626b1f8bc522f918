"""The budget of false alarms is a claim about all streams together, so it is simulated."""

from functools import cache

import numpy as np
import pytest

from analytics.outcry_worlds import A_DAY, quiet_world, rings, seen
from interlock.analytics.outcry.budget import Budget, BudgetError, alarm_at, chance, strength_of
from interlock.analytics.outcry.detector import Tick

STREAMS, DAYS = 300, 8
WORLDS = ["bursting", *(pytest.param(one, marks=pytest.mark.slow) for one in ("poisson", "wandering"))]


@cache  # two limits are asked of one world
def ticks_of(world: str) -> list[Tick]:
    return list(seen(quiet_world(world, STREAMS, DAYS * A_DAY, seed=5), STREAMS))


@pytest.mark.parametrize("world", WORLDS)
def test_all_streams_together_keep_within_the_budget_when_nothing_is_the_matter(world):
    allowed = 6.0
    limit = alarm_at(Budget(allowed, DAYS), streams=STREAMS, ticks_per_day=A_DAY)

    rang = rings(iter(ticks_of(world)), STREAMS, limit)

    # Poisson with mean 6 passes 13 once in 200 times; most worlds stay far below.
    assert rang <= 13


def test_a_threshold_that_is_not_calibrated_breaks_the_same_budget():
    """The control: three deviations of the usual count, stream by stream, as dashboards are built."""
    rang, mean, square = 0, np.zeros(STREAMS), np.ones(STREAMS)
    for at, counts in enumerate(quiet_world("wandering", STREAMS, DAYS * A_DAY, seed=5), start=1):
        if at > 2 * A_DAY:
            rang += int((counts > mean + 3 * np.sqrt(square - mean**2)).sum())
        mean += (counts - mean) / at
        square += (counts**2 - square) / at

    assert rang > 1000  # where 6 were allowed


def test_the_control_that_rings_as_if_there_were_one_stream_breaks_the_budget_too():
    limit = alarm_at(Budget(6.0, DAYS), streams=1, ticks_per_day=A_DAY)

    rang = rings(iter(ticks_of("bursting")), STREAMS, limit)

    assert rang > 60


@pytest.mark.parametrize("world", ["bursting", pytest.param("wandering", marks=pytest.mark.slow)])
def test_nobody_falls_silent_in_a_quiet_world_and_whoever_does_is_told_within_the_day(world):
    streams, last = 60, 12 * A_DAY - A_DAY // 2
    usual, silent = np.zeros(streams), np.zeros(streams)

    def some_stop():
        for at, counts in enumerate(quiet_world(world, streams, 12 * A_DAY, seed=5)):
            usual[:] += counts / last
            yield counts if at < last else counts * (np.arange(streams) % 2)

    limit = alarm_at(Budget(), streams=streams, ticks_per_day=A_DAY)
    for at, one in enumerate(seen(some_stop(), streams)):
        silent += one.silence >= limit
        if at == last - 1:
            assert silent.sum() == 0

    often, stopped = usual > 10, np.arange(streams) % 2 == 0
    assert not silent[~stopped].any()
    assert (silent[stopped & often] > 0).mean() > 0.7


def test_twice_the_streams_or_half_the_budget_raise_the_limit_alike():
    one = alarm_at(Budget(1, 91), streams=100, ticks_per_day=A_DAY)

    assert alarm_at(Budget(1, 91), streams=200, ticks_per_day=A_DAY) == pytest.approx(
        alarm_at(Budget(0.5, 91), streams=100, ticks_per_day=A_DAY)
    )
    assert alarm_at(Budget(1, 91), streams=200, ticks_per_day=A_DAY) > one


def test_a_lax_budget_does_not_ring_below_what_was_measured():
    assert alarm_at(Budget(1e9, 1), streams=1, ticks_per_day=A_DAY) == 2.0


def test_the_chance_of_a_strength_and_the_strength_of_a_chance_are_inverse():
    assert strength_of(-np.log10(chance(3.2))) == pytest.approx(3.2)
    assert chance(-5) == 1.0


@pytest.mark.parametrize(("alarms", "days"), [(0, 10), (1, 0), (-1, 5)])
def test_a_budget_that_allows_nothing_is_refused(alarms, days):
    with pytest.raises(BudgetError, match="more than 0 false alarms"):
        Budget(alarms, days)
