"""A database that is read again and again: nothing lost, nothing twice, and clear words when it changed."""

import json
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from interlock.connectors import DatabaseRefused, Only, open_source, read_mapping
from interlock.connectors.database.session import address, made_engine
from interlock.connectors.database.watching import WatchedDatabase, _told
from interlock.connectors.database.watermarks import Watermark, begin_from, packed, unpacked
from interlock.connectors.live import Reach

from .conftest import rows_of

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ALONE = """
mapping: 1
name: shop
files: {tickets: {names: [tickets]}}
tables:
  signals:
    from: tickets
    columns: {signal_id: id, kind: {constant: ticket}, occurred_at: made, body: words}
"""
JOINED = """
mapping: 1
name: shop
files: {tickets: {names: [tickets]}, people: {names: [people]}}
tables:
  signals:
    from: tickets
    join: {people: {on: {id: person}}}
    columns: {signal_id: id, kind: {constant: ticket}, occurred_at: made, body: words, account_id: people.company}
"""
SCHEMA = (
    "CREATE TABLE tickets (id INTEGER PRIMARY KEY, made TIMESTAMP, words VARCHAR(99), person INTEGER, updated_at TIMESTAMP)",
    "CREATE TABLE people (id INTEGER PRIMARY KEY, company VARCHAR(9))",
    "INSERT INTO people VALUES (7, 'Ada Ltd')",
)


class Shop:
    """A small shop database that this test writes to and the connector reads."""

    def __init__(self, url: str, given: str, folders=()):
        self.engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
        self.given, self.folders = given, folders
        self.run(*SCHEMA)

    def run(self, *statements):
        with self.engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    def ticket(self, number, updated="2026-11-20 08:00:00", words="It rattles", person=7):
        stamp = f"'{updated}'" if updated else "NULL"
        self.run(
            f"INSERT INTO tickets VALUES ({number}, '2026-11-01 08:00:00', '{words}', {person}, {stamp})"
        )

    def due(self, cursor="", mapping=ALONE, now=NOW, **more):
        reach = Reach(http=None, now=lambda: now, wait=lambda _: None, folders=self.folders)
        return list(WatchedDatabase().due({"address": self.given, "mapping": mapping, **more}, cursor, reach))

    def read(self, item, mapping=ALONE):
        only = Only(in_part=bool(item.since), since=item.since)
        with open_source(item.location, now=NOW, only=only) as source:
            return [
                row["signal_id"]
                for row in rows_of(list(source.chunks(read_mapping(mapping))), "signals").to_pylist()
            ]

    def check(self, **more):
        reach = Reach(http=None, now=lambda: NOW, wait=lambda _: None, folders=self.folders)
        return WatchedDatabase().check({"address": self.given, "mapping": ALONE, **more}, reach)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def shop(request, tmp_path):
    if request.param == "sqlite":
        path = tmp_path / "shop.db"
        sqlite3.connect(path).close()
        return Shop(f"sqlite:///{path}", f"sqlite:///{path}", (tmp_path,))
    url = address(request.getfixturevalue("postgresql_server")).render_as_string(hide_password=False)
    made = Shop.__new__(Shop)
    made.engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    made.run(
        "DROP TABLE IF EXISTS tickets CASCADE",
        "DROP TABLE IF EXISTS people CASCADE",
        "DROP SCHEMA IF EXISTS other CASCADE",
    )
    return Shop(url, request.getfixturevalue("postgresql_server"))


def test_the_first_reading_takes_everything_and_the_next_only_what_is_new(shop):
    for number in range(1, 4):
        shop.ticket(number, f"2026-11-{number:02d} 08:00:00")
    (first,) = shop.due()
    whole = shop.read(first)
    shop.ticket(4, "2026-11-20 08:00:00")
    (second,) = shop.due(first.cursor)

    assert whole == ["1", "2", "3"]
    assert shop.read(second) == ["3", "4"]  # what stood at the watermark comes again and counts as unchanged
    assert (first.title.endswith("what is new"), second.title.endswith("what is new")) == (False, True)


def test_nothing_is_due_when_nothing_new_came(shop):
    shop.ticket(1)
    (first,) = shop.due()

    assert shop.due(first.cursor) == []


def test_rows_that_share_the_last_time_are_not_lost(shop):
    shop.ticket(1)
    (first,) = shop.due()
    shop.ticket(2)

    (second,) = shop.due(first.cursor)

    assert shop.read(second) == ["1", "2"]


def test_a_row_that_was_committed_late_with_an_earlier_time_is_found(shop):
    shop.ticket(1, "2026-11-20 08:00:00")
    (first,) = shop.due()
    shop.ticket(2, "2026-11-20 07:57:00")

    (second,) = shop.due(first.cursor)

    assert shop.read(second) == ["1", "2"]


def test_a_changed_row_comes_again(shop):
    shop.ticket(1, "2026-11-01 08:00:00")
    shop.ticket(2, "2026-11-20 08:00:00")
    (first,) = shop.due()
    shop.run("UPDATE tickets SET words = 'Solved', updated_at = '2026-11-21 08:00:00' WHERE id = 1")

    (second,) = shop.due(first.cursor)

    assert sorted(shop.read(second)) == ["1", "2"]


def test_a_row_dated_ahead_does_not_hide_those_that_follow(shop):
    shop.ticket(1, "2099-01-01 00:00:00")
    (first,) = shop.due()
    shop.ticket(2, "2026-11-22 11:59:00")

    (second,) = shop.due(first.cursor)

    assert shop.read(second) == ["1", "2"]


def test_rows_without_a_time_are_read_again_rather_than_lost(shop):
    shop.ticket(1)
    (first,) = shop.due()
    shop.ticket(2, "")

    (second,) = shop.due(first.cursor)

    assert shop.read(second) == ["1", "2"]


def test_tables_that_the_mapping_joins_are_read_as_a_whole_when_any_has_news(shop):
    shop.ticket(1, "2026-11-01 08:00:00")
    shop.ticket(2, "2026-11-20 08:00:00")
    (first,) = shop.due(mapping=JOINED)
    quiet = shop.due(first.cursor, mapping=JOINED)
    shop.run("UPDATE people SET company = 'Bob Ltd'")

    (second,) = shop.due(first.cursor, mapping=JOINED, watermarks="people:")

    assert quiet == []
    assert (second.since, shop.read(second, JOINED)) == ({}, ["1", "2"])


def test_a_small_table_without_a_watermark_is_compared(shop):
    shop.ticket(1)
    chosen = "tickets:"
    (first,) = shop.due(watermarks=chosen)
    quiet = shop.due(first.cursor, watermarks=chosen)
    shop.run("UPDATE tickets SET words = 'Changed in silence'")

    (second,) = shop.due(first.cursor, watermarks=chosen)

    assert (quiet, second.since, shop.read(second)) == ([], {}, ["1"])


def test_a_growing_key_serves_where_no_time_is(shop):
    shop.run("ALTER TABLE tickets DROP COLUMN updated_at")

    assert shop.check().endswith("tickets by id (changes of old rows are not seen).")


def test_the_check_says_by_what_news_are_known_and_that_an_index_is_missing(shop):
    without = shop.check()
    shop.run("CREATE INDEX news ON tickets (updated_at)")

    assert without.endswith("answers. It is read so: tickets by updated_at (no index).")
    assert shop.check().endswith("answers. It is read so: tickets by updated_at.")


def test_the_check_of_many_tables_counts_them_instead_of_naming_each():
    said = _told(
        [Watermark(f"t{n}", "id", "changes of old rows are not seen") for n in range(9)]
        + [Watermark("x", "", "")]
    )

    assert said == "9 tables by a column of theirs (changes of old rows are not seen); 1 table as a whole"


def test_a_chosen_column_must_be_there(shop):
    with pytest.raises(DatabaseRefused, match="tickets has no column changed, by which its new rows"):
        shop.check(watermarks="tickets: changed")
    with pytest.raises(DatabaseRefused, match="names tikkets, which is not read from"):
        shop.check(watermarks="tikkets: id")


def test_a_table_that_vanished_is_named(shop):
    shop.ticket(1)
    (first,) = shop.due()
    shop.run("DROP TABLE tickets")

    with pytest.raises(DatabaseRefused, match="has no table tickets any more"):
        shop.due(first.cursor)


def test_a_renamed_column_stops_the_reading_with_its_likely_new_name(shop):
    shop.ticket(1)
    (first,) = shop.due()
    shop.run("ALTER TABLE tickets RENAME COLUMN words TO told")

    with pytest.raises(DatabaseRefused, match=r"has no column words any more\. Was it renamed to told\?"):
        shop.due(first.cursor)


def test_a_column_that_nobody_reads_may_go(shop):
    shop.ticket(1)
    (first,) = shop.due()
    shop.run("ALTER TABLE tickets DROP COLUMN person")

    assert shop.due(first.cursor) == []


def test_a_password_in_the_address_is_sent_to_its_own_field():
    with pytest.raises(DatabaseRefused, match="The address holds a password") as caught:
        WatchedDatabase().check(
            {"address": "postgresql://reader:topsecret@127.0.0.1:1/shop"},
            Reach(http=None, now=lambda: NOW, wait=lambda _: None),
        )
    assert "topsecret" not in str(caught.value)


def test_a_database_file_outside_the_allowed_folders_is_refused(tmp_path):
    path = tmp_path / "interlock.sqlite3"
    sqlite3.connect(path).close()
    reach = Reach(http=None, now=lambda: NOW, wait=lambda _: None, folders=(tmp_path / "exports",))

    with pytest.raises(
        DatabaseRefused, match=r"interlock\.sqlite3 does not lie in a folder that may be read"
    ):
        WatchedDatabase().check({"address": f"sqlite:///{path}"}, reach)


@pytest.mark.postgresql
def test_a_query_that_takes_too_long_is_given_up(postgresql_server):
    engine = made_engine(address(postgresql_server), seconds=1)

    with engine.connect() as connection, pytest.raises(sa.exc.OperationalError, match="statement timeout"):
        connection.exec_driver_sql("SELECT pg_sleep(5)")


def test_a_query_that_takes_too_long_is_given_up_in_sqlite_too(tmp_path):
    sqlite3.connect(tmp_path / "shop.db").close()
    engine = made_engine(address(f"sqlite:///{tmp_path}/shop.db"), seconds=1)
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"

    with engine.connect() as connection, pytest.raises(sa.exc.OperationalError, match="interrupted"):
        connection.exec_driver_sql(endless)


@pytest.mark.parametrize(
    ("top", "begin"),
    [
        (NOW.replace(hour=10), NOW.replace(hour=9, minute=55)),
        (NOW.replace(hour=10, tzinfo=None), NOW.replace(hour=9, minute=55, tzinfo=None)),
        (NOW.replace(year=2099, tzinfo=None), NOW.replace(hour=11, minute=55, tzinfo=None)),
        ("2026-11-22T10:00:00.123Z", "2026-11-22T09:55:00"),
        ("2026-11-22 10:00", "2026-11-22 09:55"),
        ("2026-11-22", "2026-11-21"),
        (5_000, 4_000),
        (None, None),
        ("v12", "v12"),
    ],
)
def test_the_next_reading_begins_a_little_below_the_highest(top, begin):
    assert begin_from(top, NOW) == begin
    assert unpacked(packed(top)) == top


def test_the_cursor_is_plain_text_without_a_password(tmp_path):
    shop = Shop(f"sqlite:///{tmp_path}/s.db", f"sqlite:///{tmp_path}/s.db", (tmp_path,))
    shop.ticket(1)

    (first,) = shop.due(now=NOW + timedelta(days=1))

    assert sorted(json.loads(first.cursor)) == ["columns", "tables"]
