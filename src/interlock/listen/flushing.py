"""From the inbox to the lake, every few minutes: what came in live becomes records, batch by batch.

Each arrival is one batch of the lake and can be taken back as one; small ones that share no record are written
in one snapshot, because each snapshot reads the keys of all records. Cut off after the lake has published and
before the rows are marked, the same rows are written once more, and the lake finds them unchanged. A record that
changed meanwhile keeps its mark and goes with the next flush. A version that a later batch changed is written
before that batch.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import accumulate, batched, groupby, takewhile
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from interlock.fabric import records
from interlock.listen import replies, signal_copies
from interlock.listen.contract_rows import contract_rows
from interlock.listen.models import Arrival, EarlierRow, InboxRow, Signal
from interlock.store.contract import TABLES
from interlock.store.errors import LakeBusy
from interlock.store.snapshots import Batch

logger = logging.getLogger(__name__)
# Rows in memory at once; a payload is about 300 bytes, and as Arrow and Python some times that.
CHUNK_ROWS = 20_000
MARKED_AT_ONCE = 5_000
# An asking that was killed leaves its arrival open; nobody asks for an hour.
ABANDONED = timedelta(hours=1)
Key = tuple[str, str]


class Mark(NamedTuple):
    """A record of the inbox as it was written into the lake."""

    pk: int
    digest: UUID
    table: str
    key: str


class Piece(NamedTuple):
    """Records of one table of one batch, and the numbers of the earlier versions that they stand for."""

    table: str
    keys: set[Key]
    payloads: Sequence[str]
    marks: list[Mark]
    earlier: Sequence[int] = ()


def flush(*, now: datetime) -> int:
    """Write all that is not in the lake yet, the oldest batch first, and bring the copies up to it.

    Returns how many records went into the lake; 0 as well when somebody else writes the records now, since
    the next flush finds the same rows.
    """
    close_pushed(now=now)
    waiting = Q(pk__in=InboxRow.objects.filter(flushed=False).values("arrival"))
    waiting |= Q(pk__in=EarlierRow.objects.values("arrival"))
    arrivals = list(Arrival.objects.filter(waiting).select_related("source").order_by("pk"))
    marks: list[Mark] = []
    replied = 0
    try:
        while arrivals:
            done, some = flush_first(arrivals)
            arrivals = arrivals[done:]
            marks += some
        replied = replies.write_first_replies(now=now)
    except LakeBusy as busy:
        logger.info("what came in live waits for the next flush: %s", busy)
    _mark_arrivals(now)
    if marks or not signal_copies.are_current():
        came_in = [mark.key for mark in marks if mark.table == "signals"]
        signal_copies.sync(also=came_in, clock=lambda: now)
    return len(marks) + replied


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


def flush_first(arrivals: Sequence[Arrival]) -> tuple[int, list[Mark]]:
    """Write what is left of the first of these batches, and of those after it that fit, in one snapshot.

    Returns how many batches that were, at least one, and the records that were written, now marked. A batch that
    holds a record of one before it goes with the next snapshot, so that each can be taken back.

    Raises:
        LakeBusy: another process writes the records.
    """
    together = _fitting(arrivals)
    done, pieces, taken = 0, [], set()
    first = _batch(together[0])
    with records.lake().writing(batch_id=first.batch_id, source_id=first.source_id) as write:
        for arrival in together:
            found = _pieces(arrival)
            if len(together) > 1:
                found = list(found)
                keys = {key for piece in found for key in piece.keys}
                if keys & taken:
                    break
                taken |= keys
            for piece in found:
                if piece.payloads:
                    write.stage(piece.table, contract_rows(piece.table, piece.payloads), of=_batch(arrival))
                pieces.append(piece._replace(keys=set(), payloads=()))
            done += 1
        write.apply()
    marks = [mark for piece in pieces for mark in piece.marks]
    for some in batched(marks, MARKED_AT_ONCE):
        _mark(some)
    earlier = [number for piece in pieces for number in piece.earlier]
    for some in batched(earlier, MARKED_AT_ONCE):
        EarlierRow.objects.filter(pk__in=some).delete()
    return done, marks


def _batch(arrival: Arrival) -> Batch:
    return Batch(arrival.batch_id, arrival.source.key)


def _fitting(arrivals: Sequence[Arrival]) -> Sequence[Arrival]:
    """The first of them, and those after it whose records may be in memory together."""
    sums = accumulate(arrival.stored for arrival in arrivals)
    fits = sum(1 for _ in takewhile(lambda rows: rows <= CHUNK_ROWS, sums))
    return arrivals[: max(1, fits)]


def _pieces(arrival: Arrival) -> Iterator[Piece]:
    """What is left of a batch, so many records at once.

    Earlier versions come last: one that was changed while the records were read is then met as its earlier version.
    """
    read: set[Key] = set()
    for table in TABLES:
        rows = InboxRow.objects.filter(arrival=arrival, flushed=False, table=table).order_by("pk")
        values = rows.values_list("pk", "digest", "table", "key", "payload")
        for some in batched(values.iterator(chunk_size=CHUNK_ROWS), CHUNK_ROWS):
            marks = [Mark(*mark) for *mark, _payload in some]
            keys = {(table, mark.key) for mark in marks}
            read |= keys
            yield Piece(table, keys, [payload for *_mark, payload in some], marks)
    earlier = EarlierRow.objects.filter(arrival=arrival).order_by("pk")
    for table, rows in groupby(sorted(earlier, key=lambda row: row.table), key=lambda row: row.table):
        versions = list(rows)
        last = {(table, row.key): row.payload for row in versions if (table, row.key) not in read}
        yield Piece(table, set(last), list(last.values()), [], [row.pk for row in versions])


@transaction.atomic
def _mark(marks: Sequence[Mark]) -> None:
    """Say of these rows that the lake has them, unless a newer version came in meanwhile."""
    digests = {mark.pk: mark.digest for mark in marks}
    locked = InboxRow.objects.select_for_update(skip_locked=True).filter(pk__in=list(digests)).order_by("pk")
    same = {number for number, digest in locked.values_list("pk", "digest") if digest == digests[number]}
    InboxRow.objects.filter(pk__in=same).update(flushed=True)
    keys = [mark.key for mark in marks if mark.pk in same and mark.table == "signals"]
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
