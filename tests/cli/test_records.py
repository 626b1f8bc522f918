"""`interlock import`, `records` and `demo`: what they print, keep and leave, and how they end."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import sqlite3
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from django.db import connection

from interlock.cli.records import demo_command, import_command, records_command
from interlock.fabric import records
from interlock.listen import intake
from interlock.listen.models import Errand, Import, Signal, Source

pytestmark = pytest.mark.django_db
SHOP = {
    "accounts": ("account_id,name,region", "a1,North Shop,North", "a2,South Shop,South"),
    "orders": ("order_id,account_id,ordered_at", "o1,a1,2026-01-02T08:00:00", "o2,a2,2026-01-03T09:00:00"),
    "signals": (
        "signal_id,kind,occurred_at,account_id,body",
        "s1,complaint,2026-01-05T08:00:00,a1,The lever broke",
        "s2,review,2026-01-06T08:00:00,a2,All fine",
    ),
}
REMOVED = datetime(2026, 3, 2, 12, tzinfo=UTC)
WHOLE = {"received": 6, "stored": 6, "updated": 0, "unchanged": 0, "refused": 0, "left_out": 0, "deleted": 0}
TICKETS = (
    "ticket_id,created,requester,descr\n88210,2026-01-02 08:14,K1,Motor stopped\n88211,broken date,K2,Where is it\n"
    "88212,2026-01-02 08:40,K3,Broken\n88213,2026-01-04 09:40,K1,Broken again\n"
)
MAPPING = """mapping: 1
name: desk
files: {tickets: {names: [tickets]}}
tables:
  signals:
    from: tickets
    columns:
      signal_id: ticket_id
      kind: {constant: ticket}
      occurred_at: {column: created, date: "%Y-%m-%d %H:%M"}
      account_id: requester
      body: descr
"""


@pytest.fixture(autouse=True)
def nothing_follows(settings, home):
    settings.AFTER_IMPORT_TASKS = []


@pytest.fixture
def shop(tmp_path) -> Path:
    """A folder of three files in the contract's shape."""
    folder = tmp_path / "shop"
    folder.mkdir()
    for name, lines in SHOP.items():
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", "utf-8")
    return folder


@pytest.fixture
def tickets(tmp_path) -> Path:
    """A file of four tickets, one with a date that is none."""
    path = tmp_path / "tickets.csv"
    path.write_text(TICKETS, "utf-8")
    return path


@pytest.fixture
def mapping(tmp_path) -> Path:
    path = tmp_path / "desk.yaml"
    path.write_text(MAPPING, "utf-8")
    return path


def run(command, *arguments: object, code: int = 0) -> Result:
    result = CliRunner().invoke(command, [str(each) for each in arguments], catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result


def imported(*arguments: object) -> dict:
    return json.loads(run(import_command, *arguments, "--json").stdout)


def as_zip(shop: Path) -> Path:
    path = shop.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as archive:
        for file in shop.iterdir():
            archive.write(file, file.name)
    return path


def as_gzip(shop: Path) -> Path:
    for file in list(shop.iterdir()):
        Path(f"{file}.gz").write_bytes(gzip.compress(file.read_bytes()))
        file.unlink()
    return shop


def as_sqlite(shop: Path) -> Path:
    path = shop.with_suffix(".sqlite")
    with sqlite3.connect(path) as database:
        _fill(database.execute, "?")
    return path


def _fill(execute, place: str) -> None:
    for name, (heading, *rows) in SHOP.items():
        execute(f"CREATE TABLE {name} ({', '.join(f'{column} text' for column in heading.split(','))})")
        for row in csv.reader(rows):
            execute(f"INSERT INTO {name} VALUES ({', '.join([place] * len(row))})", row)


@pytest.mark.parametrize(
    "shape",
    [lambda shop: shop, *(pytest.param(one, marks=pytest.mark.slow) for one in (as_zip, as_gzip, as_sqlite))],
    ids=["folder", "zip", "gz", "db"],
)
def test_every_kind_of_path_is_imported_whole_and_twice_changes_nothing(shop, shape):
    path = shape(shop)

    first = imported(path)
    before = records.snapshot()
    again = imported(path)

    assert (first["state"], first["total"], first["error"], first["refused_file"]) == ("done", WHOLE, "", "")
    assert again["total"] == {**WHOLE, "stored": 0, "unchanged": 6}
    assert records.snapshot() == before
    assert sorted(Signal.objects.values_list("key", "account_label")) == [
        ("s1", "North Shop"),
        ("s2", "South Shop"),
    ]


def test_a_database_address_is_imported_and_its_password_is_kept_nowhere(shop):
    address = f"sqlite:///{as_sqlite(shop)}"

    done = imported(address)

    assert done["total"] == WHOLE
    assert Source.objects.get().kind == "database"
    assert Import.objects.get().location == ""


@pytest.mark.django_db(transaction=True)
def test_a_postgresql_address_is_imported():
    if connection.vendor != "postgresql":
        pytest.skip("runs with the tests on PostgreSQL, where there is a server")
    import psycopg  # only where there is a server
    from sqlalchemy.engine import make_url

    server = make_url(os.environ["DATABASE_URL"])
    name = f"shop_{os.getpid()}"
    shown = server.set(database=name).render_as_string(hide_password=False)
    with psycopg.connect(server.render_as_string(hide_password=False), autocommit=True) as there:
        there.execute(f"CREATE DATABASE {name}")
        try:
            with psycopg.connect(shown) as database:
                _fill(database.execute, "%s")
            done = imported(shown)
        finally:
            there.execute(f"DROP DATABASE {name} WITH (FORCE)")

    assert done["total"] == WHOLE


def test_a_dry_run_counts_exactly_and_keeps_nothing(shop, home):
    tried = imported(shop, "--dry-run")

    assert (tried["state"], tried["import"], tried["total"]) == ("tried", None, WHOLE)
    assert (records.snapshot().number, Import.objects.count(), Signal.objects.count()) == (0, 0, 0)
    assert [path.name for path in (home / "uploads").iterdir() if path.is_dir()] == []
    assert Source.objects.count() == 0


def test_a_dry_run_leaves_a_removed_source_removed(shop):
    Source.objects.create(key="shop", name="The shop", made_at=REMOVED, removed_at=REMOVED)

    tried = imported(shop, "--dry-run", "--source", "the shop")

    assert (tried["state"], tried["source"], tried["total"]) == ("tried", "", WHOLE)
    assert Source.objects.get().removed_at == REMOVED


def test_a_dry_run_that_fails_leaves_nothing(shop, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setitem(intake._ERRANDS, Errand.TRY, full)

    run(import_command, shop, "--dry-run", code=1)

    assert (Import.objects.count(), Source.objects.count()) == (0, 0)


def test_a_mapping_and_a_source_are_taken_as_given(tickets, mapping):
    done = imported(tickets, "--mapping", mapping, "--source", "Help desk")

    assert done["mapping"] == {"name": "desk", "shipped": False}
    assert (done["source"], Source.objects.get().name) == ("help-desk", "Help desk")
    assert done["total"] == {
        "received": 4,
        "stored": 3,
        "updated": 0,
        "unchanged": 0,
        "refused": 1,
        "left_out": 0,
        "deleted": 0,
    }


def test_refused_rows_end_well_and_are_kept_with_their_reason(tickets, mapping):
    done = imported(tickets, "--mapping", mapping)

    (row,) = csv.DictReader(io.StringIO(Path(done["refused_file"]).read_text("utf-8")))
    assert (row["file"], row["row"], row["table"], row["value"]) == (
        "tickets.csv",
        "3",
        "signals",
        "broken date",
    )
    assert row["reason"]


def test_people_get_a_table_and_the_place_of_the_refused_rows(tickets, mapping):
    said = run(import_command, tickets, "--mapping", mapping).output

    assert "what became of them" in said
    assert "Mapping: desk." in said
    assert "The 1 refused rows" in said


def test_a_guess_that_is_not_sure_is_shown_before_it_is_taken(tickets):
    tickets.write_text(
        "ticket_id,created,requester,descr,prod,first_resp,solved_at\n"
        "1,2026-01-02 08:14,K1,Motor stopped,A-1,2026-01-02 11:02,2026-01-03\n"
        "2,2026-01-02 08:19,K2,Where is it,A-2,,\n",
        "utf-8",
    )

    result = run(import_command, tickets, "--yes")

    assert "Times are read as UTC." in result.stderr
    assert Signal.objects.count() == 2


def test_a_question_without_a_doubtful_column_is_asked_without_an_empty_table(tmp_path):
    path = tmp_path / "tickets.csv"
    path.write_text("ticket_id,kind,occurred_at,text\nt1,complaint,2026-01-02 08:14,Motor stopped\n")

    said = run(import_command, path, "--yes").stderr

    assert said.startswith("Times are read as UTC.")


def test_nothing_at_a_path_is_a_wrong_call():
    assert "There is nothing at /no/such/folder." in run(import_command, "/no/such/folder", code=2).stderr


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (MAPPING.replace("occurred_at:", "occured_at:"), "occurred_at"),
        (MAPPING.replace("signal_id: ticket_id", "signal_id: number"), "number"),
        ("mapping: 1\nname: [", "desk.yaml"),
    ],
    ids=["unknown column of the contract", "missing column of the file", "no YAML"],
)
def test_a_wrong_mapping_ends_with_one_and_says_what_is_wrong(tickets, mapping, content, said):
    mapping.write_text(content, "utf-8")

    result = run(import_command, tickets, "--mapping", mapping, "--json", code=1)

    assert said in json.loads(result.stderr)["error"]
    assert records.snapshot().number == 0


def test_what_is_no_table_ends_with_one(tmp_path):
    page = tmp_path / "orders.csv"
    page.write_text("<!doctype html><html><body>Sign in</body></html>")

    assert "orders.csv" in run(import_command, page, code=1).stderr


def test_records_tell_tables_sources_and_last_imports(shop):
    empty = run(records_command).output
    imported(shop)

    said = json.loads(run(records_command, "--json").stdout)

    assert "The records are empty." in empty
    assert {table["name"]: table["rows"] for table in said["tables"]} == {
        "accounts": 2,
        "orders": 2,
        "signals": 2,
    }
    assert said["signals_copied"] is True
    (source,) = said["sources"]
    assert (source["name"], source["last_import"]["state"], source["last_import"]["total"]) == (
        "shop",
        "done",
        WHOLE,
    )
    assert "shop: done" in run(records_command).output


@pytest.mark.long
def test_the_demo_comes_and_goes_without_a_trace_of_its_rows(shop):
    imported(shop)
    before = records.snapshot().counts

    done = json.loads(run(demo_command, "--orders", "120", "--json").stdout)
    assert (done["state"], done["total"]["stored"], len(done["tables"])) == (
        "done",
        done["total"]["received"],
        16,
    )
    removed = json.loads(run(demo_command, "--remove", "--json").stdout)["removed"]

    assert sum(removed.values()) == done["total"]["stored"]
    assert {name: rows for name, rows in records.snapshot().counts.items() if rows} == before
    assert sorted(Signal.objects.values_list("key", flat=True)) == ["s1", "s2"]
    assert [source.name for source in Source.objects.filter(removed_at=None)] == ["shop"]
    assert "There is no demo to remove." in run(demo_command, "--remove").output


@pytest.mark.slow
@pytest.mark.same_everywhere  # tests/reconnect and tests/fabric hold what the databases do with it
def test_removing_the_demo_hides_its_disconnects(settings):
    from interlock.reconnect.models import Disconnect  # after the settings

    settings.AFTER_IMPORT_TASKS = ["interlock.reconnect.tasks.detect"]
    run(demo_command, "--orders", "500", "--json")
    found = Disconnect.objects.count()

    run(demo_command, "--remove")

    assert found > 0
    assert Disconnect.objects.filter(records_gone_at=None).count() == 0
