"""Open the records for reading, by URL, through Ibis.

What stands above uses `Records.table` and runs on any engine that Ibis knows. `Records.sql` is the named
hot path of DuckDB. One `Records` serves one thread; opening takes about 30 ms.
"""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb
import ibis
import pyarrow as pa
from ibis.backends.duckdb import Backend

from interlock.store.contract import TABLES
from interlock.store.draft import plainly
from interlock.store.errors import EngineUnknown, LakeError, TableAbsent
from interlock.store.lake import Lake
from interlock.store.parquet import NO_ASYNC, scan
from interlock.store.row_sql import cast_columns
from interlock.store.snapshots import TableVersion


class Records:
    """The tables of one snapshot, read only."""

    def __init__(self, connection: Backend, tables: Mapping[str, TableVersion], lake: Lake) -> None:
        self.connection = connection
        self._known = tables
        self._lake = lake
        self._open: dict[str, ibis.Table] = {}
        self._kept = 0

    @property
    def versions(self) -> dict[str, int]:
        """The table versions read here; with them anybody can open the same rows again."""
        return {name: table.version for name, table in self._known.items()}

    def tables(self) -> list[str]:
        """Return the names of the tables that hold rows, in the order of the contract."""
        return [name for name in TABLES if name in self._known and self._known[name].rows]

    def table(self, name: str) -> ibis.Table:
        """Return a table with its contract columns.

        Raises:
            TableAbsent: nothing was imported into it yet.
        """
        if name not in TABLES:
            raise TableAbsent(f"{name} is not a table of the contract.")
        if name not in self._known:
            raise TableAbsent(f"The records hold no {name} yet.")
        if name not in self._open:
            self._open[name] = self.connection.table(name)
        return self._open[name]

    def sourced(self, name: str) -> ibis.Table:
        """Return a table with its contract columns and `source_id`, the source that last wrote each row.

        Raises:
            TableAbsent: nothing was imported into it yet.
        """
        plain, known, view = self.table(name), self._known[name], f"sourced_{name}"
        if not known.files:
            return plain.mutate(source_id=ibis.literal(""))
        if view not in self._open:
            columns = ", ".join([*plain.columns, "_source_id AS source_id"])
            rows = scan(self._lake.paths(name, known))
            self.connection.con.execute(f"CREATE VIEW {view} AS SELECT {columns} FROM {rows}")
            self._open[view] = self.connection.table(view)
        return self._open[view]

    def has(self, name: str, *columns: str) -> bool:
        """Say whether a table holds rows, and each of these columns at least one value. Reads no rows.

        Raises:
            KeyError: the contract has no such table or column.
        """
        expected = [TABLES[name].column(column) for column in columns]
        table = self._known.get(name)
        return table is not None and table.rows > 0 and all(table.has_values(one.name) for one in expected)

    def sql(self, query: str, **parameters: object) -> pa.Table:
        """Run one SELECT in DuckDB's own SQL; `$name` stands for a parameter.

        Raises:
            LakeError: it is not one SELECT, or DuckDB refused it.
        """
        with plainly("The query"):
            statements = self.connection.con.extract_statements(query)
            if [statement.type for statement in statements] != [duckdb.StatementType.SELECT]:
                raise LakeError("The records are read only: give one SELECT.")
            return self.connection.con.sql(query, params=parameters).to_arrow_table()

    @contextmanager
    def kept(self, rows: ibis.Table) -> Iterator[ibis.Table]:
        """Hold what a query returns until the block ends, so that several questions read the records once."""
        self._kept += 1
        name = f"kept_{self._kept}"
        # Ibis 12's own cache() cannot drop its tables in DuckDB 2.
        self.connection.con.execute(f"CREATE TABLE {name} AS {self.connection.compile(rows)}")
        try:
            yield self.connection.table(name)
        finally:
            self.connection.con.execute(f"DROP TABLE {name}")

    def close(self) -> None:
        self.connection.disconnect()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_records(
    lake: Lake,
    *,
    url: str = "duckdb://",
    versions: Mapping[str, int] | None = None,
    threads: int | None = None,
    memory_limit: str = "1GB",
    temp_directory: Path | None = None,
) -> Records:
    """Open the records as published now, or at the versions that a piece of evidence names.

    `threads` defaults to all processors. What does not fit into `memory_limit` goes to `temp_directory`,
    by default a folder of the system's temporary files.

    Raises:
        EngineUnknown: no engine answers to the URL.
        VersionGone: a version was cleared away.
    """
    if url.startswith("spark://"):
        raise EngineUnknown("Spark comes with a later release; use duckdb:// for now.")
    if url != "duckdb://":
        raise EngineUnknown(f"No engine answers to {url}; use duckdb://.")
    published = lake.snapshot().tables
    tables = (
        published
        if versions is None
        else {name: lake.table_at(name, version) for name, version in versions.items()}
    )
    config: dict[str, object] = {
        "memory_limit": memory_limit,
        "temp_directory": str(temp_directory or Path(tempfile.gettempdir()) / "interlock-spill"),
        **NO_ASYNC,
    }
    if threads:
        config["threads"] = threads
    with plainly("Opening the records"):
        connection = ibis.duckdb.connect(**config)
        # Data files never change once written.
        connection.con.execute("SET parquet_metadata_cache = true")
        for name, table in tables.items():
            connection.con.execute(_view(lake, name, table))
    return Records(connection, tables, lake)


def _view(lake: Lake, name: str, table: TableVersion) -> str:
    if not table.files:
        return f"CREATE VIEW {name} AS SELECT {cast_columns(TABLES[name], set())} WHERE false"
    columns = ", ".join(TABLES[name].column_names)
    return f"CREATE VIEW {name} AS SELECT {columns} FROM {scan(lake.paths(name, table))}"
