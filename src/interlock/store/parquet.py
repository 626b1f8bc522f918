"""How does a query become Parquet files, and what do we know about each file afterwards?

DuckDB writes the files: it streams, keeps to its memory limit and counts empty values on the way.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

# DuckDB's own default; about a million rows a file keeps a rewrite small and a folder short.
ROW_GROUP_ROWS = 122_880
ROW_GROUPS_A_FILE = 8


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


def write_parquet(connection: duckdb.DuckDBPyConnection, select: str, folder: Path) -> list[WrittenFile]:
    """Write what a query returns into a new folder, a million rows a file; no file for no rows."""
    written = connection.execute(
        f"COPY ({select}) TO {quoted(str(folder))} (FORMAT parquet, COMPRESSION zstd, RETURN_STATS,"
        f" ROW_GROUP_SIZE {ROW_GROUP_ROWS}, ROW_GROUPS_PER_FILE {ROW_GROUPS_A_FILE})"
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
