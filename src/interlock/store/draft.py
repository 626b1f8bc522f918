"""The tables as they will be once the running write is published.

Rows leave and come by whole files: files that lose a row are written anew without it, together with the
rows that come. Measured on 5 million order lines, 100,000 random ones changed: see `benchmarks/upsert.py`.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
from deltalake.exceptions import DeltaError

from interlock.store.contract import TABLES
from interlock.store.delta import DeltaFolder, stored_schema
from interlock.store.errors import LakeError
from interlock.store.parquet import NO_ASYNC, WrittenFile, scan, write_parquet
from interlock.store.row_sql import hash_sign, row_hash
from interlock.store.snapshots import DataFile, Snapshot, TableVersion, kept_snapshot

# Eight imports of a few rows each are read as quickly as one; more are joined into one file.
SMALL_FILES = 8
SMALL_BYTES = 2_000_000


@dataclass(frozen=True)
class Limits:
    """What one writer may take. 512 MB hold the keys of about 5 million changed rows; more goes to disk."""

    memory: str = "512MB"
    threads: int | None = None


class Draft:
    """Tables under change. Only the holder of the writer lock may make one."""

    def __init__(self, root: Path, snapshot: Snapshot, limits: Limits) -> None:
        self.root = root
        self.number = snapshot.number + 1
        self.published = snapshot
        self.staging = root / "staging"
        self._folders = 0
        shutil.rmtree(self.staging, ignore_errors=True)
        self.staging.mkdir(parents=True)
        self.tables = {name: self._restored(name) for name in TABLES if self.folder(name).head() >= 0}
        self.connection = _connect(limits, self.staging / "spill")
        self.hash_sign = hash_sign(self.connection)
        hashed_alike = not snapshot.number or snapshot.hash_sign == self.hash_sign
        self.hashed_since = snapshot.hashed_since if hashed_alike else self.number

    def close(self) -> None:
        self.connection.close()
        shutil.rmtree(self.staging, ignore_errors=True)

    def folder(self, name: str) -> DeltaFolder:
        return DeltaFolder(self.root / "tables" / name, name)

    def rows(self, name: str) -> int:
        return self.tables[name].rows if name in self.tables else 0

    def published_at(self, name: str, number: int) -> TableVersion:
        """Return a table as readers saw it in the snapshot of that number."""
        return kept_snapshot(self.root, number).tables.get(name, TableVersion(0))

    def scan(self, name: str, *, with_file_name: bool = False) -> str:
        """Return the SQL that reads a table as it stands; the table must hold rows."""
        return self.scan_version(name, self.tables[name], with_file_name=with_file_name)

    def scan_version(self, name: str, version: TableVersion, *, with_file_name: bool = False) -> str:
        return scan(self._paths(name, version.files), with_file_name=with_file_name)

    def hash_of_stored(self, name: str) -> str:
        """Return the SQL of a stored row's hash: the one it carries, unless it was computed in another way."""
        if self.hashed_since <= 1:
            return "_row_hash"
        return f"CASE WHEN _written >= {self.hashed_since} THEN _row_hash ELSE {row_hash(TABLES[name])} END"

    def write(self, name: str, select: str) -> list[WrittenFile]:
        """Write rows of a table into the staging folder."""
        self._folders += 1
        folder = self.staging / f"{self._folders:06d}"
        return write_parquet(self.connection, select, folder, long_texts=name == "signals")

    def crowded(self, name: str) -> bool:
        """Say whether a table lies in so many small files that the next write should join them."""
        return len(self._small(name)) >= SMALL_FILES

    def append(self, name: str, came: list[WrittenFile], why: dict[str, str]) -> None:
        """Take written files as they are into a table."""
        self._commit(name, came, [], why)

    def replace(self, name: str, coming: str | None, why: dict[str, str]) -> None:
        """Let the rows of the temporary table `leaving` go and the rows of a query come, as one version.

        `leaving` holds the key columns and `old_file`, the file that the row lies in (empty for a new row).
        """
        touched = self._touched(name)
        columns = ", ".join(stored_schema(name).names)
        parts = []
        if touched:
            keys = ", ".join(TABLES[name].key)
            kept = scan(self._paths(name, touched))
            parts.append(f"SELECT {columns} FROM {kept} AS kept ANTI JOIN leaving USING ({keys})")
        if coming:
            parts.append(f"SELECT {columns} FROM ({coming}) AS coming")
        # The keys that leave are kept in memory, never the rows with their texts, whatever their number.
        self.connection.execute("SET disabled_optimizers = 'build_side_probe_side'")
        came = self.write(name, " UNION ALL ".join(parts))
        self.connection.execute("SET disabled_optimizers = ''")
        self._commit(name, came, touched, why)

    def _touched(self, name: str) -> list[DataFile]:
        """Return the files that lose rows, and small ones once there are too many."""
        files = self.tables[name].files if name in self.tables else ()
        losing = {
            Path(path).name
            for (path,) in self.connection.execute(
                "SELECT DISTINCT old_file FROM leaving WHERE old_file IS NOT NULL"
            ).fetchall()
        }
        together = losing | self._small(name) if self.crowded(name) else losing
        return [file for file in files if file.name in together]

    def _small(self, name: str) -> set[str]:
        files = self.tables[name].files if name in self.tables else ()
        return {file.name for file in files if file.size < SMALL_BYTES}

    def _commit(self, name: str, came: list[WrittenFile], went: list[DataFile], why: dict[str, str]) -> None:
        folder = self.folder(name)
        if name not in self.tables:
            folder.create()
            self.tables[name] = TableVersion(0)
        self.tables[name] = folder.commit(self.tables[name], came, went, why)

    def _paths(self, name: str, files: tuple[DataFile, ...] | list[DataFile]) -> Iterator[Path]:
        return (self.folder(name).path / file.name for file in files)

    def _restored(self, name: str) -> TableVersion:
        """Return a table as readers see it, after taking back what a killed write left behind."""
        folder = self.folder(name)
        seen = self.published.tables.get(name, TableVersion(0))
        head = folder.head()
        if head == seen.version:
            return seen
        if _names(folder.at(head)) != _names(seen):
            head = folder.go_back(seen.version)
        return TableVersion(head, seen.files)


def _names(table: TableVersion) -> set[str]:
    return {file.name for file in table.files}


def _connect(limits: Limits, spill: Path) -> duckdb.DuckDBPyConnection:
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": limits.memory,
        "temp_directory": str(spill),
        **NO_ASYNC,
    }
    if limits.threads:
        config["threads"] = limits.threads
    connection = duckdb.connect(config=config)
    connection.execute("SET TimeZone = 'UTC'")
    return connection


@contextmanager
def plainly(what: str) -> Iterator[None]:
    """Say what failed in words of this room; readers keep what was last published.

    Raises:
        LakeError: a library or the disk refused.
    """
    try:
        yield
    except (OSError, duckdb.Error, DeltaError) as error:
        reason = str(error).strip().splitlines()[0]
        raise LakeError(f"{what} failed: {reason}. Nothing was changed.") from error
