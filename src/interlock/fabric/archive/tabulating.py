"""Each table as a file that other programs read: CSV for spreadsheets, Parquet for analysis, JSON lines as in an archive."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import batched
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from interlock.fabric import records
from interlock.fabric.archive import tables
from interlock.fabric.export import csv_bytes
from interlock.store.errors import TableAbsent

Rows = Iterator[Sequence[Sequence[Any]]]


def export_tables(folder: Path, kind: str) -> dict[str, int]:
    """Write one file a table, of the database and of the records; return the rows by file.

    Args:
        folder: made where it is missing; files of the same names are written over.
        kind: csv, jsonl or parquet.
    """
    folder.mkdir(parents=True, exist_ok=True)
    counted = {}
    for model in tables.archived_models():
        columns = [column.attname for column in tables.columns_of(model)]
        rows = batched(tables.rows_of(model), tables.CHUNK_ROWS)
        name = f"{model._meta.label}.{kind}"
        counted[name] = _WRITERS[kind](folder / name, columns, rows)
    kept = records.current_records()
    for table in kept.tables():
        name = f"records.{table}.{kind}"
        try:
            whole = kept.table(table).to_pyarrow()
        except TableAbsent:
            continue
        if kind == "parquet":
            pq.write_table(whole, folder / name)
            counted[name] = whole.num_rows
        else:
            batches = (
                [tuple(row.values()) for row in some.to_pylist()]
                for some in whole.to_batches(tables.CHUNK_ROWS)
            )
            counted[name] = _WRITERS[kind](folder / name, whole.column_names, batches)
    return counted


def _csv(path: Path, columns: Sequence[str], batches: Rows) -> int:
    """Through the one way that rows leave as CSV, which lets no spreadsheet run a cell."""
    heading, count = csv_bytes(columns, []), 0
    with path.open("wb") as file:
        file.write(heading)
        for rows in batches:
            file.write(csv_bytes(columns, [list(map(_cell, row)) for row in rows])[len(heading) :])
            count += len(rows)
    return count


def _jsonl(path: Path, columns: Sequence[str], batches: Rows) -> int:
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for rows in batches:
            for row in rows:
                named = dict(zip(columns, map(tables.written, row), strict=True))
                file.write(f"{json.dumps(named, ensure_ascii=False)}\n")
            count += len(rows)
    return count


def _parquet(path: Path, columns: Sequence[str], batches: Rows) -> int:
    """Columns of text, whole numbers, fractions and yes or no; what is nested is JSON in a text."""
    rows = [list(map(_cell, row)) for some in batches for row in some]
    held = [[row[place] for row in rows] for place in range(len(columns))]
    pq.write_table(
        pa.table({name: pa.array(values) for name, values in zip(columns, held, strict=True)}), path
    )
    return len(rows)


def _array(values: list[Any]) -> pa.Array:
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError):  # JSON that is a number here and a text there
        return pa.array([None if value is None else str(value) for value in values])


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


_WRITERS: dict[str, Callable[[Path, Sequence[str], Rows], int]] = {
    "csv": _csv,
    "jsonl": _jsonl,
    "parquet": _parquet,
}
KINDS = tuple(_WRITERS)
