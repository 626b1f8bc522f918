"""One write to the records: rows in by key, sources out, imports taken back.

Nothing shows until the whole write is published; see `Lake.writing`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain

import pyarrow as pa

from interlock.store.contract import TABLES, Table
from interlock.store.draft import SMALL_BYTES, SMALL_FILES, Draft, plainly
from interlock.store.errors import DuplicateKeys, LakeError, MissingValues
from interlock.store.parquet import WrittenFile, quoted, scan
from interlock.store.row_sql import cast_columns, in_utc, row_hash
from interlock.store.snapshots import Batch, Snapshot, Written, kept_writes
from interlock.store.undo import Part, Undone, parts_of, undo

SHOWN_KEYS = 5


@dataclass(frozen=True)
class Counts:
    """What became of the rows of one input. `unchanged` are also deletions of what was not there."""

    stored: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0

    @property
    def received(self) -> int:
        return self.stored + self.updated + self.unchanged + self.deleted


class Write:
    """A write in progress: of one batch, the import, and of those that are staged with it."""

    def __init__(self, draft: Draft, batch: Batch) -> None:
        self._draft = draft
        self._batch = batch
        self._carried: dict[Batch, None] = {}  # in their order
        self._staged: dict[str, list[WrittenFile]] = {}
        self._deleting: dict[str, str] = {}  # the temporary table of keys, by table
        self._deleted: list[str] = []
        self._undone: list[str] = []
        self._removed: list[str] = []

    def upsert(self, name: str, rows: pa.Table | pa.RecordBatchReader) -> Counts:
        """Store new rows, update changed ones, leave the others alone. A missing column counts as empty.

        One call a table and write is quickest: pass a reader, or `stage` the pieces and `apply` them.

        Raises:
            DuplicateKeys: two rows have the same key.
            MissingValues: a row lacks a required value.
            LakeError: the contract has no such table or column, a value does not fit, or the disk refused.
        """
        self.stage(name, rows)
        return self._apply(name)

    def stage(self, name: str, rows: pa.Table | pa.RecordBatchReader, of: Batch | None = None) -> None:
        """Put rows aside for `apply`. Raises as `upsert` does, except for keys.

        Rows `of` another batch are stored in the same snapshot and can be taken back without the others; so two
        batches of one write may not hold the same key.
        """
        table = _contract_table(name, rows.schema.names)
        batch = of or self._batch
        if batch != self._batch:
            self._carried[batch] = None
        with plainly(f"Reading rows for {name}"):
            self._draft.connection.register("incoming", in_utc(rows))
            select = self._stamped(table, rows.schema.names, batch)
            files = self._draft.write(name, select)
            self._draft.connection.unregister("incoming")
        _refuse_missing(table, files)
        self._staged.setdefault(name, []).extend(files)

    def stage_deletions(self, name: str, keys: pa.Table | pa.RecordBatchReader) -> None:
        """Put keys aside whose rows `apply` removes, whoever wrote them; `undo_batch` brings them back.

        A key that is staged as a row too was deleted and made anew: its row counts. Keys that are not there do nothing.

        Raises:
            LakeError: the contract has no such table, or the columns are not its key.
        """
        table = _contract_table(name, keys.schema.names)
        if set(keys.schema.names) != set(table.key):
            raise LakeError(
                f"Deletions of {name} need the columns {', '.join(table.key)}; nothing was changed."
            )
        with plainly(f"Reading deletions of {name}"):
            columns = cast_columns(table, set(table.key), only=table.key)
            self._draft.connection.register("incoming", in_utc(keys))
            held = f"deleting_{name}"
            self._draft.connection.execute(
                f"CREATE TEMP TABLE IF NOT EXISTS {held} AS SELECT {columns} FROM incoming LIMIT 0"
            )
            self._draft.connection.execute(f"INSERT INTO {held} SELECT {columns} FROM incoming")
            self._draft.connection.unregister("incoming")
        self._deleting[name] = held

    def apply(self) -> dict[str, Counts]:
        """Upsert and delete everything staged so far, a table at a time in the order of the contract."""
        gone = {name: self._delete(name) for name in TABLES if name in self._deleting}
        came = {name: self._apply(name) for name in TABLES if name in self._staged}
        self._deleting.clear()
        return _joined(came, gone)

    def preview(self) -> dict[str, Counts]:
        """Return what `apply` would do, without doing it."""
        gone = {name: self._compare_deletions(name) for name in TABLES if name in self._deleting}
        return _joined({name: self._compare(name) for name in TABLES if name in self._staged}, gone)

    def drop_staged(self) -> None:
        """Forget the staged rows and deletions, as after a preview."""
        self._staged.clear()
        for held in self._deleting.values():
            self._draft.connection.execute(f"DROP TABLE {held}")
        self._deleting.clear()

    def remove_source(self, source_id: str) -> dict[str, int]:
        """Remove every row that a source was the last to write; return how many a table."""
        removed = {}
        for name, table in TABLES.items():
            if not self._draft.rows(name):
                continue
            with plainly(f"Removing rows of {name}"):
                count = self._leave(table, f"_source_id = {quoted(source_id)}")
                if count:
                    self._draft.replace(name, None, self._why)
                    removed[name] = count
        if removed or any(counts and batch.source_id == source_id for _, batch, counts in self._parts()):
            self._removed.append(source_id)
        return removed

    def undo_batch(self, batch_id: str) -> dict[str, Undone]:
        """Give the rows that an import was the last to write their earlier values; new ones go.

        Rows that a later import has written since are kept and counted. An undo cannot be undone:
        import the file again.

        Raises:
            VersionGone: the vacuum has cleared away the earlier values.
        """
        parts = list(self._parts())
        mine = {
            (number, batch_id) for number, batch, counts in parts if counts and batch.batch_id == batch_id
        }
        if not mine:
            return {}
        dead = {(number, batch.batch_id) for number, batch, counts in parts if not counts}
        with plainly(f"Undoing {batch_id}"):
            undone = undo(self._draft, mine, dead, self._why, self._deletions())
        self._undone.append(batch_id)
        return undone

    def result(self) -> Snapshot | None:
        """Return the snapshot to publish, None when this write changed nothing."""
        if self._staged:
            raise LakeError(f"Rows of {', '.join(self._staged)} were staged and never applied.")
        if self._deleting:
            raise LakeError(f"Deletions of {', '.join(self._deleting)} were staged and never applied.")
        published = self._draft.published
        # A table that a killed write began and this one left alone stays absent.
        tables = {
            name: table
            for name, table in self._draft.tables.items()
            if table.files or name in published.tables
        }
        changed = {
            name: table
            for name, table in tables.items()
            if name not in published.tables or table.files != published.tables[name].files
        }
        if not (changed or self._undone or self._removed):
            return None
        return replace(
            published,
            number=self._draft.number,
            tables={**published.tables, **changed},
            batch_id=self._batch.batch_id,
            source_id=self._batch.source_id,
            carried=tuple(self._carried),
            undone=tuple(self._undone),
            removed=tuple(self._removed),
            deleted=tuple(self._deleted),
            hash_sign=self._draft.hash_sign,
            hashed_since=self._draft.hashed_since,
        )

    def _parts(self) -> Iterator[tuple[int, Batch, bool]]:
        """Every part written so far, the newest first; what this write has taken back already counts no more."""
        published = self._draft.published.number
        now = Written(published + 1, undone=tuple(self._undone), removed=tuple(self._removed))
        return parts_of(chain([now], kept_writes(self._draft.root, published)))

    def _deletions(self) -> dict[str, list[Part]]:
        """The parts that made rows go, by keys or by removing a source, the newest first; see `undo.undo`."""
        writes = list(kept_writes(self._draft.root, self._draft.published.number))
        tables = {name for written in writes for name in written.deleted}
        return {
            name: [(one.number, one.batch_id) for one in writes if name in one.deleted or one.removed]
            for name in tables
        }

    @property
    def _why(self) -> dict[str, str]:
        return {
            "batch": self._batch.batch_id,
            "source": self._batch.source_id,
            "snapshot": str(self._draft.number),
        }

    def _stamped(self, table: Table, present: Iterable[str], batch: Batch) -> str:
        return (
            f"SELECT *, {quoted(batch.source_id)} AS _source_id, {quoted(batch.batch_id)} AS _batch_id,"
            f" {self._draft.number}::BIGINT AS _written, {row_hash(table)} AS _row_hash"
            f" FROM (SELECT {cast_columns(table, set(present))} FROM incoming)"
        )

    def _apply(self, name: str) -> Counts:
        counts = self._compare(name)
        staged = self._staged.pop(name)
        with plainly(f"Writing {name}"):
            as_they_are = counts.stored == counts.received and not self._draft.crowded(name)
            if counts.stored and as_they_are and _worth_keeping(staged):
                self._draft.append(name, staged, self._why)
            elif counts.stored + counts.updated:
                keys = ", ".join(TABLES[name].key)
                self._draft.replace(name, f"FROM {_scan(staged)} SEMI JOIN leaving USING ({keys})", self._why)
        return counts

    def _delete(self, name: str) -> Counts:
        counts = self._compare_deletions(name)
        if counts.deleted:
            with plainly(f"Deleting rows of {name}"):
                self._draft.replace(name, None, self._why)
            self._deleted.append(name)
        return counts

    def _compare_deletions(self, name: str) -> Counts:
        """Count the keys that go, and leave them in the temporary table `leaving`."""
        keys = ", ".join(TABLES[name].key)
        gone = f"(SELECT DISTINCT {keys} FROM {self._deleting[name]})"
        count = self._draft.connection.execute(f"SELECT count(*) FROM {gone}").fetchall()[0][0]
        if not self._draft.rows(name):
            return Counts(unchanged=count)
        again = (
            f" ANTI JOIN (SELECT {keys} FROM {_scan(self._staged[name])}) USING ({keys})"
            if self._staged.get(name)
            else ""
        )
        with plainly(f"Comparing deletions of {name}"):
            self._draft.connection.execute(
                f"CREATE OR REPLACE TEMP TABLE leaving AS SELECT {keys}, filename AS old_file"
                f" FROM {self._draft.scan(name, with_file_name=True)} SEMI JOIN {gone} AS gone USING ({keys}){again}"
            )
            deleted = self._draft.connection.execute("SELECT count(*) FROM leaving").fetchall()[0][0]
        return Counts(unchanged=count - deleted, deleted=deleted)

    def _compare(self, name: str) -> Counts:
        """Count the staged rows, and leave the changed ones in the temporary table `leaving`."""
        staged = self._staged[name]
        received = sum(file.rows for file in staged)
        if not received:
            return Counts()
        with plainly(f"Comparing rows of {name}"):
            self._refuse_duplicates(TABLES[name], staged)
            self._find_changed(TABLES[name], staged)
            changed, updated = self._draft.connection.execute(
                "SELECT count(*), count(old_file) FROM leaving"
            ).fetchall()[0]
        return Counts(changed - updated, updated, received - changed)

    def _find_changed(self, table: Table, staged: list[WrittenFile]) -> None:
        keys = ", ".join(table.key)
        if self._draft.rows(table.name):
            there = self._draft.scan(table.name, with_file_name=True)
            hash_of_stored = self._draft.hash_of_stored(table.name)
            select = (
                f"SELECT {keys}, there.filename AS old_file FROM {_scan(staged)} AS here"
                f" LEFT JOIN (SELECT {keys}, {hash_of_stored} AS _row_hash, filename FROM {there}) AS there USING ({keys})"
                " WHERE there.filename IS NULL OR there._row_hash <> here._row_hash"
            )
        else:
            select = f"SELECT {keys}, NULL::VARCHAR AS old_file FROM {_scan(staged)}"
        self._draft.connection.execute(f"CREATE OR REPLACE TEMP TABLE leaving AS {select}")

    def _leave(self, table: Table, condition: str) -> int:
        keys = ", ".join(table.key)
        self._draft.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE leaving AS SELECT {keys}, filename AS old_file"
            f" FROM {self._draft.scan(table.name, with_file_name=True)} WHERE {condition}"
        )
        counted = self._draft.connection.execute("SELECT count(*) FROM leaving").fetchall()
        return int(counted[0][0])

    def _refuse_duplicates(self, table: Table, staged: list[WrittenFile]) -> None:
        keys = ", ".join(table.key)
        twice = self._draft.connection.execute(
            f"SELECT {keys} FROM {_scan(staged)} GROUP BY ALL HAVING count(*) > 1"
            f" ORDER BY ALL LIMIT {SHOWN_KEYS + 1}"
        ).fetchall()
        if twice:
            shown = "; ".join(", ".join(str(part) for part in key) for key in twice[:SHOWN_KEYS])
            more = " and others" if len(twice) > SHOWN_KEYS else ""
            raise DuplicateKeys(
                f"{table.name} has several rows for the key {shown}{more}. Keep one of each;"
                " nothing was changed."
            )


def _joined(came: dict[str, Counts], gone: dict[str, Counts]) -> dict[str, Counts]:
    """Rows that came and keys that went, together for each table."""
    both = {name: (came.get(name, Counts()), gone.get(name, Counts())) for name in {**came, **gone}}
    return {
        name: Counts(rows.stored, rows.updated, rows.unchanged + keys.unchanged, keys.deleted)
        for name, (rows, keys) in both.items()
    }


def _contract_table(name: str, columns: list[str]) -> Table:
    if name not in TABLES:
        raise LakeError(f"{name} is not a table of the contract; nothing was changed.")
    strangers = sorted(set(columns) - set(TABLES[name].column_names))
    if strangers:
        raise LakeError(f"{name} has no column {', '.join(strangers)} in the contract; nothing was changed.")
    return TABLES[name]


def _refuse_missing(table: Table, files: list[WrittenFile]) -> None:
    for column in table.columns:
        missing = sum(file.nulls[column.name] for file in files)
        if column.required and missing:
            raise MissingValues(f"{missing} rows of {table.name} have no {column.name}; nothing was changed.")


def _worth_keeping(staged: list[WrittenFile]) -> bool:
    """Say whether staged files may become the table's files: many small ones are joined instead."""
    return len(staged) < SMALL_FILES or sum(file.size for file in staged) >= len(staged) * SMALL_BYTES


def _scan(files: list[WrittenFile]) -> str:
    return scan(file.path for file in files)
