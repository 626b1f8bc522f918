"""New themes are heard with the silence before them; themes that people merge keep the usual of what they hold."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from interlock.analytics.outcry.budget import Budget, alarm_at
from interlock.analytics.outcry.detector import tick
from interlock.analytics.outcry.memory import new_memory
from interlock.listen.models import ChangeKind, Signal, ThemeChange, ThemedSignal, WatchedStream
from interlock.listen.outcry import relearning
from interlock.listen.outcry.relearning import TUNING, relearn
from listen.outcries import spoken, usual
from listen.themed import direction, theme
from listen.waiting import NOON, hours, source

pytestmark = pytest.mark.django_db
LONG_AGO = NOON - timedelta(days=20)
LIMIT = alarm_at(Budget(), streams=2, ticks_per_day=288)


@pytest.fixture
def shop(db, home):
    return source(name="Shop", made_at=LONG_AGO)


def themed(one, said):
    Signal.objects.bulk_create(said)
    group = one.clusters.get()
    ThemedSignal.objects.bulk_create(
        [
            ThemedSignal(
                signal=each, cluster=group, occurred_at=each.occurred_at, week=0, voice=0, let_down=False
            )
            for each in said
        ]
    )


def streams_of(shop, one, *, learnt_at=None):
    both = [
        WatchedStream(kind="source", key=str(shop.pk), number=0, began_at=LONG_AGO),
        WatchedStream(kind="theme", key=one.key, number=1, began_at=NOON, learnt_at=learnt_at),
    ]
    return {(each.kind, each.key): each for each in both}


def strength_at(memory, voices, ticks=6):
    """How loud the theme is after half an hour of so many voices each five minutes."""
    for _ in range(ticks):
        seen = tick(
            memory.streams,
            np.array([0.0, voices]),
            hour=12,
            weekday=0,
            observed=np.ones(2, bool),
            tuning=TUNING,
        )
    return float(seen.rise[1])


@pytest.mark.long
def test_a_new_theme_was_silent_before_and_its_rise_is_heard_at_once(shop):
    fee = theme("The new fee", direction(1))
    themed(fee, [spoken(shop, NOON - timedelta(minutes=4 * n), by=f"c{n}") for n in range(1, 21)])
    memory, streams = new_memory(2, TUNING), streams_of(shop, fee)

    (learnt,) = relearn(memory, streams, LIMIT, until=NOON, now=NOON)

    assert (learnt.key, learnt.learnt_at) == (fee.key, NOON)
    assert memory.streams.seen.tolist() == [0, 14 * 288 + 1]
    assert memory.bar[1] == 0
    assert strength_at(memory, 2.0) > LIMIT
    assert strength_at(new_memory(2, TUNING), 2.0) == 0  # the control: a stream that just begins says nothing


def test_a_theme_of_a_company_that_was_heard_for_days_only_begins_with_its_first_words(shop):
    fee = theme("The new fee", direction(1))
    streams = streams_of(shop, fee)
    streams["source", str(shop.pk)].began_at = NOON - timedelta(days=5)
    memory = new_memory(2, TUNING)

    relearn(memory, streams, LIMIT, until=NOON, now=NOON)

    assert memory.streams.seen.tolist() == [0, 0]


@pytest.mark.slow
def test_a_theme_into_which_another_was_merged_has_the_usual_of_both_and_rings_for_nothing(shop, monkeypatch):
    fee, bell = theme("The fee", direction(1)), theme("The bell", direction(0, 1))
    themed(fee, usual(shop, LONG_AGO, NOON, minutes=120))
    before, streams = new_memory(2, TUNING), streams_of(shop, fee)
    relearn(before, streams, LIMIT, until=NOON, now=NOON)
    said = usual(shop, LONG_AGO, NOON, minutes=5, seed=2)
    for one in said:
        one.account_key = one.key
    themed(bell, said)
    assert relearn(before, streams, LIMIT, until=NOON, now=NOON + hours(1)) == []

    bell.clusters.update(theme=fee)
    ThemeChange.objects.create(
        kind=ChangeKind.MERGED, theme=fee, other=bell, at=NOON + hours(1), signals=len(said)
    )
    after = new_memory(2, TUNING)
    again = relearn(after, streams, LIMIT, until=NOON, now=NOON + hours(2))

    assert [one.key for one in again] == [fee.key]
    assert relearn(after, streams, LIMIT, until=NOON, now=NOON + hours(3)) == []
    assert strength_at(after, 1.0, ticks=72) < LIMIT
    assert strength_at(before, 1.0, ticks=72) > LIMIT  # the control: without going through the past it rings


def test_a_rename_or_a_few_moved_signals_make_no_other_theme(shop):
    fee = theme("The fee", direction(1))
    streams = streams_of(shop, fee, learnt_at=NOON)
    ThemeChange.objects.create(kind=ChangeKind.RENAMED, theme=fee, at=NOON + hours(1), signals=900)
    ThemeChange.objects.create(kind=ChangeKind.MOVED, theme=fee, at=NOON + hours(1), signals=2)

    assert relearn(new_memory(2, TUNING), streams, LIMIT, until=NOON, now=NOON + hours(2)) == []
    assert relearning.FEWEST_MOVED > 2
