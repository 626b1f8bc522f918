"""A source that was heard alone for two days joins streams that others fill already: what is usual there then?

Its voices would be a leap of their level, and a false alarm. So what was learnt of the source alone, in each stream for
itself, is laid over what is known of the stream: counts add up, and every figure about how they scatter is the mean of
both by their counts. Where the newcomer is the larger part, the stream is about as young as the newcomer: it learns
quickly again, and says nothing by its longer windows until a week has passed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from interlock.analytics.outcry.streams import F32, Streams
from interlock.analytics.outcry.tuning import Tuning

_ADD_UP = ("mean", "recent", "limited", "awaited")
_BY_PART = (
    "spread", "beyond", "excess", "variance", "swell_beyond", "swell_excess", "fall_beyond", "fall_excess",
)  # fmt: skip


def join(streams: Streams, rows: NDArray[np.int64], newcomer: Streams, tuning: Tuning) -> None:
    """Let a newcomer be usual in these streams from now on; changes `streams` in place.

    Args:
        streams: n streams.
        rows: shape (k,), 0 to n - 1, each once: those that have heard something already.
        newcomer: k streams, what was heard of it alone in each, over the last days.
        tuning: of both.
    """
    offset = np.float32(tuning.offset)
    own, more = (np.maximum(np.exp(level) - offset, 0) for level in (streams.level[rows], newcomer.level))
    part = np.asarray(more / np.maximum(own + more, np.float32(1e-6)), np.float32)  # the newcomer's
    for table in ("hours", "days"):
        ours, theirs = (getattr(one, table).astype(np.float32) for one in (streams, newcomer))
        both = (1 - part)[:, None] * np.exp(ours[rows]) + part[:, None] * np.exp(theirs)
        getattr(streams, table)[rows] = np.log(both)
    streams.level[rows] = np.log(own + more + offset)
    for name in _ADD_UP:
        getattr(streams, name)[rows] += getattr(newcomer, name)
    for name in _BY_PART:
        ours, theirs = getattr(streams, name)[rows], getattr(newcomer, name)
        getattr(streams, name)[rows] = ours + _wide(part, ours) * (theirs - ours)
    age = streams.seen[rows] + part * (newcomer.seen - streams.seen[rows].astype(np.float32))
    streams.seen[rows] = np.minimum(streams.seen[rows], np.maximum(age, tuning.warm_up + 1)).astype(np.uint32)
    streams.quiet[rows] = np.minimum(streams.quiet[rows], newcomer.quiet)


def _wide(part: F32, like: F32) -> F32:
    return part.reshape(part.shape + (1,) * (like.ndim - 1))
