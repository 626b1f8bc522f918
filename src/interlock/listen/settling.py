"""From the inbox to the list: each new record of a signal becomes a `Signal` within a second, with its clock.

A batch is worked out beside the transaction (names of account and product are looked up in the records) and
written in one: signals, clocks, the word to open pages, and the mark on the inbox rows. Cut off at any line,
it is simply done again. A record that changed meanwhile is left for the next batch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import batched
from typing import Any

import pyarrow as pa
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from interlock.fabric import events, records, work
from interlock.listen import clocks
from interlock.listen.contract_rows import contract_rows
from interlock.listen.models import InboxRow, Signal, Source
from interlock.listen.signal_rows import WRITTEN, live_table, read_rows, write_live_rows

# One transaction: 5,000 signals hold SQLite's one write lock for about half a second.
BATCH_ROWS = 5_000
AT_ONCE = 500
_KEY, _SOURCE = WRITTEN.index("key"), WRITTEN.index("source_id")
Copies = Mapping[tuple[int, str], tuple[Any, ...]]


@work.task(queue="prompt", key="settle", title=_("Put new signals on the list"))
def settle_inbox() -> None:
    """Settle all that waits."""
    settle_all(now=timezone.now)


def ask_to_settle() -> None:
    """Let a worker settle, inside the caller's transaction; many who ask are served by one run."""
    work.ask(settle_inbox)


def settle_all(*, now: Callable[[], datetime]) -> int:
    """Settle batch after batch until nothing waits; return how many records were settled."""
    settled = 0
    while some := settle(now=now()):
        settled += some
    return settled


def settle(*, now: datetime) -> int:
    """Settle the oldest records that wait, at most BATCH_ROWS; return how many."""
    waiting = list(InboxRow.objects.filter(settled=False).order_by("pk")[:BATCH_ROWS])
    copies = _copies([row for row in waiting if row.table == "signals"])
    with transaction.atomic():
        # Other rows of these may have come in since; only what was read is marked.
        same = _still_the_same(waiting)
        keys = _write([row for row in same if row.table == "signals"], copies)
        for some in batched(keys, AT_ONCE):
            clocks.open_clocks(signals=list(Signal.objects.filter(key__in=some)), now=now)
        InboxRow.objects.filter(pk__in=[row.pk for row in same]).update(settled=True)
        if keys:
            events.tell(topic="signals", verb="came in", keys=keys, at=now)
    return len(same)


def _copies(rows: Sequence[InboxRow]) -> Copies:
    """What lists show of each signal, by its source and key."""
    if not rows:
        return {}
    sources = dict(Source.objects.filter(pk__in={row.source_id for row in rows}).values_list("pk", "key"))
    table = contract_rows("signals", (row.payload for row in rows))
    table = table.append_column("_source_id", pa.array([sources[row.source_id] for row in rows], pa.string()))
    numbers = {key: number for number, key in sources.items()}
    shown = live_table(table, records.current_records())
    return {(copy[_SOURCE], copy[_KEY]): copy for some in read_rows(shown, numbers) for copy in some}


def _still_the_same(waiting: Sequence[InboxRow]) -> list[InboxRow]:
    read = {row.pk: row for row in waiting}
    locked = InboxRow.objects.select_for_update().filter(pk__in=list(read), settled=False).order_by("pk")
    return [
        InboxRow(
            pk=number,
            source_id=read[number].source_id,
            table=read[number].table,
            key=read[number].key,
            received_at=read[number].received_at,
            flushed=flushed,
        )
        for number, digest, flushed in locked.values_list("pk", "digest", "flushed")
        if digest == read[number].digest
    ]


def _write(rows: Sequence[InboxRow], copies: Copies) -> list[str]:
    """Write the copies of these rows; return their keys. Of two sources with one key the later record holds."""
    last = {row.key: (*copies[row.source_id, row.key], row.received_at, row.flushed) for row in rows}
    if last:
        write_live_rows(list(last.values()))
    return list(last)
