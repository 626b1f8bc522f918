"""A source has been heard alone for two days and joins the streams that others fill: how much of it is usual there?

What it said in those days is gone through once more, as it would have been counted in each product, channel and theme,
and laid over what is known of them. So its joining rings nothing; `analytics/outcry/newcomers.py` says how.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime, timedelta

import numpy as np
from django.utils import timezone

from interlock.analytics.outcry import newcomers, shares
from interlock.analytics.outcry.detector import tick
from interlock.analytics.outcry.memory import Memory, new_memory
from interlock.analytics.outcry.tuning import Tuning
from interlock.analytics.outcry.voices import count_voices, first_words
from interlock.listen.models import WatchedStream
from interlock.listen.outcry.counting import Said, StreamKey, said_by_tick, ticks_between

TUNING = Tuning()
HEARD_ALONE = timedelta(days=2)  # Tuning.warm_up
DAY, USUAL_SHARE = 288, 30 * 288  # ticks after which a share is no longer recent, or usual


def let_in(
    memory: Memory, streams: Mapping[StreamKey, WatchedStream], source: WatchedStream, *, until: datetime
) -> None:
    """Let a source be usual in the streams that others fill already; changes `memory` in place. One query."""
    start = until - HEARD_ALONE
    said = said_by_tick(start, until, source=source.key)
    spoken = {key for some in said.values() for one in some for key in one.others}
    met = sorted(streams[key].number for key in spoken if key in streams)
    # A stream that nobody filled before begins with its first signal, as ever.
    rows = np.array([one for one in met if memory.streams.seen[one] > 0], np.int64)
    if rows.size:
        part = _gone_through(
            said, {number: place for place, number in enumerate(rows.tolist())}, streams, start, until
        )
        newcomers.join(memory.streams, rows, part.streams, TUNING)
        for one in fields(shares.Shares):
            getattr(memory.low, one.name)[rows] += getattr(part.low, one.name)


def _gone_through(
    said: Mapping[datetime, Sequence[Said]],
    place_of: Mapping[int, int],
    streams: Mapping[StreamKey, WatchedStream],
    start: datetime,
    until: datetime,
) -> Memory:
    """What is learnt of the source alone, in each stream by its place, from its first signal there."""
    part = new_memory(len(place_of), TUNING)
    observed = np.ones(part.size, bool)
    for at in ticks_between(start, until):
        local = timezone.localtime(at)
        if (local.hour, local.minute) == (0, 0):
            part.authors[:] = False
        heard = [
            (place_of[streams[key].number], one.author, one.low)
            for one in said.get(at, ())
            for key in one.others
            if key in streams and streams[key].number in place_of
        ]
        rows, authors, low = zip(*heard, strict=True) if heard else ((), (), ())
        number, author = np.array(rows, np.int64), np.array(authors, np.uint64)
        first = first_words(part.authors, number, author)
        voices = count_voices(part.authors, number, author)
        tick(part.streams, voices, hour=local.hour, weekday=local.weekday(), observed=observed, tuning=TUNING)
        unhappy = np.array(low, np.bool_) & first
        shares.add(
            part.low,
            np.bincount(number[unhappy], minlength=part.size).astype(np.float64),
            np.bincount(number[first], minlength=part.size).astype(np.float64),
            recent_ticks=DAY,
            usual_ticks=USUAL_SHARE,
        )
    return part
