"""What was loud in a stream of the past around a moment, so that streams that rang for one event are told as one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache

import numpy as np
from numpy.typing import NDArray

from interlock.analytics.outcry.events import WITHIN_TICKS, Loud
from interlock.listen.models import StreamKind
from interlock.listen.outcry import joining
from interlock.listen.outcry.counting import TICK, StreamKey

EARLIER = joining.EARLIER // TICK  # ticks
USUAL_TICKS = 14 * 288
SAMPLED = 500  # signals that tell what is said usually


def heard(
    start: datetime,
    streams: list[StreamKey],
    at: NDArray[np.int32],
    stream: NDArray[np.int32],
    person: NDArray[np.int64],
    signal: NDArray[np.int64],
) -> Callable[[int, datetime], Loud]:
    """Return a function of stream and moment: what was loud from an hour before to six hours after it.

    Args:
        start: of the past.
        streams: their keys.
        at: tick of each voice, shape (v,), in their order; beside it stream, person and signal.
    """
    order = np.argsort(stream, kind="stable")
    ends = np.searchsorted(stream[order], np.arange(len(streams) + 1))
    newest_first = signal[np.linspace(len(signal) - 1, 0, min(SAMPLED, len(signal))).astype(int)].tolist()
    usually = joining.usually_said(newest_first) if len(signal) else None

    @cache
    def loud(number: int, moment: datetime) -> Loud:
        own = order[ends[number] : ends[number + 1]]
        rang = int((moment - start) / TICK)
        first, until = rang - EARLIER, rang + WITHIN_TICKS
        since, begin, end = np.searchsorted(at[own], [first - USUAL_TICKS, first, until])
        here = own[begin:end]
        read = signal[here[-joining.MOST_VECTORS :]].tolist()
        return Loud(
            at=rang,
            is_theme=streams[number][0] == StreamKind.THEME,
            rows=frozenset(person[here].tolist()),
            usual=float(begin - since) / USUAL_TICKS * (until - first),
            centre=joining.centre(read, usually) if usually else None,
        )

    return loud
