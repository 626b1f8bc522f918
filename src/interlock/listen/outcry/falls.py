"""Did people fall silent, or is something broken? A fall is told only where its sources go on speaking of other things.

A source that is silent is told by its freshness (`listen/freshness.py`); a holiday silences its sources as well. What
comes down from an alarm falls back to what it was, which is no news.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db.models import Count

from interlock.listen.models import Alarm, StreamKind, WatchedStream
from interlock.listen.outcry import alarms

Lives = Callable[[int], bool]
ALIVE = 0.5  # of its usual pace in the last hour
LOOKED_BACK = timedelta(days=14)
LEAST_PART = 0.1  # of a stream's signals, from which a source matters to it


def is_theirs(stream: WatchedStream, lives: Lives, at: datetime) -> bool:
    """Whether the people of this stream fell silent, as far as can be told. Two queries."""
    if stream.kind == StreamKind.SOURCE:
        return False
    since = at - LOOKED_BACK
    if Alarm.objects.filter(stream__kind=stream.kind, stream__key=stream.key, ended_at__gt=since).exists():
        return False
    recent = alarms.signals_of(stream).filter(occurred_at__gt=since, occurred_at__lte=at)
    sources = list(recent.values_list("source_id").annotate(signals=Count("pk")).order_by())
    least = LEAST_PART * sum(signals for _source, signals in sources)
    return bool(sources) and all(lives(source) for source, signals in sources if signals >= least)
