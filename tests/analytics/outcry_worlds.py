"""Simulated streams: quiet worlds in which nothing happens, and things that are no outcry."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from interlock.analytics.outcry.detector import Tick, hold, tick
from interlock.analytics.outcry.streams import new_streams
from interlock.analytics.outcry.tuning import Tuning

A_DAY = 288
MONDAY = datetime(2026, 3, 2)  # noqa: DTZ001 - local time of the stream
Counts = NDArray[np.float64]


def quiet_world(kind: str, streams: int, ticks: int, seed: int) -> Iterator[Counts]:
    """Counts of streams in which nothing is the matter: means from 0.02 to 100 a tick.

    `poisson` is even, `wandering` overdispersed with slow waves, days and weekends, `bursting` has rates with a
    Pareto tail of index 3.
    """
    rng = np.random.default_rng(seed)
    mean = np.exp(rng.uniform(np.log(0.02), np.log(100), streams))
    wave = np.zeros(streams)
    for at in range(ticks):
        daily = np.exp(0.7 * np.sin(2 * np.pi * at / A_DAY)) * (0.7 if (at // A_DAY) % 7 >= 5 else 1.1)
        if kind == "poisson":
            yield rng.poisson(mean).astype(float)
        elif kind == "bursting":
            yield rng.poisson(mean * daily * 2 * rng.pareto(3.0, streams)).astype(float)
        else:
            wave = 0.97 * wave + np.sqrt(1 - 0.97**2) * 0.4 * rng.standard_normal(streams)
            rate = mean * daily * np.exp(wave) * rng.gamma(1.5, 1 / 1.5, streams)
            yield rng.poisson(rate).astype(float)


def seen(world: Iterator[Counts], streams: int, tuning: Tuning | None = None) -> Iterator[Tick]:
    """What the detector says at each tick of a world that began on a Monday at midnight."""
    tuning = tuning or Tuning()
    state, observed = new_streams(streams, tuning), np.ones(streams, bool)
    for at, counts in enumerate(world):
        yield tick(
            state,
            counts,
            hour=at // 12 % 24,
            weekday=at // A_DAY % 7,
            observed=observed,
            tuning=tuning,
        )


def rings(ticks: Iterator[Tick], streams: int, limit: float) -> int:
    """How often streams ring at this limit, both directions, repeated alarms held off."""
    bars, tuning = np.zeros((2, streams), np.float32), Tuning()
    return sum(
        int(hold(bars[0], one.rise, limit, tuning).sum() + hold(bars[1], one.fall, limit, tuning).sum())
        for one in ticks
    )


def moments(ticks: int, start: datetime = MONDAY) -> list[datetime]:
    return [start + timedelta(minutes=5 * at) for at in range(ticks)]


def steady(days: int, seed: int, mean: float = 20.0) -> Counts:
    """One overdispersed stream with busy days, nights and weekends."""
    rng = np.random.default_rng(seed)
    at = np.arange(days * A_DAY)
    daily = np.exp(0.8 * np.sin(2 * np.pi * (at - 96) / A_DAY)) * np.where(at // A_DAY % 7 >= 5, 0.6, 1.0)
    return rng.poisson(mean * daily * rng.gamma(4, 0.25, at.size)).astype(float)
