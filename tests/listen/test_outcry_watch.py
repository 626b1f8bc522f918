"""The watch over signals as they come in: what rings, what does not, and what is known then."""

from __future__ import annotations

import itertools
import random
from datetime import timedelta

import pytest

from interlock.analytics.outcry.memory import remembered
from interlock.fabric import journal
from interlock.fabric.models import Event
from interlock.listen.models import Alarm, OutcryWatch, Signal, StreamState, WatchedStream
from interlock.listen.outcry import alarms, watching
from interlock.listen.outcry.counting import TICK, counted_at
from listen.waiting import NOON, hours, source

pytestmark = pytest.mark.django_db
START = NOON - timedelta(days=9)
_numbers = itertools.count(1)


def spoken(shop, at, *, by="", product="P1", received=None, body="It broke again on the first day.", **more):
    """A signal not yet stored; `by` is who spoke."""
    number = next(_numbers)
    return Signal(
        **{
            "key": f"o{number}", "source": shop, "kind": "ticket", "occurred_at": at, "received_at": received or at,
            "account_key": by or f"c{number}", "body": body, "product_key": product, "product_label": "Panniers",
            "channel": "mail", "region": "North", "copy_hash": 0, "in_records": False, **more,
        }
    )  # fmt: skip


def usual(shop, until, seed=1, **more):
    """One or two signals every ten minutes by forty customers who come back."""
    rng, at, made = random.Random(seed), START, []
    while at < until:
        made.append(spoken(shop, at, by=f"regular-{rng.randrange(40)}", **more))
        at += timedelta(minutes=rng.uniform(3, 17))
    return made


def listen(until):
    """Look once an hour, as if each tick had been looked at in its time."""
    at = START
    while at < until:
        at = min(at + hours(6), until)
        watching.watch(now=at)


@pytest.fixture
def shop(db, home):
    watching.watch(now=START)
    return source(name="Shop")


def test_a_burst_of_new_people_is_an_outcry_with_what_is_known_of_it(shop):
    Signal.objects.bulk_create(usual(shop, NOON + hours(2)))
    burst = [
        spoken(shop, NOON + timedelta(seconds=30 * n), by=f"new-{n}", rating_share=0.2, region="South")
        for n in range(240)
    ]
    Signal.objects.bulk_create(burst)

    listen(NOON + hours(2))

    alarm = Alarm.objects.get(stream__kind="product")
    assert (alarm.state, alarm.label, alarm.ended_at) == (StreamState.OUTCRY, "Panniers", None)
    assert NOON < alarm.began_at <= alarm.outcry_at < NOON + hours(2)
    assert alarm.times > 4
    told = alarm.known
    assert told["new_share"] >= 0.7
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
    Signal.objects.bulk_create(usual(shop, NOON + hours(2)))
    Signal.objects.bulk_create(
        [spoken(shop, NOON + timedelta(seconds=45 * n), by=f"regular-{n % 40}") for n in range(160)]
    )

    listen(NOON + hours(2))

    assert StreamState.OUTCRY not in set(Alarm.objects.values_list("state", flat=True))


def test_one_person_posting_fifty_times_is_no_outcry(shop):
    Signal.objects.bulk_create(usual(shop, NOON + hours(2)))
    Signal.objects.bulk_create(
        [spoken(shop, NOON + timedelta(seconds=30 * n), by="angry") for n in range(50)]
    )

    listen(NOON + hours(2))

    assert not Alarm.objects.exists()


def test_fifty_people_posting_once_ring_where_one_posting_fifty_times_did_not(shop):
    Signal.objects.bulk_create(usual(shop, NOON + hours(2)))
    Signal.objects.bulk_create(
        [spoken(shop, NOON + timedelta(seconds=30 * n), by=f"new-{n}") for n in range(50)]
    )

    listen(NOON + hours(2))

    assert Alarm.objects.filter(stream__kind="product").exists()


def test_a_back_filled_import_is_no_outcry(shop):
    Signal.objects.bulk_create(usual(shop, NOON + hours(2)))
    Signal.objects.bulk_create(
        [
            spoken(shop, NOON - hours(30) + timedelta(seconds=n), received=NOON + timedelta(seconds=n))
            for n in range(500)
        ]
    )
    Signal.objects.bulk_create(
        [spoken(shop, NOON + timedelta(seconds=n), received_at=None) for n in range(500)]
    )

    listen(NOON + hours(2))

    assert not Alarm.objects.exists()


def test_a_source_that_starts_is_no_outcry_of_its_products(shop):
    Signal.objects.bulk_create(usual(shop, NOON + hours(3)))
    new = source(name="Mail")
    Signal.objects.bulk_create(
        [spoken(new, NOON + timedelta(seconds=30 * n), by=f"mail-{n}") for n in range(300)]
    )

    listen(NOON + hours(3))

    assert not Alarm.objects.exists()
    assert WatchedStream.objects.filter(kind="source", key=str(new.pk)).exists()


def test_a_source_that_was_down_and_delivers_everything_at_once_is_no_outcry(shop):
    everything = usual(shop, NOON + hours(6))
    for one in everything:
        if NOON < one.occurred_at < NOON + hours(4):
            one.received_at = NOON + hours(4)
    Signal.objects.bulk_create(everything)

    listen(NOON + hours(6))

    assert not Alarm.objects.exists()


def test_an_alarm_ends_when_it_is_quiet_again(shop):
    Signal.objects.bulk_create(usual(shop, NOON + hours(60)))
    Signal.objects.bulk_create(
        [spoken(shop, NOON + timedelta(seconds=20 * n), by=f"new-{n}") for n in range(150)]
    )

    listen(NOON + hours(60))

    alarm = Alarm.objects.filter(stream__kind="product").get()
    assert NOON + hours(1) < alarm.ended_at < NOON + hours(60)
    assert set(WatchedStream.objects.values_list("state", flat=True)) == {StreamState.QUIET}


def test_looking_once_or_often_hears_the_same(shop):
    Signal.objects.bulk_create(usual(shop, NOON - hours(60)))
    listen(NOON - hours(60))
    once = OutcryWatch.objects.get()

    OutcryWatch.objects.update(listened_until=START - TICK, state=None)
    at = START
    while at < NOON - hours(60):
        at += timedelta(minutes=50)
        watching.watch(now=min(at, NOON - hours(60)))
    often = OutcryWatch.objects.get()

    assert often.listened_until == once.listened_until
    one, other = (remembered(bytes(row.state), watching.TUNING) for row in (once, often))
    assert one.streams.level.tolist() == pytest.approx(other.streams.level.tolist(), abs=1e-5)


def test_a_look_that_breaks_is_made_again_whole(shop, monkeypatch):
    Signal.objects.bulk_create(usual(shop, START + hours(3)))
    monkeypatch.setattr(watching, "kept", lambda memory: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        watching.watch(now=START + hours(3))
    monkeypatch.undo()

    assert watching.watch(now=START + hours(3)) == 36
    assert WatchedStream.objects.count() == 3


def test_after_days_without_a_worker_the_watch_goes_on_from_a_day_ago(shop):
    assert watching.watch(now=START + timedelta(days=9)) == 288


def test_a_state_of_another_version_starts_anew(shop):
    OutcryWatch.objects.update(state=b"something else")

    assert watching.watch(now=START + hours(1)) == 12


def test_a_look_takes_as_many_queries_for_many_signals_as_for_few(shop, django_assert_max_num_queries):
    Signal.objects.bulk_create(usual(shop, START + hours(20)))
    watching.watch(now=START + hours(10))

    with django_assert_max_num_queries(9):
        watching.watch(now=START + hours(20))


@pytest.mark.parametrize(("late", "counted"), [(0, 0), (1, 0), (40, 40), (61, None), (3000, None)])
def test_a_signal_counts_when_it_was_said_or_when_it_came_and_not_much_later(late, counted):
    received = NOON + timedelta(minutes=late)

    assert counted_at(NOON, received) == (None if counted is None else NOON + timedelta(minutes=counted))


def test_nobody_known_has_no_share_of_new_people(shop):
    Signal.objects.bulk_create([spoken(shop, NOON, account_key="")])
    stream = WatchedStream(kind="product", key="P1", number=0, began_at=NOON)

    assert alarms.new_share(stream, NOON) is None
