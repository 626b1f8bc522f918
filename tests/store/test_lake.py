"""Rows go in by key, and whole imports show at once."""

import random
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pyarrow as pa
import pytest
from deltalake import DeltaTable

from interlock.store import draft, writing
from interlock.store.contract import TABLES, arrow_schema
from interlock.store.draft import Limits
from interlock.store.errors import (
    DuplicateKeys,
    LakeBusy,
    LakeError,
    MissingValues,
    TableAbsent,
)
from interlock.store.lake import Lake
from interlock.store.writing import Counts
from store.conftest import NOON, accounts, fail_in_the_middle, orders, put, states


def test_an_empty_folder_is_the_empty_beginning(lake):
    snapshot = lake.snapshot()

    assert (snapshot.number, snapshot.versions, snapshot.counts) == (0, {}, {})
    assert lake.history() == []
    with pytest.raises(TableAbsent, match="The records hold no orders yet"):
        lake.read("orders")


def test_rows_are_stored_updated_or_left_alone_by_key(lake):
    first = put(lake, orders(a="open", b="open"))
    second = put(lake, orders(b="shipped", a="open", c="open"), batch="second")

    assert first == Counts(stored=2)
    assert second == Counts(stored=1, updated=1, unchanged=1)
    assert second.received == 3
    assert states(lake) == {"a": "open", "b": "shipped", "c": "open"}


def test_importing_the_same_rows_twice_changes_nothing(lake):
    put(lake, orders(a="open", b="open"))
    before = lake.snapshot()

    counts = put(lake, orders(a="open", b="open"), batch="again", source="other")

    assert counts == Counts(unchanged=2)
    assert lake.snapshot() == before
    assert DeltaTable(lake.root / "tables" / "orders").version() == before.versions["orders"]


def test_a_change_to_nothing_is_a_change(lake):
    put(lake, orders(a="open"))

    counts = put(lake, orders(a=None), batch="second")

    assert counts == Counts(updated=1)
    assert states(lake) == {"a": None}


def test_text_that_holds_a_separator_is_not_taken_for_two_values(lake):
    schema = arrow_schema("accounts")
    put(
        lake,
        pa.Table.from_pylist([{"account_id": "a", "name": "x|segment=1:y"}], schema=schema),
        name="accounts",
    )
    split = pa.Table.from_pylist([{"account_id": "a", "name": "x", "segment": "y"}], schema=schema)

    assert put(lake, split, batch="second", name="accounts") == Counts(updated=1)


def test_two_columns_that_swap_their_values_are_a_change(lake):
    schema = arrow_schema("accounts")
    there = {"account_id": "a", "region": "North", "segment": "South"}
    swapped = {"account_id": "a", "region": "South", "segment": "North"}
    put(lake, pa.Table.from_pylist([there], schema=schema), name="accounts")

    counts = put(lake, pa.Table.from_pylist([swapped], schema=schema), batch="second", name="accounts")

    assert counts == Counts(updated=1)


def test_rows_hashed_by_another_release_are_compared_by_their_values(lake, monkeypatch):
    monkeypatch.setattr(draft, "hash_sign", lambda _: "another release")
    monkeypatch.setattr(writing, "row_hash", lambda _: "7::BIGINT")
    put(lake, orders(a="open", b="open", c="open"))
    monkeypatch.undo()

    second = put(lake, orders(a="open", b="shipped"), batch="second")
    third = put(lake, orders(a="open", b="shipped", c="closed"), batch="third")

    assert second == Counts(updated=1, unchanged=1)
    assert third == Counts(updated=1, unchanged=2)
    assert states(lake) == {"a": "open", "b": "shipped", "c": "closed"}


def test_all_tables_of_a_write_show_together(lake):
    with lake.writing(batch_id="first", source_id="shop") as write:
        write.upsert("accounts", accounts(k="Kato"))
        write.upsert("orders", orders(a="open"))
        seen_meanwhile = lake.snapshot().versions

    assert seen_meanwhile == {}
    assert lake.snapshot().counts == {"accounts": 1, "orders": 1}


def test_an_exception_publishes_nothing_and_the_next_write_begins_from_what_was_seen(lake):
    put(lake, orders(a="open"))
    before = lake.snapshot()

    fail_in_the_middle(lake, orders=orders(a="lost", b="lost"), accounts=accounts(k="Kato"))

    assert lake.snapshot() == before
    assert states(lake) == {"a": "open"}
    assert put(lake, orders(a="open", c="open"), batch="third") == Counts(stored=1, unchanged=1)
    assert states(lake) == {"a": "open", "c": "open"}
    assert lake.snapshot().counts == {"orders": 2}


def test_a_reader_is_taken_in_pieces(lake):
    pieces = [orders(**{f"k{i}-{j}": "open" for j in range(50)}) for i in range(10)]
    reader = pa.RecordBatchReader.from_batches(
        arrow_schema("orders"), (batch for piece in pieces for batch in piece.to_batches())
    )

    assert put(lake, reader) == Counts(stored=500)
    assert lake.snapshot().counts == {"orders": 500}


def test_pieces_of_several_tables_are_staged_and_applied_together(lake):
    put(lake, orders(a="open"))

    with lake.writing(batch_id="second", source_id="shop") as write:
        write.stage("orders", orders(a="open"))
        write.stage("accounts", accounts(k="Kato"))
        write.stage("orders", orders(b="open"))
        expected = write.preview()
        counts = write.apply()

    assert counts == expected == {"accounts": Counts(stored=1), "orders": Counts(stored=1, unchanged=1)}
    assert lake.snapshot().counts == {"accounts": 1, "orders": 2}


def test_a_preview_alone_changes_nothing(lake):
    put(lake, orders(a="open"))
    before = lake.snapshot()

    with lake.writing(batch_id="trial", source_id="shop") as write:
        write.stage("orders", orders(a="shipped", b="open"))
        counts = write.preview()
        write.drop_staged()

    assert counts == {"orders": Counts(stored=1, updated=1)}
    assert lake.snapshot() == before


def test_staged_rows_that_nobody_applied_are_an_error(lake):
    with (
        pytest.raises(LakeError, match="Rows of orders were staged and never applied"),
        lake.writing(batch_id="first", source_id="shop") as write,
    ):
        write.stage("orders", orders(a="open"))

    assert lake.snapshot().number == 0


def test_rows_with_the_same_key_are_refused_by_name(lake):
    put(lake, orders(a="open"))
    twice = pa.concat_tables([orders(a="x", b="y"), orders(b="z", c="z")])

    with pytest.raises(DuplicateKeys, match=r"orders has several rows for the key b\. Keep one"):
        put(lake, twice, batch="second")

    assert states(lake) == {"a": "open"}


def test_many_doubled_keys_are_not_all_listed(lake):
    many = orders(**{f"k{i}": "open" for i in range(9)})

    with pytest.raises(DuplicateKeys, match="for the key k0; k1; k2; k3; k4 and others"):
        put(lake, pa.concat_tables([many, many]))


def test_a_key_of_three_columns_counts_as_one(lake):
    schema = arrow_schema("capacity")
    row = {"site_id": "s", "family": "f", "week": date(2026, 3, 2), "capacity_qty": Decimal("5.000")}
    first = pa.Table.from_pylist([row, row | {"week": date(2026, 3, 9)}], schema=schema)
    second = pa.Table.from_pylist([row | {"capacity_qty": Decimal("6.500")}], schema=schema)
    put(lake, first, name="capacity")

    assert put(lake, second, name="capacity", batch="second") == Counts(updated=1)
    assert [str(value) for value in lake.read("capacity")["capacity_qty"].to_pylist()] == ["6.500", "5.000"]


def test_a_row_without_its_key_or_a_required_value_is_refused(lake):
    schema = arrow_schema("orders")
    no_key = pa.Table.from_pylist([{"ordered_at": NOON}], schema=schema)
    no_time = pa.Table.from_pylist([{"order_id": "a"}, {"order_id": "b"}], schema=schema)

    with pytest.raises(MissingValues, match="1 rows of orders have no order_id"):
        put(lake, no_key)
    with pytest.raises(MissingValues, match="2 rows of orders have no ordered_at"):
        put(lake, no_time)
    assert lake.snapshot().number == 0


@pytest.mark.parametrize(
    ("name", "rows", "message"),
    [
        ("order", pa.table({"order_id": ["a"]}), "order is not a table of the contract"),
        ("accounts", pa.table({"account_id": ["a"], "nmae": ["b"]}), "accounts has no column nmae"),
        ("accounts", pa.table({"account_id": ["a"], "since": ["soon"]}), "Reading rows for accounts failed"),
    ],
)
def test_rows_that_do_not_fit_the_contract_are_refused(lake, name, rows, message):
    with pytest.raises(LakeError, match=message):
        put(lake, rows, name=name)

    assert lake.snapshot().number == 0


def test_other_arrow_types_become_those_of_the_contract(lake):
    berlin = timezone(timedelta(hours=2))
    rows = pa.table(
        {
            "order_id": pa.array(["a"], pa.large_string()),
            "ordered_at": pa.array(
                [datetime(2026, 7, 1, 14, tzinfo=berlin)], pa.timestamp("ns", "Europe/Berlin")
            ),
            "status": pa.array(["open"]).dictionary_encode(),
        }
    )

    put(lake, rows)

    assert lake.read("orders").schema == arrow_schema("orders")
    stored = lake.read("orders").to_pylist()[0]["ordered_at"]
    assert stored.replace(tzinfo=UTC) == datetime(2026, 7, 1, 14, tzinfo=berlin)


@pytest.mark.parametrize("name", TABLES)
def test_every_table_gives_back_what_it_took(lake, name):
    samples = {
        "text": "Grüße 'quoted' | ümlaut",
        "date": date(2026, 3, 2),
        "timestamp": NOON.replace(microsecond=123456),
        "double": 0.1,
        "int": -7,
        "boolean": True,
    }
    row = {
        column.name: samples.get(column.type, Decimal("-12.34").quantize(Decimal(10) ** -column.scale))
        for column in TABLES[name].columns
    }
    table = pa.Table.from_pylist([row], schema=arrow_schema(name))

    put(lake, table, name=name)

    assert lake.read(name) == table
    assert put(lake, lake.read(name), name=name, batch="again") == Counts(unchanged=1)
    assert all(lake.snapshot().tables[name].has_values(column) for column in table.column_names)


def test_a_missing_column_is_empty(lake):
    put(lake, pa.table({"account_id": ["a"]}), name="accounts")

    assert lake.read("accounts").drop(["account_id"]).to_pylist() == [
        dict.fromkeys(TABLES["accounts"].column_names[1:])
    ]


def test_no_rows_change_nothing(lake):
    assert put(lake, orders()) == Counts()
    assert lake.snapshot().number == 0


def test_a_write_that_runs_keeps_others_out_and_says_who(lake):
    with (
        lake.writing(batch_id="long import", source_id="shop"),
        pytest.raises(LakeBusy, match=r"process \d+ \(long import\)"),
        Lake(lake.root).writing(batch_id="other", source_id="shop"),
    ):
        pass

    assert put(lake, orders(a="open"), batch="other") == Counts(stored=1)


def test_a_write_without_a_name_is_refused(lake):
    with pytest.raises(LakeError, match="needs the name"), lake.writing(batch_id="", source_id="shop"):
        pass


@pytest.mark.slow
def test_long_texts_go_in_and_change_in_little_memory(tmp_path):
    lake = Lake(tmp_path / "records", Limits(memory="200MB", threads=2))
    noise = random.Random(3)
    schema = arrow_schema("signals")
    row = {"kind": "review", "occurred_at": NOON}
    pieces = (
        pa.RecordBatch.from_pylist(
            [row | {"signal_id": f"{piece}-{i}", "body": noise.randbytes(5_000).hex()} for i in range(500)],
            schema=schema,
        )
        for piece in range(30)
    )
    put(lake, pa.RecordBatchReader.from_batches(schema, pieces), name="signals")

    counts = put(
        lake,
        pa.Table.from_pylist([row | {"signal_id": "0-0"}], schema=schema),
        name="signals",
        batch="second",
    )

    assert counts == Counts(updated=1)
    assert lake.snapshot().counts == {"signals": 15_000}


def test_a_cell_of_ten_megabytes_is_kept_whole(lake):
    text = "long " * 2_000_000
    row = {"signal_id": "a", "kind": "post", "occurred_at": NOON, "body": text}

    put(lake, pa.Table.from_pylist([row], schema=arrow_schema("signals")), name="signals")

    assert lake.read("signals")["body"].to_pylist() == [text]
