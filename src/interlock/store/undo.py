"""What were the rows before an import wrote them?

Each row carries its batch and the number of the snapshot whose write made it. The version before that snapshot
holds its earlier value. If that value comes from an import that was itself undone, or from a source that was
removed since, the search goes on behind it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from interlock.store.contract import TABLES
from interlock.store.delta import stored_schema
from interlock.store.draft import Draft
from interlock.store.errors import VersionGone
from interlock.store.parquet import quoted
from interlock.store.snapshots import Batch, TableVersion, Written

# What one batch wrote in one snapshot: the number of the snapshot, and the batch.
type Part = tuple[int, str]


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


def undo(draft: Draft, mine: set[Part], dead: set[Part], why: dict[str, str]) -> dict[str, Undone]:
    """Take the parts `mine` back in every table that they touched; `dead` are those that counted no more before."""
    undone = {name: _undo_table(draft, name, mine, dead | mine, why) for name in TABLES if draft.rows(name)}
    return {name: counts for name, counts in undone.items() if counts != Undone()}


def _undo_table(draft: Draft, name: str, mine: set[Part], dead: set[Part], why: dict[str, str]) -> Undone:
    kept = _count_kept(draft, name, mine)
    keys = ", ".join(TABLES[name].key)
    connection = draft.connection
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE leaving AS SELECT {keys}, _written, filename AS old_file"
        f" FROM {draft.scan(name, with_file_name=True)} WHERE {_is_of(mine)}"
    )
    leaving = _count(draft, "leaving")
    if not leaving:
        return Undone(kept=kept)
    _find_earlier(draft, name, dead)
    restored = _count(draft, "earlier")
    draft.replace(name, "FROM earlier" if restored else None, why)
    return Undone(restored, leaving - restored, kept)


def _find_earlier(draft: Draft, name: str, dead: set[Part]) -> None:
    """Fill the temporary table `earlier` with the newest values that count, for the rows of `leaving`."""
    keys = ", ".join(TABLES[name].key)
    columns = ", ".join(f"found.{column}" for column in stored_schema(name).names)
    run = draft.connection.execute
    run(f"CREATE OR REPLACE TEMP TABLE sought AS SELECT {keys}, _written FROM leaving")
    run(f"CREATE OR REPLACE TEMP TABLE earlier AS FROM {draft.scan(name)} LIMIT 0")
    for number in sorted({number for number, _batch in dead}, reverse=True):
        if not _count(draft, f"sought WHERE _written = {number}"):
            continue
        before = draft.published_at(name, number - 1)
        if not before.rows:
            continue
        _require_files(draft, name, before)
        run(
            f"CREATE OR REPLACE TEMP TABLE found AS SELECT {columns}"
            f" FROM {draft.scan_version(name, before)} AS found JOIN sought USING ({keys})"
            f" WHERE sought._written = {number}"
        )
        run(f"INSERT INTO earlier FROM found WHERE NOT ({_is_of(dead)})")
        run(f"INSERT INTO sought SELECT {keys}, _written FROM found WHERE {_is_of(dead)}")


def _count_kept(draft: Draft, name: str, mine: set[Part]) -> int:
    keys = ", ".join(TABLES[name].key)
    written = []
    for part in mine:
        after = draft.published_at(name, part[0])
        if after.rows:
            _require_files(draft, name, after)
            written.append(f"SELECT {keys} FROM {draft.scan_version(name, after)} WHERE {_is_of({part})}")
    if not written:
        return 0
    now = f"(SELECT {keys} FROM {draft.scan(name)} WHERE NOT ({_is_of(mine)}))"
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
