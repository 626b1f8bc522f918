"""The batches of one source in one list, whatever brought them: askings and pushed records, and imports."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from interlock.listen.models import Arrival, Import, InboxRow, Source, State

PAGE_BATCHES = 20
_FIRST = 2**62


@dataclass(frozen=True)
class Batch:
    """One batch with its accounting; `arrival` or `import_` is what it is.

    `joined`: it is open because what its source sends in the next minutes joins it; nobody is asking.
    """

    at: datetime
    received: int
    stored: int
    updated: int
    duplicate: int
    refused: int
    undone: bool
    open: bool = False
    joined: bool = False
    pushed: bool = False
    by: str = ""
    arrival: Arrival | None = None
    import_: Import | None = None

    @property
    def can_be_undone(self) -> bool:
        return not self.undone and (self.joined or not self.open) and self.stored + self.updated > 0

    @property
    def can_be_put_back(self) -> bool:
        """Of a source that is not asked: nobody else would bring it again."""
        return self.undone and self.pushed and self.stored + self.updated > 0


@dataclass(frozen=True)
class Batches:
    """One page of batches, the newest first; `further` names where the next page begins."""

    rows: list[Batch]
    further: str
    is_first: bool


def batches_of(source: Source, after: str = "") -> Batches:
    """One page, by a place made here; a forged one shows the beginning. Two queries."""
    arrival_bound, import_bound = _place(after)
    arrivals = (
        Arrival.objects.filter(source=source, pk__lt=arrival_bound)
        .select_related("by")
        .order_by("-pk")[: PAGE_BATCHES + 1]
    )
    imports = (
        Import.objects.filter(source=source, pk__lt=import_bound)
        .exclude(state=State.DRAFT)
        .select_related("made_by")
        .defer("mapping", "found", "trial", "files")
        .order_by("-pk")[: PAGE_BATCHES + 1]
    )
    rows = sorted(
        [*(_of_arrival(each, source) for each in arrivals), *(_of_import(each) for each in imports)],
        key=lambda row: row.at,
        reverse=True,
    )
    shown = rows[:PAGE_BATCHES]
    further = ""
    if len(rows) > PAGE_BATCHES:
        low_arrival = min((row.arrival.pk for row in shown if row.arrival), default=arrival_bound)
        low_import = min((row.import_.pk for row in shown if row.import_), default=import_bound)
        further = f"{low_arrival}.{low_import}"
    return Batches(shown, further, not after)


def newest_that_can_be_undone(batches: Batches) -> Batch | None:
    return next((row for row in batches.rows if row.can_be_undone), None) if batches.is_first else None


def still_newest(arrival: Arrival) -> int:
    """How many records this batch was the last to bring: those that undoing it changes. One query."""
    return InboxRow.objects.filter(arrival=arrival).count()


def _of_arrival(one: Arrival, source: Source) -> Batch:
    pushed, is_open = source.ask_every is None, one.closed_at is None
    return Batch(
        at=one.opened_at,
        received=one.received,
        stored=one.stored - one.updated,
        updated=one.updated,
        duplicate=one.duplicate,
        refused=one.refused,
        undone=one.undone_at is not None,
        open=is_open,
        joined=is_open and pushed and one.by_id is None,
        pushed=pushed,
        by=str(one.by or ""),
        arrival=one,
    )


def _of_import(one: Import) -> Batch:
    total = one.accounting.get("total", {})
    return Batch(
        at=one.made_at,
        received=total.get("received", 0),
        stored=total.get("stored", 0),
        updated=total.get("updated", 0) + total.get("deleted", 0),
        duplicate=total.get("unchanged", 0),
        refused=total.get("refused", 0),
        undone=one.state == State.UNDONE,
        open=one.state in {State.WAITING, State.RUNNING},
        by=str(one.made_by or ""),
        import_=one,
    )


def _place(after: str) -> tuple[int, int]:
    arrival, _dot, import_ = after.partition(".")
    if not (arrival.isdecimal() and import_.isdecimal() and len(after) < 40):
        return _FIRST, _FIRST
    return int(arrival), int(import_)
