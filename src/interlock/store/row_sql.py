"""A contract row in DuckDB's SQL: its column types, and the hash that tells whether it has changed.

The hash is DuckDB's own, twenty times quicker than MD5 of the row as text. It is the same in every process,
but a new release of DuckDB may compute another one: `hash_sign` shows it, and rows hashed before are then
hashed anew from their values (see `Draft.hash_of_stored`). A column that the contract gains later and a source
leaves empty does not change it.
"""

from collections.abc import Iterable
from functools import reduce

import duckdb
import pyarrow as pa

from interlock.store.contract import Column, Table

_DUCKDB_TYPES = {
    "text": "VARCHAR",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "double": "DOUBLE",
    "int": "INTEGER",
    "boolean": "BOOLEAN",
}


def cast_columns(table: Table, present: set[str], only: Iterable[str] | None = None) -> str:
    """Return the select list that gives every contract column (or `only` some) its type; absent columns are empty."""
    return ", ".join(
        f"CAST({name if name in present else 'NULL'} AS {_duckdb_type(table.column(name))}) AS {name}"
        for name in only or table.column_names
    )


def in_utc(rows: pa.Table | pa.RecordBatchReader) -> pa.Table | pa.RecordBatchReader:
    """Return the rows with zoned times as plain times in UTC, a type that DuckDB casts in every unit."""
    fields = [
        field.with_type(pa.timestamp(field.type.unit)) if pa.types.is_timestamp(field.type) else field
        for field in rows.schema
    ]
    return rows.cast(pa.schema(fields))


def row_hash(table: Table) -> str:
    """Return the SQL of the hash over the contract columns, an integer of 63 bits.

    Two versions of one row share it by chance once in 10^19 changes.
    """
    # Hashed twice: a single hash of (name, value) would let two columns swap their values unseen.
    parts = [
        f"CASE WHEN {column.name} IS NULL THEN 0::UBIGINT ELSE hash(hash('{column.name}', {column.name})) END"
        for column in table.columns
    ]
    return f"({reduce(lambda all_before, part: f'xor({all_before}, {part})', parts)} >> 1)::BIGINT"


def hash_sign(connection: duckdb.DuckDBPyConnection) -> str:
    """Return a text that changes when DuckDB hashes any type of the contract in another way."""
    values = (
        "hash('key'), hash('a text longer than twelve bytes'), hash('name', 'value'), hash(7::INTEGER),"
        " hash(hash('name', 1.5::DOUBLE)), hash(12.34::DECIMAL(18, 2)), hash(12.345::DECIMAL(18, 3)),"
        " hash(true), hash(DATE '2026-11-22'), hash(TIMESTAMP '2026-11-22 14:05:00.000001')"
    )
    return str(connection.execute(f"SELECT md5(concat_ws(' ', {values}))").fetchall()[0][0])


def _duckdb_type(column: Column) -> str:
    return _DUCKDB_TYPES.get(column.type) or f"DECIMAL(18, {column.scale})"
