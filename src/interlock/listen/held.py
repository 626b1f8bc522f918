"""What does a source hold now? The sums of a source count all that ever came; this is what is left of it, by table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.conf import settings

from interlock.fabric import records
from interlock.fabric.models import Person
from interlock.listen import queries
from interlock.listen.findings import heard
from interlock.listen.models import Source
from interlock.listen.selection import Selection
from interlock.store.contract import TABLES
from interlock.store.parquet import quoted, scan


@dataclass(frozen=True)
class Held:
    """Signals on the list and how new they are, and rows of other tables in the records.

    `exact` is false where there are more signals than were counted.
    """

    signals: int
    exact: bool
    newest_at: datetime | None
    tables: list[tuple[str, int]]


def held_by(source: Source, person: Person | None) -> Held:
    """What is here of this source. Four queries, and one question to the records once a snapshot."""
    selection = Selection(source=source.key)
    found = selection.narrow(queries.signals_visible_to(person))
    counted = heard(selection, found, queries.signals_copied())
    newest = found.order_by("-occurred_at", "-id").values_list("occurred_at", flat=True).first()
    rows = _rows_held(str(settings.RECORDS_FOLDER), records.snapshot().number, source.key)
    return Held(counted.signals, counted.exact, newest, rows)


@lru_cache(maxsize=256)
def _rows_held(_folder: str, _number: int, key: str) -> list[tuple[str, int]]:
    """Rows that this source was the last to write, in the contract's order, without its signals."""
    tables = records.current_records()
    files = {
        name: records.lake().files(name, tables.versions[name])
        for name in TABLES
        if name in tables.tables() and name != "signals"
    }
    counts = [
        f"SELECT {quoted(name)} AS name, count(*) AS rows FROM {scan(paths)} WHERE _source_id = {quoted(key)}"  # noqa: S608 - our own names
        for name, paths in files.items()
        if paths
    ]
    if not counts:
        return []
    found = {row["name"]: row["rows"] for row in tables.sql(" UNION ALL ".join(counts)).to_pylist()}
    return [(name, found[name]) for name in files if found.get(name)]
