"""From the inbox to the list: each new record of a signal becomes a `Signal` within a second, with its clock.

What is shown and which clocks start is worked out beside the transaction, where it keeps nobody waiting; then
signals, clocks, the word to open pages and the mark on the inbox rows are written in one. Cut off at any line,
it is simply done again. A record that changed meanwhile is left for the next batch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import batched
from typing import NamedTuple
from uuid import UUID

import pyarrow as pa
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from interlock.fabric import events, records, work
from interlock.listen import clocks
from interlock.listen.contract_rows import contract_rows
from interlock.listen.models import InboxRow, Source
from interlock.listen.signal_rows import WRITTEN, LiveRow, live_copies, live_row, read_rows, write_live_rows
from interlock.listen.themes.placing import place_signals
from interlock.listen.turns import turn

# The names in the records are looked up for so many at once; that costs about the same for one and for all.
BATCH_ROWS = 5_000
# One transaction: 250 signals hold SQLite's one write lock for about a tenth of a second.
WRITTEN_AT_ONCE = 250
# A look at the records costs a tenth of a second of CPU for one signal as for a hundred. Without a pause a steady
# trickle kept one of two cores busy with that.
PAUSE = timedelta(seconds=0.4)
_KEY, _SOURCE = WRITTEN.index("key"), WRITTEN.index("source_id")
LiveRows = Mapping[tuple[int, str], LiveRow]


class Waiting(NamedTuple):
    """A record of the inbox as it was read."""

    pk: int
    source_id: int
    table: str
    key: str
    digest: UUID
    payload: str
    received_at: datetime


@work.task(queue="prompt", key="settle", title=_("Put new signals on the list"))
def settle_inbox() -> None:
    """Settle what waits; while more comes in all the time, pause between, so that it is settled together."""
    settled = settle(now=timezone.now())
    while settled and settled % BATCH_ROWS == 0 and (more := settle(now=timezone.now())):
        settled += more
    if settled:
        work.ask(place_signals)
    if InboxRow.objects.filter(settled=False).exists():
        work.ask(settle_inbox, run_after=timezone.now() + PAUSE)


def ask_to_settle(*, now: datetime) -> None:
    """Let a worker settle, inside the caller's transaction; many who ask are served by one run.

    The one that runs may have looked already: the next one takes what comes meanwhile, after a pause.
    """
    standing = work.standing(settle_inbox)
    if "READY" not in standing:
        work.ask(settle_inbox, run_after=now + PAUSE if standing else None)


def settle_all(*, now: Callable[[], datetime]) -> int:
    """Settle batch after batch until nothing waits; return how many records were settled."""
    settled = 0
    while some := settle(now=now()):
        settled += some
    return settled


def settle(*, now: datetime) -> int:
    """Settle the oldest records that wait, at most BATCH_ROWS; return how many were looked at."""
    waiting = [
        Waiting(*values)
        for values in InboxRow.objects.filter(settled=False)
        .order_by("pk")[:BATCH_ROWS]
        .values_list("pk", "source_id", "table", "key", "digest", "payload", "received_at")
    ]
    live = _live_rows([row for row in waiting if row.table == "signals"])
    # Of two sources with one key the later record holds.
    found = clocks.opening(signals=list({one.key: one for one in live.values()}.values()), now=now)
    for some in batched(waiting, WRITTEN_AT_ONCE):
        with turn(), transaction.atomic():
            _settle(some, live, found, now)
    return len(waiting)


def _settle(waiting: Sequence[Waiting], live: LiveRows, found: clocks.Opening, now: datetime) -> None:
    """Write what was worked out beside: every other writer waits for this."""
    flushed = _still_the_same(waiting)
    same = [row for row in waiting if row.pk in flushed]
    written = {
        row.key: live[row.source_id, row.key]._replace(in_records=flushed[row.pk])
        for row in same
        if row.table == "signals"
    }
    if written:
        write_live_rows(list(written.values()))
        clocks.start_clocks(found, keys=written, now=now)
        events.tell(topic="signals", verb="came in", keys=list(written), at=now)
    InboxRow.objects.filter(pk__in=[row.pk for row in same]).update(settled=True)


def _live_rows(rows: Sequence[Waiting]) -> LiveRows:
    """What lists show of each signal, by its source and key."""
    if not rows:
        return {}
    sources = dict(Source.objects.filter(pk__in={row.source_id for row in rows}).values_list("pk", "key"))
    table = contract_rows("signals", (row.payload for row in rows))
    table = table.append_column("_source_id", pa.array([sources[row.source_id] for row in rows], pa.string()))
    numbers = {key: number for number, key in sources.items()}
    copies = live_copies(table, records.current_records())
    shown = {(copy[_SOURCE], copy[_KEY]): copy for some in read_rows(copies, numbers) for copy in some}
    return {
        (row.source_id, row.key): live_row(shown[row.source_id, row.key], row.received_at) for row in rows
    }


def _still_the_same(waiting: Sequence[Waiting]) -> dict[int, bool]:
    """Those that nobody changed since they were read, locked, with whether the lake has them already."""
    read = {row.pk: row.digest for row in waiting}
    # Rows that are being changed at this moment are passed over: they wait for the next batch anyway.
    locked = (
        InboxRow.objects.select_for_update(skip_locked=True)
        .filter(pk__in=list(read), settled=False)
        .order_by("pk")
    )
    return {
        number: flushed
        for number, digest, flushed in locked.values_list("pk", "digest", "flushed")
        if digest == read[number]
    }
