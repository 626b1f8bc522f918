"""Small records for the store's tests."""

import contextlib
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from interlock.store.contract import arrow_schema
from interlock.store.lake import Lake

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC).replace(tzinfo=None)


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path / "records")


def orders(**status_by_key):
    """Orders with the given states, all placed at noon."""
    rows = [
        {"order_id": key, "ordered_at": NOON, "status": status, "currency": "EUR"}
        for key, status in status_by_key.items()
    ]
    return pa.Table.from_pylist(rows, schema=arrow_schema("orders"))


def accounts(**name_by_key):
    rows = [{"account_id": key, "name": name} for key, name in name_by_key.items()]
    return pa.Table.from_pylist(rows, schema=arrow_schema("accounts"))


def put(lake, table, *, batch="first", source="shop", name="orders"):
    """Upsert one table in a write of its own."""
    with lake.writing(batch_id=batch, source_id=source) as write:
        return write.upsert(name, table)


def fail_in_the_middle(lake, **tables):
    """Begin a write, put rows into its tables, and leave it by an exception."""
    with contextlib.suppress(ZeroDivisionError), lake.writing(batch_id="failed", source_id="shop") as write:
        for name, rows in tables.items():
            write.upsert(name, rows)
        raise ZeroDivisionError


def states(lake, versions=None):
    """The orders of a lake as {key: status}."""
    return {row["order_id"]: row["status"] for row in lake.read("orders", versions).to_pylist()}
