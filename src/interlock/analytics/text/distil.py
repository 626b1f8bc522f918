"""Make weights/static.npz: a vector for each word piece, distilled from MiniLM.

Run it with `./do shell -m interlock.analytics.text.distil`; it prints the hash that encoders.py expects. Every piece
is read alone by the teacher, the vectors are centred and turned to their 256 main directions, and each is
weighted down by how frequent its piece is. The vocabulary stands in order of frequency, so Zipf's law gives that.

Sources: Tulkens, van Dongen, "Model2Vec", 2024; Arora, Liang, Ma, "A simple but tough-to-beat baseline for
sentence embeddings", ICLR 2017, for the weights.
"""

from __future__ import annotations

from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from interlock.analytics.text.encoders import STATIC, minilm
from interlock.analytics.text.wordpieces import END, START, VOCABULARY

DIMENSION = 256
# Arora's a, as Model2Vec sets it.
_RARITY = 1e-4
_BATCH = 512


def distil() -> bytes:
    """Write the file and return its content: int8 table (30522, 256) and a scale for each row."""
    words = VOCABULARY.read_text().rstrip("\n").split("\n")
    vectors = _alone(len(words))
    read = np.array([not (word.startswith("[") and word.endswith("]")) for word in words])
    vectors -= vectors[read].mean(axis=0)
    _, _, directions = np.linalg.svd(vectors[read], full_matrices=False)
    table = vectors @ directions[:DIMENSION].T
    table[~read] = 0.0
    shares = 1.0 / np.arange(1, len(words) + 1)
    shares /= shares.sum()
    table *= (_RARITY / (_RARITY + shares))[:, None]
    scale = np.maximum(np.abs(table).max(axis=1), 1e-9) / 127
    np.savez_compressed(
        STATIC, table=np.round(table / scale[:, None]).astype(np.int8), scale=scale.astype(np.float32)
    )
    return STATIC.read_bytes()


def _alone(count: int) -> NDArray[np.float64]:
    teacher, rows = minilm(), []
    for start in range(0, count, _BATCH):
        middle = np.arange(start, min(start + _BATCH, count))
        ids = np.stack([np.full_like(middle, START), middle, np.full_like(middle, END)], axis=1)
        rows.append(teacher.sums(ids, np.ones_like(ids)) / 3)
    return np.concatenate(rows).astype(np.float64)


if __name__ == "__main__":
    print(sha256(distil()).hexdigest())  # noqa: T201 - a script's answer
