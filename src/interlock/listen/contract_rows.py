"""Inbox payloads as contract rows in Arrow, a column at a time: the same for settling and for the lake."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
import pyarrow as pa

from interlock.store.contract import TABLES, Column

_decode = msgspec.json.Decoder(dict[str, Any]).decode


def contract_rows(table: str, payloads: Iterable[str]) -> pa.Table:
    """Read payloads that `checked` made; times come out in UTC without zone, as the contract has them."""
    records = [_decode(payload) for payload in payloads]
    columns = TABLES[table].columns
    arrays = [_array(column, [record.get(column.name) for record in records]) for column in columns]
    return pa.table(arrays, names=[column.name for column in columns])


def _array(column: Column, values: list[Any]) -> pa.Array:
    if column.type == "timestamp":
        zoned = pa.array(values, pa.string()).cast(pa.timestamp("us", tz="UTC"))
        return zoned.cast(column.arrow_type)
    if column.type in {"decimal", "date"}:
        return pa.array(values, pa.string()).cast(column.arrow_type)
    return pa.array(values, column.arrow_type)
