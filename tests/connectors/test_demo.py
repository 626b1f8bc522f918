"""Is Aldermoor coherent, the same every time, and large enough to be believed?"""

from datetime import date, datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from interlock.connectors.demo import aldermoor, truth
from interlock.store.contract import SIGNAL_KINDS, TABLES, arrow_schema

UNTIL = date(2026, 11, 19)


@pytest.fixture(scope="module")
def demo():
    return aldermoor()


@pytest.fixture(scope="module")
def small():
    return aldermoor(seed=7, orders=4_000, until=date(2025, 3, 31))


def test_every_contract_table_is_made_in_the_types_of_the_contract(demo):
    assert list(demo) == list(TABLES)
    assert {name: table.schema for name, table in demo.items()} == {
        name: arrow_schema(name) for name in TABLES
    }
    assert min(table.num_rows for table in demo.values()) > 10


def test_the_company_has_the_size_it_is_told_to_have(demo):
    accounts = demo["accounts"]

    assert accounts.num_rows == 41_206
    assert pc.sum(pc.equal(accounts["segment"], "shops")).as_py() == 318
    assert 48_000 <= demo["orders"].num_rows <= 52_000
    assert demo["signals"].num_rows >= 15_000
    assert set(pc.unique(demo["signals"]["kind"]).to_pylist()) == set(SIGNAL_KINDS)


@pytest.mark.parametrize("name", TABLES)
def test_keys_are_unique_and_required_columns_are_full(demo, name):
    table = demo[name]

    assert table.group_by(list(TABLES[name].key)).aggregate([]).num_rows == table.num_rows
    full = {column.name: table[column.name].null_count for column in TABLES[name].columns if column.required}
    assert full == dict.fromkeys(full, 0)


@pytest.mark.parametrize(
    ("child", "column", "parent"),
    [
        (table.name, column.name, column.references)
        for table in TABLES.values()
        for column in table.columns
        if column.references
    ],
)
def test_every_reference_leads_to_a_row(demo, child, column, parent):
    (key,) = TABLES[parent].key
    used = pc.unique(demo[child][column].drop_null())

    missing = used.filter(pc.invert(pc.is_in(used, demo[parent][key].combine_chunks())))

    assert missing.to_pylist() == []


def test_dates_follow_each_other(demo):
    lines = _with_order(demo)

    assert _never(lines, "shipped_at", "ordered_at")
    assert _never(lines, "delivered_at", "shipped_at")
    assert _never(lines, "promised_at", "ordered_at")
    assert _never(demo["deals"], "closed_at", "created_at")
    assert _never(demo["signals"], "first_reply_at", "occurred_at")
    assert _never(demo["signals"], "resolved_at", "first_reply_at")
    assert _never(demo["batches"], "finished_at", "started_at")


def test_nothing_that_happened_lies_ahead(demo):
    end = datetime(2026, 11, 19, 6, 40)  # noqa: DTZ001 - contract times carry no zone
    happened = {
        "orders": ["ordered_at"],
        "order_lines": ["shipped_at", "delivered_at"],
        "signals": ["occurred_at", "first_reply_at", "resolved_at"],
        "events": ["occurred_at"],
        "touches": ["touched_at"],
        "batches": ["finished_at"],
        "deals": ["created_at", "closed_at"],
        "invoices": ["issued_at"],
    }

    last = {
        (name, column): pc.max(demo[name][column]).as_py() for name in happened for column in happened[name]
    }

    assert {where for where, when in last.items() if when > end} == set()
    assert last["orders", "ordered_at"] > end - timedelta(days=1)


def test_an_invoice_is_the_sum_of_its_lines(demo):
    sums = demo["order_lines"].group_by("order_id").aggregate([("amount", "sum")])
    joined = demo["invoices"].join(sums, "order_id")

    assert pc.all(pc.equal(joined["amount"], joined["amount_sum"])).as_py()
    assert pc.all(pc.less_equal(joined["credited"], joined["amount"])).as_py()


def test_a_batch_holds_the_pieces_of_its_lines(demo):
    made = demo["order_lines"].filter(pc.is_valid(demo["order_lines"]["batch_id"]))
    sums = made.group_by("batch_id").aggregate([("quantity", "sum")])
    joined = demo["batches"].join(sums, "batch_id")

    assert pc.all(pc.equal(joined["good_qty"], joined["quantity_sum"])).as_py()


def test_signals_about_a_line_name_its_account_and_product(demo):
    lines = _with_order(demo).select(["line_id", "account_id", "product_id"])
    said = demo["signals"].filter(pc.is_valid(demo["signals"]["line_id"]))
    joined = said.select(["line_id", "account_id", "product_id"]).join(
        lines, "line_id", right_suffix="_of_line"
    )

    assert pc.all(pc.equal(joined["account_id"], joined["account_id_of_line"])).as_py()
    assert pc.all(pc.equal(joined["product_id"], joined["product_id_of_line"])).as_py()


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(small):
    again = aldermoor(seed=7, orders=4_000, until=date(2025, 3, 31))
    other = aldermoor(seed=8, orders=4_000, until=date(2025, 3, 31))

    assert {name: _bytes(again[name]) == _bytes(small[name]) for name in small} == dict.fromkeys(small, True)
    assert _bytes(other["signals"]) != _bytes(small["signals"])


def test_the_demo_can_end_on_any_day(small):
    ordered = small["orders"]["ordered_at"]

    assert pc.max(ordered).as_py().date() in (date(2025, 3, 30), date(2025, 3, 31))
    assert pc.min(ordered).as_py().date() >= date(2023, 4, 1)


def test_the_batch_of_the_fault_always_has_its_name(small):
    assert "B-2641" in small["batches"]["batch_id"].to_pylist()


def test_the_truth_prints_as_json():
    told = truth().as_json()

    assert {fault["rule"] for fault in told["planted"]} >= {
        "R01",
        "R02",
        "R03",
        "R04",
        "R06",
        "R09",
        "R10",
        "R11",
    }
    assert len(told["decoys"]) >= 6


def _with_order(demo) -> pa.Table:
    return demo["order_lines"].join(
        demo["orders"].select(["order_id", "account_id", "ordered_at"]), "order_id"
    )


def _never(table: pa.Table, later: str, earlier: str) -> bool:
    return not pc.any(pc.less(table[later], table[earlier])).as_py()


def _bytes(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks())
    return sink.getvalue().to_pybytes()
