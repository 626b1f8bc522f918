"""Which signals belong to which tick and to which streams?

A signal is counted when it was said, if it arrived within two minutes; when it arrived, if that was within an hour, as
with a mailbox that is asked now and then. What arrives later still is a back-filled import, or a source that resumes: it
is kept and shown like any other, but it is no news and rings nothing. What came with an import is not counted at all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

from interlock.listen.models import Sentiment, Signal, StreamKind
from interlock.listen.selection import LOW

TICK = timedelta(minutes=5)
AT_ONCE, STILL_NEWS = timedelta(minutes=2), timedelta(hours=1)
# A signal is settled seconds after it arrived; a tick is read when nothing can be missing from it any more.
WAIT = AT_ONCE + timedelta(minutes=2)
StreamKey = tuple[str, str]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_COLUMNS = (
    "occurred_at", "received_at", "source_id", "channel", "product_key", "contact_key", "account_key", "rating_share",
    "understood__sentiment", "themed__cluster__theme__key", "themed__cluster__theme__muted",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Said:
    """One signal as the watch sees it. `author` is a hash, 0 where nobody knows who spoke; `low`: they are not content."""

    at: datetime
    author: int
    source: StreamKey
    others: tuple[StreamKey, ...]
    low: bool


def begin_of(moment: datetime) -> datetime:
    """The tick in which a moment lies."""
    return _EPOCH + (moment - _EPOCH) // TICK * TICK


def said_by_tick(
    start: datetime, end: datetime, *, themes: Collection[str] | None = None, source: str = ""
) -> Mapping[datetime, Sequence[Said]]:
    """What was said from `start` to `end` (in these themes, through this source, if given), by tick. One query."""
    rows = Signal.objects.filter(
        # Clocks of other systems run a little ahead.
        occurred_at__gte=start - STILL_NEWS, occurred_at__lt=end, received_at__gte=start - AT_ONCE
    )  # fmt: skip
    if themes is not None:
        rows = rows.filter(themed__cluster__theme__key__in=themes)
    if source:
        rows = rows.filter(source=source)
    ticks: dict[datetime, list[Said]] = defaultdict(list)
    for (
        occurred,
        received,
        source,
        channel,
        product,
        contact,
        account,
        rated,
        feels,
        key,
        muted,
    ) in rows.values_list(*_COLUMNS).iterator():
        at = counted_at(occurred, received)
        if at is None or not start <= at < end:
            continue
        others = (
            (str(StreamKind.CHANNEL), channel),
            (str(StreamKind.PRODUCT), product),
            (str(StreamKind.THEME), "" if muted else key or ""),
        )
        low = feels == Sentiment.NEGATIVE if rated is None else rated <= LOW
        ticks[begin_of(at)].append(
            Said(
                at,
                author_of(contact or account),
                (str(StreamKind.SOURCE), str(source)),
                tuple(one for one in others if one[1]),
                low,
            )
        )
    return ticks


def counted_at(occurred: datetime, received: datetime) -> datetime | None:
    """When a signal counts; None when it came too late to be news."""
    late = received - occurred
    if late <= AT_ONCE:
        return occurred
    return received if late <= STILL_NEWS else None


def author_of(key: str) -> int:
    """A hash of who spoke, evenly spread; 0 where nobody knows."""
    return (int.from_bytes(blake2b(key.encode(), digest_size=8).digest()) or 1) if key else 0


def ticks_between(start: datetime, end: datetime) -> Iterator[datetime]:
    while start < end:
        yield start
        start += TICK
