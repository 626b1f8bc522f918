"""How the watch looks: nothing twice, nothing locked while it reads; falls and shares besides counts."""

from __future__ import annotations

from datetime import timedelta
from itertools import batched

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from interlock.analytics.outcry import voices
from interlock.analytics.outcry.memory import remembered
from interlock.listen.models import Alarm, OutcryWatch, Signal, StreamState, WatchedStream
from interlock.listen.outcry import alarms, falls, listening, watching
from interlock.listen.outcry.counting import TICK, WAIT, author_of
from listen.outcries import START, listen, spoken, usual
from listen.waiting import NOON, hours, source

pytestmark = [pytest.mark.django_db, pytest.mark.long]


@pytest.fixture
def unheard(db, home):
    """A shop and a watch that begins to listen now, nine days ago."""
    watching.watch(now=START + WAIT)
    return source(name="Shop")


def test_looking_once_or_often_hears_the_same(unheard):
    Signal.objects.bulk_create(usual(unheard, START, START + hours(30)))
    listen(START, START + hours(30))
    once = OutcryWatch.objects.get()

    OutcryWatch.objects.update(listened_until=START, state=None)
    for minutes in range(50, 1801, 50):
        watching.watch(now=START + timedelta(minutes=minutes))
    often = OutcryWatch.objects.get()

    assert often.listened_until == once.listened_until
    one, other = (remembered(bytes(row.state), listening.TUNING) for row in (once, often))
    assert one.streams.level.tolist() == pytest.approx(other.streams.level.tolist(), abs=1e-5)


def test_a_look_that_breaks_is_made_again_whole(unheard, monkeypatch):
    Signal.objects.bulk_create(usual(unheard, START, START + hours(3)))
    monkeypatch.setattr(watching, "_write_changes", lambda look: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        watching.watch(now=START + WAIT + hours(3))
    assert not WatchedStream.objects.exists()
    monkeypatch.undo()

    assert watching.watch(now=START + WAIT + hours(3)) == 36
    assert WatchedStream.objects.count() == 3


def test_of_two_looks_at_the_same_time_one_is_kept(unheard, monkeypatch):
    Signal.objects.bulk_create(usual(unheard, START, START + hours(3)))
    later, reads = START + WAIT + hours(3), []
    begun = watching._begun

    def met_by_another(*args):
        monkeypatch.setattr(watching, "_begun", begun)
        look = begun(*args)
        reads.append(watching.watch(now=later))
        return look

    monkeypatch.setattr(watching, "_begun", met_by_another)

    assert watching.watch(now=later) == 0
    assert reads == [36]
    assert WatchedStream.objects.count() == 3


def test_nothing_is_locked_while_a_look_reads(unheard, monkeypatch):
    Signal.objects.bulk_create(usual(unheard, START, START + hours(3)))
    held, said = [], watching.said_by_tick
    depth = len(connection.savepoint_ids)

    def reading(*args):
        held.append(len(connection.savepoint_ids) - depth)
        return said(*args)

    monkeypatch.setattr(watching, "said_by_tick", reading)
    watching.watch(now=START + WAIT + hours(3))

    assert held == [0, 0, 0]


def test_after_days_without_a_worker_the_watch_goes_on_from_a_day_ago(unheard):
    assert watching.watch(now=START + timedelta(days=9)) == 288


def test_a_state_of_another_version_starts_anew(unheard):
    OutcryWatch.objects.update(state=b"something else")

    assert watching.watch(now=START + WAIT + hours(1)) == 12


def test_a_look_takes_as_many_queries_for_many_signals_as_for_few(unheard):
    for begin, minutes in ((0, 20), (5, 1)):
        at = START + hours(begin)
        Signal.objects.bulk_create(usual(unheard, at, at + hours(5), minutes=minutes))
    watching.watch(now=START + WAIT + TICK * 12)

    with CaptureQueriesContext(connection) as few:
        watching.watch(now=START + WAIT + hours(5))
    with CaptureQueriesContext(connection) as many:
        watching.watch(now=START + WAIT + hours(9))

    assert len(few) == len(many) <= 18  # one for each hour of signals


SILENCE = START + timedelta(days=9, hours=12)


@pytest.mark.slow
def test_a_product_that_falls_silent_is_told_and_over_when_it_speaks_again(unheard):
    busy = usual(unheard, START, SILENCE + hours(9), minutes=1.2)
    silent = usual(unheard, START, SILENCE, minutes=2, seed=6, product="P2")
    silent += usual(unheard, SILENCE + hours(6), SILENCE + hours(9), minutes=2, seed=7, product="P2")
    for one in busy + silent:
        one.account_key = one.key  # nobody speaks twice
    Signal.objects.bulk_create(busy + silent)

    listen(START + WAIT, SILENCE + hours(9))

    alarm = Alarm.objects.get()
    assert (alarm.stream.kind, alarm.stream.key, alarm.state, alarm.is_fall) == (
        "product",
        "P2",
        "fallen",
        True,
    )
    assert SILENCE < alarm.began_at < SILENCE + hours(6) < alarm.ended_at
    assert alarm.stream.state == StreamState.QUIET


def test_a_silence_is_told_only_where_its_sources_speak_and_no_alarm_has_just_ended(unheard):
    Signal.objects.bulk_create(usual(unheard, START, START + hours(5)))
    quiet = WatchedStream.objects.create(kind="product", key="P1", number=0, began_at=START)
    own = WatchedStream(kind="source", key=str(unheard.pk), number=1, began_at=START)
    at = START + hours(6)

    assert falls.is_theirs(quiet, lambda source: source == unheard.pk, at)
    assert not falls.is_theirs(quiet, lambda source: False, at)
    assert not falls.is_theirs(own, lambda source: True, at)

    Alarm.objects.create(stream=quiet, began_at=START, ended_at=START + hours(3), strength=4, times=5)
    assert not falls.is_theirs(quiet, lambda source: True, at)


@pytest.mark.slow
def test_the_same_number_of_people_who_are_suddenly_not_content_ring(unheard):
    content = [
        spoken(
            unheard,
            NOON - hours(9 * 24) + timedelta(minutes=30 * n),
            product="P3",
            rating_share=0.4 if n % 5 == 0 else 1,
        )
        for n in range(9 * 48)
    ]
    angry = [
        spoken(
            unheard, NOON + timedelta(minutes=30 * n), product="P3", rating_share=0.2, product_label="Bells"
        )
        for n in range(80)
    ]
    Signal.objects.bulk_create(content + angry)

    listen(START + WAIT, NOON + hours(40))

    alarm = Alarm.objects.get(stream__kind="product")
    assert (alarm.label, alarm.state, alarm.ended_at) == ("Bells", StreamState.EMERGING, None)
    unhappy = alarm.known["unhappy"]
    assert unhappy["now"] > 0.6
    assert unhappy["usual"] < 0.3
    assert unhappy["power"] > 5


def test_hundreds_of_different_customers_a_day_are_counted_as_that_many():
    rows, counted = voices.new_rows(1), 0.0
    for some in batched((author_of(f"customer-{n}") for n in range(600)), 10):
        counted += voices.count_voices(rows, np.zeros(len(some), np.int64), np.array(some, np.uint64))[0]

    assert 450 < counted < 750


def test_nobody_known_has_no_share_of_new_people(unheard):
    Signal.objects.bulk_create([spoken(unheard, NOON, account_key="")])
    stream = WatchedStream(kind="product", key="P1", number=0, began_at=NOON)

    assert alarms.new_share(stream, NOON) is None
