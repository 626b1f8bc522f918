"""Which pieces of MiniLM's vocabulary is a text made of?

The uncased WordPiece of BERT: lower case, accents off, split at spaces and punctuation, then the longest piece that
the vocabulary knows, again and again. A written word is looked at once and remembered, so that a million texts are
mostly look-ups.

Source: Devlin, Chang, Lee, Toutanova, "BERT", NAACL 2019, and its reference tokenizer (Apache-2.0).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from interlock.analytics.text.errors import WeightsError

VOCABULARY = Path(__file__).parent / "weights" / "vocabulary.txt"
# The vocabulary of bert-base-uncased (Apache-2.0), which MiniLM shares.
VOCABULARY_SHA256 = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"
START, END, UNKNOWN, PADDING = 101, 102, 100, 0
# A theme shows in the first sentences; a text of 10 MB must cost no more than a long letter.
LONGEST_TEXT = 4_000
_LONGEST_WORD = 100
# About 100 MB of remembered words; then the memory starts afresh.
MOST_REMEMBERED = 500_000
_ASCII_PARTS = re.compile(r"[a-z0-9]+|[^\sa-z0-9]")
_CHINESE = ((0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2CEAF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F))


@dataclass(frozen=True)
class Pieces:
    """The pieces of n texts, end to end: those of text i are ids[starts[i]:starts[i + 1]]."""

    ids: NDArray[np.int32]
    starts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts) - 1


class WordPieces:
    """Cuts texts; remembers what it has cut."""

    def __init__(self, words: Sequence[str], *, unknown: int = UNKNOWN, uncased: bool = True) -> None:
        """Take words in the order of their ids, the id of what is unknown, and whether case and accents count not."""
        self._places = {word: place for place, word in enumerate(words)}
        self._unknown = unknown
        self._uncased = uncased
        self._remembered: dict[str, tuple[int, ...]] = {}

    def cut(self, texts: Sequence[str]) -> Pieces:
        """Return the pieces of each text (its first 4,000 signs), without marks for start and end.

        Args:
            texts: n >= 0 texts; one without any sign has no pieces.
        """
        if len(self._remembered) > MOST_REMEMBERED:
            self._remembered.clear()
        remembered = self._remembered
        ids: list[int] = []
        starts = np.zeros(len(texts) + 1, dtype=np.int64)
        for place, text in enumerate(texts, start=1):
            for written in text[:LONGEST_TEXT].split():
                known = remembered.get(written)
                if known is None:
                    known = remembered[written] = self._pieces_of(written)
                ids.extend(known)
            starts[place] = len(ids)
        return Pieces(np.array(ids, dtype=np.int32), starts)

    def _pieces_of(self, written: str) -> tuple[int, ...]:
        return tuple(piece for part in _parts(written, self._uncased) for piece in self._longest_pieces(part))

    def _longest_pieces(self, part: str) -> list[int]:
        if len(part) > _LONGEST_WORD:
            return [self._unknown]
        pieces, start = [], 0
        while start < len(part):
            for end in range(len(part), start, -1):
                found = self._places.get(("##" if start else "") + part[start:end])
                if found is not None:
                    break
            else:
                return [self._unknown]
            pieces.append(found)
            start = end
        return pieces


@cache
def wordpieces() -> WordPieces:
    """Return the one cutter of this process.

    Raises:
        WeightsError: the vocabulary was changed.
    """
    written = VOCABULARY.read_bytes()
    if sha256(written).hexdigest() != VOCABULARY_SHA256:
        raise WeightsError(f"{VOCABULARY} was changed since it was packed. Install Interlock again.")
    return WordPieces(written.decode().rstrip("\n").split("\n"))


def _parts(written: str, uncased: bool) -> list[str]:
    """Return words and single punctuation signs; uncased in lower case and without accents."""
    if written.isascii() and uncased:
        return _ASCII_PARTS.findall("".join(sign for sign in written.lower() if sign.isprintable()))
    parts, word = [], ""
    for sign in unicodedata.normalize("NFD", written.lower()) if uncased else written:
        category = unicodedata.category(sign)
        if (category == "Mn" and uncased) or category[0] == "C":
            continue
        if category[0] == "P" or _stands_alone(sign):
            parts += [word, sign]
            word = ""
        else:
            word += sign
    return [part for part in [*parts, word] if part]


def _stands_alone(sign: str) -> bool:
    """ASCII symbols count as punctuation; Chinese is written without spaces."""
    code = ord(sign)
    if code < 0x80:
        return not sign.isalnum()
    return any(first <= code <= last for first, last in _CHINESE)
