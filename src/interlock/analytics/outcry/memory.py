"""Everything the watch remembers between two looks: streams, authors, who is not content, and the bars of those that rang."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from interlock.analytics.outcry import shares, voices
from interlock.analytics.outcry.streams import F32, StateError, Streams, from_bytes, grown, new_streams
from interlock.analytics.outcry.tuning import Tuning


@dataclass
class Memory:
    """For n streams; `authors` is one bit an author, `low` who is not content, bars what the next alarm must pass."""

    streams: Streams
    authors: NDArray[np.bool_]  # (n, 128)
    bar: F32  # (n,)
    low: shares.Shares
    low_bar: F32  # (n,)

    @property
    def size(self) -> int:
        return self.streams.size


def new_memory(count: int, tuning: Tuning) -> Memory:
    return Memory(
        new_streams(count, tuning),
        voices.new_rows(count),
        np.zeros(count, np.float32),
        shares.new_shares(count),
        np.zeros(count, np.float32),
    )


def with_room(memory: Memory, count: int, tuning: Tuning) -> Memory:
    """The same memory with rows for new streams up to `count`."""
    more = new_memory(max(count - memory.size, 0), tuning)
    return Memory(
        grown(memory.streams, count, tuning),
        np.vstack([memory.authors, more.authors]),
        np.concatenate([memory.bar, more.bar]),
        shares.joined(memory.low, more.low),
        np.concatenate([memory.low_bar, more.low_bar]),
    )


def kept(memory: Memory) -> bytes:
    """As one compressed file of numpy: what `remembered` reads back is equal."""
    out = io.BytesIO()
    np.savez_compressed(
        out,
        streams=np.frombuffer(memory.streams.to_bytes(), np.uint8),
        authors=voices.packed(memory.authors),
        bar=memory.bar,
        low_bar=memory.low_bar,
        **{one.name: getattr(memory.low, one.name) for one in fields(shares.Shares)},
    )
    return out.getvalue()


def remembered(content: bytes, tuning: Tuning) -> Memory:
    """Read a memory back.

    Raises:
        StateError: it is none, or of another shape.
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as read:
            streams = from_bytes(read["streams"].tobytes(), tuning)
            low = shares.Shares(**{one.name: read[one.name] for one in fields(shares.Shares)})
            memory = Memory(streams, voices.unpacked(read["authors"]), read["bar"], low, read["low_bar"])
    except StateError:
        raise
    except (KeyError, ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise StateError("These bytes are not a memory of the outcry watch; start it anew.") from error
    rows = (memory.bar, memory.low_bar, *(getattr(low, one.name) for one in fields(low)))
    if memory.authors.shape != (memory.size, voices.BITS) or any(one.shape != (memory.size,) for one in rows):
        raise StateError("The parts of this memory do not fit each other; start the outcry watch anew.")
    return memory


def put(memory: Memory, rows: NDArray[np.int64], part: Memory) -> None:
    """Let the streams of `part`, in its order, take these rows; changes `memory` in place."""
    for whole, own in ((memory.streams, part.streams), (memory.low, part.low)):
        for one in fields(whole):
            getattr(whole, one.name)[rows] = getattr(own, one.name)
    memory.authors[rows], memory.bar[rows], memory.low_bar[rows] = part.authors, part.bar, part.low_bar
