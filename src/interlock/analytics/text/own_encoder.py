"""An encoder that whoever runs this machine put into a folder: an ONNX model and the vocabulary of its tokenizer.

The folder is laid out as sentence encoders are published: `model.onnx` (or `onnx/model.onnx`), and `tokenizer.json` of the
kinds WordPiece or Unigram, or `vocab.txt` of an uncased BERT. `1_Pooling/config.json` says whether the first piece or the
mean of all speaks for a text; without it the mean does. `prompt.txt` stands before each text where a model wants that
("query: " of the E5 models). Nothing is loaded from anywhere else, and no code of the folder is run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from interlock.analytics.text.encoders import BATCH, LONGEST, Marks, each_once, framed, session_of, unit_rows
from interlock.analytics.text.errors import WeightsError
from interlock.analytics.text.unigram import Unigram
from interlock.analytics.text.wordpieces import Pieces, WordPieces

PREFIX = "own-"
MODELS = ("model.onnx", "onnx/model.onnx")
TOKENIZERS = ("tokenizer.json", "vocab.txt")
_POOLING = "1_Pooling/config.json"
_PROMPT = "prompt.txt"
# What the vectors depend on. Large weights may lie beside the model.
_HASHED = (*MODELS, *(f"{name}_data" for name in MODELS), *(f"{name}.data" for name in MODELS))
_HASHED += (*TOKENIZERS, _POOLING, _PROMPT)
_INPUTS = {"input_ids", "attention_mask", "token_type_ids"}
# Fewer numbers cannot tell subjects apart; more would take megabytes a thousand signals.
_LEAST, _MOST = 16, 4_096
_PROBES = ("The parcel came two weeks late.", "Where can I change my password?")
# Names of the marks in the two families of vocabularies.
_STARTS, _ENDS, _PADDINGS, _UNKNOWNS = (
    ("[CLS]", "<s>"),
    ("[SEP]", "</s>"),
    ("[PAD]", "<pad>"),
    ("[UNK]", "<unk>"),
)


class Cutter(Protocol):
    """Cuts texts into pieces of a vocabulary."""

    def cut(self, texts: Sequence[str]) -> Pieces:
        """Return the pieces of each text, without marks for start and end."""


@dataclass(frozen=True)
class OwnEncoder:
    """A model of a folder."""

    session: Any
    pieces: Cutter
    marks: Marks
    version: str
    dimension: int
    by_first: bool
    prompt: str
    name = "own"

    @each_once
    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return shape (n, dimension); see Encoder."""
        said = [bool(text.strip()) for text in texts]
        cut = self.pieces.cut(
            [self.prompt + text if own else "" for text, own in zip(texts, said, strict=True)]
        )
        lengths = np.minimum(np.diff(cut.starts), LONGEST - 2)
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        order = np.argsort(lengths, kind="stable")
        order = order[lengths[order] > 0]
        for start in range(0, len(order), BATCH):
            places = order[start : start + BATCH]
            ids, mask = framed(cut, places, lengths[places], self.marks)
            vectors[places] = pooled(_last(self.session, ids, mask), mask, by_first=self.by_first)
        return unit_rows(vectors)


def own_encoder(folder: Path) -> OwnEncoder:
    """Return the encoder of a folder, after trying it on two sentences.

    Raises:
        WeightsError: something is missing, of a kind that cannot be read, or gives no usable vectors.
    """
    model = _model_of(folder)
    try:
        session = session_of(str(model))
    except Exception as error:  # onnxruntime raises its own kinds, none of which is public
        raise WeightsError(f"{model} is no model that onnxruntime can run: {_first_line(error)}") from error
    strange = {given.name for given in session.get_inputs()} - _INPUTS
    if strange:
        raise WeightsError(f"{model} wants {', '.join(sorted(strange))}, which a sentence encoder does not.")
    pieces, marks = _tokenizer(folder)
    by_first, prompt = _by_first(folder), _prompt(folder)
    unsized = OwnEncoder(session, pieces, marks, _version(folder), 0, by_first, prompt)
    return OwnEncoder(session, pieces, marks, unsized.version, _tried(unsized, model), by_first, prompt)


def pooled(
    last: NDArray[np.float32], mask: NDArray[np.int64], *, by_first: bool = False
) -> NDArray[np.float32]:
    """Return one vector a text, shape (b, d), from the last layer, (b, t, d), or from a model that did so, (b, d)."""
    if last.ndim == 2:
        return last
    if by_first:
        first: NDArray[np.float32] = last[:, 0]
        return first
    sums: NDArray[np.float32] = np.einsum("btd,bt->bd", last, mask.astype(np.float32))
    return sums


def _last(session: Any, ids: NDArray[np.int64], mask: NDArray[np.int64]) -> NDArray[np.float32]:
    given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
    wanted = {one.name for one in session.get_inputs()}
    outputs = [one.name for one in session.get_outputs()]
    chosen = "sentence_embedding" if "sentence_embedding" in outputs else outputs[0]
    last = session.run([chosen], {name: value for name, value in given.items() if name in wanted})[0]
    return np.asarray(last, dtype=np.float32)


def _tried(encoder: OwnEncoder, model: Path) -> int:
    """Return the dimension, read from what the model says of two sentences."""
    cut = encoder.pieces.cut([encoder.prompt + probe for probe in _PROBES])
    if not len(cut.ids):
        raise WeightsError(
            f"The vocabulary beside {model} cuts no word. Take the tokenizer of the same model."
        )
    places, lengths = np.arange(len(_PROBES)), np.diff(cut.starts)
    try:
        ids, mask = framed(cut, places, lengths, encoder.marks)
        vectors = pooled(_last(encoder.session, ids, mask), mask, by_first=encoder.by_first)
    except Exception as error:  # onnxruntime raises its own kinds, none of which is public
        raise WeightsError(
            f"{model} does not take what its vocabulary says: {_first_line(error)} Take the tokenizer of the same model."
        ) from error
    size = int(vectors.shape[-1])
    if vectors.ndim != 2 or not _LEAST <= size <= _MOST or not np.isfinite(vectors).all():
        raise WeightsError(f"{model} gives no vectors of {_LEAST} to {_MOST} numbers for a text.")
    first, second = unit_rows(vectors)
    if np.allclose(first, second, atol=1e-3):
        raise WeightsError(f"{model} says the same of different texts. Take an encoder of sentences.")
    return size


def _model_of(folder: Path) -> Path:
    if not folder.is_dir():
        raise WeightsError(f"{folder} is no folder.")
    found = [folder / name for name in MODELS if (folder / name).is_file()]
    if not found:
        raise WeightsError(f"{folder} holds neither {' nor '.join(MODELS)}.")
    return found[0]


def _version(folder: Path) -> str:
    """Return a hash of everything the vectors depend on."""
    whole = sha256()
    for name in _HASHED:
        path = folder / name
        if path.is_file():
            with path.open("rb") as file:
                size = path.stat().st_size
                whole.update(f"{name} {size}\0".encode())
                while block := file.read(1 << 20):
                    whole.update(block)
    return f"{PREFIX}{whole.hexdigest()[:12]}"


def _tokenizer(folder: Path) -> tuple[Cutter, Marks]:
    path = folder / TOKENIZERS[0]
    if not path.is_file():
        path = folder / TOKENIZERS[1]
        words = _text(path).rstrip("\n").split("\n")
        return WordPieces(words, unknown=_place(words, _UNKNOWNS, path)), _marks(words, path)
    described = _json(path)
    model: Any = described.get("model")
    kind = model.get("type") if isinstance(model, Mapping) else None
    try:
        if kind == "Unigram":
            scored = [(str(piece), float(score)) for piece, score in model["vocab"]]
            return Unigram(scored, int(model["unk_id"])), _marks([piece for piece, _score in scored], path)
        if kind == "WordPiece":
            words = sorted(model["vocab"], key=model["vocab"].__getitem__)
            unknown = _place(words, _UNKNOWNS, path)
            return WordPieces(words, unknown=unknown, uncased=_uncased(described)), _marks(words, path)
    except (KeyError, TypeError, ValueError) as error:
        raise WeightsError(f"{path} does not describe its vocabulary as tokenizers do.") from error
    raise WeightsError(f"{path} is of the kind {kind}; WordPiece and Unigram can be read.")


def _uncased(described: Mapping[str, Any]) -> bool:
    normalizer = described.get("normalizer")
    return not isinstance(normalizer, Mapping) or bool(normalizer.get("lowercase", True))


def _marks(words: Sequence[str], path: Path) -> Marks:
    return Marks(*(_place(words, names, path) for names in (_STARTS, _ENDS, _PADDINGS)))


def _place(words: Sequence[str], names: Sequence[str], path: Path) -> int:
    for name in names:
        if name in words:
            return words.index(name)
    raise WeightsError(f"{path} has none of the marks {' and '.join(names)}.")


def _by_first(folder: Path) -> bool:
    path = folder / _POOLING
    return path.is_file() and bool(_json(path).get("pooling_mode_cls_token"))


def _prompt(folder: Path) -> str:
    path = folder / _PROMPT
    return _text(path).rstrip("\r\n") if path.is_file() else ""


def _json(path: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(_text(path))
    except (ValueError, RecursionError) as error:
        raise WeightsError(f"{path} is no JSON.") from error
    if not isinstance(found, Mapping):
        raise WeightsError(f"{path} holds no JSON object.")
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise WeightsError(f"{path} cannot be read as text.") from error


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
