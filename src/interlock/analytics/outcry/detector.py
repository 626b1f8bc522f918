"""One tick of every stream: how unlikely is what came in, and what is learnt from it.

Constant work and memory a tick and stream. The usual level is a slow mean of logarithms, raised in hours that are
usually busy; windows of several lengths are compared with it, each by a tail probability learnt from the stream
itself. The shorter three tell a burst together, by their geometric mean; of the longer three each alone tells a swell.

Sources: geometric mean of p-values, Vovk and Wang, Biometrika 2020; peaks over threshold on streams, Siffer et al.,
KDD 2017; record-hold as in docs/methods.md#outcry.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from interlock.analytics.outcry import tails
from interlock.analytics.outcry.budget import FALLS, SLOPE, START
from interlock.analytics.outcry.streams import F32, NORMAL_EXCESS, Streams
from interlock.analytics.outcry.tuning import Tuning

Bools = NDArray[np.bool_]
BURST = 3  # windows
LARGEST = 1e12  # of a tick, so that its square has room in single precision
LEAST = np.float32(0.005)  # a tick of a stream is never expected to hold less: one event in 200 ticks
DEVIATIONS = 2.0  # of a longer window, from which its tail begins
VARIANCE_START, VARIANCE_MEMORY = (
    600.0,
    4000.0,
)  # ticks that the assumed variance is worth; that it is learnt over
FEWEST, ROOM = 5.0, 2.0  # events of a window that expects few; how much more than the usual is still granted
SWELL_FROM = 20.0  # expected count of a window from which its deviations mean something
SWELL_FROM_DAYS = 7.0  # before, a stream has not shown how its days differ
LEAST_VARIANCE = 0.0025  # a window that never moved by more than a twentieth is not trusted to stay so
MOST = 250.0  # times the usual, and ten: a larger count is taken as this, so that its six hours end within the day
# A single tick is no swell, and teaches no tail: it fills the longer windows of both with this at most, times the usual
# and ten. Half as much costs a point of the benchmark, which has bursts of few ticks.
AT_ONCE = 40.0
LARGEST_EXCESS = 3.0  # one enormous value teaches no more than 20 times the limit would
LARGEST_HOUR = 0.5  # and one busy hour no more than half again as much
FALL_FROM = 5.0  # expected count of the second window from which a fall can be told
FALLS_LOSE = np.float32(np.log10((1 - FALLS) / FALLS))  # powers of ten, for their smaller part of the budget
# Quiet simulated streams pass a power of 2 less than once in a million ticks, not once in a hundred: the tail of an empty
# window ends where nothing is left. Half of that is believed (tests/analytics/test_outcry_budget.py).
SILENCE_COUNTS = 2.0
SILENT_AFTER = 15.0  # expected events missed in a row: a Poisson chance of 3 in 10 million
FORGOTTEN_DAYS = 14.0  # a stream silent for longer starts anew


@dataclass(frozen=True)
class Tick:
    """What a tick says about each stream, shape (n,). Powers of ten: 3.0 is one in a thousand; 0 means nothing."""

    rise: F32
    fall: F32
    expected: F32  # usual count of this tick
    ratio: F32  # how many times the usual, in the window of the third scale
    silence: (
        F32  # strength of a window that lacks what it holds at this time of the week, on the scale of rises
    )


def tick(
    streams: Streams, counts: NDArray[np.float64], *, hour: int, weekday: int, observed: Bools, tuning: Tuning
) -> Tick:
    """Judge one tick of all streams, then learn from it; changes `streams` in place.

    Args:
        streams: n streams.
        counts: shape (n,), events of the tick, >= 0.
        hour: 0 to 23, in the time by which people live there.
        weekday: 0 (Monday) to 6.
        observed: shape (n,); False where the source did not answer: nothing is said and nothing learnt.
        tuning: the same at every tick of a state.

    Raises:
        ValueError: a count is negative, not a number or infinite.
    """
    if not (np.isfinite(counts) & (counts >= 0)).all():
        raise ValueError("counts must be finite and not negative")
    x = np.minimum(counts, LARGEST).astype(np.float32)
    _begin(streams, x, observed, tuning)
    live = observed & (streams.seen > 0)
    season = _season(streams, hour, weekday, tuning)
    factor = np.maximum(season, 0)
    usual = _usual(streams, factor, tuning)
    x = np.minimum(x, np.float32(MOST) * usual + 10)
    scales = tuning.spans
    pace = np.maximum(1 / scales, 1 / (streams.seen[:, None] + np.float32(1)))
    _follow(streams.recent, x[:, None], pace, live)
    limited = np.minimum(x, np.float32(AT_ONCE) * usual + 10)
    _follow(streams.limited, limited[:, None], pace[:, 1:], live)
    window, calm = streams.recent * scales, streams.limited * scales[1:]
    expected = usual[:, None] * scales
    ratio = _log_ratio(window, expected, tuning)
    tame = np.concatenate([limited[:, None], calm[:, : BURST - 1]], axis=1)
    above = tails.limit(expected[:, :BURST])
    over, taught = ratio[:, :BURST] - above, _log_ratio(tame, expected[:, :BURST], tuning) - above
    burst = _burst(streams, over, taught, expected[:, :BURST], window[:, :BURST], live, tuning)
    _follow(streams.awaited, _usual(streams, season, tuning)[:, None], pace[:, 1:], live)
    swell = _swell(streams, calm, streams.awaited * scales[1:], scales[1:], live, tuning)
    silence = _silence(streams, window[:, 1:], streams.awaited * scales[1:], tuning)
    fall = _fall(streams, -ratio[:, 1] - above[:, 1], expected[:, 1], live, tuning)
    old_enough = live & (streams.seen > tuning.warm_up)
    _learn_usual(streams, x, usual, factor, live, hour, weekday, tuning)
    return Tick(
        np.where(old_enough, np.maximum(burst, swell), 0).astype(np.float32),
        np.where(old_enough, fall, 0).astype(np.float32),
        usual,
        (streams.recent[:, 2] / usual).astype(np.float32),
        np.where(old_enough, silence, 0).astype(np.float32),
    )


def _follow(mean: F32, value: F32, pace: F32, live: Bools) -> None:
    """Move the means of live streams towards a value, in place."""
    np.add(mean, pace * (value - mean), out=mean, where=live[:, None])


def _begin(streams: Streams, x: F32, observed: Bools, tuning: Tuning) -> None:
    """A stream begins with its first event, and again after a silence so long that nothing usual is left."""
    streams.quiet[:] = np.where(
        observed, np.where(x > 0, 0, np.minimum(streams.quiet + 1, 65535)), streams.quiet
    )
    starts = observed & (streams.seen == 0) & (x > 0)
    if not starts.any():
        return
    streams.level[starts] = np.log(x[starts] + np.float32(tuning.offset))
    streams.recent[starts] = x[starts, None]
    streams.awaited[starts] = x[starts, None]
    streams.limited[starts] = x[starts, None]
    expected = x[starts, None] * np.asarray(tuning.scales[:BURST], np.float32)
    streams.excess[starts] = tails.usual_excess(expected)
    streams.fall_excess[starts] = streams.excess[starts, 1]
    streams.seen[starts] = 1


def _season(streams: Streams, hour: int, weekday: int, tuning: Tuning) -> F32:
    """Log factor of the hour of the week, drawn to nothing until two weeks and more were seen."""
    age = streams.seen / np.float32(tuning.ticks_per_day)
    trust = age / (age + np.float32(tuning.season_days))
    factor = streams.hours[:, hour].astype(np.float32) + streams.days[:, weekday].astype(np.float32)
    return np.asarray(factor * trust, np.float32)


def _usual(streams: Streams, factor: F32, tuning: Tuning) -> F32:
    """Expected count of a tick, shape (n,)."""
    return np.maximum(np.exp(streams.level + factor) - np.float32(tuning.offset), LEAST)


def _log_ratio(window: F32, expected: F32, tuning: Tuning) -> F32:
    offset = np.float32(tuning.offset)
    return np.asarray(np.log((window + offset) / (expected + offset)), np.float32)


def _burst(
    streams: Streams, over: F32, taught: F32, expected: F32, window: F32, live: Bools, tuning: Tuning
) -> F32:
    """Strength by the geometric mean of three windows, each in so far as it is over its limit."""
    power = tails.pareto(over, streams.beyond, streams.excess)
    up = (over > 0) & live[:, None]
    low = up & (expected < tails.LOW)
    if low.any():
        rows = np.nonzero(low)[0]
        power[low] = np.minimum(
            power[low], tails.count_tail(window[low], expected[low], streams.spread[rows])
        )
    up = (taught > 0) & live[:, None]
    _learn_tail(streams.beyond, streams.excess, taught, up, live[:, None], streams.seen[:, None], tuning)
    return np.asarray(power.mean(axis=1), np.float32)


def _few(window: F32, expected: F32, scales: F32, streams: Streams) -> F32:
    """Where a window expects few, the negative binomial tail, with room for what the usual may miss.

    The variance of the log ratio stands for that of the rate. It holds the noise of counting as well: too much, on the
    safe side.
    """
    power = np.zeros_like(window)
    many = (window >= FEWEST) & (window > 2 * expected) & (expected < SWELL_FROM)
    if many.any():
        usual = ROOM * np.maximum(expected, streams.mean[:, None] * scales)[many] + np.float32(0.5)
        power[many] = tails.count_tail(window[many], usual, 1 + usual * streams.variance[many])
    return power


def _swell(streams: Streams, window: F32, expected: F32, scales: F32, live: Bools, tuning: Tuning) -> F32:
    """Strength of the least likely of the longer windows, each in deviations that it learnt; times their number."""
    ratio = _log_ratio(window, expected, tuning)
    over = np.asarray(ratio / np.sqrt(streams.variance) - DEVIATIONS, np.float32)
    power = tails.pareto(over, streams.swell_beyond, streams.swell_excess)
    up = (over > 0) & live[:, None]
    power = np.where(expected >= SWELL_FROM, power, _few(window, expected, scales, streams))
    age = streams.seen[:, None].astype(np.float32)
    pace = 1 / np.minimum(VARIANCE_START + age, VARIANCE_MEMORY)
    change = np.minimum(ratio**2, 9 * streams.variance) - streams.variance
    np.add(streams.variance, pace * change, out=streams.variance, where=live[:, None])
    np.maximum(streams.variance, LEAST_VARIANCE, out=streams.variance)
    _learn_tail(
        streams.swell_beyond, streams.swell_excess, over, up, live[:, None], streams.seen[:, None], tuning
    )
    strength = power.max(axis=1) - np.log10(ratio.shape[1])
    return np.where(age[:, 0] > SWELL_FROM_DAYS * tuning.ticks_per_day, strength, 0).astype(np.float32)


def _fall(streams: Streams, over: F32, expected: F32, live: Bools, tuning: Tuning) -> F32:
    power = tails.pareto(over, streams.fall_beyond, streams.fall_excess)
    up = (over > 0) & live
    _learn_tail(streams.fall_beyond, streams.fall_excess, over, up, live, streams.seen, tuning)
    # One window, not the mean of three: brought to the scale of rises, on which the budget was measured.
    strength = (power + np.float32(START) - FALLS_LOSE) / np.float32(-SLOPE)
    return np.where(expected >= FALL_FROM, strength, np.float32(0))


def _silence(streams: Streams, window: F32, expected: F32, tuning: Tuning) -> F32:
    """Strength of the emptiest of the longer windows, in the deviations that `_swell` learnt for it."""
    over = np.asarray(
        -_log_ratio(window, expected, tuning) / np.sqrt(streams.variance) - DEVIATIONS, np.float32
    )
    power = tails.pareto(over, streams.swell_beyond, np.maximum(streams.swell_excess, NORMAL_EXCESS))
    power = np.where(expected >= SWELL_FROM, power, 0).max(axis=1) - np.log10(window.shape[1])
    aged = streams.seen > SWELL_FROM_DAYS * tuning.ticks_per_day
    return np.where(aged, (SILENCE_COUNTS * power + START - FALLS_LOSE) / -SLOPE, 0).astype(np.float32)


def _learn_tail(
    beyond: F32, excess: F32, over: F32, up: Bools, live: Bools, seen: NDArray[np.uint32], tuning: Tuning
) -> None:
    """Learn the share of ticks beyond the limit and their mean excess, in place.

    How many excesses there were is not kept: the share times the age tells it, and saves four bytes a scale.
    """
    age = seen.astype(np.float32)
    pace = 1 / np.minimum(tuning.tail_start + age, tuning.tail_start + tuning.tail_memory)
    np.add(beyond, pace * (up - beyond), out=beyond, where=live)
    known = np.minimum(beyond * age, tuning.excess_memory - tuning.excess_start)
    step = (np.minimum(over, LARGEST_EXCESS) - excess) / (tuning.excess_start + known)
    np.maximum(excess + step, np.float32(0.05), out=excess, where=up)


def _learn_usual(
    streams: Streams, x: F32, usual: F32, factor: F32, live: Bools, hour: int, weekday: int, tuning: Tuning
) -> None:
    """Learn level, dispersion and season; a stream that fell silent keeps what it was, then forgets itself."""
    missed = streams.quiet * usual
    learns = live & (missed <= SILENT_AFTER)
    logs = np.log(x + np.float32(tuning.offset))
    surprise = logs - streams.level - factor
    age = streams.seen.astype(np.float32)
    pace = 1 / np.minimum(age + 12, tuning.memory)
    np.add(streams.level, surprise * pace, out=streams.level, where=learns)
    more = pace * (np.minimum(x, 20 * usual + 10) - streams.mean)
    np.add(streams.mean, more, out=streams.mean, where=learns)
    squared = np.minimum((x - usual) ** 2 / np.maximum(usual, 0.05), 100.0)
    wider = (squared - streams.spread) / np.minimum(age + 100, tuning.memory)
    np.add(streams.spread, wider, out=streams.spread, where=learns)
    np.maximum(streams.spread, 1, out=streams.spread)
    days = age / np.float32(tuning.ticks_per_day)
    an_hour = max(1.0, tuning.ticks_per_day / 24)
    for table, slot, pace in (
        (streams.hours, hour, an_hour * np.minimum(days + 1, 14)),
        (streams.days, weekday, 24 * an_hour * np.minimum(days / 7 + 1, 8)),
    ):
        was = table[:, slot].astype(np.float32)
        other = logs - streams.level - was if table is streams.hours else surprise
        step = np.minimum(np.maximum(other, -LARGEST_HOUR), LARGEST_HOUR) / pace
        table[:, slot] = np.where(learns, was + step, was)
    streams.seen += live
    gone = live & (missed > SILENT_AFTER) & (streams.quiet > FORGOTTEN_DAYS * tuning.ticks_per_day)
    streams.seen[gone] = 0


def hold(bar: F32, power: F32, alarm_at: float | NDArray[np.float64], tuning: Tuning) -> Bools:
    """Say which streams ring now, and raise their bar; changes `bar` in place.

    A stream that rang rings again only when ten times less likely still. Once it is below the limit the bar sinks, by as
    much in `rest` ticks, and is down again within a day however loud the stream was.
    """
    ready = np.maximum(bar, np.asarray(alarm_at, np.float32))
    rings = power >= ready
    held = np.where(power >= alarm_at, power + np.float32(tuning.louder), 0)
    sinks = np.float32(tuning.louder / tuning.rest)
    a_day = np.asarray(alarm_at, np.float32) + sinks * np.float32(tuning.ticks_per_day)
    np.maximum(np.where(held > 0, bar, np.minimum(bar, a_day)) - sinks, held, out=bar)
    return rings
