"""The settings of the detector: one default for every stream, whatever it counts.

Chosen on five public series, each setting judged on the series it was not chosen on; see docs/methods.md#outcry
and benchmarks/outcry.py, which repeats the choice.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Tuning:
    """Spans are in ticks; a tick is the shortest time looked at (five minutes unless a file says otherwise)."""

    ticks_per_day: float = 288.0
    scales: tuple[int, ...] = (1, 12, 72, 288)  # five minutes, an hour, six hours, a day
    offset: float = 1.0  # added to counts before the logarithm, so that none and one lie a finite way apart
    memory: float = 2880.0  # ten days: how long the usual level remembers
    warm_up: float = 576.0  # two days: nothing is said about a stream that young
    usual_tail: float = 0.02  # share of ticks above the limit before anything was learnt
    tail_memory: float = 8000.0  # ticks over which that share is learnt
    tail_start: float = 2000.0  # ticks that the first assumption is worth
    excess_start: float = 100.0  # excesses that the assumed mean excess is worth
    excess_memory: float = 260.0  # excesses over which the mean excess is learnt
    season_days: float = 14.0  # days after which the hour of the day counts by half
    rest: float = 200.0  # ticks after which an alarm may be repeated at the same strength
    louder: float = 1.0  # until then it must be ten times less likely: powers of ten

    def __post_init__(self) -> None:
        if len(self.scales) < 3 or self.scales[0] != 1 or list(self.scales) != sorted(set(self.scales)):
            raise ValueError(f"scales must begin with 1 and rise, three at least; got {self.scales}")

    @cached_property
    def spans(self) -> NDArray[np.float32]:
        """The scales as an array, made once for all ticks."""
        return np.asarray(self.scales, np.float32)


def tuning_for(tick_minutes: float) -> Tuning:
    """Return the default for ticks of another length: the same spans of time, and at least some ticks of each.

    Args:
        tick_minutes: length of a tick, > 0; a day at most is sensible, longer ones work on their own scale.
    """
    a_day = 1440.0 / tick_minutes
    spans = sorted({max(1, round(a_day * part)) for part in (0.0, 1 / 24, 1 / 4, 1.0)})
    while len(spans) < 3:
        spans.append(spans[-1] * 3)
    return Tuning(
        ticks_per_day=a_day,
        scales=tuple(spans),
        memory=max(10 * a_day, 60.0),
        warm_up=max(2 * a_day, 30.0),
        rest=max(200 / 288 * a_day, 6.0),
    )
