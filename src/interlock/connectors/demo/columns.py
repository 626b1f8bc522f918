"""How do numpy columns become Arrow tables of the contract, exactly and quickly?

Times are whole minutes with `NEVER` for empty, money is whole cents, keys are numbers with a prefix.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from interlock.connectors.demo.company import DAY, NEVER, Bools, Ints
from interlock.store.contract import TABLES, arrow_schema

MICROSECONDS = 60_000_000


def contract_table(name: str, columns: Mapping[str, Any]) -> pa.Table:
    """Build one contract table; a column that is not given stays empty.

    Raises:
        KeyError: a column is given that the contract does not have.
    """
    unknown = set(columns) - set(TABLES[name].column_names)
    if unknown:
        raise KeyError(f"the contract has no {name}.{sorted(unknown)[0]}")
    rows = max(len(column) for column in columns.values())
    arrays = []
    for field in arrow_schema(name):
        column = columns.get(field.name)
        arrays.append(pa.nulls(rows, field.type) if column is None else as_array(column, field.type))
    return pa.Table.from_arrays(arrays, schema=arrow_schema(name))


def as_array(column: Any, kind: pa.DataType) -> pa.Array:
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if isinstance(column, pa.Array):
        return column if column.type == kind else column.cast(kind)
    return pa.array(column, type=kind)


def keys(prefix: str, numbers: Ints, width: int = 0, empty: Bools | None = None) -> pa.Array:
    """Return text keys such as `A-10418`; rows marked `empty` have none."""
    digits = pc.utf8_lpad(pa.array(numbers).cast(pa.string()), width=width, padding="0")
    joined = pc.binary_join_element_wise(pa.scalar(prefix), digits, pa.scalar(""))
    return joined if empty is None else blank(joined, empty)


def labels(names: Sequence[str | None], numbers: Ints) -> pa.Array:
    """Return the name at each number; numbers below 0 are empty."""
    mask = numbers < 0
    return pa.array(names, type=pa.string()).take(pa.array(np.where(mask, 0, numbers), mask=mask))


def blank(array: pa.Array, empty: Bools) -> pa.Array:
    return pc.if_else(pa.array(empty), pa.scalar(None, array.type), array)


def times(minutes: Ints, empty: Bools | None = None) -> pa.Array:
    """Return timestamps; `NEVER` and rows marked `empty` are null."""
    mask = (minutes == NEVER) if empty is None else (minutes == NEVER) | empty
    stamps = np.where(mask, 0, minutes) * MICROSECONDS
    return pa.array(stamps, mask=mask).cast(pa.timestamp("us"))


def dates(minutes: Ints) -> pa.Array:
    mask = minutes == NEVER
    days = (np.where(mask, 0, minutes) // DAY).astype(np.int32)
    return pa.array(days, mask=mask).cast(pa.date32())


def money(cents: Ints, empty: Bools | None = None) -> pa.Array:
    """Return decimals with two places from whole cents, without a float in between."""
    return _decimal(cents, 2, empty)


def pieces(quantity: Ints, empty: Bools | None = None) -> pa.Array:
    """Return decimals with three places from whole pieces."""
    return _decimal(np.asarray(quantity, dtype=np.int64) * 1000, 3, empty)


def _decimal(unscaled: Ints, scale: int, empty: Bools | None) -> pa.Array:
    low = np.ascontiguousarray(unscaled, dtype="<i8")
    words = np.empty((len(low), 2), dtype="<i8")  # a 128-bit little-endian integer: value, then its sign
    words[:, 0] = low
    words[:, 1] = low >> 63
    array = pa.Array.from_buffers(pa.decimal128(18, scale), len(low), [None, pa.py_buffer(words.tobytes())])
    return array if empty is None else blank(array, empty)
