"""The place of a text where the searched words stand, with these words marked: what a list of hits shows of each."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from interlock.listen.search import Part

LONGEST, BEFORE = 240, 60
# A word this far into a text is found; its beginning is shown then.
LOOKED_AT = 20_000
_LETTER, _BETWEEN = r"[^\W_]", r"[\W_]+"


class Piece(NamedTuple):
    """Some of a text; `found` where it is what was searched for."""

    text: str
    found: bool


def excerpt(text: str, parts: Sequence[Part]) -> list[Piece]:
    """About LONGEST letters around the first found word; from the beginning where none is found in sight."""
    text = " ".join(text[:LOOKED_AT].split())
    places = _places(text, parts)
    start = max(0, places[0][0] - BEFORE) if places and places[0][1] > LONGEST else 0
    if start:  # at the beginning of a word
        start = text.find(" ", start, places[0][0]) + 1 or places[0][0]
    end = len(text) if len(text) <= start + LONGEST else text.rfind(" ", start, start + LONGEST)
    end = start + LONGEST if end <= start else end
    pieces, at = [Piece("… ", found=False)] if start else [], start
    for low, high in places:
        if low >= end:
            break
        pieces += [Piece(text[at:low], found=False), Piece(text[low:high], found=True)]
        at = high
    pieces.append(Piece(text[at : max(at, end)], found=False))
    if max(at, end) < len(text):
        pieces.append(Piece(" …", found=False))
    return [piece for piece in pieces if piece.text]


def _places(text: str, parts: Sequence[Part]) -> list[tuple[int, int]]:
    """Where the parts stand, in their order and without overlaps."""
    if not parts:
        return []
    wanted = "|".join(_pattern(part) for part in sorted(parts, key=lambda part: -len(part.words)))
    return [one.span() for one in re.finditer(wanted, _folded(text))]


def _pattern(part: Part) -> str:
    words = _BETWEEN.join(re.escape(_folded(word)) for word in part.words)
    ending = f"{_LETTER}*" if part.open_ended else f"(?!{_LETTER})"
    return f"(?<!{_LETTER}){words}{ending}"


def _folded(text: str) -> str:
    """Small letters without accents, as many as before, so that places stay the same."""
    if text.isascii():
        return text.lower()
    return "".join(_plain(letter) for letter in text)


def _plain(letter: str) -> str:
    small = unicodedata.normalize("NFD", letter)[0].lower()
    return small if len(small) == 1 else letter
