"""Exports that have the contract's own shape are recognised at once and come through whole."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as parquet
import pytest
from openpyxl import Workbook

from interlock.connectors import open_source
from interlock.connectors.demo import aldermoor
from interlock.store.contract import TABLES

from .conftest import NOW

ACCOUNTS = "account_id,name,region,updated_at,notes\na1,North Shop,North,2026-01-01,x\n"
ORDERS = "ORDER_ID,Account_ID,ordered_at\no1,a1,2026-01-02T08:00:00Z\n"


@pytest.fixture(scope="module")
def company() -> dict[str, pa.Table]:
    return aldermoor(orders=400)


def write_csv(table: pa.Table, path) -> None:
    csv.write_csv(table, path)


def write_parquet(table: pa.Table, path) -> None:
    parquet.write_table(table, path)


def read_back(path) -> dict[str, pa.Table]:
    """All rows of a source that must need nobody."""
    with open_source(path, now=NOW) as source:
        mapping = source.propose()
        chunks = list(source.chunks(mapping))
    assert mapping.questions == ()
    assert {guess.confidence for guess in (*mapping.guesses, *mapping.not_understood)} == {1.0}
    assert [chunk.refusals for chunk in chunks if chunk.refusals] == []
    return {name: pa.concat_tables([c.rows for c in chunks if c.table == name]) for name in TABLES
            if any(c.table == name for c in chunks)}  # fmt: skip


def same(table: pa.Table, name: str) -> list[dict]:
    """Rows in the order of their key; an empty text and no text are one in a file."""
    rows = table.sort_by([(key, "ascending") for key in TABLES[name].key]).to_pylist()
    return [{column: value if value != "" else None for column, value in row.items()} for row in rows]


@pytest.mark.parametrize(
    ("ending", "write"), [("csv", write_csv), pytest.param("parquet", write_parquet, marks=pytest.mark.slow)]
)
def test_all_tables_of_a_company_come_back_row_by_row(company, tmp_path, ending, write):
    for name, table in company.items():
        write(table, tmp_path / f"{name}.{ending}")

    made = read_back(tmp_path)

    assert set(made) == set(company)
    for name, table in company.items():
        assert same(made[name], name) == same(table, name), name


def test_sheets_of_one_workbook_are_tables(company, tmp_path):
    book = Workbook(write_only=True)
    for name in ("teams", "accounts", "products", "campaigns"):
        sheet = book.create_sheet(name)
        sheet.append(company[name].column_names)
        for row in company[name].slice(0, 50).to_pylist():
            sheet.append(list(row.values()))
    book.save(tmp_path / "company.xlsx")

    made = read_back(tmp_path / "company.xlsx")

    assert {name: table.num_rows for name, table in made.items()} == {
        name: min(50, company[name].num_rows) for name in ("teams", "accounts", "products", "campaigns")
    }
    assert same(made["teams"], "teams") == same(company["teams"], "teams")


def test_columns_beyond_the_contract_are_left_out_and_letters_do_not_matter(write):
    write("accounts.csv", ACCOUNTS)
    folder = write("orders.csv", ORDERS).parent

    with open_source(folder, now=NOW) as source:
        mapping = source.propose()
        rows = {chunk.table: chunk.rows.to_pylist()[0] for chunk in source.chunks(mapping)}

    assert [(guess.column, guess.target) for guess in mapping.not_understood] == [
        ("updated_at", ""),
        ("notes", ""),
    ]
    assert (rows["accounts"]["name"], rows["accounts"]["segment"]) == ("North Shop", None)
    assert (rows["orders"]["account_id"], f"{rows['orders']['ordered_at']:%H:%M}") == ("a1", "08:00")


def test_parts_of_a_table_lie_in_a_folder_of_its_name(write):
    write("orders/part-0.csv", ORDERS)
    folder = write("orders/part-1.csv", ORDERS.replace("o1", "o2")).parent.parent

    assert read_back(folder)["orders"]["order_id"].to_pylist() == ["o1", "o2"]


@pytest.mark.parametrize(
    "other",
    [
        ("orders.csv", "order_id,account_id,ordered_at\no1,a1,02.01.2026\n"),
        ("orders.csv", "number,customer,date\no1,a1,2026-01-02\n"),
        ("tickets.csv", "ticket_id,created,requester,descr\nt1,2026-01-02,a1,Broken\n"),
    ],
)
def test_anything_else_among_them_is_looked_at_as_any_export(write, other):
    write("accounts.csv", ACCOUNTS)
    folder = write(*other).parent

    with open_source(folder, now=NOW) as source:
        assert source.propose().name != "contract"
