"""The detector over one series of counts: a score for every row, and the alarms.

Rows may stand out of order and may be missing; each is a tick. A row without a count says nothing. The score is 0.5
or more exactly where a row rings; below, it tells how near the others came. A row that only continues a burst that was
scored before keeps less than a third of it, so that any threshold names each burst about once; a burst that grows louder
while it goes on is one alarm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from interlock.analytics.outcry.budget import Budget, alarm_at, chance
from interlock.analytics.outcry.detector import hold, tick
from interlock.analytics.outcry.streams import new_streams
from interlock.analytics.outcry.tuning import Tuning, tuning_for

# What a series is watched for unless told otherwise: at most one false alarm a week.
WEEKLY = Budget(1.0, 7.0)
LEAST_ROWS = 3
HELD = 0.499
FAINT = 1.5  # strength from which rows below an alarm are told apart, by the same hold-off
SAME_BURST = 0.3  # share of its score that a row keeps which only continues what stands above it


class SeriesError(ValueError):
    """A series that cannot be watched."""


@dataclass(frozen=True)
class SeriesAlarm:
    """One alarm. `probability`: chance a tick that a quiet series rings this loudly; `expected`: usual count of the row."""

    row: int
    time: datetime
    probability: float
    direction: str  # rise or fall
    count: float
    expected: float


@dataclass(frozen=True)
class Watched:
    """Scores and probabilities in the order of the rows given, shape (n,), and the alarms by time."""

    tick_minutes: float
    warm_up_rows: int
    score: NDArray[np.float64]
    probability: NDArray[np.float64]
    alarms: tuple[SeriesAlarm, ...]


def tick_minutes_of(times: Sequence[datetime]) -> float:
    """Return the usual distance of rows, in minutes: the median, equal times left out.

    Raises:
        SeriesError: fewer than three different times.
    """
    moments = np.unique(np.array([moment.timestamp() for moment in times]))
    if moments.size < LEAST_ROWS:
        raise SeriesError(f"A series needs at least {LEAST_ROWS} different times; there are {moments.size}.")
    return float(np.median(np.diff(moments))) / 60


def watch_series(
    times: Sequence[datetime],
    counts: NDArray[np.float64],
    *,
    budget: Budget = WEEKLY,
    tuning: Tuning | None = None,
) -> Watched:
    """Run the detector over a series from its first row to its last.

    Args:
        times: when each tick began, all with a time zone or all without.
        counts: shape (n,), >= 0; NaN where nothing was counted.
        budget: false alarms allowed for this series.
        tuning: the default for the distance of rows unless given.

    Raises:
        SeriesError: too few rows, or a negative or infinite count.
    """
    _check(counts)
    minutes = tick_minutes_of(times)
    tuning = tuning or tuning_for(minutes)
    limit = alarm_at(budget, streams=1, ticks_per_day=tuning.ticks_per_day)
    streams, observed = new_streams(1, tuning), ~np.isnan(counts)
    bars, goes_on = np.zeros((3, 1), np.float32), np.zeros(2, bool)
    score, probability = np.zeros(counts.size), np.ones(counts.size)
    alarms = []
    for row in sorted(np.nonzero(observed)[0].tolist(), key=lambda one: times[one]):
        moment, here = times[row], slice(row, row + 1)
        seen = tick(
            streams,
            counts[here],
            hour=moment.hour,
            weekday=moment.weekday(),
            observed=observed[here],
            tuning=tuning,
        )
        powers = np.array([seen.rise[0], seen.fall[0]])
        loud = np.array([hold(bars[at], powers[at : at + 1], limit, tuning)[0] for at in range(2)])
        rings, goes_on = loud & ~goes_on, (loud | goes_on) & (powers >= FAINT)
        new = hold(bars[2], np.maximum(seen.rise, seen.fall), FAINT, tuning)[0]
        strength = float(powers.max())
        score[row] = _score(strength, limit, rings=bool(rings.any()), new=bool(new))
        probability[row] = chance(strength)
        if rings.any():
            direction = "rise" if rings[0] else "fall"
            expected = float(seen.expected[0])
            alarms.append(
                SeriesAlarm(row, moment, float(probability[row]), direction, float(counts[row]), expected)
            )
    return Watched(minutes, int(tuning.warm_up), score, probability, tuple(alarms))


def _check(counts: NDArray[np.float64]) -> None:
    bad = np.nonzero((counts < 0) | np.isinf(counts))[0]
    if bad.size:
        raise SeriesError(f"Row {bad[0] + 1} counts {counts[bad[0]]:g}. Counts are 0 or more.")


def _score(strength: float, limit: float, *, rings: bool, new: bool) -> float:
    share = max(strength, 0.0) / (max(strength, 0.0) + limit)
    if rings:
        return share
    return min(share, HELD) if new else SAME_BURST * share
