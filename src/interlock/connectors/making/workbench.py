"""The working place of one source: a private DuckDB in bounded memory, with every file staged as text."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from ..limits import Limits
from ..mapping.model import FileRule
from ..protocol import RawTable, Reading, TornRows, Unreadable
from . import sql

ROW = "_row"
INSERT_BYTES = 64_000_000
_READ_OPTIONS = ("encoding", "delimiter", "header", "short_rows")


def _trimmed(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Cells without blanks around them; a cell of blanks is empty."""
    arrays = [
        pc.utf8_trim_whitespace(array) if pa.types.is_string(array.type) else array for array in batch.columns
    ]
    arrays = [_emptied(array) for array in arrays]
    return pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)


def _emptied(array: pa.Array) -> pa.Array:
    if not pa.types.is_string(array.type):
        return array
    blank = pc.equal(pc.binary_length(array), 0)
    if not pc.any(blank).as_py():
        return array
    return pc.if_else(blank, pa.scalar(None, pa.string()), array)


@dataclass(frozen=True)
class Staged:
    """One raw table as text columns in the workbench."""

    raw: RawTable
    table: str
    columns: tuple[str, ...]
    rows: int
    reading: Reading

    @property
    def unreadable(self) -> list[Unreadable]:
        return self.reading.unreadable


class Workbench:
    """Stages raw tables once and runs SQL over them. Close it to remove its folder."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._folder = tempfile.TemporaryDirectory(prefix="interlock-import-")
        self.folder = Path(self._folder.name)
        self.connection = duckdb.connect(":memory:")
        spill = self.folder / "spill"
        self.connection.execute(f"SET memory_limit={sql.text(limits.memory)}")
        self.connection.execute(f"SET temp_directory={sql.text(str(spill))}")
        self.connection.execute("SET TimeZone='UTC'")
        self.connection.execute("SET enable_progress_bar=false")
        # A mapping is somebody's text: whatever it says, the workbench reads and writes no other file.
        self.connection.execute("SET enable_external_access=false")
        self._staged: dict[tuple[Any, ...], Staged] = {}
        self._count = 0

    def stage(
        self, raw: RawTable, rule: FileRule, on_bytes: Callable[[int], None] = lambda _: None
    ) -> Staged:
        """Read a raw table into the workbench; a second call with the same reading rules costs nothing."""
        key = (raw.name, *(getattr(rule, option) for option in _READ_OPTIONS))
        if key not in self._staged:
            try:
                self._staged[key] = self._read(raw, rule, on_bytes, careful=False)
            except TornRows:
                self._staged[key] = self._read(raw, rule, on_bytes, careful=True)
        return self._staged[key]

    def _read(self, raw: RawTable, rule: FileRule, on_bytes: Callable[[int], None], careful: bool) -> Staged:
        reading = raw.read(rule, on_bytes, careful)
        table = self.new_name("file")
        columns = ", ".join(f"{sql.name(column)} VARCHAR" for column in reading.columns)
        self.run(f"CREATE TABLE {table} ({columns}{', ' if columns else ''}{ROW} BIGINT)")
        # Few large inserts: a dozen small ones cost five times as much.
        waiting: list[pa.RecordBatch] = []
        for batch in reading.batches:
            waiting.append(_trimmed(batch))
            if sum(one.nbytes for one in waiting) > INSERT_BYTES:
                self.insert(table, pa.Table.from_batches(waiting))
                waiting = []
        if waiting:
            self.insert(table, pa.Table.from_batches(waiting))
        if reading.columns:
            filled = ", ".join(sql.name(column) for column in reading.columns)
            self.run(f"DELETE FROM {table} WHERE coalesce({filled}) IS NULL")
        return Staged(raw, table, reading.columns, self.count(table), reading)

    def insert(self, table: str, rows: pa.Table) -> None:
        self.connection.register("incoming", rows)
        self.connection.execute(f"INSERT INTO {table} SELECT * FROM incoming")
        self.connection.unregister("incoming")

    def new_name(self, kind: str) -> str:
        self._count += 1
        return f"{kind}_{self._count}"

    def run(self, query: str) -> None:
        self.connection.execute(query)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(query).fetchall()

    def count(self, table: str) -> int:
        return int(self.rows(f"SELECT count(*) FROM {table}")[0][0])

    def make_table(self, name: str) -> None:
        """Turn a view into a table, so that rows can be removed; a table stays as it is."""
        if self.rows(f"SELECT 1 FROM duckdb_views() WHERE view_name = {sql.text(name)}"):
            self.run(f"CREATE TABLE {name}_made AS FROM {name}")
            self.drop(name)
            self.run(f"ALTER TABLE {name}_made RENAME TO {name}")

    def drop(self, name: str) -> None:
        """Remove a table, or a view."""
        is_view = self.rows(f"SELECT 1 FROM duckdb_views() WHERE view_name = {sql.text(name)}")
        self.run(f"DROP {'VIEW' if is_view else 'TABLE'} {name}")

    def batches(self, query: str, rows: int) -> pa.RecordBatchReader:
        # A cursor of its own: other queries may run while the rows are fetched.
        return self.connection.cursor().sql(query).to_arrow_reader(rows)

    def close(self) -> None:
        self.connection.close()
        self._folder.cleanup()
