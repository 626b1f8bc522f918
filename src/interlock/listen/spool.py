"""Rows on their way from a source to the lake: one Arrow file a table, and one CSV of what was refused.

A source hands over chunks of many tables in any order; the lake wants each table once and whole. The spool
lies between them on disk, so that memory holds one chunk and a refused row is written down at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

import pyarrow as pa

from interlock.connectors.records import Chunk, Refusal
from interlock.fabric.export import csv_bytes
from interlock.store.contract import TABLES, arrow_schema

REFUSED_COLUMNS = ("file", "row", "table", "column", "value", "reason")
_HEADING = csv_bytes(REFUSED_COLUMNS, [])
LONGEST_VALUE = 2_000
_DELETED = "deleted_"


class Spool:
    """Takes chunks, gives whole tables. Closing it keeps the files; `clear` removes them."""

    def __init__(self, folder: Path, refused: Path) -> None:
        self.folder = folder
        self.refused = refused
        self.rows: dict[str, int] = {}
        self.deleted: dict[str, int] = {}
        self.refusals = 0
        self._writers: dict[str, pa.RecordBatchFileWriter] = {}
        self.clear()
        folder.mkdir(parents=True, exist_ok=True)
        refused.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
        self.clear()

    def take(self, chunk: Chunk) -> None:
        """Write a chunk's rows and refusals to disk."""
        if chunk.rows.num_rows:
            self._writer(chunk.table).write_table(chunk.rows.cast(arrow_schema(chunk.table)))
            self.rows[chunk.table] = self.rows.get(chunk.table, 0) + chunk.rows.num_rows
        if chunk.deleted is not None and chunk.deleted.num_rows:
            self._writer(_DELETED + chunk.table).write_table(chunk.deleted.cast(_keys_schema(chunk.table)))
            self.deleted[chunk.table] = self.deleted.get(chunk.table, 0) + chunk.deleted.num_rows
        if chunk.refusals:
            self._refuse(chunk.refusals)

    def close(self) -> None:
        """Finish every file, so that it can be read."""
        for writer in self._writers.values():
            writer.close()
        self._writers.clear()

    def tables(self) -> list[str]:
        """Tables with rows, each after the tables it points to."""
        return [name for name in TABLES if self.rows.get(name)]

    def deleted_tables(self) -> list[str]:
        """Tables of which records are gone."""
        return [name for name in TABLES if self.deleted.get(name)]

    def reader(self, table: str, on_rows: Callable[[int], None]) -> pa.RecordBatchReader:
        """Read one table back in batches, telling after each how many rows it had."""
        return pa.RecordBatchReader.from_batches(arrow_schema(table), self._batches(table, on_rows))

    def deleted_reader(self, table: str, on_rows: Callable[[int], None]) -> pa.RecordBatchReader:
        """Read the keys of the records that are gone, likewise."""
        return pa.RecordBatchReader.from_batches(
            _keys_schema(table), self._batches(_DELETED + table, on_rows)
        )

    def clear(self) -> None:
        """Remove the rows; the refused ones stay for people to read."""
        for path in self.folder.glob("*.arrow"):
            path.unlink()

    def _batches(self, table: str, on_rows: Callable[[int], None]) -> Iterator[pa.RecordBatch]:
        with pa.memory_map(str(self._path(table))) as file, pa.ipc.open_file(file) as stored:
            for number in range(stored.num_record_batches):
                batch = stored.get_batch(number)
                on_rows(batch.num_rows)
                yield batch

    def _writer(self, name: str) -> pa.RecordBatchFileWriter:
        if name not in self._writers:
            table = name.removeprefix(_DELETED)
            schema = arrow_schema(table) if name == table else _keys_schema(table)
            self._writers[name] = pa.ipc.new_file(str(self._path(name)), schema)
        return self._writers[name]

    def _path(self, table: str) -> Path:
        return self.folder / f"{table}.arrow"

    def _refuse(self, refusals: tuple[Refusal, ...]) -> None:
        rows = [
            (each.file, each.row, each.table, each.column, each.value[:LONGEST_VALUE], each.reason)
            for each in refusals
        ]
        new = not self.refused.exists()
        with self.refused.open("ab") as file:
            content = csv_bytes(REFUSED_COLUMNS, rows)
            file.write(content if new else content[len(_HEADING) :])
        self.refusals += len(refusals)


def _keys_schema(table: str) -> pa.Schema:
    return pa.schema([arrow_schema(table).field(key) for key in TABLES[table].key])
