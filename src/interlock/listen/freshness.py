"""How long has a source been silent, and is that unusual for it?

A gap is the time from one batch that brought something to the next; what is pushed within five minutes is one
batch. A source is late when its silence is longer, by a quarter, than every gap of the last thirty days, so that
nights and weekends are usual once they were met; or when it is longer than the limit that somebody set.
With fewer than twenty gaps nothing is called usual.
"""

from __future__ import annotations

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

from interlock.listen.models import Arrival, Source

LOOKED_BACK = timedelta(days=30)
FEWEST_GAPS = 20
# More batches than these say no more about the usual gap.
MOST_BATCHES = 500
# A quarter: with twenty gaps alike in kind, the next is longer than this once in forty times; with 500, never.
BEYOND = 1.25


class State(StrEnum):
    """What the silence of a source means."""

    FRESH = "fresh"
    LATE = "late"
    UNSURE = "unsure"  # too few gaps to know what is usual
    NEVER = "never"
    PAUSED = "paused"


@dataclass(frozen=True)
class Freshness:
    """A source's silence in words; `usual_gap` is the median of `n` gaps, empty when they are too few."""

    sentence: str
    state: State
    usual_gap: timedelta | None
    n: int
    silent_for: timedelta | None
    limit: timedelta | None


def freshness(source: Source, now: datetime) -> Freshness:
    """The freshness of one source. One query."""
    return freshness_of([source], now)[source.pk]


def freshness_of(sources: Collection[Source], now: datetime) -> dict[int, Freshness]:
    """The freshness of several sources, by their number. One query."""
    placed = Arrival.objects.filter(
        source__in=sources, opened_at__gt=now - LOOKED_BACK, opened_at__lte=now, stored__gt=0
    ).annotate(place=Window(RowNumber(), partition_by=F("source"), order_by=F("id").desc()))
    times: dict[int, list[datetime]] = defaultdict(list)
    for source_id, at in placed.filter(place__lte=MOST_BATCHES).values_list("source_id", "opened_at"):
        times[source_id].append(at)
    return {source.pk: _judged(source, sorted(times[source.pk]), now) for source in sources}


def _judged(source: Source, times: Sequence[datetime], now: datetime) -> Freshness:
    gaps = [later - earlier for earlier, later in pairwise(times)]
    enough = len(gaps) >= FEWEST_GAPS
    usual = median(gaps) if enough else None
    set_limit = timedelta(seconds=source.freshness_limit) if source.freshness_limit else None
    limit = set_limit or (max(gaps) * BEYOND if enough else None)
    silent = max(now - source.last_signal_at, timedelta(0)) if source.last_signal_at else None
    state = _state(source, silent, limit)
    return Freshness(
        _sentence(source, state, silent, usual, len(gaps)), state, usual, len(gaps), silent, limit
    )


def _state(source: Source, silent: timedelta | None, limit: timedelta | None) -> State:
    if source.paused_at is not None:
        return State.PAUSED
    if silent is None:
        return State.NEVER
    if limit is None:
        return State.UNSURE
    return State.LATE if silent > limit else State.FRESH


def _sentence(
    source: Source, state: State, silent: timedelta | None, usual: timedelta | None, gaps: int
) -> str:
    said = {"name": source.name, "silent": span(silent) if silent is not None else ""}
    if state is State.NEVER or silent is None:
        return _("No signal from %(name)s yet.") % said
    head = (
        _("No signal from %(name)s for %(silent)s") % said
        if state is State.LATE
        else _("Last signal from %(name)s %(silent)s ago") % said
    )
    tail = (
        ngettext("usual gap %(gap)s (%(n)d gap).", "usual gap %(gap)s (%(n)d gaps).", gaps)
        % {"gap": span(usual), "n": gaps}
        if usual is not None
        else ngettext(
            "too few to say what is usual: %(n)d gap, said from %(least)d upward.",
            "too few to say what is usual: %(n)d gaps, said from %(least)d upward.",
            gaps,
        )
        % {"n": gaps, "least": FEWEST_GAPS}
    )
    paused = _("; it is paused") if state is State.PAUSED else ""
    return f"{head}; {tail.rstrip('.')}{paused}."


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
