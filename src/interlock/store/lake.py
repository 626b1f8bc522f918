"""The records of an installation: one Delta table a contract table, published together as snapshots.

A write touches several tables; readers see all of it or nothing. What a killed write leaves behind is
taken back by the next one. Every version stays readable until the vacuum clears it, and longer if evidence
names it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import lru_cache
from pathlib import Path

import duckdb
import pyarrow as pa

from interlock.store.contract import TABLES, arrow_schema
from interlock.store.delta import DeltaFolder
from interlock.store.draft import Draft, Limits, plainly
from interlock.store.errors import LakeError, TableAbsent, VersionGone
from interlock.store.lock import only_writer
from interlock.store.parquet import NO_ASYNC, quoted, scan
from interlock.store.snapshots import (
    Batch,
    Snapshot,
    TableVersion,
    current_snapshot,
    kept_snapshot,
    kept_writes,
    publish,
)
from interlock.store.writing import Write

WRITTEN_SINCE = "written_since"


class Lake:
    """The records under one folder. `limits` bound what a write takes of memory and processors."""

    def __init__(self, root: Path, limits: Limits = Limits()) -> None:  # noqa: B008 - frozen
        self.root = root
        self._limits = limits

    def snapshot(self) -> Snapshot:
        """Return what readers see now; number 0 before the first import."""
        return current_snapshot(self.root)

    def snapshot_at(self, number: int) -> Snapshot:
        """Return an earlier published snapshot.

        Raises:
            LakeError: its file is damaged or gone.
        """
        return kept_snapshot(self.root, number)

    def took_back(self, after: int, until: int) -> bool:
        """Say whether a write between these snapshots undid a batch or removed a source; the second included."""
        writes = kept_writes(self.root, until, after)
        return any(written.undone or written.removed for written in writes)

    def history(self) -> list[Snapshot]:
        """Return every published snapshot, the first one first."""
        return [kept_snapshot(self.root, number) for number in range(1, self.snapshot().number + 1)]

    def written_by(self, batch_id: str) -> int | None:
        """Return the number of the newest snapshot that holds a write of this batch, None when there is none."""
        writes = kept_writes(self.root, self.snapshot().number)
        return next((one.number for one in writes if any(batch_id == b.batch_id for b in one.batches)), None)

    def taken_back(self, batch_id: str) -> dict[str, pa.Table]:
        """Return the rows that undoing this batch took out or gave another value, as the batch wrote them, by table.

        Beside the contract columns stands WRITTEN_SINCE: the batch that wrote the same key after the undo, null
        where none did. Of a batch that was undone twice it is the last time; no table if it never was.

        Raises:
            VersionGone: the vacuum has cleared the rows away.
        """
        now = self.snapshot()
        undo = next(
            (one.number for one in kept_writes(self.root, now.number) if batch_id in one.undone), None
        )
        if undo is None:
            return {}
        before = kept_snapshot(self.root, undo - 1)
        with duckdb.connect(config=dict(NO_ASYNC)) as connection:
            return {
                name: _taken_back(
                    connection, name, self._scan(name, before), self._scan(name, now), batch_id, undo
                )
                for name in before.tables
                if before.tables[name].files
            }

    def _scan(self, name: str, snapshot: Snapshot) -> str:
        """The SQL of a table as a snapshot shows it; empty when it has no rows. Raises VersionGone."""
        paths = self.paths(name, snapshot.tables[name])
        if not all(path.exists() for path in paths):
            raise VersionGone(f"The rows of {name} as they were before the undo were cleared away.")
        return scan(paths) if paths else ""

    @contextmanager
    def writing(self, *, batch_id: str, source_id: str) -> Iterator[Write]:
        """Write to the records. Leaving the block publishes everything; an exception publishes nothing.

        Raises:
            LakeBusy: another process writes.
            LakeError: the disk refused.
        """
        if not batch_id or not source_id:
            raise LakeError("A write needs the name of its import and of its source.")
        with self.locked(batch_id):
            with plainly(f"Preparing import {batch_id}"):
                draft = Draft(self.root, self.snapshot(), self._limits)
            with closing(draft):
                write = Write(draft, Batch(batch_id, source_id))
                yield write
                changed = write.result()
                if changed:
                    with plainly(f"Publishing import {batch_id}"):
                        publish(self.root, changed)

    def read(self, name: str, versions: Mapping[str, int] | None = None) -> pa.Table:
        """Return the contract columns of a table, sorted by key; for large tables open the records instead.

        Raises:
            TableAbsent: the records hold no such table.
            VersionGone: the version was cleared away.
        """
        if name not in (self.snapshot().versions if versions is None else versions):
            raise TableAbsent(f"The records hold no {name} yet.")
        version = self.snapshot().tables[name] if versions is None else self.table_at(name, versions[name])
        schema = arrow_schema(name)
        if not version.files:
            return schema.empty_table()
        keys = ", ".join(TABLES[name].key)
        source = scan(self.paths(name, version))
        with plainly(f"Reading {name}"), duckdb.connect(config=dict(NO_ASYNC)) as connection:
            select = f"SELECT {', '.join(schema.names)} FROM {source} ORDER BY {keys}"
            return connection.sql(select).to_arrow_table().cast(schema)

    def files(self, name: str, version: int) -> list[Path]:
        """Return the Parquet files that are a table at a version.

        Raises:
            VersionGone: the version was cleared away, or never existed.
        """
        return self.paths(name, self.table_at(name, version))

    def table_at(self, name: str, version: int) -> TableVersion:
        """Return what is known of a table at a version, without opening a data file. Raises as `files`."""
        table = self.snapshot().tables.get(name)
        if table and table.version == version:
            return table
        earlier = _table_at(self.root, name, version)
        if not all(path.exists() for path in self.paths(name, earlier)):
            raise VersionGone(f"Version {version} of {name} was cleared away by the vacuum.")
        return earlier

    def paths(self, name: str, table: TableVersion) -> list[Path]:
        """Return the full paths of the files of a table version."""
        return [self.root / "tables" / name / file.name for file in table.files]

    def vacuum(
        self,
        keep_days: int,
        keep_versions: Mapping[str, Iterable[int]] | None = None,
        only: Collection[str] = tuple(TABLES),
    ) -> dict[str, int]:
        """Delete files that went out of use more than `keep_days` ago; return how many a table.

        Versions named in `keep_versions` (frozen evidence) and the published ones stay. `only` names tables.

        Raises:
            LakeBusy: another process writes.
        """
        deleted = {}
        with self.locked("vacuum"), plainly("Clearing old versions away"):
            for name, version in self.snapshot().versions.items():
                if name not in only:
                    continue
                keep = {version, *(keep_versions or {}).get(name, ())}
                folder = DeltaFolder(self.root / "tables" / name, name)
                deleted[name] = folder.vacuum(keep_days, sorted(keep))
        return {name: count for name, count in deleted.items() if count}

    @contextmanager
    def locked(self, purpose: str) -> Iterator[None]:
        """Let nobody else write or clear away while the block runs. Raises LakeBusy, LakeError."""
        with plainly("Opening the records"):
            self.root.mkdir(parents=True, exist_ok=True)
        with only_writer(self.root / "writer.lock", purpose):
            yield


def _taken_back(
    connection: duckdb.DuckDBPyConnection, name: str, before: str, now: str, batch_id: str, undo: int
) -> pa.Table:
    keys, schema = ", ".join(TABLES[name].key), arrow_schema(name)
    columns = ", ".join(f"had.{column}" for column in schema.names)
    since = f"SELECT {keys}, _batch_id AS {WRITTEN_SINCE} FROM {now} WHERE _written > {undo}" if now else ""
    joined = (
        f"LEFT JOIN ({since}) USING ({keys})"
        if now
        else f"CROSS JOIN (SELECT NULL::VARCHAR AS {WRITTEN_SINCE})"
    )
    with plainly(f"Reading {name}"):
        select = (
            f"SELECT {columns}, {WRITTEN_SINCE} FROM {before} AS had {joined}"
            f" WHERE had._batch_id = {quoted(batch_id)} ORDER BY {keys}"
        )
        rows = connection.sql(select).to_arrow_table()
        return rows.cast(schema.append(pa.field(WRITTEN_SINCE, pa.string())))


@lru_cache(maxsize=1024)
def _table_at(root: Path, name: str, version: int) -> TableVersion:
    """A version never changes, so one look at its log is enough for the life of the process."""
    return DeltaFolder(root / "tables" / name, name).at(version)
