"""What was acknowledged reaches the records once, batch by batch, and each batch can be taken back."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction

from interlock.connectors.live import Route
from interlock.fabric import journal, records
from interlock.fabric.models import JournalEntry
from interlock.listen import flushing, inbox, intake, settling, signal_copies
from interlock.listen.errors import WrongState
from interlock.listen.inbox import checked, take_in, undo_arrival
from interlock.listen.models import (
    Answer,
    AnsweredSignal,
    Arrival,
    Clock,
    EarlierRow,
    InboxRow,
    ReplyRoute,
    Sending,
    Signal,
    SignalsCopied,
)
from listen.live import NOON, offer, offered, source
from listen.small import signal, small_company

pytestmark = pytest.mark.django_db(transaction=True)


class Killed(BaseException):
    """What SIGKILL is to a process: nothing catches it."""


@pytest.fixture(autouse=True)
def _home(home):
    """Records and the journal's head lie in the home folder."""


def in_lake() -> dict[str, str]:
    rows = records.lake().read("signals") if records.snapshot().counts.get("signals") else None
    return dict(zip(rows["signal_id"].to_pylist(), rows["body"].to_pylist(), strict=True)) if rows else {}


def listed() -> dict[str, tuple[str, bool]]:
    return {one.key: (one.body, one.in_records) for one in Signal.objects.all()}


def take(*rows, **more):
    [taken] = take_in([offer(*rows, **more)], now=NOON)
    settling.settle_all(now=lambda: NOON)
    return Arrival.objects.get(pk=taken.arrival_id)


def test_what_came_in_live_becomes_records():
    account = checked(
        "accounts", {"account_id": "a1", "name": "North Shop", "since": "2020-05-01"}, place="1", now=NOON
    )
    arrival = take(account, offered(1, cost="12.5", body="Zu spät 🚲"), offered(2))

    assert flushing.flush(now=NOON) == 3

    assert in_lake() == {"t1": "Zu spät 🚲", "t2": "The bike 2 came late"}
    row = records.lake().read("signals").to_pylist()[0]
    assert row["occurred_at"] == datetime(2026, 3, 2, 8)  # noqa: DTZ001 - the contract has no zone
    assert str(row["cost"]) == "12.50"
    assert records.snapshot().batch_id == f"arrival-{arrival.pk}"
    assert listed() == {"t1": ("Zu spät 🚲", True), "t2": ("The bike 2 came late", True)}
    assert Signal.objects.get(key="t1").account_label == "North Shop"
    assert Signal.objects.get(key="t1").received_at == NOON
    arrival.refresh_from_db()
    assert (arrival.closed_at, arrival.flushed_at) == (NOON, NOON)
    assert signal_copies.are_current()
    assert flushing.flush(now=NOON) == 0


def test_it_may_reach_the_records_before_it_is_settled():
    take_in([offer(offered(1))], now=NOON)
    flushing.flush(now=NOON)
    settling.settle(now=NOON)

    assert listed() == {"t1": ("The bike 1 came late", True)}
    assert Signal.objects.get().received_at == NOON
    assert Clock.objects.count() == 1


@pytest.mark.parametrize("place", ["_mark", "_mark_arrivals"])
def test_killed_while_flushing_the_next_flush_ends_it_and_nothing_doubles(place, monkeypatch):
    take(offered(1), offered(2))
    with monkeypatch.context() as broken:
        broken.setattr(flushing, place, _kill)
        with pytest.raises(Killed):
            flushing.flush(now=NOON)
    signal_copies.sync()  # as a page would have it done
    assert set(listed()) == {"t1", "t2"}

    flushing.flush(now=NOON)

    assert set(in_lake()) == {"t1", "t2"}
    assert listed() == {"t1": ("The bike 1 came late", True), "t2": ("The bike 2 came late", True)}
    assert not InboxRow.objects.filter(flushed=False).exists()
    assert Arrival.objects.get().flushed_at == NOON


def test_what_changes_while_it_is_flushed_goes_with_the_next_flush(monkeypatch):
    take(offered(1))
    plain = flushing._mark

    def changed_meanwhile(marks):
        monkeypatch.setattr(flushing, "_mark", plain)
        take(offered(1, body="Newer"), arrival=inbox.open_arrival(source=source(), now=NOON))
        plain(marks)

    monkeypatch.setattr(flushing, "_mark", changed_meanwhile)
    flushing.flush(now=NOON)
    assert listed() == {"t1": ("Newer", False)}

    flushing.flush(now=NOON)

    assert in_lake() == {"t1": "Newer"}
    assert listed() == {"t1": ("Newer", True)}


def test_while_an_import_is_written_nothing_is_lost():
    take(offered(1))
    with records.lake().writing(batch_id="import-7", source_id="files"):
        assert flushing.flush(now=NOON) == 0

    assert flushing.flush(now=NOON) == 1


def test_an_asking_that_runs_keeps_its_batch_open():
    asked = source("mail")
    asked.ask_every, asked.asked_until = 60, NOON + timedelta(minutes=2)
    asked.save()
    arrival = inbox.open_arrival(source=asked, now=NOON)
    take(offered(1), of="mail", arrival=arrival)

    flushing.flush(now=NOON + timedelta(minutes=1))
    arrival.refresh_from_db()
    assert (arrival.closed_at, arrival.flushed_at) == (None, None)
    flushing.flush(now=NOON + timedelta(hours=2))

    arrival.refresh_from_db()
    assert arrival.flushed_at == NOON + timedelta(hours=2)
    assert in_lake() == {"t1": "The bike 1 came late"}


def test_an_undone_batch_leaves_nothing_behind_and_the_others_alone(person):
    first = take(offered(1), offered(2))
    flushing.flush(now=NOON)
    route = Route("ann@example.com")
    second = take(offered(2, body="Changed"), offered(3)._replace(route=route))

    undo_arrival(arrival=second, by=person("owner"), now=NOON)

    assert in_lake() == {"t1": "The bike 1 came late", "t2": "The bike 2 came late"}
    assert listed() == {"t1": ("The bike 1 came late", True), "t2": ("The bike 2 came late", True)}
    assert set(InboxRow.objects.values_list("key", "arrival")) == {("t1", first.pk)}
    assert set(Clock.objects.values_list("signal_key", flat=True)) == {"t1", "t2"}
    assert not ReplyRoute.objects.exists()
    entry = JournalEntry.objects.latest("number")
    assert (entry.verb, entry.about_key) == ("undid", str(second.pk))
    assert entry.detail == {"signals": {"restored": 1, "removed": 1}}
    assert journal.verify().sound
    with pytest.raises(WrongState, match="taken back already"):
        undo_arrival(arrival=Arrival.objects.get(pk=second.pk), by=None, now=NOON)


def test_an_undone_batch_gives_back_what_the_batch_before_brought_and_nobody_had_flushed():
    first, second = (inbox.open_arrival(source=source(), now=NOON) for _ in range(2))
    take(offered(1), arrival=first)
    take(offered(1, body="Changed"), arrival=second)

    undo_arrival(arrival=second, by=None, now=NOON)

    assert in_lake() == {"t1": "The bike 1 came late"}
    assert listed() == {"t1": ("The bike 1 came late", True)}


def test_a_version_that_was_changed_before_the_flush_is_written_before_the_newer_one():
    arrivals = [inbox.open_arrival(source=source(), now=NOON) for _ in range(3)]
    for arrival, words in zip(arrivals, ("one", "two", "three"), strict=True):
        take(offered(1, body=words), arrival=arrival)

    flushing.flush(now=NOON)

    assert in_lake() == {"t1": "three"}
    assert listed() == {"t1": ("three", True)}
    assert not EarlierRow.objects.exists()
    undo_arrival(arrival=arrivals[2], by=None, now=NOON)
    assert in_lake() == {"t1": "two"}


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite lets one writer in at a time by itself")
def test_an_undo_waits_for_whoever_settles_instead_of_both_for_each_other():
    arrival = take(offered(1))
    undo = threading.Thread(target=_undone_by_another, args=[arrival])

    with transaction.atomic():
        list(InboxRow.objects.select_for_update())  # as settling does, first the rows
        undo.start()
        wait_until_blocked(undo)
        assert len(Clock.objects.select_for_update()) == 1  # then their clocks
    undo.join(120)

    assert (Arrival.objects.get().undone_at, Clock.objects.count()) == (NOON, 0)


def _undone_by_another(arrival):
    try:
        undo_arrival(arrival=arrival, by=None, now=NOON)
    finally:
        connection.close()


def wait_until_blocked(thread):
    """Until that thread waits for a lock of the server; this connection may be in a transaction."""
    with connection.cursor() as cursor:
        for _look in range(600):
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
            thread.join(0.05)
            assert thread.is_alive()
    raise AssertionError("It waits for nothing.")


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has all processes on one machine")
def test_one_machine_at_a_time_copies_signals():
    take(offered(1))
    flushing.flush(now=NOON)
    Signal.objects.all().delete()
    SignalsCopied.objects.update(snapshot_number=0)
    copying = threading.Thread(target=_copied_by_another)

    with signal_copies._one_at_a_time():
        copying.start()
        wait_until_blocked(copying)
        assert Signal.objects.count() == 0
    copying.join(120)

    assert Signal.objects.count() == 1


def _copied_by_another():
    try:
        signal_copies.sync()
    finally:
        connection.close()


def test_what_was_taken_back_may_come_again():
    undo_arrival(arrival=take(offered(1)), by=None, now=NOON)
    assert (in_lake(), listed()) == ({}, {})

    take(offered(1))
    flushing.flush(now=NOON)

    assert set(in_lake()) == set(listed()) == {"t1"}


@pytest.mark.parametrize("place", ["_forget", "signal_copies"])
def test_an_undo_that_is_killed_can_be_ended(place, monkeypatch):
    from interlock.listen.inbox import undoing

    arrival = take(offered(1))
    with monkeypatch.context() as broken:
        if place == "_forget":
            broken.setattr(undoing, "_forget", _kill)
        else:
            broken.setattr(undoing.signal_copies, "sync", _kill)
        with pytest.raises(Killed):
            undo_arrival(arrival=arrival, by=None, now=NOON)
    arrival.refresh_from_db()

    if arrival.undone_at is None:
        undo_arrival(arrival=arrival, by=None, now=NOON)
    signal_copies.sync()

    assert (in_lake(), listed(), InboxRow.objects.count(), Clock.objects.count()) == ({}, {}, 0, 0)


def test_an_import_can_be_undone_while_live_signals_wait(waiting, reads):
    from interlock.listen import services

    take(offered(1))
    reads(small_company(signal(1)))
    done = intake.run(waiting("files"), clock=lambda: NOON)

    services.undo_import(import_=done, by=None, now=NOON)
    signal_copies.sync()

    assert listed() == {"t1": ("The bike 1 came late", False)}


def test_an_answer_given_here_is_in_the_records_and_its_row_stays_its_sources(person):
    arrival = take(offered(1), offered(2, first_reply_at="2026-03-02T09:00:00Z"), offered(3))
    answer = Answer.objects.create(
        author=person("contributor"), text="It is here", made_at=NOON, state=Sending.SENT, sent_at=NOON
    )
    for key in ("t1", "t2"):
        AnsweredSignal.objects.create(answer=answer, signal_key=key)

    flushing.flush(now=NOON)

    rows = {row["signal_id"]: row for row in records.lake().read("signals").to_pylist()}
    assert {key: row["first_reply_at"] for key, row in rows.items()} == {
        "t1": datetime(2026, 3, 2, 12),  # noqa: DTZ001 - the contract has no zone
        "t2": datetime(2026, 3, 2, 9),  # noqa: DTZ001 - as above
        "t3": None,
    }
    assert rows["t1"]["body"] == "The bike 1 came late"
    assert Signal.objects.get(key="t1").source == arrival.source
    assert dict(Signal.objects.values_list("key", "answered")) == {"t1": True, "t2": True, "t3": False}
    assert flushing.flush(now=NOON) == 0


def test_payloads_are_emptied_long_after_and_duplicates_are_known_still():
    take(offered(1))
    flushing.flush(now=NOON)
    assert flushing.empty_old_payloads(now=NOON + timedelta(days=89), keep_days=90) == 0

    assert flushing.empty_old_payloads(now=NOON + timedelta(days=91), keep_days=90) == 1

    assert InboxRow.objects.get().payload == ""
    [taken] = take_in([offer(offered(1))], now=NOON)
    assert taken.duplicate == 1


def _kill(*arguments, **named):
    raise Killed
