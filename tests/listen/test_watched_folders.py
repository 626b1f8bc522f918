"""Folders that are read again and again: exact accounting, undo, and nothing lost on the way."""

from __future__ import annotations

import pytest

from interlock import connectors
from interlock.connectors.live import Interrupted
from interlock.fabric import records
from interlock.fabric.models import JournalEntry
from interlock.listen import services, signal_copies, source_page
from interlock.listen.models import Import, Signal, Source
from listen.watched import ORDERS, SIGNALS, write


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


@pytest.mark.slow
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


@pytest.mark.long
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


def test_a_bad_file_that_was_taken_away_alarms_nobody_any_more(watched_folder, folder):
    write(folder, "bad.csv", "\x00\x01\x02\n\x03")
    write(folder, "notes.txt", "Dear all\nplease read\n", age=9)
    watched_folder.read()
    before = watched_folder.row()

    (folder / "bad.csv").unlink()
    watched_folder.read()
    between = watched_folder.row()
    (folder / "notes.txt").unlink()
    watched_folder.read()

    assert (before.unread, between.unread, watched_folder.row().unread) == (2, 1, 0)
    assert watched_folder.row().state != "unread"
    assert [
        one.endswith("The file is gone since.") for one in Import.objects.values_list("error", flat=True)
    ] == [True, True]


def test_a_text_is_said_to_be_no_table(watched_folder, folder):
    write(folder, "notes.txt", "Dear all\nplease read\n")

    watched_folder.read()

    assert Import.objects.get().error == (
        "notes.txt is not written as a table: no columns can be told apart. Take it away, or write it as CSV whose "
        "first line names the columns."
    )
