"""How many people, not how many posts: distinct authors of a stream, in sixteen bytes.

Each author sets one bit of a stream's row, chosen by hash. A post counts as a voice only when it sets a new bit, and
then for as many as that bit stands for: one over the share of bits still free. So somebody who posts fifty times is
one voice, and the sum stays right on average when many authors share bits (Ting, "Streamed approximate counting of
distinct elements", KDD 2014). The row is cleared after a day, or sooner when three quarters full.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BITS = 128
FULL = 96
UNKNOWN = 0  # author of whom nothing is known: every post is its own voice


def new_rows(streams: int) -> NDArray[np.bool_]:
    """Return empty rows, shape (streams, 128); `packed` makes 16 bytes of each for keeping."""
    return np.zeros((streams, BITS), np.bool_)


def packed(rows: NDArray[np.bool_]) -> NDArray[np.uint8]:
    return np.packbits(rows, axis=1)


def unpacked(content: NDArray[np.uint8]) -> NDArray[np.bool_]:
    return np.unpackbits(content, axis=1).astype(np.bool_)


def count_voices(
    rows: NDArray[np.bool_], stream: NDArray[np.int64], author: NDArray[np.uint64]
) -> NDArray[np.float64]:
    """Return the voices of one tick by stream, and remember their authors in `rows`.

    Args:
        rows: shape (n, 128), changed in place.
        stream: shape (e,), which stream each post belongs to, 0 to n - 1.
        author: shape (e,), a hash of who wrote it, evenly spread; 0 where nobody knows.

    Returns:
        Shape (n,), >= 0.
    """
    voices = np.zeros(rows.shape[0])
    known = author != UNKNOWN
    np.add.at(voices, stream[~known], 1.0)
    bit = (author[known] % np.uint64(BITS)).astype(np.int64)
    pairs = np.unique(stream[known] * BITS + bit)  # two authors on one bit within a tick count once: too few
    of, at = pairs // BITS, pairs % BITS
    fresh = ~rows[of, at]
    free = BITS - rows.sum(axis=1)
    set_now = np.bincount(of[fresh], minlength=rows.shape[0])
    # Setting k of f free bits stands for about 128 * ln(f / (f - k)) authors.
    voices += BITS * np.log(free / np.maximum(free - set_now, 0.5))
    rows[of[fresh], at[fresh]] = True
    rows[rows.sum(axis=1) >= FULL] = False
    return voices


def first_words(
    rows: NDArray[np.bool_], stream: NDArray[np.int64], author: NDArray[np.uint64]
) -> NDArray[np.bool_]:
    """Return which posts of a tick are the first of their author in their stream; ask before `count_voices`.

    Args:
        rows: shape (n, 128), not changed.
        stream: shape (e,), 0 to n - 1.
        author: shape (e,); every post of an unknown one is a first.

    Returns:
        Shape (e,). An author whose bit another has set is missed, which leaves shares as they are.
    """
    bit = (author % np.uint64(BITS)).astype(np.int64)
    first = np.zeros(stream.shape, np.bool_)
    first[np.unique(stream * BITS + bit, return_index=True)[1]] = True
    return np.asarray((first & ~rows[stream, bit]) | (author == UNKNOWN), np.bool_)
