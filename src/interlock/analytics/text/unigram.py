"""Which pieces of a SentencePiece vocabulary is a text made of, where each piece has a chance of its own?

Words are split at spaces and marked where they begin; of all ways to cut a word the most likely one is taken. So cut
the tokenizers of XLM-RoBERTa and of the multilingual encoders that stand on it.

Source: Kudo, "Subword regularization", ACL 2018 (the unigram language model, without its sampling).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import numpy as np

from interlock.analytics.text.wordpieces import LONGEST_TEXT, MOST_REMEMBERED, Pieces

_BEGIN = "\u2581"
# What SentencePiece takes off the score of a sign that it does not know.
_UNKNOWN_PENALTY = 10.0
# Cutting takes time with the length of a word, which nobody writes longer.
_LONGEST_WORD = 200


class Unigram:
    """Cuts texts; remembers what it has cut."""

    def __init__(self, scored: Sequence[tuple[str, float]], unknown: int) -> None:
        """Take pieces with the logarithms of their chances, in the order of their ids, and the id of what is unknown."""
        self._scores = {piece: (float(score), place) for place, (piece, score) in enumerate(scored)}
        self._longest = max((len(piece) for piece, _score in scored), default=1)
        self._unknown = (
            min((float(score) for _piece, score in scored), default=0.0) - _UNKNOWN_PENALTY,
            unknown,
        )
        self._remembered: dict[str, tuple[int, ...]] = {}

    def cut(self, texts: Sequence[str]) -> Pieces:
        """Return the pieces of each text (its first 4,000 signs), without marks for start and end."""
        if len(self._remembered) > MOST_REMEMBERED:
            self._remembered.clear()
        ids: list[int] = []
        starts = np.zeros(len(texts) + 1, dtype=np.int64)
        for place, text in enumerate(texts, start=1):
            for word in _plain(text[:LONGEST_TEXT]).split():
                known = self._remembered.get(word)
                if known is None:
                    known = self._remembered[word] = self._pieces_of(_BEGIN + word[:_LONGEST_WORD])
                ids.extend(known)
            starts[place] = len(ids)
        return Pieces(np.array(ids, dtype=np.int32), starts)

    def _pieces_of(self, word: str) -> tuple[int, ...]:
        """Return the likeliest pieces, by dynamic programming over where the last one begins."""
        best: list[tuple[float, int, int]] = [(0.0, 0, 0)]
        for end in range(1, len(word) + 1):
            found = [
                (best[start][0] + score, start, place)
                for start in range(max(0, end - self._longest), end)
                for score, place in [self._scores.get(word[start:end], (-np.inf, -1))]
                if place >= 0
            ]
            found = found or [(best[end - 1][0] + self._unknown[0], end - 1, self._unknown[1])]
            best.append(max(found, key=lambda one: one[0]))
        ids: list[int] = []
        end = len(word)
        while end:
            _score, start, place = best[end]
            if not (ids and place == ids[-1] == self._unknown[1]):  # unknown signs side by side are one piece
                ids.append(place)
            end = start
        return tuple(reversed(ids))


def _plain(text: str) -> str:
    """Return a text as SentencePiece reads it: compatible signs made one, control signs gone."""
    plain = unicodedata.normalize("NFKC", text)
    if plain.isprintable():
        return plain
    return "".join(sign if sign.isprintable() else " " if sign.isspace() else "" for sign in plain)
