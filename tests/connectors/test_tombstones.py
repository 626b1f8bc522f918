"""Files of deletions are known by their names, and name keys only."""

from __future__ import annotations

import pytest

from interlock.connectors import open_source
from interlock.connectors.errors import SourceRefused
from interlock.connectors.tombstones import table_of


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("deleted_orders.csv", "orders"),
        ("exports/Deleted_Order_Lines.CSV", "order_lines"),
        ("deleted_orders-2026-11-22.csv", "orders"),
        ("deleted_orders_20261122.parquet", "orders"),
        ("deleted_event_objects.1.jsonl", "event_objects"),
        ("deleted_customers.csv", ""),
        ("orders.csv", ""),
        ("not_deleted_orders.csv", ""),
    ],
)
def test_a_file_of_deletions_is_known_by_its_name(name, table):
    assert table_of(name) == table


def test_keys_of_several_columns_are_read_each_once_and_faulty_ones_refused(tmp_path):
    (tmp_path / "deleted_capacity.csv").write_text(
        "site_id,family,week\nN,lamps,2026-11-16\nN,lamps,2026-11-16\nN,lamps,soon\nN,,2026-11-16\n"
    )

    with open_source(tmp_path) as source:
        mapping = source.propose()
        chunks = list(source.chunks(mapping))

    assert mapping.name == "deletions"
    assert sum(chunk.received for chunk in chunks) == 4
    [keys] = [chunk.deleted.to_pylist() for chunk in chunks if chunk.deleted is not None]
    assert [(row["site_id"], row["family"], f"{row['week']:%F}") for row in keys] == [
        ("N", "lamps", "2026-11-16")
    ]
    assert [(one.row, one.column) for chunk in chunks for one in chunk.refusals] == [
        (4, "week"),
        (5, "family"),
    ]
    assert sum(chunk.repeated for chunk in chunks) == 1


def test_a_file_without_the_key_is_refused_whole(tmp_path):
    (tmp_path / "deleted_orders.csv").write_text("number\n7\n")

    with open_source(tmp_path) as source, pytest.raises(SourceRefused, match="has no column order_id"):
        list(source.chunks(source.propose()))
