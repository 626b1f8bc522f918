"""One Delta table on disk: its versions, and the commits that make them.

Data files are written elsewhere (see parquet.py); a commit here only says which files came and which went.
No log is ever cleaned away, so that any version that evidence names can be opened years later.
"""

import json
import time
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, PostCommitHookProperties
from deltalake.exceptions import DeltaError
from deltalake.transaction import AddAction, RemoveAction

from interlock.store.contract import arrow_schema
from interlock.store.errors import VersionGone
from interlock.store.parquet import WrittenFile, flush
from interlock.store.snapshots import DataFile, TableVersion

# Contract columns such as order_lines.batch_id exist already, hence the leading underscore.
BOOKKEEPING = pa.schema(
    [
        ("_source_id", pa.string()),  # the source that last wrote the row
        ("_batch_id", pa.string()),  # the import that last wrote the row
        ("_written", pa.int64()),  # the snapshot number of that import
        ("_row_hash", pa.int64()),  # hash of the contract columns
    ]
)
_KEEP_LOGS = {"delta.enableExpiredLogCleanup": "false"}


def stored_schema(name: str) -> pa.Schema:
    """Return the contract columns of a table and the four bookkeeping columns."""
    return pa.schema([*arrow_schema(name), *BOOKKEEPING])


class DeltaFolder:
    """The folder of one table."""

    def __init__(self, path: Path, name: str) -> None:
        self.path = path
        self.name = name

    def head(self) -> int:
        """Return the newest version number, -1 when the table does not exist."""
        commits = (self.path / "_delta_log").glob("[0-9]*.json")
        return max((int(commit.stem) for commit in commits), default=-1)

    def at(self, version: int) -> TableVersion:
        """Return the files of a version.

        Raises:
            VersionGone: the table has no such version.
        """
        try:
            actions = pa.table(
                DeltaTable(self.path, version=version).get_add_actions(flatten=True)
            ).to_pylist()
        except (DeltaError, OSError) as error:
            raise VersionGone(f"{self.name} has no version {version}.") from error
        return TableVersion(version, tuple(_data_file(action) for action in actions))

    def create(self) -> None:
        """Make the empty table, as version 0."""
        DeltaTable.create(self.path, stored_schema(self.name), name=self.name, configuration=_KEEP_LOGS)

    def go_back(self, version: int) -> int:
        """Make the files of an earlier version current again, by a new version; return its number."""
        DeltaTable(self.path).restore(version)
        return self.head()

    def commit(
        self, base: TableVersion, came: Iterable[WrittenFile], went: Iterable[DataFile], why: dict[str, str]
    ) -> TableVersion:
        """Move written files in, mark others as gone, and return the new version."""
        gone = {file.name for file in went}
        # Delta stamps its log itself, with this clock; the vacuum counts its days from here.
        milliseconds = time.time_ns() // 1_000_000
        added = [(self._move_in(file, base.version + 1, place), file) for place, file in enumerate(came)]
        actions: list[AddAction | RemoveAction] = [_add(name, file, milliseconds) for name, file in added]
        actions += [RemoveAction(name, True, milliseconds) for name in sorted(gone)]
        table = DeltaTable(self.path)
        table.create_write_transaction(
            actions,
            mode="append",
            schema=table.schema(),
            commit_properties=CommitProperties(custom_metadata=why),
            post_commithook_properties=PostCommitHookProperties(cleanup_expired_logs=False),
        )
        version = base.version + 1
        self._flush(version)
        kept = [file for file in base.files if file.name not in gone]
        new = [DataFile(name, file.rows, file.size, _empty(file.rows, file.nulls)) for name, file in added]
        return TableVersion(version, (*kept, *new))

    def vacuum(self, keep_days: int, keep_versions: list[int]) -> int:
        """Delete files that no kept version needs; return how many."""
        deleted = DeltaTable(self.path).vacuum(
            retention_hours=keep_days * 24,
            dry_run=False,
            enforce_retention_duration=False,
            post_commithook_properties=PostCommitHookProperties(cleanup_expired_logs=False),
            full=True,
            keep_versions=keep_versions,
        )
        return len(deleted)

    def _move_in(self, file: WrittenFile, version: int, place: int) -> str:
        flush(file.path)
        name = f"{version:08d}-{place:04d}.parquet"
        file.path.replace(self.path / name)
        return name

    def _flush(self, version: int) -> None:
        log = self.path / "_delta_log"
        flush(log / f"{version:020d}.json")
        flush(log)
        flush(self.path)


def _add(name: str, file: WrittenFile, milliseconds: int) -> AddAction:
    statistics = json.dumps({"numRecords": file.rows, "nullCount": file.nulls})
    return AddAction(name, file.size, {}, milliseconds, True, statistics)


def _data_file(action: dict[str, object]) -> DataFile:
    rows, size = action["num_records"], action["size_bytes"]
    assert isinstance(rows, int)
    assert isinstance(size, int)
    prefix = "null_count."
    nulls = {name.removeprefix(prefix): nulls for name, nulls in action.items() if name.startswith(prefix)}
    return DataFile(str(action["path"]), rows, size, _empty(rows, nulls))


def _empty(rows: int, nulls: dict[str, int] | dict[str, object]) -> tuple[str, ...]:
    return tuple(column for column, count in nulls.items() if count == rows)
