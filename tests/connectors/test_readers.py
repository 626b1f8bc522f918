"""The other kinds of files: workbooks, JSON Lines, Parquet, TSV; each cell as a CSV would hold it."""

from datetime import UTC, date, datetime
from decimal import Decimal

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from interlock.connectors import SourceRefused, open_source
from interlock.connectors.limits import Limits
from interlock.connectors.mapping.model import FileRule
from interlock.connectors.readers.delimited import read_delimited

from .conftest import NOW, all_chunks, rows_of

ORDERS = """
mapping: 1
name: orders
files: {orders: {names: ["*"]}}
tables:
  orders:
    from: orders
    columns: {order_id: id, ordered_at: ordered, account_id: customer}
"""


def workbook(path, rows, title="Orders"):
    book = openpyxl.Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def test_a_sheet_with_titles_above_the_heading_is_read(tmp_path):
    path = tmp_path / "orders.xlsx"
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["A1"] = "Orders of March"
    sheet.merge_cells("A1:C1")
    sheet["A2"] = "printed on 1 April"
    for row in (
        ["id", "ordered", "customer"],
        [17850.0, datetime.fromisoformat("2026-03-01 08:30"), "K1"],
        ["B2", date(2026, 3, 2), "=1+1"],
    ):
        sheet.append(row)
    book.save(path)

    orders = rows_of(all_chunks(path, ORDERS), "orders").to_pylist()

    assert [(row["order_id"], row["ordered_at"].isoformat()) for row in orders] == [
        ("17850", "2026-03-01T08:30:00"),
        ("B2", "2026-03-02T00:00:00"),
    ]


def test_each_sheet_of_a_workbook_is_a_table(tmp_path):
    path = workbook(tmp_path / "book.xlsx", [["id", "ordered", "customer"], ["B1", "2026-03-01", "K1"]])
    book = openpyxl.load_workbook(path)
    book.create_sheet("Customers").append(["customer", "country"])
    book["Customers"].append(["K1", "DE"])
    book.save(path)

    with open_source(path, now=NOW) as source:
        assert [(table.name, table.rows) for table in source.tables()] == [
            ("book.xlsx#Orders", 1),
            ("book.xlsx#Customers", 1),
        ]


def test_a_workbook_that_is_none_or_declares_entities_is_refused(write, tmp_path):
    import zipfile  # only this test packs by hand

    path = workbook(tmp_path / "x.xlsx", [["id"], [1]])
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(tmp_path / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content.replace(b"?>", b'?><!DOCTYPE x [<!ENTITY a "b">]>', 1))

    with pytest.raises(SourceRefused, match="declares a document type"):
        all_chunks(tmp_path / "bomb.xlsx", ORDERS)
    with pytest.raises(SourceRefused, match="is not a whole XLSX file"):
        all_chunks(write("torn.xlsx", b"PK no"), ORDERS)


def test_json_lines_are_flattened_and_odd_lines_refused(write):
    path = write(
        "orders.jsonl",
        '{"id": 1, "ordered": "2026-03-01", "customer": "K1", "more": {"a": 1}}\n[1]\n\n{"id": "B2", "ordered": "2026-03-02"}\n{torn\n',
    )

    chunks = all_chunks(path, ORDERS)
    with open_source(path, now=NOW) as source:
        columns = source.tables()[0].column_names

    assert columns == ("id", "ordered", "customer", "more.a")
    assert rows_of(chunks, "orders")["order_id"].to_pylist() == ["1", "B2"]
    assert [(r.row, r.reason) for r in chunks[0].refusals] == [
        (2, "not a JSON object on one line"),
        (5, "not a JSON object on one line"),
    ]


def test_parquet_types_become_the_texts_of_a_csv(tmp_path):
    table = pa.table(
        {
            "id": pa.array([1.0, 2.5]),
            "ordered": pa.array(
                [datetime(2026, 3, 1, 8, tzinfo=UTC), datetime(2026, 3, 2, 9, tzinfo=UTC)],
                pa.timestamp("us", "Europe/Berlin"),
            ),
            "customer": pa.array([Decimal("7.10"), None]),
            "tags": pa.array([["a"], []]),
        }
    )
    pq.write_table(table, tmp_path / "orders.parquet")

    orders = rows_of(all_chunks(tmp_path / "orders.parquet", ORDERS), "orders").to_pylist()

    assert [(row["order_id"], row["ordered_at"].isoformat(), row["account_id"]) for row in orders] == [
        ("1", "2026-03-01T08:00:00", "7.10"),
        ("2.5", "2026-03-02T09:00:00", None),
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(write, delimiter):
    lines = [
        ["id", "ordered", "customer"],
        ["B1", "2026-03-01", "K1, or so; really"],
        ["B2", "2026-03-02", "K2"],
    ]
    path = write("orders.csv", "\n".join(delimiter.join(f'"{cell}"' for cell in line) for line in lines))

    assert rows_of(all_chunks(path, ORDERS), "orders")["order_id"].to_pylist() == ["B1", "B2"]


def test_headings_that_are_empty_or_double_get_names(write):
    path = write("x.csv", ",id,ID,id\n0,1,2,3\n")

    with open_source(path, now=NOW) as source:
        assert source.tables()[0].column_names == ("column 1", "id", "ID (2)", "id (3)")


cells = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0\r"), max_size=12)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows=st.lists(st.tuples(cells, cells, cells), max_size=8))
def test_whatever_csv_can_hold_comes_back_cell_by_cell(tmp_path, rows):
    path = tmp_path / "x.csv"
    quoted = [
        ",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in [("a", "b", "c"), *rows]
    ]
    path.write_bytes(("\n".join(quoted) + "\n").encode("utf-8"))

    reading = read_delimited(path, "x.csv", FileRule("x", header=1), Limits(), lambda _: None, tmp_path)
    read = [
        tuple(row[name] or "" for name in "abc") for batch in reading.batches for row in batch.to_pylist()
    ]

    assert [row for row in read if any(row)] == [row for row in rows if any(row)]
    assert reading.unreadable == []
