"""What is acknowledged is stored, counted and noted, once; what fails leaves nothing and harms no neighbour."""

from __future__ import annotations

import sqlite3
import threading

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import Sum

from interlock.connectors.live import Route
from interlock.fabric import journal
from interlock.fabric.models import JournalEntry
from interlock.listen import inbox
from interlock.listen.errors import InboxBusy, InboxFull, NotDurable, WrongState
from interlock.listen.inbox import Offer, Refusal, Taken, durability, grouping, take_in, take_in_batched
from interlock.listen.models import Arrival, InboxRow, RefusedRow, ReplyRoute, Source
from listen.live import NOON, offer, offered, source

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _home(home):
    """The journal's head lies in the home folder."""


def counts(thing: Arrival | Source) -> tuple[int, int, int, int]:
    thing.refresh_from_db()
    return thing.received, thing.stored, thing.duplicate, thing.refused


def test_new_records_are_stored_and_counted_everywhere():
    [taken] = take_in(
        [offer(offered(1), offered(2), refused=[Refusal("row 3", "no body", "body", "{}")])], now=NOON
    )

    arrival = Arrival.objects.get()
    assert taken == Taken(arrival.pk, received=3, stored=2, updated=0, duplicate=0, refused=1)
    assert counts(arrival) == counts(source()) == (3, 2, 0, 1)
    assert list(InboxRow.objects.values_list("key", "settled", "flushed").order_by("key")) == [
        ("t1", False, False),
        ("t2", False, False),
    ]
    refused = RefusedRow.objects.get()
    assert (refused.place, refused.field, refused.reason, refused.payload) == (
        "row 3",
        "body",
        "no body",
        "{}",
    )
    entry = JournalEntry.objects.get()
    assert (entry.verb, entry.about_kind, entry.about_key) == ("took in", "arrival", str(arrival.pk))
    assert entry.detail == {
        "source": "shop",
        "received": 3,
        "stored": 2,
        "updated": 0,
        "duplicate": 0,
        "refused": 1,
    }
    assert source().last_signal_at == NOON
    assert journal.verify().sound


def test_the_same_record_again_is_a_duplicate_and_a_changed_one_an_update():
    take_in([offer(offered(1), offered(2), offered(3))], now=NOON)

    [taken] = take_in([offer(offered(2), offered(3, body="It came"), offered(4))], now=NOON)

    assert (taken.received, taken.stored, taken.updated, taken.duplicate) == (3, 2, 1, 1)
    assert taken.duplicates == (0,)
    assert InboxRow.objects.count() == 4
    assert "It came" in InboxRow.objects.get(key="t3").payload


@pytest.mark.parametrize("place", [0, 30, 59])
def test_of_many_records_only_those_that_are_known_are_duplicates_or_updates(place):
    take_in([offer(offered(place), offered(61))], now=NOON)
    many = [offered(number) for number in range(60)] + [offered(61, body="Changed")]

    [taken] = take_in([offer(*many)], now=NOON)

    assert (taken.received, taken.stored, taken.updated, taken.duplicates) == (61, 60, 1, (place,))
    assert counts(source()) == (63, 62, 1, 0)
    stored = dict(InboxRow.objects.values_list("key", "payload"))
    assert stored == {row.key: row.payload for row in many}


def test_an_updated_record_is_settled_and_flushed_again():
    take_in([offer(offered(1))], now=NOON)
    InboxRow.objects.update(settled=True, flushed=True)

    take_in([offer(offered(1, body="More"))], now=NOON)

    assert list(InboxRow.objects.values_list("settled", "flushed")) == [(False, False)]


@pytest.mark.parametrize("before", [[], [""], ["b"]])
def test_of_a_key_that_comes_several_times_the_last_holds_and_all_are_counted(before):
    for words in before:
        take_in([offer(offered(1, body=words or "a"))], now=NOON)

    [taken] = take_in(
        [offer(offered(1, body="a"), offered(1, body="a"), offered(2), offered(1, body="b"))], now=NOON
    )

    stored = {(): (3, 1), ("",): (2, 1), ("b",): (3, 2)}[tuple(before)]
    assert (taken.stored, taken.updated) == stored
    assert taken.duplicate == 4 - taken.stored
    assert taken.duplicates == ((0, 1) if before == [""] else (1,))
    assert '"body":"b"' in InboxRow.objects.get(key="t1").payload


def test_two_sources_and_two_tables_may_use_one_key():
    team = inbox.checked("accounts", {"account_id": "t1"}, place="1", now=NOON)

    taken = take_in([offer(offered(1), team), offer(offered(1), of="mail")], now=NOON)

    assert [(each.stored, each.updated) for each in taken] == [(2, 0), (1, 0)]
    assert counts(source("shop")) == (2, 2, 0, 0)
    assert counts(source("mail")) == (1, 1, 0, 0)
    assert JournalEntry.objects.count() == 2


def test_pushed_records_join_one_arrival_until_it_is_closed():
    first, second = (take_in([offer(offered(number))], now=NOON)[0].arrival_id for number in (1, 2))
    inbox.close_arrival(arrival=Arrival.objects.get(), now=NOON)

    third = take_in([offer(offered(3))], now=NOON)[0].arrival_id

    assert first == second != third


def test_a_closed_arrival_takes_nothing():
    arrival = inbox.open_arrival(source=source(), now=NOON)
    take_in([offer(offered(1), arrival=arrival)], now=NOON)
    inbox.close_arrival(arrival=arrival, now=NOON)

    with pytest.raises(WrongState, match=f"Batch {arrival.pk} is closed"):
        take_in([offer(offered(2), arrival=arrival)], now=NOON)

    assert counts(arrival) == (1, 1, 0, 0)


def test_routes_to_authors_are_kept_apart_and_renewed():
    row = offered(1)._replace(route=Route("ann@example.com", "thread-1", {"message": "<1@x>"}))
    take_in([offer(row)], now=NOON)
    newer = offered(1, body="Still late")._replace(
        route=Route("ann@example.com", "thread-1", {"message": "<2@x>"})
    )

    take_in([offer(newer)], now=NOON)

    route = ReplyRoute.objects.get()
    assert (route.signal_key, route.address, route.detail) == ("t1", "ann@example.com", {"message": "<2@x>"})
    assert "ann@example.com" not in "".join(InboxRow.objects.values_list("payload", flat=True))


def test_what_within_writes_stands_and_falls_with_the_records():
    def keep_cursor(taken: Taken) -> None:
        Source.objects.filter(pk=source().pk).update(cursor=f"after {taken.stored}")

    take_in([offer(offered(1), within=keep_cursor)], now=NOON)
    assert source().cursor == "after 1"

    def break_down(taken: Taken) -> None:
        keep_cursor(taken)
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        take_in([offer(offered(2), offered(3), within=break_down)], now=NOON)

    assert source().cursor == "after 1"
    assert InboxRow.objects.count() == 1
    assert counts(source()) == (1, 1, 0, 0)
    assert JournalEntry.objects.count() == 1


def test_nothing_may_be_acknowledged_inside_another_transaction():
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        take_in([offer(offered(1))], now=NOON)


def test_every_acknowledging_connection_commits_to_the_disk():
    seen = []

    def look(taken: Taken) -> None:
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SHOW synchronous_commit")
            else:
                cursor.execute("PRAGMA synchronous")
            seen.append(cursor.fetchone()[0])

    def send(one: Offer) -> None:
        take_in_batched(one, now=NOON)
        connection.close()

    offers = [offer(offered(number), within=look) for number in range(4)]
    threads = [threading.Thread(target=send, args=(one,)) for one in offers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert seen == [{"postgresql": "on"}.get(connection.vendor, 2)] * 4


WEAKER = {
    "sqlite": ("PRAGMA synchronous = NORMAL", "PRAGMA synchronous = FULL"),
    "postgresql": ("SET synchronous_commit = off", "SET synchronous_commit = on"),
}


def test_a_connection_that_commits_to_memory_only_acknowledges_nothing(monkeypatch):
    weaker, as_before = WEAKER[connection.vendor]
    monkeypatch.setattr(durability, "_looked_at", threading.local())
    with connection.cursor() as cursor:
        cursor.execute(weaker)
        try:
            with pytest.raises(NotDurable, match="power cut"):
                take_in([offer(offered(1))], now=NOON)
        finally:
            cursor.execute(as_before)

    assert InboxRow.objects.count() == 0


@pytest.mark.parametrize(
    ("code", "text", "error"),
    [
        (sqlite3.SQLITE_FULL, "database or disk is full", InboxFull),
        (sqlite3.SQLITE_BUSY, "database is locked", InboxBusy),
    ],
)
def test_a_full_disk_and_a_locked_database_are_told_apart(code, text, error):
    def fail(taken: Taken) -> None:
        cause = sqlite3.OperationalError(text)
        cause.sqlite_errorcode = code
        raise OperationalError(text) from cause

    with pytest.raises(error, match="Nothing was stored"):
        take_in_batched(offer(offered(1), within=fail), now=NOON)

    assert InboxRow.objects.count() == 0


def test_an_offer_that_was_in_anothers_way_is_tried_again():
    tries = []

    def fail_twice(taken: Taken) -> None:
        tries.append(taken.stored)
        if len(tries) < 3:
            cause = sqlite3.OperationalError("deadlock detected")
            cause.sqlstate = "40P01"
            raise OperationalError("deadlock detected") from cause

    [taken] = take_in([offer(offered(1), within=fail_twice)], now=NOON)

    assert (tries, taken.stored) == ([1, 1, 1], 1)
    assert counts(source()) == (1, 1, 0, 0)


def test_threads_share_commits_and_a_failing_offer_fails_alone(monkeypatch):
    groups = []
    everybody_waits, written = threading.Event(), grouping.take_in

    def slowly(offers, *, now):
        if not groups:
            groups.append(len(offers))
            everybody_waits.wait(120)
            return written(offers, now=now)
        groups.append(len(offers))
        return written(offers, now=now)

    monkeypatch.setattr(grouping, "take_in", slowly)
    results: dict[int, object] = {}

    def refuse(taken: Taken) -> None:
        raise IntegrityError("this key is in use")

    def send(number: int) -> None:
        try:
            results[number] = take_in_batched(offers[number], now=NOON).stored
        except IntegrityError as error:
            results[number] = str(error)
        finally:
            connection.close()

    # All are made here: SQLite's database in memory locks whole tables between threads.
    offers = [offer(offered(number), within=refuse if number == 5 else None) for number in range(8)]
    threads = [threading.Thread(target=send, args=(number,)) for number in range(8)]
    threads[0].start()
    while not groups:  # the first one writes, alone; who comes before it has its turn would join it
        threads[0].join(0.01)
    for thread in threads[1:]:
        thread.start()
    while len(grouping._queue) < 7:
        threads[0].join(0.01)
    everybody_waits.set()
    for thread in threads:
        thread.join()

    assert results == {**dict.fromkeys(range(8), 1), 5: "this key is in use"}
    assert groups == [1, 7, *[1] * 7]
    assert set(InboxRow.objects.values_list("key", flat=True)) == {f"t{n}" for n in range(8) if n != 5}
    assert counts(source()) == (7, 7, 0, 0)


def test_the_journal_counts_what_the_arrivals_count():
    for number in range(5):
        take_in([offer(offered(number % 3), offered(number))], now=NOON)

    noted = sum(entry.detail["stored"] for entry in JournalEntry.objects.filter(verb="took in"))
    summed = Arrival.objects.aggregate(stored=Sum("stored"), updated=Sum("updated"))

    assert noted == summed["stored"]
    assert InboxRow.objects.count() == summed["stored"] - summed["updated"] == 5
