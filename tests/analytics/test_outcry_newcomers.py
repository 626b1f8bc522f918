"""A source that joins streams others fill: its usual is added to theirs, and its joining rings nothing."""

from __future__ import annotations

import numpy as np
import pytest

from interlock.analytics.outcry.detector import tick
from interlock.analytics.outcry.newcomers import join
from interlock.analytics.outcry.streams import new_streams
from interlock.analytics.outcry.tuning import Tuning

TUNING, DAY, WORLDS = Tuning(), 288, 24
BEFORE, ALONE, AFTER = 10, 2, 3  # days
LOUD = 4.0  # a budget of one false alarm a quarter asks for 4 to 5


def loudest_after_joining(*pairs, laid_over=True, burst=0.0, days=AFTER):
    """How loud streams are in the days after a source of so many voices a tick has joined one of so many.

    Of each pair (old, new, how much days differ) there are 24 worlds, and the detector watches those of all pairs side
    by side, as it watches streams; shape (pairs, 24).
    """
    streams = WORLDS * len(pairs)
    chances, observed = [np.random.default_rng(1) for _ in pairs], np.ones(streams, bool)
    known, alone = new_streams(streams, TUNING), new_streams(streams, TUNING)
    burst *= np.repeat([new for _, new, _ in pairs], WORLDS)
    joins, loudest = (BEFORE + ALONE) * DAY, np.zeros(streams)
    for at in range(joins + days * DAY):
        told = zip(chances, pairs, strict=True)
        ours, theirs = np.concatenate([voices(rng, at, *pair) for rng, pair in told], axis=1)
        clock = {"hour": at // 12 % 24, "weekday": at // DAY % 7, "observed": observed, "tuning": TUNING}
        if at >= joins:
            theirs += burst * (at >= joins + (days - 0.5) * DAY)
        elif at >= BEFORE * DAY:
            tick(alone, theirs, **clock)
        if at == joins and laid_over:
            join(known, np.arange(streams), alone, TUNING)
        seen = tick(known, ours + theirs * (at >= joins), **clock)
        if at >= joins:
            loudest = np.maximum(loudest, np.maximum(seen.rise, seen.silence))
    return loudest.reshape(len(pairs), WORLDS)


def voices(rng, at, old, new, cycle):
    """What both sources say at a tick; shape (2, 24)."""
    day = 1 + cycle * np.sin(2 * np.pi * at / DAY)
    return np.array([rng.poisson(mean * day * rng.gamma(20, 1 / 20, WORLDS)) for mean in (old, new)], float)


@pytest.mark.slow
def test_a_source_that_joins_rings_nothing():
    pairs = [(*both, cycle) for both in [(2, 20), (0.1, 5), (20, 2)] for cycle in (0.0, 0.8)]

    loudest = loudest_after_joining(*pairs).max(axis=1)

    assert {pair: loud for pair, loud in zip(pairs, loudest.tolist(), strict=True) if loud >= LOUD} == {}


@pytest.mark.slow
def test_a_source_that_just_joins_rings_nearly_always():
    assert (loudest_after_joining((2, 20, 0.0), laid_over=False) > LOUD).mean() > 0.9


@pytest.mark.slow
def test_a_burst_is_heard_once_the_stream_is_a_week_old_again():
    assert (loudest_after_joining((2, 20, 0.8), burst=9.0, days=7) > LOUD).all()


def test_what_is_usual_adds_up_and_a_stream_is_as_young_as_its_larger_part():
    known, alone = new_streams(2, TUNING), new_streams(1, TUNING)
    known.seen[:], alone.seen[:] = 20 * DAY, 2 * DAY
    known.level[:], alone.level[:] = np.log(1 + 2.0), np.log(1 + 18.0)
    known.mean[:], alone.mean[:] = 2, 18
    known.recent[:], alone.recent[:] = 2, 18

    join(known, np.array([1]), alone, TUNING)

    assert np.exp(known.level) - 1 == pytest.approx([2, 20], rel=1e-5)
    assert known.mean.tolist() == [2, 20]
    assert known.recent[1].tolist() == [20, 20, 20, 20]
    assert known.seen.tolist() == [20 * DAY, int(0.1 * 20 * DAY + 0.9 * 2 * DAY)]
