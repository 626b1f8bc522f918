"""Which theme does a text belong to?

A model holds micro-clusters: centres in the space of one encoder that never move once they are made. A theme is a set
of them, a group a set of themes. Because only these sets change when the model is fitted again or a person edits it,
a theme can keep its identity while data grows, and what changed can be said.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, fields
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from interlock.analytics.themes.errors import ModelError

_MARK = b"interlock themes 1\n"
# Rows compared at once: 16 MB of similarities at 4,000 micro-clusters.
_BLOCK = 1024
_FEW = 4


@dataclass(frozen=True)
class ThemeModel:
    """Micro-clusters are the permanent unit: their ids never change meaning."""

    encoder: str
    """Encoder.version whose vectors these are."""
    centres: NDArray[np.float32]
    """(m, d), unit rows."""
    micro_ids: tuple[str, ...]
    """(m,) UUID texts."""
    weight: NDArray[np.float64]
    """(m,) voices, >= 0."""
    reach: NDArray[np.float32]
    """(m,) similarity below which a text does not belong: a low quantile of the own members'."""
    theme: NDArray[np.int32]
    """(m,) index into theme_ids."""
    theme_ids: tuple[str, ...]
    """(k,) UUID texts."""
    group: NDArray[np.int32]
    """(k,) index into group_ids: the upper of the two levels."""
    group_ids: tuple[str, ...]


@dataclass(frozen=True)
class Assigned:
    """Where n texts belong."""

    micro: NDArray[np.int32]
    """(n,) nearest micro-cluster; -1 for a text without any vector."""
    theme: NDArray[np.int32]
    """(n,) its theme; -1 = none."""
    similarity: NDArray[np.float32]
    """(n,) cosine to the centre, -1 to 1; below model.reach[micro] the text is unlike what was known."""


def assign(model: ThemeModel, vectors: NDArray[np.float32]) -> Assigned:
    """Return the nearest micro-cluster of each text, and its theme.

    Every text with a vector gets a theme, also a far one: who wants only near ones compares with model.reach.

    Args:
        vectors: shape (n, d), unit rows from the model's encoder; a row of zeros has no theme.

    Raises:
        ModelError: the vectors have another dimension.
    """
    if vectors.ndim != 2 or vectors.shape[1] != model.centres.shape[1]:
        raise ModelError(f"The model compares {model.centres.shape[1]} numbers a text, got {vectors.shape}.")
    micro = np.full(len(vectors), -1, dtype=np.int32)
    similarity = np.zeros(len(vectors), dtype=np.float32)
    if len(model.centres):
        for start in range(0, len(vectors), _BLOCK):
            near = likeness(vectors[start : start + _BLOCK], model.centres)
            best = near.argmax(axis=1)
            micro[start : start + _BLOCK] = best
            similarity[start : start + _BLOCK] = near[np.arange(len(near)), best]
    micro[~vectors.any(axis=1)] = -1
    theme = np.where(micro >= 0, model.theme[micro] if len(model.theme) else -1, -1).astype(np.int32)
    return Assigned(micro, theme, similarity)


def likeness(vectors: NDArray[np.float32], centres: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the cosines of unit rows; shapes (n, d), (m, d) to (n, m)."""
    # For one: .3 ms on a busy machine, where waking the threads of a matrix product took 9.
    if len(vectors) <= _FEW:
        one: NDArray[np.float32] = np.einsum("md,nd->nm", centres, vectors)
        return one
    many: NDArray[np.float32] = vectors @ centres.T
    return many


def voices_of(model: ThemeModel) -> NDArray[np.float64]:
    """Return the voices of each theme, shape (k,)."""
    return np.bincount(model.theme, model.weight, minlength=len(model.theme_ids))


def to_bytes(model: ThemeModel) -> bytes:
    """Return a file: a mark, the hash of the rest, and the arrays without any code in them."""
    held = io.BytesIO()
    arrays: dict[str, Any] = {field.name: np.asarray(getattr(model, field.name)) for field in fields(model)}
    np.savez(held, **arrays)
    content = held.getvalue()
    return _MARK + sha256(content).digest() + content


def from_bytes(stored: bytes) -> ThemeModel:
    """Return the model of a file.

    Raises:
        ModelError: it is not a file of themes, or it was changed.
    """
    content = stored[len(_MARK) + 32 :]
    if not stored.startswith(_MARK):
        raise ModelError("This is not a file of themes. Fit the themes again.")
    if sha256(content).digest() != stored[len(_MARK) : len(_MARK) + 32]:
        raise ModelError("The file of themes was damaged. Fit the themes again, or restore it from a backup.")
    with np.load(io.BytesIO(content), allow_pickle=False) as held:
        arrays = {name: held[name] for name in held.files}
    return ThemeModel(
        encoder=str(arrays["encoder"]),
        centres=arrays["centres"],
        micro_ids=tuple(arrays["micro_ids"].tolist()),
        weight=arrays["weight"],
        reach=arrays["reach"],
        theme=arrays["theme"],
        theme_ids=tuple(arrays["theme_ids"].tolist()),
        group=arrays["group"],
        group_ids=tuple(arrays["group_ids"].tolist()),
    )
