"""What were the rows before an import wrote them?

Each row carries its batch and the number of the snapshot whose write made it. The version before that snapshot
holds its earlier value. If that value comes from an import that was itself undone, or from a source that was
removed since, the search goes on behind it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from interlock.store.contract import TABLES
from interlock.store.delta import stored_schema
from interlock.store.draft import Draft
from interlock.store.errors import VersionGone
from interlock.store.parquet import quoted
from interlock.store.row_sql import cast_columns
from interlock.store.snapshots import Batch, TableVersion, Written

# What one batch wrote in one snapshot: the number of the snapshot, and the batch.
type Part = tuple[int, str]
type Deletions = Mapping[str, list[Part]]


@dataclass(frozen=True)
class Undone:
    """Rows given their earlier value, rows that are gone, and rows kept since a later import wrote them."""

    restored: int = 0
    removed: int = 0
    kept: int = 0


def parts_of(writes: Iterable[Written]) -> Iterator[tuple[int, Batch, bool]]:
    """Hand over every part with its snapshot, its batch, and whether its rows still count.

    `writes` begin with the newest. A part counts until its batch is undone or its source is removed.
    """
    undone: set[str] = set()
    removed: set[str] = set()
    for written in writes:
        for batch in written.batches:
            yield written.number, batch, batch.batch_id not in undone and batch.source_id not in removed
        undone.update(written.undone)
        removed.update(written.removed)


def undo(
    draft: Draft, mine: set[Part], dead: set[Part], why: dict[str, str], deletions: Deletions
) -> dict[str, Undone]:
    """Take the parts `mine` back in every table that they touched; `dead` are those that counted no more before.

    `deletions` are all parts that deleted rows by their keys or removed a source, the newest first, for each table
    of which rows were ever deleted.
    """
    undone = {
        name: _undo_table(draft, name, mine, dead | mine, why, deletions.get(name, []))
        for name in TABLES
        if draft.rows(name) or mine.intersection(deletions.get(name, []))
    }
    return {name: counts for name, counts in undone.items() if counts != Undone()}


def _undo_table(
    draft: Draft, name: str, mine: set[Part], dead: set[Part], why: dict[str, str], deletions: list[Part]
) -> Undone:
    kept = _count_kept(draft, name, mine, deletions)
    keys = ", ".join(TABLES[name].key)
    run = draft.connection.execute
    run(
        f"CREATE OR REPLACE TEMP TABLE leaving AS SELECT {keys}, _written, filename AS old_file"
        f" FROM {_now(draft, name)} WHERE {_is_of(mine)}"
    )
    run(f"CREATE OR REPLACE TEMP TABLE sought AS SELECT {keys}, _written FROM leaving")
    for part in deletions:
        if part in mine:
            _seek_deleted(draft, name, part, dead, deletions)
    leaving = _count(draft, "leaving")
    if not _count(draft, "sought"):
        return Undone(kept=kept)
    _find_earlier(draft, name, dead, deletions)
    restored = _count(draft, "earlier")
    if leaving or restored:
        draft.replace(name, "FROM earlier" if restored else None, why)
    return Undone(restored, _count(draft, f"leaving ANTI JOIN earlier USING ({keys})"), kept)


def _seek_deleted(draft: Draft, name: str, part: Part, dead: set[Part], deletions: list[Part]) -> None:
    """Seek the rows that a part deleted, as far as none came again since and nobody deleted them again."""
    keys = ", ".join(TABLES[name].key)
    run = draft.connection.execute
    run(f"CREATE OR REPLACE TEMP TABLE gone AS {_deleted_by(draft, name, part)}")
    run(f"DELETE FROM gone WHERE ({keys}) IN (SELECT ({keys}) FROM {_now(draft, name)})")
    run(f"DELETE FROM gone WHERE ({keys}) IN (SELECT ({keys}) FROM sought)")
    for later in deletions:
        if later[0] > part[0] and later not in dead:
            run(
                f"DELETE FROM gone WHERE ({keys}) IN (SELECT ({keys}) FROM {_deleted_by(draft, name, later)})"
            )
    run(f"INSERT INTO sought SELECT {keys}, {part[0]} FROM gone")


def _deleted_by(draft: Draft, name: str, part: Part) -> str:
    """The SQL of the keys that a part deleted: those that were there before its snapshot and not after."""
    keys = ", ".join(TABLES[name].key)
    before, after = draft.published_at(name, part[0] - 1), draft.published_at(name, part[0])
    _require_files(draft, name, before)
    _require_files(draft, name, after)
    left = (
        f" ANTI JOIN (SELECT {keys} FROM {draft.scan_version(name, after)}) USING ({keys})"
        if after.rows
        else ""
    )
    return f"(SELECT {keys} FROM {draft.scan_version(name, before)}{left})"


def _now(draft: Draft, name: str) -> str:
    """The SQL of the rows that are there now; none when the table is empty, which no scan can read."""
    if draft.rows(name):
        return draft.scan(name, with_file_name=True)
    columns = (
        f"{cast_columns(TABLES[name], set())}, ''::VARCHAR AS _source_id, ''::VARCHAR AS _batch_id,"
        " 0::BIGINT AS _written, 0::BIGINT AS _row_hash, ''::VARCHAR AS filename"
    )
    return f"(SELECT {columns} WHERE false)"


def _find_earlier(draft: Draft, name: str, dead: set[Part], deletions: list[Part]) -> None:
    """Fill the temporary table `earlier` with the newest values that count, for the keys of `sought`."""
    keys = ", ".join(TABLES[name].key)
    columns = ", ".join(f"found.{column}" for column in stored_schema(name).names)
    run = draft.connection.execute
    began = False
    for number in sorted({number for number, _batch in dead}, reverse=True):
        if not _count(draft, f"sought WHERE _written = {number}"):
            continue
        before = draft.published_at(name, number - 1)
        _seek_before_deletions(draft, name, number, dead, deletions)
        if not before.rows:
            continue
        _require_files(draft, name, before)
        run(
            f"CREATE OR REPLACE TEMP TABLE found AS SELECT {columns}"
            f" FROM {draft.scan_version(name, before)} AS found JOIN sought USING ({keys})"
            f" WHERE sought._written = {number}"
        )
        if not began:
            run("CREATE OR REPLACE TEMP TABLE earlier AS FROM found LIMIT 0")
            began = True
        run(f"INSERT INTO earlier FROM found WHERE NOT ({_is_of(dead)})")
        run(f"INSERT INTO sought SELECT {keys}, _written FROM found WHERE {_is_of(dead)}")
    if not began:
        run(f"CREATE OR REPLACE TEMP TABLE earlier AS SELECT {keys} FROM sought LIMIT 0")


def _seek_before_deletions(
    draft: Draft, name: str, number: int, dead: set[Part], deletions: list[Part]
) -> None:
    """Keys that were not there before a write because a deletion that counts no more had taken them: seek behind it."""
    if not any(deletion[0] < number for deletion in deletions):
        return
    keys = ", ".join(TABLES[name].key)
    run = draft.connection.execute
    before = draft.published_at(name, number - 1)
    there = (
        f" ANTI JOIN (SELECT {keys} FROM {draft.scan_version(name, before)}) USING ({keys})"
        if before.rows
        else ""
    )
    run(
        f"CREATE OR REPLACE TEMP TABLE missing AS SELECT {keys} FROM (FROM sought WHERE _written = {number}){there}"
    )
    for deletion in deletions:
        if deletion[0] >= number:
            continue
        gone = _deleted_by(draft, name, deletion)
        if deletion in dead:
            run(
                f"INSERT INTO sought SELECT {keys}, {deletion[0]} FROM missing SEMI JOIN {gone} USING ({keys})"
            )
        run(f"DELETE FROM missing WHERE ({keys}) IN (SELECT ({keys}) FROM {gone})")


def _count_kept(draft: Draft, name: str, mine: set[Part], deletions: list[Part]) -> int:
    """Count the keys that the parts wrote or deleted, and that somebody else has written since."""
    keys = ", ".join(TABLES[name].key)
    written = [f"FROM {_deleted_by(draft, name, part)}" for part in deletions if part in mine]
    for part in mine:
        after = draft.published_at(name, part[0])
        if after.rows:
            _require_files(draft, name, after)
            written.append(f"SELECT {keys} FROM {draft.scan_version(name, after)} WHERE {_is_of({part})}")
    if not written:
        return 0
    now = f"(SELECT {keys} FROM {_now(draft, name)} WHERE NOT ({_is_of(mine)}))"
    return _count(draft, f"{now} SEMI JOIN ({' UNION ALL '.join(written)}) USING ({keys})")


def _require_files(draft: Draft, name: str, version: TableVersion) -> None:
    folder = draft.folder(name).path
    if not all((folder / file.name).exists() for file in version.files):
        raise VersionGone(
            f"The earlier rows of {name} (version {version.version}) were cleared away; it cannot be undone."
        )


def _count(draft: Draft, relation: str) -> int:
    return int(draft.connection.execute(f"SELECT count(*) FROM {relation}").fetchall()[0][0])


def _is_of(parts: set[Part]) -> str:
    """The condition that a row was written by one of these parts."""
    listed = ", ".join(f"({number}, {quoted(batch)})" for number, batch in sorted(parts))
    return f"(_written, _batch_id) IN ({listed})"
