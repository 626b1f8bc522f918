"""Databases that are read again and again: from their watermark on, counted exactly, nothing lost when killed."""

from __future__ import annotations

import sqlite3
from datetime import timedelta

import pytest
from django.utils import timezone

from interlock.connectors.errors import DatabaseRefused
from interlock.connectors.live import Interrupted, TryLater
from interlock.fabric import records
from interlock.listen import clocks, intake, live_imports, signal_copies
from interlock.listen.models import Clock, Import, Signal, State
from listen.watched import ORDERS, ticket, write


def test_a_database_is_read_from_its_watermark_on(watched_database, database):
    ticket(database, 1, updated=timezone.now() - timedelta(hours=2))
    first = watched_database.read()
    quiet = watched_database.read()
    ticket(database, 2)
    second = watched_database.read()

    assert (first, quiet, second) == (1, 0, 2)
    assert watched_database.tallies() == (3, 2, 1, 0)
    assert [each.title for each in Import.objects.order_by("pk")] == ["shop.db", "shop.db, what is new"]
    assert {each.location for each in Import.objects.all()} == {""}


def test_a_reading_of_a_database_that_only_repeats_leaves_no_import(watched_database, database):
    ticket(database, 1)
    watched_database.read()
    with sqlite3.connect(database) as connection:
        later = timezone.now() + timedelta(days=30)
        connection.execute("UPDATE tickets SET updated_at = ?", [f"{later:%Y-%m-%d %H:%M:%S}"])
    connection.close()

    rows = watched_database.read()

    assert (rows, Import.objects.count(), watched_database.tallies()) == (1, 1, (2, 1, 1, 0))


def test_a_recent_unanswered_ticket_of_a_database_gets_its_clock(watched_database, database):
    ticket(database, 1)
    ticket(database, 2, made=timezone.now() - timedelta(days=90))

    watched_database.read()

    assert list(Clock.objects.values_list("signal_key", flat=True)) == ["1"]
    assert clocks.open_for_import(now=watched_database.now) == 0


def test_a_killed_reading_is_done_again_and_doubles_nothing(watched_database, database, monkeypatch):
    ticket(database, 1)

    class Killed(BaseException):
        pass

    def die(*_args):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(live_imports, "_go_on_after", die)
        with pytest.raises(Killed):
            watched_database.read()
    rows = watched_database.read()

    assert (rows, Signal.objects.count(), watched_database.tallies()) == (1, 1, (2, 1, 1, 0))
    assert Import.objects.count() == 1


def test_an_asking_that_is_told_to_end_leaves_no_import_and_starts_anew(watched_database, database):
    ticket(database, 1)
    calls = []

    def wait(_seconds):
        calls.append(1)
        if len(calls) > 3:
            raise Interrupted("The worker is ending.")

    watched_database.wait = wait
    with pytest.raises(Interrupted):
        watched_database.read()
    watched_database.wait = lambda _seconds: None

    assert (Import.objects.count(), watched_database.read()) == (0, 1)


def test_while_somebody_else_writes_the_records_the_reading_waits(watched_database, database, monkeypatch):
    monkeypatch.setattr(records, "PATIENCE_SECONDS", 0.3)  # instead of 20
    ticket(database, 1)

    with records.lake().writing(batch_id="other", source_id="other"), pytest.raises(TryLater) as caught:
        watched_database.read()

    assert (caught.value.seconds, Import.objects.count(), watched_database.tallies()) == (60, 0, (0, 0, 0, 0))
    assert watched_database.read() == 1


def test_a_database_that_changed_its_shape_stops_with_a_sentence(watched_database, database):
    ticket(database, 1)
    watched_database.read()
    with sqlite3.connect(database) as connection:
        connection.execute("ALTER TABLE tickets RENAME COLUMN words TO told")
    connection.close()

    with pytest.raises(DatabaseRefused, match="has no column words any more"):
        watched_database.read()
    assert Import.objects.count() == 1


def test_an_import_cut_off_after_publishing_is_finished_and_counted_once(
    watched_database, database, monkeypatch
):
    ticket(database, 1)

    class Killed(BaseException):
        pass

    def die(**_more):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(signal_copies, "sync", die)
        with pytest.raises(Killed):
            watched_database.read()
    (settled,) = intake.settle_abandoned(clock=lambda: watched_database.now)
    watched_database.read()

    assert settled.state == State.DONE
    assert watched_database.tallies() == (2, 1, 1, 0)
    assert Signal.objects.count() == 1


def test_a_trial_shows_the_first_records_and_stores_nothing(
    watched_database, database, watched_folder, folder
):
    for number in range(3):
        ticket(database, number)
    write(folder, "orders.csv", f"{ORDERS}o1,a1,2026-03-01 08:00:00,done\no2,a1,soon,done\n")

    tried = watched_database.first(), watched_folder.first()

    assert [
        (chunk.table, chunk.rows.num_rows, len(chunk.refusals)) for chunks in tried for chunk in chunks
    ] == [
        ("signals", 3, 0),
        ("orders", 1, 1),
    ]
    assert (Import.objects.count(), records.snapshot().number) == (0, 0)
    assert watched_database.tallies() == (0, 0, 0, 0)


def test_a_trial_reads_a_few_rows_of_a_large_table(watched_database, database, monkeypatch):
    for number in range(5):
        ticket(database, number)
    monkeypatch.setattr(live_imports, "ROWS_TRIED", 2)

    assert [chunk.rows.num_rows for chunk in watched_database.first()] == [2]
