"""One look while it is made: every tick is judged in memory, and who changed where they stand is kept for writing.

Nothing is written here, so that a look that reads for long holds up nobody who writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np
from django.utils import timezone
from numpy.typing import NDArray

from interlock.analytics.outcry import shares
from interlock.analytics.outcry.detector import Tick, hold, tick
from interlock.analytics.outcry.memory import Memory, with_room
from interlock.analytics.outcry.standing import Spread, Standing, standing
from interlock.analytics.outcry.tuning import Tuning
from interlock.analytics.outcry.usual import times_interval
from interlock.analytics.outcry.voices import count_voices, first_words
from interlock.listen.models import StreamKind, WatchedStream
from interlock.listen.outcry import alarms, arriving, falls
from interlock.listen.outcry.arriving import DAY, USUAL_SHARE
from interlock.listen.outcry.counting import TICK, Said, StreamKey

TUNING = Tuning()
# 20,000 streams are 4 MB of memory and 6 ms a tick; products beyond that are heard in their channel and source.
MOST_STREAMS = 20_000
SIX_HOURS = 72  # ticks
# A share of few voices, or beside few known before, says nothing.
FEWEST_RECENT, FEWEST_KNOWN = 10, 50
# Of the budget: counts have the rest. How many speak tells an outcry; how they feel tells few that counts do not.
SHARES_PART = 0.1
STILL_LOW = 2.0  # powers of ten: until then a shifted share has not come back


@dataclass
class Look:
    """What a look knows and finds; `changes` are those who changed where they stand, in their order."""

    memory: Memory
    streams: dict[StreamKey, WatchedStream]
    limit: float  # strength from which a count rings
    low_limit: float  # powers of ten from which a share of those who are not content rings
    deaf: list[int]  # rows of sources whose silence says nothing
    stirring: set[int] = field(default_factory=set)  # rows of streams that are not quiet
    by_number: dict[int, WatchedStream] = field(default_factory=dict)
    sources: list[WatchedStream] = field(default_factory=list)
    relearnt: list[WatchedStream] = field(default_factory=list)  # themes whose usual was learnt from the past
    new: list[WatchedStream] = field(default_factory=list)
    changes: list[alarms.Change] = field(default_factory=list)
    loud: dict[int, tuple[datetime, Spread]] = field(
        default_factory=dict
    )  # those not quiet, as they are last

    def __post_init__(self) -> None:
        self.by_number = {one.number: one for one in self.streams.values()}
        self.sources = [one for one in self.streams.values() if one.kind == StreamKind.SOURCE]
        self.stirring = {one.number for one in self.streams.values() if one.state != Standing.QUIET}


def listen(look: Look, said: Sequence[Said], at: datetime) -> None:
    """Judge the tick that began at `at`."""
    _meet(look, said, at)
    memory, local = look.memory, timezone.localtime(at)
    if (local.hour, local.minute) == (0, 0):
        memory.authors[:] = False
    number, author, low = _heard(look, said)
    first = first_words(memory.authors, number, author)
    voices = count_voices(memory.authors, number, author)
    observed = np.ones(memory.size, bool)
    observed[look.deaf] = False
    arriving_now = [one for one in look.sources if memory.streams.seen[one.number] == TUNING.warm_up]
    seen = tick(
        memory.streams, voices, hour=local.hour, weekday=local.weekday(), observed=observed, tuning=TUNING
    )
    rings = hold(memory.bar, seen.rise, look.limit, TUNING)
    rings |= _low_rings(look, number[first], low[first])
    fallen = hold(memory.streams.fall_bar, seen.silence, look.limit, TUNING)
    for source in arriving_now:
        if memory.streams.seen[source.number] > TUNING.warm_up:
            arriving.let_in(memory, look.streams, source, until=at + TICK)
    for row in sorted(look.stirring | set(np.nonzero(rings | fallen)[0].tolist())):
        _place(look, row, seen, rings=bool(rings[row]), fallen=bool(fallen[row]), at=at)


def _meet(look: Look, said: Sequence[Said], at: datetime) -> None:
    """Make room for streams that spoke for the first time."""
    keys = {one.source for one in said} | {key for one in said for key in one.others}
    room = max(MOST_STREAMS - len(look.streams), 0)
    number = 1 + max(look.by_number, default=-1)
    for kind, key in sorted(keys - look.streams.keys())[:room]:
        one = WatchedStream(kind=kind, key=key, number=number, began_at=at)
        look.streams[kind, key] = look.by_number[number] = one
        look.new.append(one)
        if kind == StreamKind.SOURCE:
            look.sources.append(one)
        number += 1
    look.memory = with_room(look.memory, number, TUNING)


def _heard(
    look: Look, said: Sequence[Said]
) -> tuple[NDArray[np.int64], NDArray[np.uint64], NDArray[np.bool_]]:
    """Row, author and discontent of each signal in each of its streams; a source that just began speaks for itself alone."""
    heard: list[tuple[int, int, bool]] = []
    for one in said:
        own = look.streams.get(one.source)
        known = own is not None and look.memory.streams.seen[own.number] > TUNING.warm_up
        for stream in (own, *(look.streams.get(key) for key in one.others if known)):
            if stream is not None:
                heard.append((stream.number, one.author, one.low))
    rows, authors, low = zip(*heard, strict=True) if heard else ((), (), ())
    return np.array(rows, np.int64), np.array(authors, np.uint64), np.array(low, np.bool_)


def _low_rings(look: Look, rows: NDArray[np.int64], low: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Streams in which more people than usual are not content, beyond the part of the budget that this has."""
    memory = look.memory
    voices = np.bincount(rows, minlength=memory.size).astype(np.float64)
    unhappy = np.bincount(rows[low], minlength=memory.size).astype(np.float64)
    shares.add(memory.low, unhappy, voices, recent_ticks=DAY, usual_ticks=USUAL_SHARE)
    power = np.zeros(memory.size, np.float32)
    asked = np.nonzero((unhappy > 0) & (memory.low.recent_all >= FEWEST_RECENT))[0]
    if asked.size:
        shift = shares.shifts(memory.low, asked)
        power[asked] = np.where(shift.known >= FEWEST_KNOWN, shift.power, 0.0)
    return hold(memory.low_bar, power, look.low_limit, TUNING)


def _place(look: Look, row: int, seen: Tick, *, rings: bool, fallen: bool, at: datetime) -> None:
    stream, before = look.by_number[row], Standing(look.by_number[row].state)
    if fallen:
        fallen = before == Standing.QUIET and falls.is_theirs(stream, _lives(look, seen), at + TICK)
    spread = _spread(look.memory, row, seen)
    # Who is new costs a query: it is asked only where it decides.
    if spread.is_loud and before != Standing.OUTCRY:
        spread = replace(spread, new_share=alarms.new_share(stream, at + TICK))
    now_stands = standing(before, rings=rings, falls=fallen, spread=spread)
    if now_stands != Standing.QUIET:
        look.loud[row] = (at + TICK, spread)
    if now_stands == before:
        return
    stream.state, stream.state_since = now_stands, at + TICK
    (look.stirring.discard if now_stands == Standing.QUIET else look.stirring.add)(row)
    strength = float(seen.silence[row] if now_stands == Standing.FALLEN else seen.rise[row])
    low = shares.shifts(look.memory.low, np.array([row]))
    look.changes.append(alarms.noticed(stream=stream, was=before, spread=spread, strength=strength, low=low))


def _spread(memory: Memory, row: int, seen: Tick) -> Spread:
    recent, usual = memory.streams.recent[row], float(seen.expected[row])
    hour, six_hours, a_day = (float(each) for each in recent[1:4])
    before = max((DAY * a_day - SIX_HOURS * six_hours) / (DAY - SIX_HOURS), 0.5 * usual)
    low = shares.shifts(memory.low, np.array([row]))
    forgotten = memory.streams.seen[row] == 0  # after two weeks of silence nothing is usual any more
    times, scatter = float(seen.ratio[row]), float(memory.streams.spread[row])
    return Spread(
        times=times,
        voices=DAY * a_day,
        new_share=None,
        growth=six_hours / before,
        within=times_interval(times, usual, scatter, SIX_HOURS),
        pace=1.0 if forgotten else hour / usual,
        usual=SIX_HOURS * usual,
        is_low=bool(low.power[0] >= STILL_LOW and low.known[0] >= FEWEST_KNOWN),
    )


def _lives(look: Look, seen: Tick) -> falls.Lives:
    """Whether a source speaks at least at half its usual pace, so that the silence of others is their own."""

    def lives(source: int) -> bool:
        own = look.streams.get((str(StreamKind.SOURCE), str(source)))
        if own is None or own.number in look.deaf:
            return False
        pace = look.memory.streams.recent[own.number, 1] / seen.expected[own.number]
        return bool(pace >= falls.ALIVE)

    return lives
