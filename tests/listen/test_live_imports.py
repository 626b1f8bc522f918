"""Folders and databases that are read again and again: exact accounting, undo, and nothing lost on the way."""

from __future__ import annotations

import os
import sqlite3
from datetime import timedelta

import pytest
from django.utils import timezone

from interlock import connectors
from interlock.connectors.database.watching import WatchedDatabase
from interlock.connectors.errors import DatabaseRefused
from interlock.connectors.live import Interrupted, Reach, TryLater
from interlock.connectors.mapping import write_mapping
from interlock.connectors.watched_folder.watching import WatchedFolder
from interlock.fabric import records
from interlock.fabric.models import JournalEntry
from interlock.listen import clocks, intake, live_imports, services, signal_copies, source_page
from interlock.listen.models import Clock, Import, Signal, Source, State

ORDERS = "order_id,account_id,ordered_at,status\n"
SIGNALS = "signal_id,kind,occurred_at,account_id,body\n"
MAPPING = """
mapping: 1
name: shop
files: {tickets: {names: [tickets]}}
tables:
  signals:
    from: tickets
    columns: {signal_id: id, kind: {constant: ticket}, occurred_at: made, body: words, account_id: customer}
"""


class Watch:
    """A live source of this test, with the reach that a worker would give it."""

    def __init__(self, connector, answers, folders, mapping=""):
        self.now = timezone.now() + timedelta(minutes=5)
        self.connector, self.answers, self.folders = connector, answers, folders
        self.source = services.name_source(
            name="Shop" if not mapping else "Desk", kind=connector.kind, now=self.now
        )
        Source.objects.filter(pk=self.source.pk).update(mapping=mapping, ask_every=60)
        self.wait = lambda _seconds: None

    def read(self):
        self.source = Source.objects.get(pk=self.source.pk)
        reach = Reach(http=None, now=lambda: self.now, wait=lambda s: self.wait(s), folders=self.folders)
        held = Source.objects.filter(pk=self.source.pk, asked_by=self.source.asked_by, removed_at=None)
        return live_imports.read_due(self.source, self.connector, self.answers, reach, held)

    def first(self):
        reach = Reach(http=None, now=lambda: self.now, wait=lambda _: None, folders=self.folders)
        source = Source.objects.get(pk=self.source.pk)
        return list(live_imports.first_chunks(source, self.connector, self.answers, reach))

    def tallies(self):
        source = Source.objects.get(pk=self.source.pk)
        return source.received, source.stored, source.duplicate, source.refused

    def row(self):
        return source_page.row_of(Source.objects.get(pk=self.source.pk), {}, self.now)


@pytest.fixture
def folder(db, home, tmp_path):
    path = tmp_path / "exports"
    path.mkdir()
    return path


@pytest.fixture
def watched_folder(folder):
    return Watch(WatchedFolder(), {"folder": str(folder)}, (folder,))


@pytest.fixture
def database(folder):
    path = folder / "shop.db"
    with sqlite3.connect(path) as connection:
        connection.execute(
            "CREATE TABLE tickets (id INTEGER PRIMARY KEY, made TEXT, words TEXT, customer TEXT, updated_at TEXT)"
        )
    connection.close()
    return path


@pytest.fixture
def watched_database(database, folder):
    return Watch(WatchedDatabase(), {"address": f"sqlite:///{database}"}, (folder,), MAPPING)


def ticket(database, number, *, words="It rattles", made=None, updated=None):
    made = made or timezone.now() - timedelta(hours=3)
    stamp = (updated or timezone.now()).strftime("%Y-%m-%d %H:%M:%S")
    with sqlite3.connect(database) as connection:
        connection.execute(
            "INSERT OR REPLACE INTO tickets VALUES (?, ?, ?, 'K1', ?)",
            (number, made.strftime("%Y-%m-%d %H:%M:%S"), words, stamp),
        )
    connection.close()


def write(folder, name, text, age=0):
    (folder / name).write_text(text)
    os.utime(folder / name, (1_700_000_000 - age, 1_700_000_000 - age))


def test_whoever_lost_the_lease_while_reading_leaves_the_place_to_the_other(watched_folder, folder):
    write(folder, "orders.csv", f"{ORDERS}o1,a1,2026-03-01 08:00:00,done\n")

    def overtaken(_seconds):
        Source.objects.update(asked_by="another asking", cursor="where the other is")

    watched_folder.wait = overtaken
    with pytest.raises(Interrupted, match="asked by somebody else"):
        watched_folder.read()

    assert Source.objects.get().cursor == "where the other is"
    watched_folder.wait = lambda _seconds: None
    Source.objects.update(cursor="")
    assert watched_folder.read() == 1  # once more, and known: nothing is doubled
    assert records.lake().read("orders").num_rows == 1


def test_every_new_file_becomes_an_import_of_its_own(watched_folder, folder):
    write(folder, "orders.csv", f"{ORDERS}o1,a1,2026-03-01 08:00:00,done\n", age=9)
    write(folder, "signals.csv", f"{SIGNALS}s1,ticket,2026-03-01 08:00:00,a1,It rattles\n")

    rows = watched_folder.read()

    imports = Import.objects.order_by("pk").values_list("title", "state", "live", "refused_rows")
    assert rows == 2
    assert list(imports) == [("orders.csv", "done", True, 0), ("signals.csv", "done", True, 0)]
    assert watched_folder.tallies() == (2, 2, 0, 0)
    assert records.snapshot().counts == {"orders": 1, "signals": 1}
    assert Signal.objects.get().key == "s1"
    assert (folder / "orders.csv").exists()


def test_nothing_is_left_behind_when_nothing_new_came(watched_folder, folder):
    write(folder, "orders.csv", f"{ORDERS}o1,a1,2026-03-01 08:00:00,done\n")
    watched_folder.read()

    assert (watched_folder.read(), Import.objects.count()) == (0, 1)


def test_a_file_that_brings_only_what_is_known_leaves_no_import(watched_folder, folder):
    write(folder, "orders.csv", f"{ORDERS}o1,a1,2026-03-01 08:00:00,done\n")
    watched_folder.read()
    lines = JournalEntry.objects.count()
    write(folder, "orders.csv", f"{ORDERS}o1,a1,2026-03-01 08:00:00,done\n\n")

    rows = watched_folder.read()

    assert (rows, Import.objects.count(), watched_folder.tallies()) == (1, 1, (2, 1, 1, 0))
    assert JournalEntry.objects.count() == lines


def test_a_changed_file_is_read_again_and_counted_exactly(watched_folder, folder):
    write(folder, "orders.csv", f"{ORDERS}o1,a1,2026-03-01 08:00:00,done\no2,a1,2026-03-02 08:00:00,done\n")
    watched_folder.read()
    write(
        folder,
        "orders.csv",
        f"{ORDERS}o1,a1,2026-03-01 08:00:00,sent\no2,a1,2026-03-02 08:00:00,done\no3,a1,soon,done\n",
    )

    watched_folder.read()

    last = Import.objects.first()
    assert watched_folder.tallies() == (5, 3, 1, 1)
    assert last.accounting["tables"]["orders"] == {
        "received": 3, "stored": 0, "updated": 1, "unchanged": 1, "refused": 1, "left_out": 0, "deleted": 0,
    }  # fmt: skip


def test_a_bad_file_says_why_holds_nobody_up_and_is_tried_again_when_it_changes(watched_folder, folder):
    write(folder, "signals.csv", "<html>not a table</html>", age=9)
    write(folder, "orders.csv", f"{ORDERS}o1,a1,2026-03-01 08:00:00,done\n")
    watched_folder.read()
    first = dict(Import.objects.values_list("title", "state"))
    bad = Import.objects.get(title="signals.csv")
    unread = watched_folder.row()
    again = watched_folder.read()
    write(folder, "signals.csv", f"{SIGNALS}s1,ticket,2026-03-01 08:00:00,a1,It rattles\n")
    mended = watched_folder.read()

    assert first == {"signals.csv": "failed", "orders.csv": "done"}
    assert "web page" in bad.error
    assert (unread.state, unread.unread_sentence) == ("unread", "One file of Shop cannot be read.")
    assert source_page.headline([unread]) == "One file of Shop cannot be read."
    assert watched_folder.row().state != "unread"
    assert (again, mended, watched_folder.tallies()) == (0, 1, (2, 2, 0, 0))


def test_files_that_nobody_explained_wait_for_a_mapping_and_are_read_once_there_is_one(
    watched_folder, folder
):
    write(folder, "export.csv", "No;Wann;Wort\n1;01.03.2026;klappert\n")
    watched_folder.read()
    refused = Import.objects.get()
    explained = """
mapping: 1
name: mine
files: {export: {names: ["export*"]}}
tables:
  signals:
    from: export
    columns: {signal_id: No, kind: {constant: ticket}, occurred_at: {column: Wann, date: "%d.%m.%Y"}, body: Wort}
"""
    Source.objects.update(mapping=explained)

    rows = watched_folder.read()

    assert refused.error == (
        "Nobody has said yet what the columns of export.csv mean. Import it once by hand under the name “Shop”, "
        'on the page “Read an export” or with: interlock import PLACE --source "Shop". What comes later is read the '
        "same way."
    )
    assert (rows, Signal.objects.get().body) == (1, "klappert")
    assert Source.objects.get().mapping == explained


def test_one_reading_of_a_folder_is_undone_like_any_import(watched_folder, folder):
    write(folder, "signals.csv", f"{SIGNALS}s1,ticket,2026-03-01 08:00:00,a1,It rattles\n")
    watched_folder.read()

    services.undo_import(import_=Import.objects.get(), by=None, now=watched_folder.now)
    signal_copies.sync()

    assert (Signal.objects.count(), records.snapshot().counts.get("signals", 0)) == (0, 0)


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
        connection.execute("UPDATE tickets SET updated_at = '2026-12-24 08:00:00'")
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


def test_deletions_take_rows_out_are_counted_noted_and_can_be_taken_back(watched_folder, folder):
    write(folder, "orders.csv", f"{ORDERS}o1,a1,2026-03-01 08:00:00,done\no2,a1,2026-03-01 09:00:00,done\n")
    young = f"{timezone.now() - timedelta(hours=3):%Y-%m-%d %H:%M:%S}"
    write(
        folder, "signals.csv", f"{SIGNALS}s1,ticket,{young},a1,It rattles\ns2,ticket,{young},a1,It shakes\n"
    )
    watched_folder.read()
    assert Clock.objects.count() == 2

    write(
        folder,
        "deleted_signals-2026-03-02.csv",
        "signal_id,deleted_at\ns1,2026-03-02\ns1,2026-03-02\nnever,\n,x\n",
    )
    assert watched_folder.read() == 4
    gone = Import.objects.latest("pk")

    assert (gone.title, gone.state) == ("deleted_signals-2026-03-02.csv", "done")
    assert gone.accounting["total"] == {
        "received": 4, "stored": 0, "updated": 0, "unchanged": 2, "deleted": 1, "refused": 1, "left_out": 0,
    }  # fmt: skip
    assert watched_folder.tallies() == (8, 5, 2, 1)
    assert (list(Signal.objects.values_list("key", flat=True)), Clock.objects.get().signal_key) == (
        ["s2"],
        "s2",
    )
    assert records.snapshot().counts == {"orders": 2, "signals": 1}
    assert JournalEntry.objects.filter(verb="imported").latest("pk").detail["deleted"] == 1
    # The mapping of deletions says nothing about the files that come next.
    assert Source.objects.get(pk=watched_folder.source.pk).mapping == ""

    services.undo_import(import_=gone, by=None, now=watched_folder.now)
    signal_copies.sync()
    assert sorted(Signal.objects.values_list("key", "body")) == [("s1", "It rattles"), ("s2", "It shakes")]


def test_an_export_with_its_deletions_is_one_import(folder, watched_folder):
    write(folder, "orders.csv", f"{ORDERS}o1,a1,2026-03-01 08:00:00,done\no2,a1,2026-03-01 09:00:00,done\n")
    watched_folder.read()
    source = Source.objects.get(pk=watched_folder.source.pk)
    export = folder.parent / "export"
    export.mkdir()
    write(export, "orders.csv", f"{ORDERS}o1,a1,2026-03-01 08:00:00,open\n")
    write(export, "deleted_orders.csv", "ORDER_ID\no1\no2\n")
    with connectors.open_source(export) as opened:
        mapping = write_mapping(opened.propose())
    waiting = Import.objects.create(
        source=source, state=State.WAITING, errand="store", title="export", location=str(export), mapping=mapping,
        made_at=watched_folder.now,
    )  # fmt: skip

    done = intake.run(waiting, clock=lambda: watched_folder.now)

    # o1 was deleted and made anew: its row counts.
    assert (done.error, done.accounting["tables"]["orders"]) == (
        "",
        {"received": 3, "stored": 0, "updated": 1, "unchanged": 1, "deleted": 1, "refused": 0, "left_out": 0},
    )
    assert records.lake().read("orders").column("order_id").to_pylist() == ["o1"]


def test_deletions_without_the_key_delete_nothing(watched_folder, folder):
    write(folder, "orders.csv", f"{ORDERS}o1,a1,2026-03-01 08:00:00,done\n", age=9)
    write(folder, "deleted_orders.csv", "id\no1\n")

    watched_folder.read()

    failed = Import.objects.latest("pk")
    assert (failed.state, records.snapshot().counts) == ("failed", {"orders": 1})
    assert (
        "deleted_orders.csv has no column order_id, so nobody knows what is gone. It has: id." in failed.error
    )


def test_olist_in_a_watched_folder_is_read_like_the_folder_in_one_import(watched_folder, folder, real_data):
    sample = real_data / "olist" / "sample"
    for file in sorted(sample.glob("*.csv")):
        write(folder, file.name, file.read_text("utf-8"))

    watched_folder.read()

    live = Import.objects.get()
    with connectors.open_source(sample, now=watched_folder.now) as opened:
        mapping = opened.propose()
        received = sum(chunk.received for chunk in opened.chunks(mapping))
    assert (live.state, live.error, live.title) == ("done", "", folder.name)
    assert live.accounting["total"]["received"] == received > 0
    assert watched_folder.tallies()[0] == received
    assert watched_folder.row().unread == 0
    assert (watched_folder.read(), Import.objects.count()) == (0, 1)


def test_a_file_that_failed_alone_is_not_unread_once_the_others_came(watched_folder, folder, real_data):
    sample = real_data / "olist" / "sample"
    orders = next(file for file in sample.glob("*.csv") if "orders" in file.name)
    write(folder, orders.name, orders.read_text("utf-8"))
    watched_folder.read()
    assert (watched_folder.row().unread, records.snapshot().number) == (1, 0)

    for file in sample.glob("*.csv"):
        write(folder, file.name, file.read_text("utf-8"))
    watched_folder.read()

    assert [one.state for one in Import.objects.order_by("pk")] == ["failed", "done"]
    assert watched_folder.row().unread == 0
