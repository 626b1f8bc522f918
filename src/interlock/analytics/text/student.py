"""What would MiniLM say about a million texts, without asking it a million times?

MiniLM reads a few thousand texts of the corpus; a ridge regression from their word pieces, pairs of neighbouring
pieces and static vectors learns its vectors, and reads the rest a hundred times faster. Where much of the corpus is
in a language that MiniLM does not know, the corpus's own structure (latent semantic analysis of the same
pieces) stands beside it in the vector, with the weight that the other languages have. Where English is spoken beside them,
the student also learns how much of this each text needs.

Sources: Hinton, Vinyals, Dean, "Distilling the knowledge in a neural network", 2015; Saunders, Gammerman, Vovk,
"Ridge regression learning algorithm in dual variables", ICML 1998; Deerwester et al., "Indexing by latent semantic
analysis", JASIS 41, 1990; Halko, Martinsson, Tropp, SIAM Review 53, 2011, for the randomized decomposition.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np
import scipy.linalg
import scipy.sparse
from numpy.typing import NDArray

from interlock.analytics.text.encoders import MiniLM, Static, unit_rows
from interlock.analytics.text.errors import WeightsError
from interlock.analytics.text.wordpieces import Pieces, WordPieces

# As many texts as MiniLM reads in half a minute of one core; with them themes of banking77 are as good as MiniLM's own.
LESSONS = 5_000
# Held-out likeness to MiniLM was highest here (cosine .927 on banking77, flat from .1 to 1), no label was used.
_RIDGE, _STATIC_WEIGHT = 0.3, 2.0
_OWN_DIMENSIONS = 128
_PIECES, _SLOTS = 32_768, 1 << 18
_BLOCK = 8_192
_MARK = b"interlock student 1\n"

OwnShare = float | NDArray[np.float32]


@dataclass(frozen=True)
class Student:
    """An encoder learnt on one corpus; MiniLM's 384 numbers, then the corpus's own 128 where they are needed."""

    pieces: WordPieces
    base: Static
    slot: NDArray[np.int32]
    """(2^18,) hashed piece or pair -> its row, -1 for one that the lessons did not hold."""
    rarity: NDArray[np.float32]
    """(f,) inverse document frequency."""
    table: NDArray[np.float32]
    """(f, 384 + own) what each piece or pair adds."""
    turn: NDArray[np.float32]
    """(256, 384) static vector -> MiniLM's."""
    middle: NDArray[np.float32]
    """(384,) mean of the lessons; in mixed languages (385,), the last for the own share of each text."""
    own_share: float
    """0 to 1: how much of the likeness comes from the corpus's own structure; in mixed languages at most."""
    name = "student"

    @property
    def version(self) -> str:
        """Return a hash of what was learnt."""
        learnt = sha256(self.base.version.encode())
        for part in (self.rarity, self.table, self.turn, self.middle):
            learnt.update(np.ascontiguousarray(part).tobytes())
        return f"student-{learnt.hexdigest()[:12]}"

    @property
    def dimension(self) -> int:
        """Return 384, or 512 with the corpus's own structure."""
        return int(self.table.shape[1]) - len(self.middle) + MiniLM.dimension

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return shape (n, dimension); see Encoder."""
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        for start in range(0, len(texts), _BLOCK):
            cut = self.pieces.cut(texts[start : start + _BLOCK])
            vectors[start : start + _BLOCK] = self._vectors(cut)
        return vectors

    def _vectors(self, cut: Pieces) -> NDArray[np.float32]:
        likeness = np.asarray(_features(cut, self.slot, self.rarity) @ self.table)
        size = len(self.middle)
        taught = likeness[:, :size] + self.base.encode_pieces(cut) @ self.turn + self.middle
        share = (
            np.clip(taught[:, MiniLM.dimension :], 0, self.own_share)
            if size > MiniLM.dimension
            else self.own_share
        )
        vectors = _joined(taught[:, : MiniLM.dimension], likeness[:, size:], share)
        vectors[np.diff(cut.starts) == 0] = 0.0
        return vectors


def learn(texts: Sequence[str], teacher: MiniLM, base: Static, *, own_share: OwnShare, seed: int) -> Student:
    """Return a student of this corpus.

    Args:
        texts: n >= 1 different texts; at most 5,000 of them, drawn by the seed, are read by the teacher.
        teacher: who is imitated.
        base: vectors of single pieces, for words that the lessons do not hold.
        own_share: 0 to 1, how much of the likeness comes from the corpus itself, because the teacher cannot read it; 0
            leaves its own structure out. One for all texts, or shape (n,) where some can be read and others cannot.
        seed: the same seed and texts give the same student.
    """
    rng = np.random.default_rng(seed)
    texts, own_share = _lessons(texts, own_share, rng)
    taught = teacher.encode(texts)
    if isinstance(own_share, np.ndarray):
        taught = np.column_stack([taught, own_share])
    cut = base.pieces.cut(texts)
    slot, rarity = _vocabulary(cut)
    features = _features(cut, slot, rarity)
    static_part = base.encode_pieces(cut)
    middle = taught.mean(axis=0)
    likeness = (features @ features.T).toarray() + _STATIC_WEIGHT * (static_part @ static_part.T)
    likeness[np.diag_indices(len(texts))] += _RIDGE
    answers = scipy.linalg.solve(likeness, taught - middle, assume_a="pos", overwrite_a=True)
    answers = answers.astype(np.float32)
    columns = [np.asarray(features.T @ answers)]
    if np.max(own_share) > 0:
        columns.append(_own_directions(_needing(features, own_share), rng))
    return Student(
        pieces=base.pieces,
        base=base,
        slot=slot,
        rarity=rarity,
        # Half precision moves no cosine by more than .001 and halves the file.
        table=np.hstack(columns).astype(np.float16).astype(np.float32),
        turn=_STATIC_WEIGHT * static_part.T @ answers,
        middle=middle,
        own_share=float(np.max(own_share)),
    )


def _lessons(
    texts: Sequence[str], own_share: OwnShare, rng: np.random.Generator
) -> tuple[Sequence[str], OwnShare]:
    if len(texts) <= LESSONS:
        return texts, own_share
    drawn = np.sort(rng.choice(len(texts), LESSONS, replace=False))
    share = own_share[drawn] if isinstance(own_share, np.ndarray) else own_share
    return [texts[place] for place in drawn], share


def _needing(features: Any, own_share: OwnShare) -> Any:
    """Return the features by need: where some texts are English, they would take most of the directions."""
    return scipy.sparse.diags_array(own_share) @ features if isinstance(own_share, np.ndarray) else features


def student_to_bytes(student: Student) -> bytes:
    """Return a file: a mark, the hash of the rest, and the arrays without any code in them."""
    held = io.BytesIO()
    arrays: dict[str, Any] = {
        "slot": student.slot,
        "rarity": student.rarity,
        "table": student.table.astype(np.float16),
        "turn": student.turn,
        "middle": student.middle,
        "own_share": np.float64(student.own_share),
    }
    np.savez(held, **arrays)
    content = held.getvalue()
    return _MARK + sha256(content).digest() + content


def student_from_bytes(stored: bytes, base: Static) -> Student:
    """Return the student of a file.

    Raises:
        WeightsError: it is not such a file, or it was changed.
    """
    content = stored[len(_MARK) + 32 :]
    if not stored.startswith(_MARK) or sha256(content).digest() != stored[len(_MARK) : len(_MARK) + 32]:
        raise WeightsError(
            "The learnt encoder was damaged. Fit the themes again, or restore it from a backup."
        )
    with np.load(io.BytesIO(content), allow_pickle=False) as held:
        return Student(
            pieces=base.pieces,
            base=base,
            slot=held["slot"],
            rarity=held["rarity"],
            table=held["table"].astype(np.float32),
            turn=held["turn"],
            middle=held["middle"],
            own_share=float(held["own_share"]),
        )


def _joined(
    taught: NDArray[np.float32], own: NDArray[np.float32], own_share: OwnShare
) -> NDArray[np.float32]:
    """Return unit rows whose cosine is the weighted mean of two cosines."""
    if not own.shape[1]:
        return unit_rows(taught)
    parts = [np.sqrt(1 - own_share) * unit_rows(taught), np.sqrt(own_share) * unit_rows(own)]
    return unit_rows(np.hstack(parts).astype(np.float32))


def _grams(cut: Pieces) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the text and the hash of every piece and of every pair of neighbours."""
    pieces = cut.ids.astype(np.int64)
    text = np.repeat(np.arange(len(cut)), np.diff(cut.starts))
    paired = text[:-1] == text[1:]
    pairs = (pieces[:-1] * 1_000_003 + pieces[1:] * 31) % (_SLOTS - _PIECES) + _PIECES
    return np.concatenate([text, text[:-1][paired]]), np.concatenate([pieces, pairs[paired]])


def _vocabulary(cut: Pieces) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return the row of each hash that the texts hold, and its inverse document frequency."""
    text, gram = _grams(cut)
    seen = np.unique(gram * len(cut) + text) // max(len(cut), 1)
    known, frequency = np.unique(seen, return_counts=True)
    slot = np.full(_SLOTS, -1, dtype=np.int32)
    slot[known] = np.arange(len(known))
    return slot, (np.log((len(cut) + 1) / (frequency + 1)) + 1).astype(np.float32)


def _features(cut: Pieces, slot: NDArray[np.int32], rarity: NDArray[np.float32]) -> Any:
    """Return (n, f) sparse unit rows: sublinear counts times rarity."""
    text, gram = _grams(cut)
    row = slot[gram]
    known = row >= 0
    counted = scipy.sparse.csr_array(
        (np.ones(known.sum(), dtype=np.float32), (text[known], row[known])), shape=(len(cut), len(rarity))
    )
    counted.sum_duplicates()
    counted.data = (1 + np.log(counted.data)) * rarity[counted.indices]
    length = np.sqrt(np.add.reduceat(np.append(counted.data**2, 0), counted.indptr[:-1]))
    counted.data /= np.repeat(np.maximum(length, 1e-9), np.diff(counted.indptr)).astype(np.float32)
    return counted


def _own_directions(features: Any, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return the main directions of the features, (f, <= 128), by a randomized range finder with two power rounds."""
    width = min(_OWN_DIMENSIONS, *features.shape)
    drawn = rng.normal(size=(features.shape[0], width + 16)).astype(np.float32)
    for _ in range(2):
        drawn, _ = np.linalg.qr(features @ (features.T @ drawn))
    _, _, directions = np.linalg.svd(np.asarray(features.T @ drawn).T, full_matrices=False)
    return np.ascontiguousarray(directions[:width].T).astype(np.float32)
