"""The records open for reading at any snapshot, with contract columns, and for nothing else."""

import ibis
import pyarrow as pa
import pytest

from interlock.store.contract import TABLES, arrow_schema
from interlock.store.engine import open_records
from interlock.store.errors import EngineUnknown, LakeError, TableAbsent, VersionGone
from store.conftest import NOON, accounts, fail_in_the_middle, orders, put

IBIS_TYPES = {
    "text": "string",
    "date": "date",
    "timestamp": "timestamp(6)",
    "double": "float64",
    "int": "int32",
    "boolean": "boolean",
}


def test_a_table_has_the_columns_and_types_of_the_contract(lake):
    put(lake, orders(a="open"))

    with open_records(lake) as records:
        schema = records.table("orders").schema()

    assert {name: str(kind) for name, kind in schema.items()} == {
        column.name: IBIS_TYPES[column.type] for column in TABLES["orders"].columns
    }


@pytest.mark.parametrize("name", TABLES)
def test_a_table_emptied_again_keeps_its_columns(lake, name):
    row = {
        column.name: NOON if column.type == "timestamp" else NOON.date() if column.type == "date" else None
        for column in TABLES[name].columns
    } | {column.name: "k" for column in TABLES[name].columns if column.type == "text"}
    required_numbers = {c.name: 1 for c in TABLES[name].columns if c.required and c.type == "decimal"}
    put(lake, pa.Table.from_pylist([row | required_numbers], schema=arrow_schema(name)), name=name)
    with open_records(lake) as records:
        full = records.table(name).schema()
    with lake.writing(batch_id="remove", source_id="shop") as write:
        write.remove_source("shop")

    with open_records(lake) as records:
        assert records.table(name).schema() == full
        assert records.table(name).count().to_pyarrow().as_py() == 0
        assert records.tables() == []
        assert not records.has(name)


def test_an_absent_table_is_said_to_be_absent(lake):
    put(lake, orders(a="open"))

    with open_records(lake) as records:
        with pytest.raises(TableAbsent, match="The records hold no deals yet"):
            records.table("deals")
        with pytest.raises(TableAbsent, match="sales is not a table of the contract"):
            records.table("sales")
        assert not records.has("deals", "amount")
        assert records.tables() == ["orders"]


def test_a_column_counts_as_there_when_one_row_has_a_value(lake):
    put(lake, orders(a=None))
    with open_records(lake) as records:
        before = [
            records.has("orders", *columns)
            for columns in ([], ["order_id"], ["status"], ["order_id", "status"])
        ]
    put(lake, orders(b="open"), batch="second")

    with open_records(lake) as records:
        after = records.has("orders", "order_id", "status")
        with pytest.raises(KeyError, match="orders has no column prize"):
            records.has("orders", "prize")

    assert before == [True, True, False, False]
    assert after


def test_what_a_column_has_is_known_for_earlier_versions_too(lake):
    put(lake, orders(a=None))
    then = lake.snapshot().versions
    put(lake, orders(a="open"), batch="second")

    with open_records(lake, versions=then) as records:
        assert not records.has("orders", "status")
        assert records.versions == then


def test_the_rows_are_those_of_the_versions_asked_for(lake):
    put(lake, orders(a="open"))
    then = lake.snapshot().versions
    put(lake, orders(a="shipped", b="open"), batch="second")
    put(lake, accounts(k="Kato"), batch="third", name="accounts")

    with open_records(lake, versions=then) as earlier, open_records(lake) as now:
        assert earlier.tables() == ["orders"]
        assert earlier.table("orders").status.to_pyarrow().to_pylist() == ["open"]
        assert now.tables() == ["accounts", "orders"]
        assert now.sql("SELECT order_id, status FROM orders ORDER BY order_id").to_pylist() == [
            {"order_id": "a", "status": "shipped"},
            {"order_id": "b", "status": "open"},
        ]
    with pytest.raises(VersionGone):
        open_records(lake, versions={"orders": 9})


def test_opened_records_do_not_change_under_the_reader(lake):
    put(lake, orders(a="open"))

    with open_records(lake) as records:
        put(lake, orders(a="shipped", b="open"), batch="second")
        status = records.table("orders").status.to_pyarrow().to_pylist()

    assert status == ["open"]


def test_what_a_failed_write_left_behind_is_not_seen(lake):
    put(lake, orders(a="open"))
    fail_in_the_middle(lake, orders=orders(a="lost"), accounts=accounts(k="lost"))

    with open_records(lake) as records:
        assert records.tables() == ["orders"]
        assert records.table("orders").status.to_pyarrow().to_pylist() == ["open"]


def test_tables_are_joined_and_counted_through_ibis(lake):
    put(lake, accounts(k="Kato", l="Lund"), name="accounts")
    schema = arrow_schema("orders")
    rows = [{"order_id": str(i), "account_id": "k", "ordered_at": NOON} for i in range(3)]
    put(lake, pa.Table.from_pylist(rows, schema=schema), batch="second")

    with open_records(lake) as records:
        joined = records.table("orders").join(records.table("accounts"), "account_id")
        counted = joined.group_by("name").agg(orders=ibis._.count()).to_pyarrow().to_pylist()

    assert counted == [{"name": "Kato", "orders": 3}]


def test_what_is_kept_is_read_once_and_gone_afterwards(lake):
    put(lake, orders(a="open", b="done"))

    with open_records(lake) as records:
        table = records.table("orders")
        with records.kept(table.filter(table.status == "open")) as kept:
            keys = kept.order_id.to_pyarrow().to_pylist()
            name = kept.get_name()
        assert keys == ["a"]
        with pytest.raises(LakeError):
            records.sql(f"SELECT * FROM {name}")


def test_sql_takes_named_parameters(lake):
    put(lake, orders(a="open", b="it's"))

    with open_records(lake) as records:
        found = records.sql("SELECT order_id FROM orders WHERE status = $status", status="it's")

    assert found.to_pylist() == [{"order_id": "b"}]


@pytest.mark.parametrize(
    "query",
    [
        "COPY orders TO 'out.csv'",
        "DROP VIEW orders",
        "SELECT 1; SELECT 2",
        "INSTALL httpfs",
        "SELECT nothing FROM orders",
        "SELEKT 1",
    ],
)
def test_sql_is_one_select_that_works_or_an_error(lake, query):
    put(lake, orders(a="open"))

    with open_records(lake) as records, pytest.raises(LakeError):
        records.sql(query)


def test_no_table_at_all_opens_as_well(lake):
    with open_records(lake) as records:
        assert records.tables() == []
        assert records.versions == {}


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("spark://cluster:7077", "Spark comes with a later release"),
        ("oracle://x", "No engine answers to oracle://x"),
    ],
)
def test_another_engine_is_refused_plainly(lake, url, message):
    with pytest.raises(EngineUnknown, match=message):
        open_records(lake, url=url)


def test_each_row_names_the_source_that_last_wrote_it_and_the_contract_columns_stay_as_they_are(lake):
    put(lake, orders(a="open", b="open"), source="shop")
    put(lake, orders(b="sent"), batch="second", source="erp")

    with open_records(lake) as records:
        named = records.sourced("orders").select("order_id", "source_id").order_by("order_id").to_pyarrow()
        plain = records.table("orders").columns
        with pytest.raises(TableAbsent):
            records.sourced("deals")

    assert named.to_pylist() == [
        {"order_id": "a", "source_id": "shop"},
        {"order_id": "b", "source_id": "erp"},
    ]
    assert "source_id" not in plain
