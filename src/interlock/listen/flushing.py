"""From the inbox to the lake, every few minutes: what came in live becomes records, batch by batch.

Each arrival is one batch of the lake and can be taken back as one. Cut off after the lake has published and
before the rows are marked, the same rows are written once more, and the lake finds them unchanged. A record
that changed meanwhile keeps its mark and goes with the next flush. A version that a later batch changed is
written before that batch.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import batched
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from interlock.fabric import records
from interlock.listen import replies, signal_copies
from interlock.listen.contract_rows import contract_rows
from interlock.listen.models import Arrival, EarlierRow, InboxRow, Signal
from interlock.store.contract import TABLES
from interlock.store.errors import LakeBusy

logger = logging.getLogger(__name__)
# Rows in memory at once; a payload is about 300 bytes, and as Arrow and Python some times that.
CHUNK_ROWS = 20_000
MARKED_AT_ONCE = 5_000
# An asking that was killed leaves its arrival open; nobody asks for an hour.
ABANDONED = timedelta(hours=1)
Mark = tuple[int, UUID, str, str]


def flush(*, now: datetime) -> int:
    """Write all that is not in the lake yet, the oldest batch first, and bring the copies up to it.

    Returns how many records went into the lake; 0 as well when somebody else writes the records now, since
    the next flush finds the same rows.
    """
    close_pushed(now=now)
    waiting = Q(pk__in=InboxRow.objects.filter(flushed=False).values("arrival"))
    waiting |= Q(pk__in=EarlierRow.objects.values("arrival"))
    written = 0
    try:
        for arrival in Arrival.objects.filter(waiting).select_related("source").order_by("pk"):
            written += flush_arrival(arrival)
        written += replies.write_first_replies(now=now)
    except LakeBusy as busy:
        logger.info("what came in live waits for the next flush: %s", busy)
    _mark_arrivals(now)
    if not signal_copies.are_current():
        signal_copies.sync()
    return written


@transaction.atomic
def close_pushed(*, now: datetime) -> int:
    """Close the batches that pushed records join, and those of askings that were killed; return how many."""
    pushed = Q(source__ask_every=None, by=None)
    nobody_asks = Q(source__asked_until=None) | Q(source__asked_until__lt=now)
    ended = pushed | Q(opened_at__lt=now - ABANDONED) & nobody_asks
    over = Arrival.objects.filter(ended, closed_at=None, received__gt=0).select_for_update(
        of=("self",), no_key=True
    )
    return Arrival.objects.filter(pk__in=[arrival.pk for arrival in over]).update(closed_at=now)


def flush_arrival(arrival: Arrival) -> int:
    """Write what is left of one batch into the lake, in one snapshot, and mark it; return how many records.

    Raises:
        LakeBusy: another process writes the records.
    """
    marks: list[Mark] = []
    earlier = list(EarlierRow.objects.filter(arrival=arrival).order_by("pk"))
    with records.lake().writing(batch_id=arrival.batch_id, source_id=arrival.source.key) as write:
        for table in TABLES:
            rows = InboxRow.objects.filter(arrival=arrival, flushed=False, table=table).order_by("pk")
            values = rows.values_list("pk", "digest", "table", "key", "payload")
            for some in batched(values.iterator(chunk_size=CHUNK_ROWS), CHUNK_ROWS):
                write.stage(table, contract_rows(table, (payload for *_mark, payload in some)))
                marks += [mark for *mark, _payload in some]  # type: ignore[misc]
            own = {key for _number, _digest, name, key in marks if name == table}
            last = {row.key: row.payload for row in earlier if row.table == table and row.key not in own}
            if last:
                write.stage(table, contract_rows(table, last.values()))
        write.apply()
    for some in batched(marks, MARKED_AT_ONCE):
        _mark(some)
    EarlierRow.objects.filter(pk__in=[row.pk for row in earlier]).delete()
    return len(marks)


@transaction.atomic
def _mark(marks: Sequence[Mark]) -> None:
    """Say of these rows that the lake has them, unless a newer version came in meanwhile."""
    digests = {number: digest for number, digest, _table, _key in marks}
    locked = InboxRow.objects.select_for_update(skip_locked=True).filter(pk__in=list(digests)).order_by("pk")
    same = {number for number, digest in locked.values_list("pk", "digest") if digest == digests[number]}
    InboxRow.objects.filter(pk__in=same).update(flushed=True)
    keys = [key for number, _digest, table, key in marks if number in same and table == "signals"]
    Signal.objects.filter(key__in=keys, in_records=False).update(in_records=True)


def _mark_arrivals(now: datetime) -> None:
    left = InboxRow.objects.filter(arrival=OuterRef("pk"), flushed=False)
    earlier = EarlierRow.objects.filter(arrival=OuterRef("pk"))
    Arrival.objects.filter(~Exists(left), ~Exists(earlier), flushed_at=None).exclude(closed_at=None).update(
        flushed_at=now
    )


def empty_old_payloads(*, now: datetime, keep_days: int) -> int:
    """Empty the payloads that the lake has had for longer than that; digests stay, so that duplicates are known."""
    cutoff = now - timedelta(days=keep_days)
    # A month further back is enough, as this runs daily; older ones are empty.
    old = Arrival.objects.filter(flushed_at__lt=cutoff, flushed_at__gt=cutoff - timedelta(days=31))
    return sum(_empty(arrival) for arrival in old.values_list("pk", flat=True))


def _empty(arrival: int) -> int:
    done = InboxRow.objects.filter(arrival_id=arrival, settled=True, flushed=True).exclude(payload="")
    return done.update(payload="")
