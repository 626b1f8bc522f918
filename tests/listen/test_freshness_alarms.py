"""A silence that means nothing is seldom called one: simulated sources whose only peculiarity is chance.

A source-month is thirty days of a source that has spoken for thirty days before. The naive rule, three times the
usual gap, is judged by the same worlds and fails.
"""

from __future__ import annotations

import random
from bisect import bisect_left
from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import pairwise
from statistics import median

import pytest

from interlock.listen.freshness import FEWEST_GAPS, LOOKED_BACK, MOST_BATCHES, learnt_limit

DAY = 24 * 60.0
MONTH = LOOKED_BACK / timedelta(minutes=1)
ALLOWED = 0.1


def at_random(rng: random.Random, gap: float, days: int) -> list[float]:
    """Minutes at which a source spoke that speaks at random, day and night."""
    times, at = [], rng.expovariate(1 / gap)
    while at < days * DAY:
        times.append(at)
        at += rng.expovariate(1 / gap)
    return times


def in_office_hours(rng: random.Random, gap: float, days: int) -> list[float]:
    """The same from Monday to Friday, 9 to 17: nights and weekends are silent."""
    return [at for at in at_random(rng, gap, days) if int(at // DAY) % 7 < 5 and 9 * 60 <= at % DAY < 17 * 60]


def false_alarms(times: Sequence[float], limit: Callable[[list[float]], float]) -> int:
    """How often a silence of the second month was too long by what the thirty days before it taught."""
    alarms = 0
    for number, (at, following) in enumerate(pairwise(times)):
        first = max(bisect_left(times, at - MONTH), number + 1 - MOST_BATCHES)
        gaps = [later - earlier for earlier, later in pairwise(times[first : number + 1])]
        if at >= MONTH and len(gaps) >= FEWEST_GAPS:
            alarms += following - at > limit(gaps)
    return alarms


def learnt(gaps: list[float]) -> float:
    return learnt_limit([timedelta(minutes=gap) for gap in gaps]) / timedelta(minutes=1)


def naive(gaps: list[float]) -> float:
    return 3 * median(gaps)


def alarms_a_month(
    world: Callable[..., list[float]], gap: float, rule: Callable[[list[float]], float]
) -> float:
    sources = 20 if gap > 100 else 5
    return sum(false_alarms(world(random.Random(seed), gap, 60), rule) for seed in range(sources)) / sources


@pytest.mark.parametrize("gap", [60, 300])
@pytest.mark.parametrize("world", [at_random, in_office_hours])
def test_a_source_alarms_falsely_less_than_once_in_ten_months(world, gap):
    assert alarms_a_month(world, gap, learnt) <= ALLOWED


@pytest.mark.parametrize("world", [at_random, in_office_hours])
def test_three_times_the_usual_gap_would_alarm_every_day(world):
    assert alarms_a_month(world, 60, naive) > 20


def test_a_source_that_dies_is_noticed_within_a_week_even_if_it_rests_on_weekends():
    times = in_office_hours(random.Random(1), 60, 30)
    gaps = [later - earlier for earlier, later in pairwise(times)]

    assert learnt(gaps) < 5 * DAY
