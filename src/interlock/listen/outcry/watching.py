"""Listen to what was said since the last look: judge every tick, and note which streams changed where they stand.

One look is one transaction over one locked row: what the detector remembers, how far it listened and what rang are
written together, so that a worker that is killed repeats its look and nothing rings twice. After more than a day without
a worker the watch goes on from a day ago; what lay between is no news.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
from django.db import transaction
from django.utils import timezone

from interlock.analytics.outcry.budget import Budget, alarm_at
from interlock.analytics.outcry.detector import Tick, hold, tick
from interlock.analytics.outcry.memory import Memory, kept, new_memory, remembered, with_room
from interlock.analytics.outcry.standing import Spread, Standing, standing
from interlock.analytics.outcry.streams import StateError
from interlock.analytics.outcry.tuning import Tuning
from interlock.analytics.outcry.usual import times_interval
from interlock.analytics.outcry.voices import count_voices
from interlock.listen.models import OutcryWatch, Source, StreamKind, WatchedStream
from interlock.listen.outcry import alarms
from interlock.listen.outcry.counting import (
    TICK,
    WAIT,
    Said,
    StreamKey,
    begin_of,
    said_by_tick,
    ticks_between,
)

logger = logging.getLogger(__name__)
TUNING = Tuning()
LONGEST_LOOK = timedelta(days=1)
# 20,000 streams are 4 MB of memory and 6 ms a tick; products beyond that are heard in their channel and source.
MOST_STREAMS = 20_000
SIX_HOURS, DAY = 72, 288  # ticks


@dataclass
class _Look:
    """One look while it is made."""

    memory: Memory
    streams: dict[StreamKey, WatchedStream]
    by_number: dict[int, WatchedStream]
    limit: float
    deaf: list[int]  # rows of sources whose silence says nothing
    stirring: set[int]  # rows of streams that are not quiet


def watch(*, now: datetime) -> int:
    """Listen up to now; return how many ticks were judged."""
    until = begin_of(now - WAIT)
    with transaction.atomic():
        row, _made = OutcryWatch.objects.select_for_update().get_or_create(pk=1)
        if row.listened_until is None:
            row.listened_until = until
            row.save(update_fields=["listened_until"])
            return 0
        start = max(row.listened_until, until - LONGEST_LOOK)
        if start >= until:
            return 0
        ticks = _listen(row, start, until)
        row.listened_until = until
        row.save(update_fields=["listened_until", "state"])
    return ticks


def _listen(row: OutcryWatch, start: datetime, until: datetime) -> int:
    look = _begun(row)
    said = said_by_tick(start, until)
    count = 0
    for at in ticks_between(start, until):
        _meet(look, said.get(at, ()), at)
        _judge(look, said.get(at, ()), at)
        count += 1
    row.state = kept(look.memory)
    return count


def _begun(row: OutcryWatch) -> _Look:
    streams = {(one.kind, one.key): one for one in WatchedStream.objects.all()}
    size = 1 + max((one.number for one in streams.values()), default=-1)
    try:
        memory = remembered(bytes(row.state), TUNING) if row.state else new_memory(size, TUNING)
    except StateError as error:  # another version of the detector: two days, and it knows them again
        logger.warning("The outcry watch starts anew: %s", error)
        memory = new_memory(size, TUNING)
    budget = Budget(row.false_alarms, row.days)
    limit = alarm_at(budget, streams=len(streams), ticks_per_day=TUNING.ticks_per_day)
    by_number = {one.number: one for one in streams.values()}
    deaf = [streams[key].number for key in _deaf_sources() if key in streams]
    stirring = {one.number for one in streams.values() if one.state != Standing.QUIET}
    return _Look(with_room(memory, size, TUNING), streams, by_number, limit, deaf, stirring)


def _deaf_sources() -> list[StreamKey]:
    """Sources that are asked and did not answer lately, or are paused: their silence says nothing."""
    broken = Source.objects.filter(failures__gt=0) | Source.objects.exclude(paused_at=None)
    return [(str(StreamKind.SOURCE), str(pk)) for pk in broken.values_list("pk", flat=True)]


def _meet(look: _Look, said: Sequence[Said], at: datetime) -> None:
    """Make room for streams that spoke for the first time."""
    keys = {(str(StreamKind.SOURCE), one.source) for one in said} | {
        key for one in said for key in one.others
    }
    room = MOST_STREAMS - len(look.streams)
    new = sorted(keys - look.streams.keys())[: max(room, 0)]
    if not new:
        return
    number = look.memory.size
    made = [
        WatchedStream(kind=kind, key=key, number=number + place, began_at=at)
        for place, (kind, key) in enumerate(new)
    ]
    for one in WatchedStream.objects.bulk_create(made):
        look.streams[one.kind, one.key] = look.by_number[one.number] = one
    look.memory = with_room(look.memory, number + len(new), TUNING)


def _judge(look: _Look, said: Sequence[Said], at: datetime) -> None:
    memory, local = look.memory, timezone.localtime(at)
    if (local.hour, local.minute) == (0, 0):
        memory.authors[:] = False
    numbers, authors = _heard(look, said)
    voices = count_voices(memory.authors, np.array(numbers, np.int64), np.array(authors, np.uint64))
    observed = np.ones(memory.size, bool)
    observed[look.deaf] = False
    seen = tick(
        memory.streams, voices, hour=local.hour, weekday=local.weekday(), observed=observed, tuning=TUNING
    )
    rings = hold(memory.bar, seen.rise, look.limit, TUNING)
    for number in sorted(look.stirring | set(np.nonzero(rings)[0].tolist())):
        _place(look, number, seen, rings=bool(rings[number]), at=at)


def _heard(look: _Look, said: Sequence[Said]) -> tuple[list[int], list[int]]:
    """Row and author of each signal in each of its streams. A source that has just begun speaks for itself alone."""
    numbers, authors = [], []
    for one in said:
        own = look.streams.get((str(StreamKind.SOURCE), one.source))
        known = own is not None and look.memory.streams.seen[own.number] > TUNING.warm_up
        keys = (own, *(look.streams.get(key) for key in one.others if known))
        for stream in keys:
            if stream is not None:
                numbers.append(stream.number)
                authors.append(one.author)
    return numbers, authors


def _place(look: _Look, number: int, seen: Tick, *, rings: bool, at: datetime) -> None:
    stream = look.by_number[number]
    recent = look.memory.streams.recent[number]
    six_hours, a_day = float(recent[2]), float(recent[3])
    before = max(
        (DAY * a_day - SIX_HOURS * six_hours) / (DAY - SIX_HOURS), 0.5 * float(seen.expected[number])
    )
    times, usual = float(seen.ratio[number]), float(seen.expected[number])
    scatter = float(look.memory.streams.spread[number])
    spread = Spread(
        times=times,
        voices=DAY * a_day,
        new_share=None,
        growth=six_hours / before,
        within=times_interval(times, usual, scatter, SIX_HOURS),
    )
    # Who is new costs a query: it is asked only where it decides.
    if spread.is_loud and stream.state != Standing.OUTCRY:
        spread = replace(spread, new_share=alarms.new_share(stream, at + TICK))
    now_stands = standing(Standing(stream.state), rings=rings, spread=spread)
    if now_stands == stream.state:
        return
    alarms.turn(stream=stream, to=now_stands, spread=spread, strength=float(seen.rise[number]), at=at + TICK)
    (look.stirring.discard if now_stands == Standing.QUIET else look.stirring.add)(number)
