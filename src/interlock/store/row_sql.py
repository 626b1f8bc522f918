"""A contract row in DuckDB's SQL: its column types, and the hash that tells whether it has changed.

The hash is the same in every process, on every machine and after every upgrade: a row becomes one text,
`name=value` for each column that has a value, and MD5 of that. A column that the contract gains later and
a source leaves empty does not change it.
"""

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


def cast_columns(table: Table, present: set[str]) -> str:
    """Return the select list that gives every contract column its type; absent columns are empty."""
    return ", ".join(
        f"CAST({name if name in present else 'NULL'} AS {_duckdb_type(table.column(name))}) AS {name}"
        for name in table.column_names
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
    parts = ", ".join(f"'{column.name}=' || {_canonical(column)}" for column in table.columns)
    return f"(md5_number_lower(concat_ws('|', {parts})) >> 1)::BIGINT"


def _duckdb_type(column: Column) -> str:
    return _DUCKDB_TYPES.get(column.type) or f"DECIMAL(18, {column.scale})"


def _canonical(column: Column) -> str:
    """Return the SQL of a value as text. The length keeps texts that hold a separator apart."""
    if column.type == "text":
        return f"strlen({column.name}) || ':' || {column.name}"
    if column.type == "timestamp":
        return f"epoch_us({column.name})"
    return column.name
