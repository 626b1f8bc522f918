"""A watched folder: what is named as due, what waits, what is never read."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from interlock.connectors import SourceRefused
from interlock.connectors.live import Reach
from interlock.connectors.watched_folder.watching import WatchedFolder

LATER = timedelta(minutes=5)
JOINED = """
mapping: 1
name: joined
files: {orders: {names: ["orders*"]}, customers: {names: ["customers*"]}}
tables:
  orders:
    from: orders
    join: {customers: {on: {id: customer}}}
    columns: {order_id: order, ordered_at: day, account_id: customers.id}
"""

ALONE = """
mapping: 1
name: alone
files: {orders: {names: ["orders*"]}}
tables: {orders: {from: orders, columns: {order_id: order, ordered_at: day}}}
"""


@pytest.fixture
def folder(tmp_path):
    inside = tmp_path / "allowed" / "shop"
    inside.mkdir(parents=True)
    return inside


def reach_of(*allowed: Path, now: datetime | None = None) -> Reach:
    """Five minutes from now, when everything that was just written has settled."""
    moment = now or datetime.now(UTC) + LATER
    return Reach(http=None, now=lambda: moment, wait=lambda _: None, folders=allowed)


def due(folder: Path, cursor: str = "", *, mapping: str = "", now: datetime | None = None):
    reach = reach_of(folder.parent, now=now)
    answers = {"folder": str(folder), "mapping": mapping}
    return list(WatchedFolder().due(answers, cursor, reach))


def test_each_file_is_named_once_the_oldest_first(folder):
    for name, age in (("b.csv", 20), ("a.csv", 10), ("deep/c.xlsx", 30)):
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(name)
        os.utime(path, (1_700_000_000 - age, 1_700_000_000 - age))

    first = due(folder)

    assert [(item.title, item.location) for item in first] == [
        ("deep/c.xlsx", str(folder / "deep/c.xlsx")),
        ("b.csv", str(folder / "b.csv")),
        ("a.csv", str(folder / "a.csv")),
    ]
    assert due(folder, first[-1].cursor) == []


def test_a_killed_reading_goes_on_behind_the_last_file_that_was_stored(folder):
    (folder / "a.csv").write_text("1")
    (folder / "b.csv").write_text("2")
    os.utime(folder / "a.csv", (1, 1))

    first, _never_stored = due(folder)

    assert [item.title for item in due(folder, first.cursor)] == ["b.csv"]


def test_a_file_is_named_again_when_its_content_changes_and_not_when_it_is_only_touched(folder):
    (folder / "a.csv").write_text("one")
    cursor = due(folder)[0].cursor

    os.utime(folder / "a.csv", (5, 5))
    touched = due(folder, cursor)
    (folder / "a.csv").write_text("two")

    assert touched == []
    assert [item.title for item in due(folder, cursor)] == ["a.csv"]


def test_a_file_that_is_still_being_written_waits(folder):
    (folder / "a.csv").write_text("half")

    assert due(folder, now=datetime.now(UTC)) == []
    assert len(due(folder)) == 1


@pytest.mark.parametrize(
    "name", [".a.csv", "a.csv.part", "a.csv~", "a.tmp", ".hidden/a.csv", "notes.pdf", "a.csv.crdownload"]
)
def test_hidden_unfinished_and_other_files_are_left_alone(folder, name):
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("x")

    assert due(folder) == []


def test_links_that_lead_out_are_not_followed_and_said(folder, tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_text("passwords")
    (folder / "a.csv").symlink_to(secret)
    (folder / "elsewhere").symlink_to(tmp_path)
    (folder / "b.csv").write_text("fine")

    said = WatchedFolder().check({"folder": str(folder)}, reach_of(folder.parent))

    assert [item.title for item in due(folder)] == ["b.csv"]
    assert (
        said
        == "shop holds 1 file that can be read; 2 files are links that lead out of it and are not followed."
    )


def test_a_folder_that_leads_out_by_a_link_or_by_dots_is_refused(folder, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (folder.parent / "link").symlink_to(outside)

    for given in (folder.parent / "link", folder / ".." / ".." / "outside"):
        with pytest.raises(SourceRefused, match="does not lie in a folder that may be watched"):
            list(WatchedFolder().due({"folder": str(given)}, "", reach_of(folder.parent)))


def test_without_an_allowed_folder_watching_is_off_and_says_why(folder):
    with pytest.raises(SourceRefused, match="names the allowed ones in INTERLOCK_WATCH_FOLDERS"):
        WatchedFolder().check({"folder": str(folder)}, reach_of())


def test_a_folder_that_went_away_is_named(folder):
    (folder / "a.csv").write_text("x")
    cursor = due(folder)[0].cursor
    (folder / "a.csv").unlink()
    folder.rmdir()

    with pytest.raises(SourceRefused, match=r"There is no folder .*shop\. Make it again, or mount it"):
        due(folder, cursor)


def test_files_that_the_mapping_joins_are_read_together(folder):
    (folder / "orders.csv").write_text("order,day,customer\n1,2026-01-01,7\n")
    (folder / "customers.csv").write_text("id\n7\n")

    (first,) = due(folder, mapping=JOINED)
    quiet = due(folder, first.cursor, mapping=JOINED)
    (folder / "orders.csv").write_text("order,day,customer\n1,2026-01-02,7\n")
    (second,) = due(folder, first.cursor, mapping=JOINED)

    assert (first.location, first.files, quiet) == (str(folder), ("customers.csv", "orders.csv"), [])
    assert second.files == first.files


def test_a_refused_file_is_tried_again_when_it_or_the_mapping_changes(folder):
    (folder / "a.csv").write_text("x")
    refused = due(folder)[0].cursor_if_refused

    assert due(folder, refused) == []
    assert [item.title for item in due(folder, refused, mapping=ALONE)] == ["a.csv"]
    (folder / "a.csv").write_text("better")
    assert [item.title for item in due(folder, refused)] == ["a.csv"]
    assert json.loads(refused)["files"]["a.csv"][2] == "refused"


def test_the_wait_must_be_a_number(folder):
    (folder / "a.csv").write_text("x")

    with pytest.raises(SourceRefused, match="needs a whole number such as 30; it is soon"):
        WatchedFolder().check({"folder": str(folder), "settled_seconds": "soon"}, reach_of(folder.parent))


CRM = ("sales_teams.csv", "accounts.csv", "products.csv", "sales_pipeline.csv")


def test_files_that_a_shipped_mapping_joins_are_named_together_and_others_alone(folder):
    for name in (*CRM, "notes_of_march.csv"):
        (folder / name).write_text(name)

    together, alone = due(folder)

    assert (together.title, together.files, together.in_part) == ("shop", tuple(sorted(CRM)), False)
    assert (alone.title, alone.files, alone.in_part) == ("notes_of_march.csv", (), True)
    assert due(folder, alone.cursor) == []

    (folder / "sales_pipeline.csv").write_text("more")
    [again] = due(folder, alone.cursor)
    assert again.files == tuple(sorted(CRM))


def test_files_that_belong_together_wait_for_the_one_that_is_still_being_written(folder):
    now = datetime.now(UTC)
    for name in CRM:
        (folder / name).write_text(name)
    settled = due(folder)
    later = now + LATER
    os.utime(folder / CRM[0], (1, 1))

    assert [item.title for item in settled] == ["shop"]
    assert due(folder, now=now) == []
    assert [item.files for item in due(folder, now=later)] == [tuple(sorted(CRM))]


def test_before_all_of_them_are_there_each_is_tried_alone(folder):
    for name in CRM[:3]:
        (folder / name).write_text(name)
    alone = due(folder)
    (folder / CRM[3]).write_text("last")

    assert [item.title for item in alone] == list(CRM[:3])
    [whole] = due(folder, alone[-1].cursor_if_refused)
    assert whole.files == tuple(sorted(CRM))
    assert due(folder, whole.cursor) == []


def test_files_that_the_own_mapping_reads_are_not_taken_together(folder):
    for name in CRM:
        (folder / name).write_text(name)

    named = due(folder, mapping=ALONE.replace("orders*", "sales_pipeline*"))

    assert sorted(item.title for item in named) == sorted(CRM)
