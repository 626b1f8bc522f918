"""The watch over signals as they come in: what rings, what does not, and what is known then."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta

import pytest

from interlock.fabric import journal
from interlock.fabric.models import Event
from interlock.listen.models import Alarm, Signal, StreamState, WatchedStream
from interlock.listen.outcry import pace, watching
from interlock.listen.outcry.counting import counted_at
from listen import outcries
from listen.outcries import listen, spoken, usual
from listen.waiting import NOON, hours, source

pytestmark = [pytest.mark.django_db, pytest.mark.long]


@pytest.fixture(scope="module")
def nine_days(module_rows):
    """A shop that was heard for nine quiet days, once for all tests of this file."""
    return outcries.heard_quietly()


@pytest.fixture
def shop(nine_days, home):
    return nine_days


def test_a_burst_of_new_people_is_an_outcry_with_what_is_known_of_it(shop):
    Signal.objects.bulk_create(usual(shop, NOON, NOON + hours(2)))
    burst = [
        spoken(shop, NOON + timedelta(seconds=30 * n), by=f"new-{n}", rating_share=0.2, region="South")
        for n in range(240)
    ]
    Signal.objects.bulk_create(burst)

    listen(NOON, NOON + hours(2))

    alarm = Alarm.objects.get(stream__kind="product")
    assert (alarm.state, alarm.label, alarm.ended_at) == (StreamState.OUTCRY, "Panniers", None)
    assert NOON < alarm.began_at <= alarm.outcry_at < NOON + hours(2)
    assert alarm.times > 4
    told = alarm.known
    assert told["new_share"] >= 0.7
    assert pace.of(alarm)["times"] == told["now"]["times"] >= alarm.times
    low, high = told["times"]
    assert 1.5 < low < alarm.times < high
    assert told["at"] == alarm.outcry_at.isoformat()
    assert told["low"] == told["rated"] > 20
    assert {"North", "South"} == {region for region, _count in told["where"]["region"]}
    assert "product" not in told["where"]
    assert len(told["quotes"]) == 3
    assert set(told["quotes"]) <= {one.key for one in burst}
    assert told["changes"] == []
    assert {one.verb for one in journal.entries_about(alarm)} >= {"heard: outcry"}
    assert Event.objects.filter(topic="signals", verb="outcry").exists()
    assert {one.stream.kind for one in Alarm.objects.all()} == {"product", "channel", "source"}


def test_the_same_people_only_louder_are_emerging_and_no_outcry(shop):
    Signal.objects.bulk_create(usual(shop, NOON, NOON + hours(2)))
    Signal.objects.bulk_create(
        [spoken(shop, NOON + timedelta(seconds=45 * n), by=f"regular-{n % 40}") for n in range(160)]
    )

    listen(NOON, NOON + hours(2))

    assert StreamState.OUTCRY not in set(Alarm.objects.values_list("state", flat=True))


def test_one_person_posting_fifty_times_is_no_outcry(shop):
    Signal.objects.bulk_create(usual(shop, NOON, NOON + hours(2)))
    Signal.objects.bulk_create(
        [spoken(shop, NOON + timedelta(seconds=30 * n), by="angry") for n in range(50)]
    )

    listen(NOON, NOON + hours(2))

    assert not Alarm.objects.exists()


def test_fifty_people_posting_once_ring_where_one_posting_fifty_times_did_not(shop):
    Signal.objects.bulk_create(usual(shop, NOON, NOON + hours(2)))
    Signal.objects.bulk_create(
        [spoken(shop, NOON + timedelta(seconds=30 * n), by=f"new-{n}") for n in range(50)]
    )

    listen(NOON, NOON + hours(2))

    assert Alarm.objects.filter(stream__kind="product").exists()


def test_a_back_filled_import_is_no_outcry(shop):
    Signal.objects.bulk_create(usual(shop, NOON, NOON + hours(2)))
    Signal.objects.bulk_create(
        [
            spoken(shop, NOON - hours(30) + timedelta(seconds=n), received=NOON + timedelta(seconds=n))
            for n in range(500)
        ]
    )
    Signal.objects.bulk_create(
        [spoken(shop, NOON + timedelta(seconds=n), received_at=None) for n in range(500)]
    )

    listen(NOON, NOON + hours(2))

    assert not Alarm.objects.exists()


def test_a_source_that_starts_is_no_outcry_of_its_products(shop):
    Signal.objects.bulk_create(usual(shop, NOON, NOON + hours(3)))
    new = source(name="Mail")
    Signal.objects.bulk_create(
        [spoken(new, NOON + timedelta(seconds=30 * n), by=f"mail-{n}") for n in range(300)]
    )

    listen(NOON, NOON + hours(3))

    assert not Alarm.objects.exists()
    assert WatchedStream.objects.filter(kind="source", key=str(new.pk)).exists()


def test_a_source_that_was_down_and_delivers_everything_at_once_is_no_outcry(shop):
    everything = usual(shop, NOON, NOON + hours(6))
    for one in everything:
        if NOON < one.occurred_at < NOON + hours(4):
            one.received_at = NOON + hours(4)
    Signal.objects.bulk_create(everything)

    listen(NOON, NOON + hours(6))

    assert not Alarm.objects.exists()


def test_an_alarm_that_somebody_judged_during_a_look_stays_as_they_left_it(shop, monkeypatch):
    Signal.objects.bulk_create(
        [spoken(shop, NOON + timedelta(seconds=30 * n), by=f"new-{n}") for n in range(50)]
    )
    listen(NOON, NOON + hours(2))
    alarm = Alarm.objects.get(stream__kind="product")
    Signal.objects.bulk_create(
        [spoken(shop, NOON + hours(2) + timedelta(seconds=20 * n), by=f"newer-{n}") for n in range(300)]
    )
    kept = watching.kept

    def judged_meanwhile(memory):
        Alarm.objects.filter(pk=alarm.pk).update(ended_at=NOON + hours(2))
        WatchedStream.objects.filter(pk=alarm.stream_id).update(state=StreamState.QUIET)
        return kept(memory)

    monkeypatch.setattr(watching, "kept", judged_meanwhile)
    watching.watch(now=NOON + hours(4))

    alarm.refresh_from_db()
    assert (alarm.state, alarm.stream.state) == (StreamState.EMERGING, StreamState.QUIET)
    assert Alarm.objects.filter(stream__kind="product").count() == 1


def test_an_alarm_ends_when_it_is_quiet_again(shop):
    Signal.objects.bulk_create(usual(shop, NOON, NOON + hours(60)))
    Signal.objects.bulk_create(
        [spoken(shop, NOON + timedelta(seconds=20 * n), by=f"new-{n}") for n in range(150)]
    )

    listen(NOON, NOON + hours(60))

    alarm = Alarm.objects.filter(stream__kind="product").get()
    assert NOON + hours(1) < alarm.ended_at < NOON + hours(60)
    assert pace.of(alarm)["times"] > alarm.known["now"]["times"]
    assert set(WatchedStream.objects.values_list("state", flat=True)) == {StreamState.QUIET}


@pytest.mark.parametrize(("late", "counted"), [(0, 0), (1, 0), (40, 40), (61, None), (3000, None)])
def test_a_signal_counts_when_it_was_said_or_when_it_came_and_not_much_later(late, counted):
    received = NOON + timedelta(minutes=late)

    assert counted_at(NOON, received) == (None if counted is None else NOON + timedelta(minutes=counted))


def test_what_is_known_of_an_alarm_is_read_anew_with_every_look(shop):
    Signal.objects.bulk_create(usual(shop, NOON, NOON + hours(4)))
    Signal.objects.bulk_create(
        [spoken(shop, NOON + timedelta(seconds=30 * n), by=f"new-{n}") for n in range(400)]
    )
    known_at, at = [], NOON
    while at < NOON + hours(4):
        at += timedelta(minutes=10)
        watching.watch(now=at)
        if alarm := Alarm.objects.filter(stream__kind="product", ended_at=None).first():
            known_at.append(datetime.fromisoformat(pace.of(alarm)["known_at"]))
            customers = alarm.known["customers"]

    apart = {after - before for before, after in itertools.pairwise(known_at)}
    assert apart == {timedelta(minutes=10)}
    assert customers > 300
    assert (
        pace.of(alarm)["at"]
        == alarm.known["now"]["at"]
        == (NOON + hours(4) - timedelta(minutes=5)).isoformat()
    )
