"""The records of an installation: one Delta table a contract table, published together as snapshots.

A write touches several tables; readers see all of it or nothing. What a killed write leaves behind is
taken back by the next one. Every version stays readable until the vacuum clears it, and longer if evidence
names it.
"""

from collections.abc import Iterable, Iterator, Mapping
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
from interlock.store.parquet import scan
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

    @contextmanager
    def writing(self, *, batch_id: str, source_id: str) -> Iterator[Write]:
        """Write to the records. Leaving the block publishes everything; an exception publishes nothing.

        Raises:
            LakeBusy: another process writes.
            LakeError: the disk refused.
        """
        if not batch_id or not source_id:
            raise LakeError("A write needs the name of its import and of its source.")
        with self._locked(batch_id):
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
        with plainly(f"Reading {name}"), duckdb.connect() as connection:
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
        self, keep_days: int, keep_versions: Mapping[str, Iterable[int]] | None = None
    ) -> dict[str, int]:
        """Delete files that went out of use more than `keep_days` ago; return how many a table.

        Versions named in `keep_versions` (frozen evidence) and the published ones stay.

        Raises:
            LakeBusy: another process writes.
        """
        deleted = {}
        with self._locked("vacuum"), plainly("Clearing old versions away"):
            for name, version in self.snapshot().versions.items():
                keep = {version, *(keep_versions or {}).get(name, ())}
                folder = DeltaFolder(self.root / "tables" / name, name)
                deleted[name] = folder.vacuum(keep_days, sorted(keep))
        return {name: count for name, count in deleted.items() if count}

    @contextmanager
    def _locked(self, purpose: str) -> Iterator[None]:
        with plainly("Opening the records"):
            self.root.mkdir(parents=True, exist_ok=True)
        with only_writer(self.root / "writer.lock", purpose):
            yield


@lru_cache(maxsize=1024)
def _table_at(root: Path, name: str, version: int) -> TableVersion:
    """A version never changes, so one look at its log is enough for the life of the process."""
    return DeltaFolder(root / "tables" / name, name).at(version)
