"""What the detector remembers of every stream: a fixed number of bytes, however many events went by.

One array a quantity, one row a stream, so that a tick of all streams is a handful of array operations.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from interlock.analytics.outcry.tuning import Tuning

HOURS, DAYS = 24, 7
ASSUMED_EXCESS = np.float32(0.6)  # of a stream without any event; replaced by its first
F32 = NDArray[np.float32]
ASSUMED_DEVIATION = np.float32(0.35)  # of a window's log ratio
NORMAL_EXCESS = np.float32(0.45)  # mean excess of a normal value above two deviations, a fifth added


class StateError(ValueError):
    """Bytes that are not a state of the detector, or one of another shape."""


@dataclass
class Streams:
    """State of n streams over k scales. `seen` ticks; levels and limits on the scale of logarithms of counts."""

    seen: NDArray[np.uint32]  # (n,) ticks observed; 0 before the first count
    quiet: NDArray[np.uint16]  # (n,) ticks without an event up to now
    level: F32  # (n,) usual log count of a tick
    mean: F32  # (n,) mean count of a tick, which bursts raise as they do not raise the level
    spread: F32  # (n,) variance over mean of a tick's count, >= 1
    recent: F32  # (n, k) mean count a tick over each scale
    limited: F32  # (n, k - 1) as recent, over each longer window, which one loud tick does not fill
    awaited: F32  # (n, k - 1) usual count a tick over each longer window, as it was expected then
    beyond: F32  # (n, 3) share of ticks in which a window of a burst is above its limit
    excess: F32  # (n, 3) mean excess above it
    variance: F32  # (n, k - 1) of the log ratio of each window of a swell
    swell_beyond: F32  # (n, k - 1) as for bursts, in deviations
    swell_excess: F32  # (n, k - 1)
    fall_beyond: F32  # (n,) the same for falls, on the second scale
    fall_excess: F32  # (n,)
    rise_bar: F32  # (n,) what the next alarm must pass, powers of ten
    fall_bar: F32  # (n,)
    hours: NDArray[np.float16]  # (n, 24) log factor of the hour of the day
    days: NDArray[np.float16]  # (n, 7) log factor of the day of the week

    @property
    def size(self) -> int:
        return int(self.seen.size)

    @property
    def bytes_a_stream(self) -> int:
        return sum(getattr(self, one.name)[:1].nbytes for one in fields(self))

    def to_bytes(self) -> bytes:
        """The whole state as one file of numpy; what `from_bytes` reads back is equal."""
        out = io.BytesIO()
        np.savez(out, **{one.name: getattr(self, one.name) for one in fields(self)})
        return out.getvalue()


def new_streams(count: int, tuning: Tuning) -> Streams:
    """Return `count` streams that have seen nothing."""
    scales = len(tuning.scales)

    def zeros(*shape: int) -> F32:
        return np.zeros((count, *shape), np.float32)

    return Streams(
        seen=np.zeros(count, np.uint32),
        quiet=np.zeros(count, np.uint16),
        level=zeros(),
        mean=zeros(),
        spread=zeros() + 1,
        recent=zeros(scales),
        limited=zeros(scales - 1),
        awaited=zeros(scales - 1),
        beyond=zeros(3) + np.float32(tuning.usual_tail),
        excess=zeros(3) + ASSUMED_EXCESS,
        variance=zeros(scales - 1) + ASSUMED_DEVIATION**2,
        swell_beyond=zeros(scales - 1) + np.float32(tuning.usual_tail),
        swell_excess=zeros(scales - 1) + NORMAL_EXCESS,
        fall_beyond=zeros() + np.float32(tuning.usual_tail),
        fall_excess=zeros() + ASSUMED_EXCESS,
        rise_bar=zeros(),
        fall_bar=zeros(),
        hours=np.zeros((count, HOURS), np.float16),
        days=np.zeros((count, DAYS), np.float16),
    )


def grown(streams: Streams, count: int, tuning: Tuning) -> Streams:
    """The same streams, followed by new ones up to `count`."""
    if count <= streams.size:
        return streams
    new = new_streams(count - streams.size, tuning)
    return Streams(
        **{
            one.name: np.concatenate([getattr(streams, one.name), getattr(new, one.name)])
            for one in fields(Streams)
        }
    )


def from_bytes(content: bytes, tuning: Tuning) -> Streams:
    """Read a state back.

    Raises:
        StateError: not a state, or one with other scales.
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as kept:
            read = Streams(**{one.name: kept[one.name] for one in fields(Streams)})
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise StateError("These bytes are not a state of the outcry watch; start it anew.") from error
    model = new_streams(read.size, tuning)
    for one in fields(Streams):
        here, wanted = getattr(read, one.name), getattr(model, one.name)
        if here.shape != wanted.shape or here.dtype != wanted.dtype:
            raise StateError(f"The state keeps {one.name} in another shape; start the outcry watch anew.")
    return read
