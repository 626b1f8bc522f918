"""The contract, its SQL twin and its page say the same."""

from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from interlock.store import contract
from interlock.store.contract import TABLES, arrow_schema
from interlock.store.contract_page import contract_page

SQL_TYPES = {
    "text": "VARCHAR",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "double": "DOUBLE",
    "int": "INTEGER",
    "boolean": "BOOLEAN",
}
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def twin():
    with duckdb.connect() as connection:
        connection.execute(Path(contract.__file__).with_suffix(".sql").read_text(encoding="utf-8"))
        yield connection


def test_contract_and_sql_name_the_same_columns_with_the_same_types(twin):
    said_by_sql = twin.execute(
        "SELECT table_name, column_name, data_type, NOT is_nullable FROM duckdb_columns()"
        " WHERE schema_name = 'main' AND NOT internal ORDER BY table_oid, column_index"
    ).fetchall()

    said_by_python = [
        (table.name, column.name, SQL_TYPES.get(column.type, f"DECIMAL(18,{column.scale})"), column.required)
        for table in TABLES.values()
        for column in table.columns
    ]

    assert said_by_sql == said_by_python


@pytest.mark.parametrize(
    ("constraint", "column_sets"),
    [
        ("PRIMARY KEY", [(table.name, list(table.key)) for table in TABLES.values()]),
        (
            "FOREIGN KEY",
            [
                (table.name, [column.name])
                for table in TABLES.values()
                for column in table.columns
                if column.references
            ],
        ),
    ],
)
def test_contract_and_sql_agree_on_keys(twin, constraint, column_sets):
    said_by_sql = twin.execute(
        "SELECT table_name, constraint_column_names FROM duckdb_constraints() WHERE constraint_type = ?",
        [constraint],
    ).fetchall()

    assert sorted(said_by_sql) == sorted(column_sets)


def test_the_page_is_written_from_the_contract():
    page = (ROOT / "docs/contract.md").read_text(encoding="utf-8")

    assert page == contract_page(), "renew it: python -m interlock.store.contract_page > docs/contract.md"


def test_there_are_sixteen_tables_and_five_are_core():
    core = [table.name for table in TABLES.values() if table.core]

    assert len(TABLES) == 16
    assert sorted(core) == ["accounts", "order_lines", "orders", "products", "signals"]


def test_a_table_stands_after_the_tables_it_points_to():
    position = {name: place for place, name in enumerate(TABLES)}
    owner = {table.key[0]: table.name for table in TABLES.values() if len(table.key) == 1}

    backwards = [
        (table.name, column.name)
        for table in TABLES.values()
        for column in table.columns
        if column.name in owner and position[owner[column.name]] > position[table.name]
    ]

    assert backwards == []


def test_every_column_says_what_it_is_and_in_which_unit():
    silent = [
        (table.name, column.name)
        for table in TABLES.values()
        for column in table.columns
        if not column.description or (column.type != "text" and not column.unit)
    ]

    assert silent == []


def test_arrow_types_are_those_of_the_contract():
    schema = arrow_schema("capacity")

    assert schema == pa.schema(
        [
            ("site_id", pa.string()),
            ("family", pa.string()),
            ("week", pa.date32()),
            ("capacity_qty", pa.decimal128(18, 3)),
            ("committed_qty", pa.decimal128(18, 3)),
            ("lead_time_p50_days", pa.float64()),
            ("lead_time_p80_days", pa.float64()),
        ]
    )


def test_asking_for_an_unknown_column_names_the_table():
    with pytest.raises(KeyError, match="orders has no column price"):
        TABLES["orders"].column("price")
