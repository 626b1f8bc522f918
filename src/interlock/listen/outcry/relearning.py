"""What is usual for a theme that is new, or that people or the model made another one of?

Its signals are known, so its last two weeks are gone through as if it had always been watched. A new theme was silent
before its first signal, and its rise is heard at once; one that was merged or split has the usual of what it holds now,
and rings for nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np
from django.db.models import Q
from django.utils import timezone

from interlock.analytics.outcry.detector import hold, tick
from interlock.analytics.outcry.memory import Memory, new_memory, put
from interlock.analytics.outcry.tuning import Tuning
from interlock.analytics.outcry.voices import count_voices
from interlock.listen.models import ChangeKind, StreamKind, ThemeChange, WatchedStream
from interlock.listen.outcry.counting import Said, StreamKey, begin_of, said_by_tick, ticks_between

TUNING = Tuning()
LOOKED_BACK = timedelta(days=14)
# A company that was heard for less has no past in which a theme's silence means something.
LEAST_PAST = timedelta(days=7)
WARM_UP = timedelta(days=2)  # of a source, as for signals that come in
_MOVE_SIGNALS = (ChangeKind.MERGED, ChangeKind.SPLIT, ChangeKind.MOVED, ChangeKind.NOTICED)
FEWEST_MOVED = 5  # fewer make no other theme of it
READ_AT_ONCE = timedelta(days=1)


def relearn(
    memory: Memory,
    streams: Mapping[StreamKey, WatchedStream],
    limit: float,
    *,
    until: datetime,
    now: datetime,
) -> list[WatchedStream]:
    """Go through the past of every theme that needs it; changes `memory` in place. Returns their streams, to be kept."""
    due = _due([one for one in streams.values() if one.kind == StreamKind.THEME])
    if not due:
        return []
    sources = {
        (one.kind, one.key): one.began_at + WARM_UP
        for one in streams.values()
        if one.kind == StreamKind.SOURCE
    }
    start = max(until - LOOKED_BACK, begin_of(min(sources.values(), default=until)))
    if until - start >= LEAST_PAST:
        part = _gone_through(due, sources, limit, start, until)
        put(memory, np.array([one.number for one in due]), part)
    for one in due:
        one.learnt_at = now
    return due


def _due(themes: Sequence[WatchedStream]) -> list[WatchedStream]:
    """Themes that are new here, or that signals came to or left otherwise than by being said. One query."""
    learnt = [one.learnt_at for one in themes if one.learnt_at is not None]
    changed: set[str] = set()
    if learnt:
        since = min(learnt)
        moved = ThemeChange.objects.filter(kind__in=_MOVE_SIGNALS, signals__gte=FEWEST_MOVED)
        moved = moved.filter(Q(at__gt=since) | Q(undone_at__gt=since))
        at_of = {one.key: one.learnt_at for one in themes if one.learnt_at is not None}
        for theme, other, at, undone in moved.values_list("theme__key", "other__key", "at", "undone_at"):
            last = max(at, undone or at)
            changed |= {key for key in (theme, other) if key in at_of and at_of[key] < last}
    return [one for one in themes if one.learnt_at is None or one.key in changed]


def _gone_through(
    due: Sequence[WatchedStream],
    sources: Mapping[StreamKey, datetime],
    limit: float,
    start: datetime,
    until: datetime,
) -> Memory:
    """What the detector remembers of these streams, had it listened from `start`, when they were silent."""
    part = new_memory(len(due), TUNING)
    part.streams.seen[:] = 1
    rows = {(one.kind, one.key): row for row, one in enumerate(due)}
    # A theme that was known before keeps its bar, so that what rang does not ring again; a new one has none.
    known = np.array([one.learnt_at is not None for one in due])
    observed = np.ones(len(due), bool)
    said: Mapping[datetime, Sequence[Said]] = {}
    for at in ticks_between(start, until):
        if (at - start) % READ_AT_ONCE == timedelta(0):
            end = min(at + READ_AT_ONCE, until)
            said = said_by_tick(at, end, themes=[one.key for one in due])
        local = timezone.localtime(at)
        if (local.hour, local.minute) == (0, 0):
            part.authors[:] = False
        heard = [
            (rows[key], one.author)
            for one in said.get(at, ())
            if one.source in sources and sources[one.source] <= at
            for key in one.others
            if key in rows
        ]
        numbers, authors = zip(*heard, strict=True) if heard else ((), ())
        voices = count_voices(part.authors, np.array(numbers, np.int64), np.array(authors, np.uint64))
        hour, weekday = local.hour, local.weekday()
        seen = tick(part.streams, voices, hour=hour, weekday=weekday, observed=observed, tuning=TUNING)
        hold(part.bar, np.where(known, seen.rise, 0).astype(np.float32), limit, TUNING)
    return part
