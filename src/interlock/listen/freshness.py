"""How long has a source been silent, and is that unusual for it?

A gap is the time from one batch that brought something, an import or what came in live, to the next; what is pushed
within five minutes is one batch. A source is late when its silence is longer than the longest gap of the last thirty
days by twice the gap that 95 in 100 stay below, so that nights and weekends are usual once they were met; or when it
is longer than the limit that somebody set. With fewer than twenty gaps nothing is called usual.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from statistics import median

from django.db.models import F, Window
from django.db.models.functions import RowNumber
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from interlock.listen.models import Arrival, Import, Source, SourceKind
from interlock.listen.models import State as Done

LOOKED_BACK = timedelta(days=30)
FEWEST_GAPS = 20
# More batches than these say no more about the usual gap.
MOST_BATCHES = 500
READ_BY_HAND = frozenset({SourceKind.FILES, SourceKind.DATABASE, SourceKind.DEMO})
# Twice: simulated sources that speak at random, all day or in office hours, then alarm falsely less than once in ten
# months (tests/listen/test_freshness_alarms.py); a quarter beyond the longest gap alarmed three times a month.
BEYOND = 2


class State(StrEnum):
    """What the silence of a source means."""

    FRESH = "fresh"
    LATE = "late"
    UNSURE = "unsure"  # too few gaps to know what is usual
    NEVER = "never"
    IMPORTED = "imported"  # read by hand: nobody expects it at any hour
    PAUSED = "paused"


@dataclass(frozen=True)
class Freshness:
    """A source's silence in words; `usual_gap` is the median of `n` gaps, empty when they are too few.

    95 in 100 gaps stay below `p95_gap`.
    """

    sentence: str
    state: State
    usual_gap: timedelta | None
    n: int
    silent_for: timedelta | None
    limit: timedelta | None
    p95_gap: timedelta | None = None


def freshness(source: Source, now: datetime) -> Freshness:
    """The freshness of one source. Two queries."""
    return freshness_of([source], now)[source.pk]


def freshness_of(sources: Collection[Source], now: datetime) -> dict[int, Freshness]:
    """The freshness of several sources, by their number. Two queries."""
    placed = Arrival.objects.filter(
        source__in=sources, opened_at__gt=now - LOOKED_BACK, opened_at__lte=now, stored__gt=0
    ).annotate(place=Window(RowNumber(), partition_by=F("source"), order_by=F("id").desc()))
    times: dict[int, list[datetime]] = defaultdict(list)
    for source_id, at in placed.filter(place__lte=MOST_BATCHES).values_list("source_id", "opened_at"):
        times[source_id].append(at)
    uploads = Import.objects.filter(
        source__in=sources, state=Done.DONE, ended_at__gt=now - LOOKED_BACK, ended_at__lte=now
    )
    heard = {source.pk: source.last_signal_at for source in sources}
    for source_id, at in uploads.order_by("ended_at").values_list("source_id", "ended_at"):
        times[source_id].append(at)
        heard[source_id] = max(heard[source_id] or at, at)
    return {source.pk: _judged(source, sorted(times[source.pk]), heard[source.pk], now) for source in sources}


def learnt_limit(gaps: Sequence[timedelta]) -> timedelta:
    """The silence that is too long for a source with these gaps, of which there is at least one."""
    return max(gaps) + BEYOND * quantile(gaps, 0.95)


def quantile(gaps: Sequence[timedelta], share: float) -> timedelta:
    """The shortest gap that this share of the gaps does not exceed."""
    return sorted(gaps)[max(0, math.ceil(share * len(gaps)) - 1)]


def _judged(source: Source, times: Sequence[datetime], last: datetime | None, now: datetime) -> Freshness:
    gaps = [later - earlier for earlier, later in pairwise(times)]
    enough = len(gaps) >= FEWEST_GAPS
    usual = median(gaps) if enough else None
    set_limit = timedelta(seconds=source.freshness_limit) if source.freshness_limit else None
    limit = set_limit or (learnt_limit(gaps) if enough else None)
    silent = max(now - last, timedelta(0)) if last else None
    state = _state(source, silent, limit)
    return Freshness(
        _sentence(source, state, silent, usual, len(gaps)),
        state,
        usual,
        len(gaps),
        silent,
        limit,
        quantile(gaps, 0.95) if enough else None,
    )


def _state(source: Source, silent: timedelta | None, limit: timedelta | None) -> State:
    if source.paused_at is not None:
        return State.PAUSED
    if silent is None:
        return State.NEVER
    if limit is None:
        by_hand = source.ask_every is None and source.kind in READ_BY_HAND
        return State.IMPORTED if by_hand else State.UNSURE
    return State.LATE if silent > limit else State.FRESH


def _sentence(
    source: Source, state: State, silent: timedelta | None, usual: timedelta | None, gaps: int
) -> str:
    said = {"name": source.name, "silent": span(silent) if silent is not None else ""}
    if state is State.NEVER or silent is None:
        return _("Nothing from %(name)s yet.") % said
    if state is State.IMPORTED:
        return _("%(name)s was read %(silent)s ago.") % said
    head = (
        _("Nothing from %(name)s for %(silent)s") % said
        if state is State.LATE
        else _("Last heard from %(name)s %(silent)s ago") % said
    )
    parts = [head]
    if usual is not None:
        told = ngettext("usual gap %(gap)s (%(n)d gap)", "usual gap %(gap)s (%(n)d gaps)", gaps)
        parts.append(told % {"gap": span(usual), "n": gaps})
    if state is State.PAUSED:
        parts.append(_("it is paused"))
    return "; ".join(parts) + "."


def span(time: timedelta) -> str:
    """A span as one would say it: 40 s, 12 min, 26 h, 5 days."""
    seconds = time.total_seconds()
    if seconds < 90:
        return _("%(n)d s") % {"n": seconds}
    if seconds < 90 * 60:
        return _("%(n)d min") % {"n": round(seconds / 60)}
    if seconds < 48 * 3600:
        return _("%(n)d h") % {"n": round(seconds / 3600)}
    return _("%(n)d days") % {"n": round(seconds / 86400)}
