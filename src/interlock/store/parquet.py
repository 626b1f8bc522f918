"""How does a query become Parquet files, and what do we know about each file afterwards?

DuckDB writes the files: it streams, keeps to its memory limit and counts empty values on the way.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

# DuckDB 2.0 can wait for itself for ever when it writes Parquet in the background under a memory limit, and
# when a query fails that reads in the background (duckdb issue 23885). Without such threads it does neither.
NO_ASYNC = {"async_threads": 0}

# DuckDB's own default. About a million rows a file: a rewrite stays small and the list of files short.
_GROUPS_BY_ROWS = "ROW_GROUP_SIZE 122880, ROW_GROUPS_PER_FILE 8"
# Whole row groups are held in memory, so where texts may be long they are cut by size: 150,000 bodies of 6 kB
# each failed by rows. DuckDB then gives up the order of the rows.
_GROUPS_BY_SIZE = "ROW_GROUP_SIZE_BYTES '16MB', FILE_SIZE_BYTES '256MB'"


@dataclass(frozen=True)
class WrittenFile:
    """A Parquet file just written. `nulls` counts the empty values of each column."""

    path: Path
    rows: int
    size: int
    nulls: dict[str, int]


def quoted(text: str) -> str:
    """Return text as a SQL string."""
    return "'" + text.replace("'", "''") + "'"


def scan(paths: Iterable[Path], *, with_file_name: bool = False) -> str:
    """Return the SQL that reads Parquet files as one table; `filename` says which one a row is from."""
    listed = ", ".join(quoted(str(path)) for path in paths)
    return f"read_parquet([{listed}], filename = {str(with_file_name).lower()})"


def write_parquet(
    connection: duckdb.DuckDBPyConnection, select: str, folder: Path, *, long_texts: bool = False
) -> list[WrittenFile]:
    """Write what a query returns into a new folder, a million rows a file; no file for no rows."""
    connection.execute(f"SET preserve_insertion_order = {not long_texts}")
    written = connection.execute(
        f"COPY ({select}) TO {quoted(str(folder))} (FORMAT parquet, COMPRESSION zstd, RETURN_STATS,"
        f" {_GROUPS_BY_SIZE if long_texts else _GROUPS_BY_ROWS})"
    ).fetchall()
    files = [_described(row) for row in written]
    return [file for file in files if file.rows > 0]


def _described(row: tuple[str, int, int, int, dict[str, dict[str, str]]]) -> WrittenFile:
    path, rows, size, _, statistics = row[:5]
    nulls = {column.strip('"'): int(known["null_count"]) for column, known in statistics.items()}
    return WrittenFile(Path(path), rows, size, nulls)


def flush(path: Path) -> None:
    """Wait until a file or a folder's list of names is on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
