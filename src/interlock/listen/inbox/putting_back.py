"""Putting a batch back that was taken back: its records come into the inbox again, and from there onto the lists.

What they were is read from the lake as it was before the undo. Who sent or imported a newer version since keeps it.
The batch stays what it was, with its counts: nothing is received a second time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from itertools import batched
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from interlock.fabric import journal, records
from interlock.fabric.models import Person
from interlock.listen import ended_clocks, settling
from interlock.listen.errors import WrongState
from interlock.listen.inbox import rows_sql
from interlock.listen.inbox.checking import checked
from interlock.listen.inbox.offering import Offered, Refusal
from interlock.listen.inbox.troubles import plainly
from interlock.listen.models import Arrival, InboxRow, Source, SourceKind
from interlock.listen.turns import turn
from interlock.store.errors import VersionGone
from interlock.store.lake import WRITTEN_SINCE

AT_ONCE = 5_000


def put_back_arrival(*, arrival: Arrival, by: Person | None, now: datetime) -> int:
    """Let this batch count again; return how many of its records come back.

    Raises:
        WrongState: it is not taken back, what it brought was cleared away, or its source is asked.
        InboxBusy: the database was locked or away; nothing was changed.
    """
    if arrival.source.ask_every is not None:
        raise WrongState(
            _("“%(name)s” is asked: read it from the beginning.") % {"name": arrival.source.name}
        )
    try:
        rows = list(_rows(arrival, now))
    except VersionGone as gone:
        raise WrongState(
            _("What this batch brought was cleared away since. Have “%(name)s” send it again.")
            % {"name": arrival.source.name}
        ) from gone
    with plainly(), turn(), transaction.atomic():
        return _put_back(arrival, rows, by, now)


def _rows(arrival: Arrival, now: datetime) -> Iterator[Offered]:
    """What the batch brought, without what somebody else has written since."""
    for table, rows in records.lake().taken_back(arrival.batch_id).items():
        earlier = _earlier_batches(arrival, rows.column(WRITTEN_SINCE).unique().to_pylist())
        for some in rows.to_batches(max_chunksize=AT_ONCE):
            for row in some.to_pylist():
                if row.pop(WRITTEN_SINCE) in earlier:
                    yield _offered(table, row, now)


def _earlier_batches(arrival: Arrival, batches: Collection[str | None]) -> set[str | None]:
    """Those of these that are older than this batch, so that it comes after them: none at all, or put back before it."""
    numbers = [int(one.removeprefix("arrival-")) for one in batches if one and one.startswith("arrival-")]
    older = Arrival.objects.filter(source=arrival.source_id, pk__in=numbers, pk__lt=arrival.pk)
    return {None, *(one.batch_id for one in older)}


def _offered(table: str, row: dict[str, Any], now: datetime) -> Offered:
    zoned = {
        name: value.replace(tzinfo=UTC) if isinstance(value, datetime) else value
        for name, value in row.items()
    }
    offered = checked(table, zoned, place=_("put back"), now=now)
    if isinstance(offered, Refusal):  # a contract that became stricter since
        raise WrongState(offered.reason)
    return offered


def _put_back(arrival: Arrival, rows: list[Offered], by: Person | None, now: datetime) -> int:
    # In the order of taking in: the source, the batch, the rows, the journal.
    source = Source.objects.select_for_update(of=("self",), no_key=True).get(pk=arrival.source_id)
    locked = Arrival.objects.select_for_update(of=("self",), no_key=True).get(pk=arrival.pk)
    if locked.undone_at is None:
        raise WrongState(_("Batch %(batch)s is not taken back.") % {"batch": arrival.pk})
    newer = _newer(locked, rows)
    again = {
        (source.pk, row.table, row.key): (locked.pk, row) for row in rows if (row.table, row.key) not in newer
    }
    rows_sql.store(again, locked.opened_at)
    keys = [key for _source, table, key in again if table == "signals"]
    ended_clocks.wake_clocks(keys=keys, arrival=locked)
    locked.undone_at = locked.flushed_at = None
    locked.by = locked.by if source.kind == SourceKind.CAPTURED else None
    locked.save(update_fields=["undone_at", "flushed_at", "by"])
    settling.ask_to_settle(now=now)
    journal.note(actor=by, verb="put back", about=locked, at=now, detail={"records": len(again)})
    return len(again)


def _newer(arrival: Arrival, rows: list[Offered]) -> set[tuple[str, str]]:
    """Those of these records of which a later batch has brought a version."""
    later = InboxRow.objects.filter(source=arrival.source_id, arrival__gt=arrival.pk)
    return {
        name
        for some in batched(rows, AT_ONCE, strict=False)
        for name in later.filter(key__in=[row.key for row in some]).values_list("table", "key")
    }
