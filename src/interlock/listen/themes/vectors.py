"""Vectors of signals and centres of clusters, as they lie in the database.

A signal's vector takes one byte a number beside one common scale: 260 bytes instead of 1,024 for 256 numbers, and
the likeness of two changes by less than 0.01. Centres keep their float32.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
BLOCK = 4_096
_SCALE = np.dtype("<f4")


def packed(vectors: Vectors) -> list[bytes]:
    """Pack vectors, shape (n, d), each into 4 + d bytes."""
    scales = (np.abs(vectors).max(axis=1, initial=0) / 127).astype(_SCALE)
    steps = np.rint(vectors / np.where(scales > 0, scales, 1)[:, None]).astype(np.int8)
    return [scale.tobytes() + row.tobytes() for scale, row in zip(scales, steps, strict=True)]


def unpacked(rows: Sequence[bytes]) -> Vectors:
    """The vectors of packed rows, shape (n, d)."""
    if not rows:
        return np.empty((0, 0), np.float32)
    together = np.frombuffer(b"".join(bytes(row) for row in rows), np.int8).reshape(len(rows), -1)
    scales = np.ascontiguousarray(together[:, :4]).view(_SCALE)
    return together[:, 4:].astype(np.float32) * scales


def likeness_to(vector: Vectors, rows: Sequence[bytes]) -> Vectors:
    """The cosine of one unit vector, shape (d,), and each packed row, shape (n,); a block at a time, to spare memory."""
    found = [_likeness(vector, rows[start : start + BLOCK]) for start in range(0, len(rows), BLOCK)]
    return np.concatenate(found) if found else np.empty(0, np.float32)


def _likeness(vector: Vectors, rows: Sequence[bytes]) -> Vectors:
    """Scaled after the product: one multiplication a row, not one a number."""
    together = np.frombuffer(b"".join(rows), np.int8).reshape(len(rows), -1)
    scales = np.ascontiguousarray(together[:, :4]).view(_SCALE)[:, 0]
    return np.asarray(np.einsum("nd,d->n", together[:, 4:].astype(np.float32), vector) * scales, np.float32)


def centre_bytes(centre: Vectors) -> bytes:
    """One centre, shape (d,), as float32."""
    return centre.astype("<f4").tobytes()


def centres_of(rows: Iterable[bytes]) -> Vectors:
    """Centres, shape (m, d)."""
    found = list(rows)
    if not found:
        return np.empty((0, 0), np.float32)
    # One array over all bytes: making 3,500 arrays and stacking them took twelve times as long.
    return np.frombuffer(b"".join(found), "<f4").reshape(len(found), -1)


def unit(vectors: Vectors) -> Vectors:
    """The same directions with length 1; what has no direction stays zero."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1), dtype=np.float32)
