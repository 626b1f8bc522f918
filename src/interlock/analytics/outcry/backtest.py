"""What would the watch have said about the company's own past?

The detector runs over the past as it would have run then, knowing nothing of what came later; an alarm is a quiet
stream that rings with enough voices, and its stream rings anew only once it is quiet again. Only afterwards, and by
another measure, it is decided what an incident was: six hours with at least three times the median of the same six
hours of the day in the four weeks around them, since the stream began, and at least ten voices. That a stream begins is
none. An alarm from six hours before the first to
the end of the last such block counts as heard; every other rise counts as false, though people may know better. What
grew more slowly than three times is no incident here, and an alarm about it counts as false. Streams that ring for one
event are one alarm, and what happens in several of them is one incident, as when heard live.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from interlock.analytics.outcry import newcomers
from interlock.analytics.outcry.budget import Budget, alarm_at
from interlock.analytics.outcry.detector import Tick, hold, tick
from interlock.analytics.outcry.events import Loud, events
from interlock.analytics.outcry.standing import Spread, Standing, standing
from interlock.analytics.outcry.streams import F32, Streams, new_streams
from interlock.analytics.outcry.tuning import Tuning

Counts = NDArray[np.float64]
Arrival = tuple[
    NDArray[np.int64], Counts
]  # streams that a source joins, (k,); what it said alone before, (ticks, k)
Heard = Callable[[int, datetime], Loud]  # what is loud in a stream around a moment
TIMES, LEAST_VOICES = 3.0, 10.0
BLOCK_HOURS, BLOCKS_A_DAY, WEEKS_AROUND = 6, 4, 4
APART = 4  # quiet blocks that end an incident


@dataclass(frozen=True)
class Incident:
    """Something that happened in a stream, by hindsight. `times` the usual at its peak, `voices` in the peak's block."""

    stream: int
    start: datetime
    peak: datetime
    end: datetime
    times: float
    voices: float
    also: tuple[int, ...] = ()  # other streams in which it happened


@dataclass(frozen=True)
class PastAlarm:
    """One rise the watch would have reported, and the incident it was about, if any."""

    stream: int
    time: datetime
    strength: float
    times: float  # the usual, over six hours
    incident: Incident | None
    also: tuple[int, ...] = ()  # other streams that rang for the same event

    @property
    def lead_hours(self) -> float | None:
        """Hours from the alarm to the middle of the peak's six hours; negative after the peak."""
        if self.incident is None:
            return None
        return (self.incident.peak - self.time).total_seconds() / 3600


@dataclass(frozen=True)
class BackTest:
    """The watch on the past of so many streams and days. `allowed`: false alarms the budget allows in that time."""

    budget: Budget
    days: float
    streams: int
    allowed: float
    alarms: tuple[PastAlarm, ...]
    incidents: tuple[Incident, ...]

    @property
    def false_alarms(self) -> int:
        return sum(one.incident is None for one in self.alarms)

    @property
    def heard(self) -> tuple[PastAlarm, ...]:
        """The first alarm of each incident that had one."""
        first: dict[Incident, PastAlarm] = {}
        for one in self.alarms:
            if one.incident is not None:
                first.setdefault(one.incident, one)
        return tuple(first.values())

    @property
    def missed(self) -> tuple[Incident, ...]:
        heard = {one.incident for one in self.heard}
        return tuple(one for one in self.incidents if one not in heard)

    @property
    def median_lead_hours(self) -> float | None:
        leads = [one.lead_hours for one in self.heard if one.lead_hours is not None]
        return float(np.median(leads)) if leads else None


def backtest(
    past: Iterable[tuple[datetime, Counts]],
    *,
    streams: int,
    budgets: Sequence[Budget],
    watched: int | None = None,
    counts_part: float = 1.0,
    arrivals: Mapping[int, Sequence[Arrival]] | None = None,
    tuning: Tuning | None = None,
) -> tuple[BackTest, ...]:
    """Run the watch over the past, once for several budgets.

    Args:
        past: begin of each tick, in the time people live by and without gaps, and its counts, shape (streams,).
        streams: how many.
        budgets: each over all of them together.
        watched: how many streams share a budget; those that are too faint to go through count as well.
        counts_part: of each budget, above 0; the live watch keeps the rest for something else.
        arrivals: sources that were heard alone and join streams, by the tick in which they do.
        tuning: the default unless given.

    Returns:
        For each budget its alarms by time, beside the same incidents; nothing is either in the first two days.
    """
    tuning = tuning or Tuning()
    state, observed = new_streams(streams, tuning), np.ones(streams, bool)
    runs = [_Run(budget, streams, max(watched or 0, streams), counts_part, tuning) for budget in budgets]
    blocks: list[Counts] = []
    begins: list[datetime] = []
    ticks, newest = 0, deque[datetime](maxlen=int(tuning.warm_up))
    joins: list[tuple[int, NDArray[np.int64]]] = []
    for moment, counts in past:
        for rows, alone in (arrivals or {}).get(ticks, ()):
            joins.append((len(blocks) - 1, _let_in(state, rows, alone, newest, tuning)))
        newest.append(moment)
        if ticks % (tuning.ticks_per_day / BLOCKS_A_DAY) < 1:
            blocks.append(np.zeros(streams))
            begins.append(moment)
        blocks[-1] += counts
        seen = tick(
            state, counts, hour=moment.hour, weekday=moment.weekday(), observed=observed, tuning=tuning
        )
        voices = state.recent[:, -1] * tuning.scales[-1]
        for run in runs:
            run.listen(moment, seen, voices)
        ticks += 1
    days = ticks / tuning.ticks_per_day
    by_block = np.array(blocks).reshape(-1, streams)
    incidents = _incidents(by_block, begins, _since(by_block, joins), tuning.warm_up / tuning.ticks_per_day)
    return tuple(run.tested(days, incidents) for run in runs)


def _let_in(
    state: Streams, rows: NDArray[np.int64], alone: Counts, moments: Iterable[datetime], tuning: Tuning
) -> NDArray[np.int64]:
    """Lay what a source said alone over the streams it joins; returns those that were filled by others before."""
    known = state.seen[rows] > 0
    rows, alone = rows[known], alone[:, known]
    part, observed = new_streams(len(rows), tuning), np.ones(len(rows), bool)
    for moment, counts in zip(moments, alone, strict=False):
        tick(part, counts, hour=moment.hour, weekday=moment.weekday(), observed=observed, tuning=tuning)
    newcomers.join(state, rows, part, tuning)
    return rows


def by_event(tested: BackTest, heard: Heard) -> BackTest:
    """The same with one alarm, and one incident, for streams in which one event is heard.

    Args:
        tested: alarms and incidents of single streams.
        heard: what is loud in a stream around a moment, people numbered alike in all streams.
    """
    first_of: dict[Incident, Incident] = {}
    incidents = []
    for group in _together([heard(one.stream, one.start) for one in tested.incidents]):
        some = [tested.incidents[place] for place in group]
        whole = replace(some[0], also=_others([one.stream for one in some]))
        first_of |= dict.fromkeys(some, whole)
        incidents.append(whole)
    alarms = []
    for group in _together([heard(one.stream, one.time) for one in tested.alarms]):
        rang = [tested.alarms[place] for place in group]
        about = next((first_of[one.incident] for one in rang if one.incident is not None), None)
        alarms.append(replace(rang[0], incident=about, also=_others([one.stream for one in rang])))
    return replace(tested, alarms=tuple(alarms), incidents=tuple(incidents))


def _together(louds: Sequence[Loud]) -> list[list[int]]:
    """Places by event, each group and the groups by time; `louds` are by time."""
    groups: dict[int, list[int]] = {}
    for place, first in enumerate(events(louds)):
        groups.setdefault(first, []).append(place)
    return list(groups.values())


def _others(streams: Sequence[int]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(one for one in streams if one != streams[0]))


class _Run:
    """One budget's watch while it goes through the past."""

    def __init__(
        self, budget: Budget, streams: int, watched: int, counts_part: float, tuning: Tuning
    ) -> None:
        self.budget, self.tuning = budget, tuning
        counts = Budget(budget.alarms * counts_part, budget.days)
        self.limit = alarm_at(counts, streams=watched, ticks_per_day=tuning.ticks_per_day)
        self.bar = np.zeros(streams, np.float32)
        self.stands = [Standing.QUIET] * streams
        self.stirring: set[int] = set()
        self.rang: list[tuple[int, datetime, float, float]] = []

    def listen(self, moment: datetime, seen: Tick, voices: F32) -> None:
        """Judge one tick; `voices` of the day, shape (n,)."""
        rings = hold(self.bar, seen.rise, self.limit, self.tuning)
        for one in sorted(self.stirring | set(np.nonzero(rings)[0].tolist())):
            times = float(seen.ratio[one])
            spread = Spread(times=times, voices=float(voices[one]), new_share=None, growth=0.0)
            before, self.stands[one] = (
                self.stands[one],
                standing(self.stands[one], rings=bool(rings[one]), spread=spread),
            )
            if self.stands[one] == Standing.QUIET:
                self.stirring.discard(one)
            elif before == Standing.QUIET:
                self.stirring.add(one)
                self.rang.append((one, moment, float(seen.rise[one]), times))

    def tested(self, days: float, incidents: list[Incident]) -> BackTest:
        """What came of it, beside the incidents of hindsight."""
        return BackTest(
            budget=self.budget,
            days=days,
            streams=len(self.stands),
            allowed=self.budget.alarms * days / self.budget.days,
            alarms=tuple(
                PastAlarm(one, at, strength, times, _about(incidents, one, at))
                for one, at, strength, times in self.rang
            ),
            incidents=tuple(incidents),
        )


def _since(blocks: Counts, joins: Sequence[tuple[int, NDArray[np.int64]]]) -> NDArray[np.int64]:
    """From which block on each stream is what it is at a block, shape (b, streams): its first voice, or the block in which a source joined."""
    since = np.repeat(_begins_at(blocks)[None, :], len(blocks), axis=0)
    for block, rows in joins:
        since[block:, rows] = block
    return since


def _incidents(
    blocks: Counts, begins: list[datetime], since: NDArray[np.int64], warm_up_days: float
) -> list[Incident]:
    """Incidents of all streams, by time of their start; blocks and since have shape (b, streams)."""
    found = []
    times = _times_the_usual(blocks, since)
    loud = (times >= TIMES) & (blocks >= LEAST_VOICES)
    age = np.arange(len(blocks))[:, None] - since
    loud &= age >= round(warm_up_days * BLOCKS_A_DAY)
    for stream in np.nonzero(loud.any(axis=0))[0]:
        at = np.nonzero(loud[:, stream])[0]
        for run in np.split(at, np.nonzero(np.diff(at) > APART)[0] + 1):
            peak = run[np.argmax(blocks[run, stream])]
            found.append(
                Incident(
                    stream=int(stream),
                    start=begins[run[0]],
                    peak=begins[peak] + timedelta(hours=BLOCK_HOURS / 2),
                    end=begins[run[-1]] + timedelta(hours=BLOCK_HOURS),
                    times=float(times[peak, stream]),
                    voices=float(blocks[peak, stream]),
                )
            )
    return sorted(found, key=lambda one: one.start)


def _times_the_usual(blocks: Counts, since: NDArray[np.int64]) -> Counts:
    """Each block over the median of the same part of the day in the weeks around it, one added to both.

    What lay before a stream's first voice, or on the other side of a source that joined it, is no usual of it. 1 before
    it began.
    """
    out = np.ones_like(blocks)
    reach = WEEKS_AROUND * 7 // 2
    for part in range(BLOCKS_A_DAY):
        same, whose = blocks[part::BLOCKS_A_DAY], since[part::BLOCKS_A_DAY]
        for day in range(same.shape[0]):
            begun = whose[day] <= day * BLOCKS_A_DAY + part
            days = slice(max(0, day - reach), day + reach + 1)
            around = same[days][:, begun].copy()
            around[whose[days][:, begun] != whose[day, begun]] = np.nan
            at = np.arange(days.start, days.start + len(around)) * BLOCKS_A_DAY + part
            around[at[:, None] < whose[day, begun]] = np.nan
            out[day * BLOCKS_A_DAY + part, begun] = (same[day, begun] + 1) / (
                np.nanmedian(around, axis=0) + 1
            )
    return out


def _begins_at(blocks: Counts) -> NDArray[np.int64]:
    """The block of each stream's first voice; the number of blocks where it never spoke."""
    return np.asarray((np.cumsum(blocks, axis=0) == 0).sum(axis=0), np.int64)


def _about(incidents: list[Incident], stream: int, at: datetime) -> Incident | None:
    before = timedelta(hours=BLOCK_HOURS)
    return next(
        (one for one in incidents if one.stream == stream and one.start - before <= at <= one.end), None
    )
