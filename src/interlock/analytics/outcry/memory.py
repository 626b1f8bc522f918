"""Everything the watch remembers between two looks: streams, authors, new people, and the bars of those that rang."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from interlock.analytics.outcry import voices
from interlock.analytics.outcry.streams import F32, StateError, Streams, from_bytes, grown, new_streams
from interlock.analytics.outcry.tuning import Tuning


@dataclass
class Memory:
    """For n streams; `authors` is one bit an author, `bar` what the next alarm must pass."""

    streams: Streams
    authors: NDArray[np.bool_]  # (n, 128)
    bar: F32  # (n,)

    @property
    def size(self) -> int:
        return self.streams.size


def new_memory(count: int, tuning: Tuning) -> Memory:
    return Memory(new_streams(count, tuning), voices.new_rows(count), np.zeros(count, np.float32))


def with_room(memory: Memory, count: int, tuning: Tuning) -> Memory:
    """The same memory with rows for new streams up to `count`."""
    more = max(count - memory.size, 0)
    return Memory(
        grown(memory.streams, count, tuning),
        np.vstack([memory.authors, voices.new_rows(more)]),
        np.concatenate([memory.bar, np.zeros(more, np.float32)]),
    )


def kept(memory: Memory) -> bytes:
    """As one compressed file of numpy: what `remembered` reads back is equal."""
    out = io.BytesIO()
    np.savez_compressed(
        out,
        streams=np.frombuffer(memory.streams.to_bytes(), np.uint8),
        authors=voices.packed(memory.authors),
        bar=memory.bar,
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
            memory = Memory(streams, voices.unpacked(read["authors"]), read["bar"])
    except StateError:
        raise
    except (KeyError, ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise StateError("These bytes are not a memory of the outcry watch; start it anew.") from error
    if memory.authors.shape != (memory.size, voices.BITS) or memory.bar.shape != (memory.size,):
        raise StateError("The parts of this memory do not fit each other; start the outcry watch anew.")
    return memory
