"""Shared work: counted once per case and pair, by the records of each function."""

from __future__ import annotations

from datetime import date, datetime

import ibis
import pyarrow as pa

from interlock.analytics.coordination import SharedWork, shared_work

at = datetime.fromisoformat
WINDOW = (date(2026, 1, 1), date(2026, 3, 31))


class Small:
    """Tables in memory, as the records hand them out."""

    def __init__(self, **tables: pa.Table) -> None:
        self.tables = tables

    def table(self, name: str):
        return ibis.memtable(self.tables[name])

    def has(self, name: str, *columns: str) -> bool:
        table = self.tables.get(name)
        return (
            table is not None
            and table.num_rows > 0
            and all(
                column in table.column_names and table[column].null_count < table.num_rows
                for column in columns
            )
        )


ORDERS = pa.table(
    {
        "order_id": ["1", "2", "3"],
        "ordered_at": [at("2026-02-01"), at("2026-03-31T23:00"), at("2025-12-31")],
    }
)
LINES = pa.table(
    {
        "line_id": ["1a", "1b", "2a", "3a"],
        "order_id": ["1", "1", "2", "3"],
        "batch_id": ["B", None, "B", "B"],
        "shipped_at": [at("2026-02-03"), None, None, at("2026-01-02")],
        "delivered_at": pa.array([None] * 4, pa.timestamp("us")),
    }
)


def test_each_line_of_the_window_counts_for_every_pair_that_acted_on_it():
    found = shared_work(Small(orders=ORDERS, order_lines=LINES), window=WINDOW)

    assert set(found) == {
        SharedWork("customer", "sales", 3),
        SharedWork("customer", "production", 2),
        SharedWork("production", "sales", 2),
        SharedWork("customer", "operations", 1),
        SharedWork("operations", "sales", 1),
        SharedWork("operations", "production", 1),
    }


def test_without_a_window_or_without_tables_nothing_is_shared():
    assert shared_work(Small(orders=ORDERS, order_lines=LINES), window=None) == ()
    assert shared_work(Small(), window=WINDOW) == ()
