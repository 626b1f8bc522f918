"""The search on simulated counts: what it expects of a group, how far back it looks, what still stands."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from interlock.analytics.statistics import excess_rate_draws, interval
from interlock.analytics.symptoms.cube import Cube, Period
from interlock.analytics.symptoms.search import Bar, find_alarms

LAST = date(2026, 11, 18)
USUAL = 0.10


def counts(rng, rate, *, teams=30, families=8, months=12, median=5):
    """A year of counts by team, family and month; `rate` gives the chance of a case, by arrays of codes."""
    team, family, month = (
        part.ravel() for part in np.meshgrid(np.arange(teams), np.arange(families), np.arange(months))
    )
    n = rng.poisson(median, team.size).astype(float)
    x = rng.binomial(n.astype(int), rate(team, family, month)).astype(float)
    names = {"team_id": [f"T{i}" for i in range(teams)], "family": [f"F{i}" for i in range(families)]}
    # The last three months are part 0, the three before part 1, and so on.
    parts = (months - 1 - month) // 3
    days = Period(LAST - timedelta(days=30 * months - 1), LAST)
    return Cube(days, {"team_id": team, "family": family}, names, n, x, n, x, month, parts)


def without_time(cube):
    """The same counts to a search that does not know which part is recent: the control of the guard."""
    return replace(cube, parts=np.zeros_like(cube.parts))


def named(cube, groupings=(("team_id",),), mix=("family",), bar=None):
    return [(a.columns, a.key) for a in find_alarms(cube, groupings, mix, bar) if a.tier == "detected"]


def quiet(team, family, month):
    return np.full(team.size, USUAL)


def mended(team, family, month):
    return np.where((team == 3) & (month < 3), 0.75, USUAL)


def standing(team, family, month):
    return np.where(team == 3, 0.25, USUAL)


def test_a_fault_mended_nine_months_ago_is_not_named_and_without_the_guard_it_is():
    with_guard, control = [], []
    for seed in range(20):
        cube = counts(np.random.default_rng(seed), mended)
        with_guard += named(cube)
        control += named(without_time(cube))

    assert len(control) >= 15
    assert len(with_guard) <= 2


def test_a_fault_that_goes_on_is_named_in_spite_of_the_guard():
    found = [named(counts(np.random.default_rng(seed), standing)) for seed in range(20)]

    assert sum(keys == [(("team_id",), ("T3",))] for keys in found) >= 18


def test_too_few_recent_cases_are_held_back_as_suspected():
    def few_lately(cube):
        gone = (cube.codes["team_id"] == 3) & (cube.parts < 2) & (cube.codes["family"] > 0)
        n = np.where(gone, 0.0, cube.n)
        return replace(cube, n=n, x=np.minimum(cube.x, n))

    cube = few_lately(counts(np.random.default_rng(2), lambda t, f, m: np.where(t == 3, 0.4, USUAL)))
    alarms = find_alarms(cube, [("team_id",)], ("family",))

    assert [(a.key, a.tier) for a in alarms if a.key == ("T3",)] == [(("T3",), "suspected")]


def test_with_nothing_wrong_many_looks_ring_falsely_at_most_three_times_in_ten():
    groupings = [("team_id", "family"), ("team_id",), ("family",)]

    rung = [
        len(
            named(
                counts(np.random.default_rng(seed), quiet, teams=38),
                groupings,
                ("family",),
                Bar(runs=2, looks=2),
            )
        )
        for seed in range(30)
    ]

    assert np.mean(rung) <= 0.3


def big_fault(team, family, month):
    """One team and family, whose cases are half of all that family sells."""
    return np.where((team == 3) & (family == 2), 0.35, USUAL)


def crowded(seed):
    cube = counts(np.random.default_rng(seed), big_fault, teams=12, median=8)
    large = (cube.codes["team_id"] == 3) & (cube.codes["family"] == 2)
    rng = np.random.default_rng(seed + 100)
    n = np.where(large, cube.n + rng.poisson(60, cube.n.size), cube.n)
    x = np.where(large, rng.binomial(n.astype(int), 0.35), cube.x)
    return replace(cube, n=n, x=x.astype(float))


def test_a_fault_does_not_raise_the_usual_rate_it_is_judged_by():
    groupings = [("team_id", "family"), ("team_id",), ("family",)]

    usual = [
        alarm.usual
        for seed in range(15)
        for alarm in find_alarms(crowded(seed), groupings, ("family",))
        if alarm.key == ("T3", "F2")
    ]

    assert len(usual) >= 14
    assert np.mean(usual) == pytest.approx(USUAL, abs=0.012)


def test_the_interval_of_the_excess_still_covers_the_truth_85_to_95_times_in_100():
    rng = np.random.default_rng(5)
    covered = []
    for seed in range(50):
        spread = rng.beta(USUAL * 80, (1 - USUAL) * 80, 60)
        broken = rng.choice(60, 4, replace=False)
        spread[broken] = rng.uniform(0.2, 0.4, 4)
        cube = counts(
            np.random.default_rng(seed), lambda t, f, m, s=spread: s[t], teams=60, families=3, months=3
        )
        for alarm in find_alarms(cube, [("team_id",)], ("family",)):
            if alarm.tier == "detected":
                found = interval(excess_rate_draws(alarm.post, alarm.group, np.random.default_rng(seed)))
                true = spread[int(alarm.key[0][1:])] - USUAL
                covered.append(found.low <= true <= found.high)

    assert len(covered) > 100
    assert 0.85 <= np.mean(covered) <= 0.95
