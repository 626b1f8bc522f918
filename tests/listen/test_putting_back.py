"""A batch that was taken back by mistake counts again: whole, once, and never over what came since."""

from __future__ import annotations

import pytest
from django.db import connection

from interlock.api.status import status
from interlock.fabric import records
from interlock.fabric.models import JournalEntry
from interlock.listen import flushing, intake, settling, signal_copies, stages
from interlock.listen.errors import WrongState
from interlock.listen.inbox import checked, put_back_arrival, take_in, undo_arrival
from interlock.listen.models import Arrival, Clock, EarlierRow, InboxRow, RestingClock, Signal, Source
from listen.live import NOON, offer, offered, source
from listen.small import signal, small_company

pytestmark = pytest.mark.django_db(transaction=True)
FULL = {
    "rating": 2,
    "rating_max": 5,
    "cost": "12.5",
    "first_reply_at": "2026-03-02T09:00:00.123456+01:00",
    "body": "Zu spät 🚲\u200b",
    "lang": "de",
}


@pytest.fixture(autouse=True)
def _home(home):
    """Records and the journal's head lie in the home folder."""


def take(*rows, **more) -> Arrival:
    [taken] = take_in([offer(*rows, **more)], now=NOON)
    settling.settle_all(now=lambda: NOON)
    return Arrival.objects.get(pk=taken.arrival_id)


def undone(arrival: Arrival) -> Arrival:
    arrival.refresh_from_db()
    return undo_arrival(arrival=arrival, by=None, now=NOON)


def put_back(arrival: Arrival) -> int:
    arrival.refresh_from_db()
    back = put_back_arrival(arrival=arrival, by=None, now=NOON)
    settling.settle_all(now=lambda: NOON)
    return back


def everything() -> list[object]:
    """Signals, clocks, the inbox, the accounting and the records, as they are."""
    signals = Signal.objects.order_by("key").values()
    lake = records.lake()
    return [
        [{**one, "id": 0, "in_records": True} for one in signals],
        list(Clock.objects.order_by("signal_key").values()),
        list(
            InboxRow.objects.order_by("table", "key").values("table", "key", "digest", "arrival", "payload")
        ),
        list(
            Arrival.objects.order_by("pk").values(
                "received", "stored", "updated", "duplicate", "undone_at", "by"
            )
        ),
        list(Source.objects.values("received", "stored", "duplicate", "refused")),
        {name: lake.read(name).to_pylist() for name in lake.snapshot().counts},
    ]


def test_a_batch_that_is_put_back_leaves_everything_as_it_was(person):
    account = checked("accounts", {"account_id": "a1", "name": "North"}, place="1", now=NOON)
    arrival = take(account, offered(1, **FULL), offered(2), offered(3))
    stages.acknowledge(clock=Clock.objects.get(signal_key="t2"), by=person("owner"), now=NOON)
    flushing.flush(now=NOON)
    before = everything()
    undone(arrival)
    assert (Signal.objects.count(), Clock.objects.count(), records.snapshot().counts["signals"]) == (0, 0, 0)

    assert put_back(arrival) == 4
    flushing.flush(now=NOON)

    assert everything() == before
    assert (RestingClock.objects.count(), signal_copies.are_current(), status(NOON).adds_up) == (
        0,
        True,
        True,
    )
    entry = JournalEntry.objects.filter(verb="put back").get()
    assert (entry.about_key, entry.detail) == (str(arrival.pk), {"records": 4})
    [again] = take_in([offer(offered(1, **FULL), offered(2))], now=NOON)
    assert (again.duplicate, again.stored) == (2, 0)


def test_a_batch_that_is_still_open_is_taken_back_and_put_back_and_the_next_one_is_another():
    first = take(offered(1))
    assert first.closed_at is None

    undone(first)
    second = take(offered(2))

    assert second.pk != first.pk
    assert put_back(first) == 1
    assert set(Signal.objects.values_list("key", "in_records")) == {("t1", False), ("t2", False)}
    flushing.flush(now=NOON)
    assert set(Signal.objects.values_list("key", "in_records")) == {("t1", True), ("t2", True)}
    assert undone(first).undone_at == NOON
    assert set(Signal.objects.values_list("key", flat=True)) == {"t2"}
    assert put_back(first) == 1


def test_what_was_sent_again_meanwhile_is_newer_and_stays():
    first = take(offered(1), offered(2), offered(3))
    undone(first)
    second = take(offered(1, body="Newer"))
    flushing.flush(now=NOON)
    take(offered(2, body="Newer as well"))  # not in the lake yet

    assert put_back(first) == 1
    flushing.flush(now=NOON)

    assert dict(Signal.objects.values_list("key", "body")) == {
        "t1": "Newer", "t2": "Newer as well", "t3": "The bike 3 came late",
    }  # fmt: skip
    assert InboxRow.objects.get(key="t1").arrival_id == second.pk
    assert Clock.objects.count() == 3


def test_what_was_imported_meanwhile_is_newer_and_stays(waiting, reads):
    first = take(offered(1), offered(2))
    undone(first)
    reads(small_company(signal(1, signal_id="t1", body="Imported")))
    intake.run(waiting("files"), clock=lambda: NOON)

    assert put_back(first) == 1
    flushing.flush(now=NOON)

    assert dict(Signal.objects.values_list("key", "body")) == {"t1": "Imported", "t2": "The bike 2 came late"}


@pytest.mark.parametrize(
    ("order", "flushed"),
    [
        pytest.param((0, 1, 2), False, marks=pytest.mark.slow),
        pytest.param((2, 1, 0), False, marks=pytest.mark.slow),
        ((1, 2, 0), True),
        pytest.param((0, 2, 1), True, marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_versions_of_several_batches_are_as_before_whatever_is_put_back_first(order, flushed):
    batches = []
    for words in ("one", "two", "three"):
        batches.append(take(offered(1, body=words), offered(len(words) + 10, body=words)))
        flushing.flush(now=NOON)
    before = dict(Signal.objects.values_list("key", "body"))
    for batch in reversed(batches):
        undone(batch)
    assert not Signal.objects.exists()

    for place in order:
        put_back(batches[place])
        if flushed:
            flushing.flush(now=NOON)
    flushing.flush(now=NOON)

    assert dict(Signal.objects.values_list("key", "body")) == before
    rows = records.lake().read("signals").to_pylist()
    assert {row["signal_id"]: row["body"] for row in rows} == before
    assert not EarlierRow.objects.exists()


def test_a_payload_that_was_emptied_long_ago_comes_back_from_the_records():
    arrival = take(offered(1, **FULL))
    flushing.flush(now=NOON)
    payload = InboxRow.objects.get().payload
    InboxRow.objects.update(payload="")

    undone(arrival)
    put_back(arrival)

    assert InboxRow.objects.get().payload == payload


def test_what_cannot_be_put_back_says_why_and_changes_nothing():
    arrival = take(offered(1))
    with pytest.raises(WrongState, match="is not taken back"):
        put_back(arrival)
    undone(arrival)
    asked = Source.objects.filter(pk=arrival.source_id)

    asked.update(ask_every=60)
    with pytest.raises(WrongState, match="is asked: read it from the beginning"):
        put_back(Arrival.objects.get())
    asked.update(ask_every=None)
    records.lake().vacuum(0)
    with pytest.raises(WrongState, match=r"was cleared away since\. Have “Shop” send it again"):
        put_back(Arrival.objects.get())

    assert (InboxRow.objects.count(), Arrival.objects.get().undone_at) == (0, NOON)


def test_of_two_who_put_it_back_the_second_hears_of_it():
    arrival = undone(take(offered(1)))
    stale = Arrival.objects.get(pk=arrival.pk)
    put_back(arrival)

    with pytest.raises(WrongState, match="is not taken back"):
        put_back_arrival(arrival=stale, by=None, now=NOON)

    assert InboxRow.objects.count() == 1


def test_a_batch_of_thousands_takes_as_many_queries_as_its_pieces(django_assert_max_num_queries):
    arrival = undone(take(*(offered(number) for number in range(600))))

    with django_assert_max_num_queries(60 if connection.vendor == "postgresql" else 45):
        assert put_back_arrival(arrival=arrival, by=None, now=NOON) == 600


def test_removing_a_source_forgets_the_clocks_of_what_was_taken_back():
    from interlock.listen import live_sources

    undone(take(offered(1)))
    assert RestingClock.objects.count() == 1

    live_sources.remove_source(source=source(), by=None, now=NOON)

    assert RestingClock.objects.count() == 0
