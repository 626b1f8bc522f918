"""What were the rows before an import wrote them?

Each row carries the number of the snapshot whose write made it. The version before that snapshot holds its
earlier value. If that value comes from an import that was itself undone, or from a source that was removed
since, the search goes on behind it.
"""

from dataclasses import dataclass

from interlock.store.contract import TABLES
from interlock.store.delta import stored_schema
from interlock.store.draft import Draft
from interlock.store.errors import VersionGone
from interlock.store.snapshots import Snapshot, TableVersion


@dataclass(frozen=True)
class Undone:
    """Rows given their earlier value, rows that are gone, and rows kept since a later import wrote them."""

    restored: int = 0
    removed: int = 0
    kept: int = 0


def live_writes(history: list[Snapshot], *, batch_id: str = "", source_id: str = "") -> set[int]:
    """Return the numbers of the writes of an import or a source that still count."""
    dead = _dead_writes(history)
    return {
        written.number
        for written in history
        if (written.batch_id == batch_id if batch_id else written.source_id == source_id)
    } - dead


def undo(draft: Draft, history: list[Snapshot], mine: set[int], why: dict[str, str]) -> dict[str, Undone]:
    """Take the writes of those numbers back in every table that they touched."""
    dead = _dead_writes(history) | mine
    undone = {name: _undo_table(draft, history, name, mine, dead, why) for name in TABLES if draft.rows(name)}
    return {name: counts for name, counts in undone.items() if counts != Undone()}


def _dead_writes(history: list[Snapshot]) -> set[int]:
    """Return the writes whose rows no longer count: undone, or of a source removed later."""
    return {
        written.number
        for written in history
        for later in history[written.number :]
        if written.batch_id in later.undone or written.source_id in later.removed
    }


def _undo_table(
    draft: Draft, history: list[Snapshot], name: str, mine: set[int], dead: set[int], why: dict[str, str]
) -> Undone:
    kept = _count_kept(draft, history, name, mine)
    keys = ", ".join(TABLES[name].key)
    connection = draft.connection
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE leaving AS SELECT {keys}, _written, filename AS old_file"
        f" FROM {draft.scan(name, with_file_name=True)} WHERE _written IN ({_listed(mine)})"
    )
    leaving = _count(draft, "leaving")
    if not leaving:
        return Undone(kept=kept)
    _find_earlier(draft, history, name, dead)
    restored = _count(draft, "earlier")
    draft.replace(name, "FROM earlier" if restored else None, why)
    return Undone(restored, leaving - restored, kept)


def _find_earlier(draft: Draft, history: list[Snapshot], name: str, dead: set[int]) -> None:
    """Fill the temporary table `earlier` with the newest values that count, for the rows of `leaving`."""
    keys = ", ".join(TABLES[name].key)
    columns = ", ".join(f"found.{column}" for column in stored_schema(name).names)
    run = draft.connection.execute
    run(f"CREATE OR REPLACE TEMP TABLE sought AS SELECT {keys}, _written FROM leaving")
    run(f"CREATE OR REPLACE TEMP TABLE earlier AS FROM {draft.scan(name)} LIMIT 0")
    for number in sorted(dead, reverse=True):
        before = _version_after(history, name, number - 1)
        if not before.rows or not _count(draft, f"sought WHERE _written = {number}"):
            continue
        _require_files(draft, name, before)
        run(
            f"CREATE OR REPLACE TEMP TABLE found AS SELECT {columns}"
            f" FROM {draft.scan_version(name, before)} AS found JOIN sought USING ({keys})"
            f" WHERE sought._written = {number}"
        )
        run(f"INSERT INTO earlier FROM found WHERE _written NOT IN ({_listed(dead)})")
        run(f"INSERT INTO sought SELECT {keys}, _written FROM found WHERE _written IN ({_listed(dead)})")


def _count_kept(draft: Draft, history: list[Snapshot], name: str, mine: set[int]) -> int:
    keys = ", ".join(TABLES[name].key)
    written = []
    for number in mine:
        after = _version_after(history, name, number)
        if after.rows:
            _require_files(draft, name, after)
            written.append(f"SELECT {keys} FROM {draft.scan_version(name, after)} WHERE _written = {number}")
    if not written:
        return 0
    now = f"(SELECT {keys} FROM {draft.scan(name)} WHERE _written NOT IN ({_listed(mine)}))"
    return _count(draft, f"{now} SEMI JOIN ({' UNION ALL '.join(written)}) USING ({keys})")


def _version_after(history: list[Snapshot], name: str, number: int) -> TableVersion:
    """Return a table as it was in the snapshot of that number."""
    if number == 0:
        return TableVersion(0)
    return history[number - 1].tables.get(name, TableVersion(0))


def _require_files(draft: Draft, name: str, version: TableVersion) -> None:
    folder = draft.folder(name).path
    if not all((folder / file.name).exists() for file in version.files):
        raise VersionGone(
            f"The earlier rows of {name} (version {version.version}) were cleared away; it cannot be undone."
        )


def _count(draft: Draft, relation: str) -> int:
    return int(draft.connection.execute(f"SELECT count(*) FROM {relation}").fetchall()[0][0])


def _listed(numbers: set[int]) -> str:
    return ", ".join(str(number) for number in sorted(numbers))
