"""Injected outcries: ramps of x1.5 to x5 over 1 to 24 hours on a background fitted to real series.

The background is negative binomial, with the mean of each hour of the week and one dispersion a series. Every method
watches the same quiet streams first; its threshold is set so that it rings falsely once in four stream-weeks. Then the
same streams get a ramp that stays, and the delay from its begin to the first alarm is taken.

CUSUM (Page 1954) looks for a doubling, tick by tick, scaled by the dispersion. EARS C1 to C3 (Hutwagner et al. 2003)
compare the last 24 hours, every hour, with seven days before (C2, C3: two days' guard). Quasi-Poisson limits compare each
hour with the same hour of the day in the four weeks before, on the 2/3-power scale (Farrington et al. 1996).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from interlock.analytics.outcry.detector import tick
from interlock.analytics.outcry.streams import new_streams
from interlock.analytics.outcry.tuning import Tuning

Counts = NDArray[np.float64]  # (ticks, streams)
HOUR, DAY = 12, 288
WEEKS, FROM, BEGIN = 6, 28 * DAY, 35 * DAY  # judged from the fifth week on; ramps begin in the sixth
STREAMS_A_SERIES, A_FALSE_ALARM_IN_WEEKS = 12, 4.0
TIMES, HOURS = (1.5, 2.0, 3.0, 5.0), (1, 6, 24)


def background(series: dict[str, tuple[list[datetime], Counts]], rng: np.random.Generator) -> Counts:
    """Quiet streams like the series: mean by hour of the week from medians, dispersion by moments of the calmer 99 %."""
    columns = []
    for times, counts in series.values():
        slot = np.array([moment.weekday() * 24 + moment.hour for moment in times])
        calm = np.minimum(counts, np.quantile(counts, 0.99))
        mean = np.array([calm[slot == one].mean() for one in range(168)])
        expected = mean[slot]
        size = (expected**2).sum() / max(((calm - expected) ** 2 - expected).sum(), 1e-9)
        week = np.repeat(mean, HOUR)
        rate = np.tile(week, WEEKS)[:, None] * rng.gamma(size, 1 / size, (7 * DAY * WEEKS, STREAMS_A_SERIES))
        columns.append(rng.poisson(rate))
    return np.hstack(columns).astype(float)


def with_ramp(
    quiet: Counts, times: float, hours: int, begin: NDArray[np.int64], rng: np.random.Generator
) -> Counts:
    """The same streams plus what the ramp adds; `begin` is each stream's first tick of it."""
    at = np.arange(quiet.shape[0])[:, None] - begin
    factor = np.clip((at + 1) / (hours * HOUR), 0, 1) * (times - 1)
    local = np.stack([np.convolve(one, np.ones(HOUR) / HOUR, "same") for one in quiet.T], axis=1)
    return quiet + rng.poisson(local * factor)


def ours(counts: Counts) -> Counts:
    tuning, out = Tuning(), np.zeros(counts.shape, np.float32)
    state, observed = new_streams(counts.shape[1], tuning), np.ones(counts.shape[1], bool)
    for at, row in enumerate(counts):
        hour, weekday = at // HOUR % 24, at // DAY % 7
        out[at] = tick(state, row, hour=hour, weekday=weekday, observed=observed, tuning=tuning).rise
    return out


def usual_of(counts: Counts) -> Counts:
    """Mean of each hour of the day over the four weeks before, held a week back: what CUSUM is given to know."""
    hourly = counts.reshape(-1, 24, HOUR, counts.shape[1]).mean(axis=2)
    days = np.stack([hourly[max(0, day - 28) : max(1, day)].mean(axis=0) for day in range(hourly.shape[0])])
    return np.repeat(days.reshape(-1, counts.shape[1]), HOUR, axis=0)


def cusum(counts: Counts) -> Counts:
    usual = np.maximum(usual_of(counts), 0.05)
    spread = np.maximum(((counts - usual) ** 2 / usual)[DAY:FROM].mean(axis=0), 1)
    gains = (counts * np.log(2.0) - usual) / spread
    out, total = np.zeros(counts.shape), np.zeros(counts.shape[1])
    for at, gain in enumerate(gains):
        total = np.maximum(total + gain, 0)
        out[at] = total
    return out


def _every_hour(scores: Counts, counts: Counts) -> Counts:
    """Scores of hours as scores of ticks: known at an hour's last tick."""
    out = np.full(counts.shape, -np.inf)
    out[HOUR - 1 :: HOUR] = scores
    return out


def ears(counts: Counts, guard: int) -> Counts:
    hours = counts.reshape(-1, HOUR, counts.shape[1]).sum(axis=1)
    sums = np.cumsum(np.vstack([np.zeros((1, counts.shape[1])), hours]), axis=0)
    a_day = np.zeros_like(hours)
    a_day[23:] = sums[24:] - sums[:-24]
    out = np.zeros_like(hours)
    for at in range(24 * (8 + guard), hours.shape[0]):
        before = a_day[[at - 24 * (guard + 1 + back) for back in range(7)]]
        out[at] = (a_day[at] - before.mean(axis=0)) / np.maximum(before.std(axis=0, ddof=1), 1)
    return out


def c3(counts: Counts) -> Counts:
    c2 = ears(counts, 2)
    out = np.maximum(c2 - 1, 0)
    for days in (1, 2):
        out[24 * days :] += np.maximum(c2[: -24 * days] - 1, 0)
    return out


def quasi_poisson(counts: Counts) -> Counts:
    hours = counts.reshape(-1, 24, HOUR, counts.shape[1]).sum(axis=2)
    out = np.zeros_like(hours)
    for day in range(14, hours.shape[0]):
        past = hours[max(0, day - 28) : day]
        mean = np.maximum(past.mean(axis=0), 0.1)
        spread = np.maximum(((past - mean) ** 2 / mean).sum(axis=0) / (past.shape[0] - 1), 1)
        wide = 2 / 3 * mean ** (-1 / 3) * np.sqrt(spread * mean * (1 + 1 / past.shape[0]))
        out[day] = (hours[day] ** (2 / 3) - mean ** (2 / 3)) / wide
    return out.reshape(-1, counts.shape[1])


METHODS: dict[str, Callable[[Counts], Counts]] = {
    "outcry watch": ours,
    "CUSUM for x2": cusum,
    "EARS C1": lambda counts: _every_hour(ears(counts, 0), counts),
    "EARS C2": lambda counts: _every_hour(ears(counts, 2), counts),
    "EARS C3": lambda counts: _every_hour(c3(counts), counts),
    "quasi-Poisson": lambda counts: _every_hour(quasi_poisson(counts), counts),
}


def false_alarms(scores: Counts, limit: float) -> int:
    """Episodes from the fifth week on: what follows within a day of an alarm is the same one."""
    total = 0
    for column in (scores[FROM:] >= limit).T:
        last = -DAY
        for at in np.nonzero(column)[0]:
            total += at - last >= DAY
            last = at if at - last >= DAY else last
    return total


def limit_for(scores: Counts) -> float:
    """The least limit at which quiet streams ring at most once in four stream-weeks."""
    allowed = scores.shape[1] * (scores.shape[0] - FROM) / (7 * DAY) / A_FALSE_ALARM_IN_WEEKS
    tops = np.unique(np.sort(scores[FROM:].ravel())[-20_000:])
    low, high = 0, tops.size - 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if false_alarms(scores, tops[middle]) <= allowed else (middle + 1, high)
    return float(tops[low])


def table(series: dict[str, tuple[list[datetime], Counts]]) -> None:
    rng = np.random.default_rng(7)
    quiet = background(series, rng)
    begin = BEGIN + rng.integers(0, 5 * DAY, quiet.shape[1])
    limits = {name: limit_for(method(quiet)) for name, method in METHODS.items()}
    print(
        f"\n{quiet.shape[1]} streams, hours until heard: median, and share heard within the ramp and a day after"
    )
    print("threshold of each method: one false alarm in four stream-weeks, on the same quiet streams")
    print(f"{'':14}" + "".join(f"{f'x{times:g} in {hours} h':>15}" for times in TIMES for hours in HOURS))
    rows: dict[str, str] = {name: f"{name:14}" for name in METHODS}
    for times in TIMES:
        for hours in HOURS:
            loud = with_ramp(quiet, times, hours, begin, rng)
            for name, method in METHODS.items():
                delay = _delays(method(loud), limits[name], begin)
                heard = delay <= (hours + 24) * HOUR
                middle = np.median(np.where(heard, delay, np.inf)) / HOUR
                rows[name] += (
                    f"{(f'{middle:.1f}' if np.isfinite(middle) else '-'):>8} {100 * heard.mean():4.0f} %"
                )
    print("\n".join(rows.values()), flush=True)


def _delays(scores: Counts, limit: float, begin: NDArray[np.int64]) -> Counts:
    """Ticks from each stream's begin to its first alarm; infinite without one."""
    out = np.full(scores.shape[1], np.inf)
    for stream, first in enumerate(begin):
        at = np.nonzero(scores[first:, stream] >= limit)[0]
        out[stream] = at[0] + 1 if at.size else np.inf
    return out
