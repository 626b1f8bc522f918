"""In which language is a text written, how surely, and in which others too?

CLD2, the detector of the Chrome browser, compiled in with its tables: no network, no file to load. It sees 83 languages and
says whether it is sure of itself, but not how sure; the probability here is how often it was right on texts of that
length (`RIGHT`).

Source: Sites, "Compact Language Detector 2", 2013; Apache-2.0, tables included. The detector of fastText is as good, but
its model lid.176 is CC BY-SA 3.0. `benchmarks/languages.py` prints both, and the shares of `RIGHT`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

import pycld2

from interlock.analytics.text.cleaning import readable

UNKNOWN = ""
# How often the first language was right, by letters in the text: beginnings of Portuguese comments (Olist), the harder
# of the two languages measured, because Spanish and Galician are near; English questions were right more often.
RIGHT = ((4, 0.85), (12, 0.84), (20, 0.92), (30, 0.95))
RIGHT_BEYOND = 0.99
# A second language is named from this share of the letters, in sentences of so many letters: shorter ones are guesses.
ALSO_SHARE, ALSO_LETTERS = 0.2, 20
# What is read of a long text: languages do not change late in a message often enough to pay for more.
_READ = 2_000
_SENTENCE = re.compile(r"[^.!?\n]+")
_LETTER = re.compile(r"[^\W\d_]")
_NAMES = {"iw": "he", "jw": "jv", "un": UNKNOWN}


class Language(NamedTuple):
    """ISO 639 code, empty when unknown; the chance that it is right; further languages of a mixed text."""

    code: str
    probability: float
    also: tuple[str, ...] = ()


NOTHING = Language(UNKNOWN, 0.0)


def said_by_a_person(code: str) -> Language:
    """Return what a person said of a text's language; an empty code says that it has none."""
    return Language(code, 1.0 if code else 0.0)


def languages_of(texts: Iterable[str]) -> list[Language]:
    """Return the language of each text; `NOTHING` where it is too short to tell, or has no letters."""
    return [language_of(text) for text in texts]


def language_of(text: str) -> Language:
    """Return the language of one text, see `languages_of`."""
    start = readable(text[:_READ])
    letters = len(_LETTER.findall(start))
    code = _detected(start) if letters else UNKNOWN
    if not code:
        return NOTHING
    also = _also(start, code) if letters >= 2 * ALSO_LETTERS else ()
    return Language(code, _right(letters), also)


def _detected(text: str) -> str:
    """The first language of a text that CLD2 is sure of, else `UNKNOWN`."""
    try:
        sure, _size, found = pycld2.detect(text, isPlainText=True, bestEffort=True)
    except pycld2.error:  # it refuses what it takes for broken UTF-8, such as signs newer than its tables
        return UNKNOWN
    if not sure:
        return UNKNOWN
    code = found[0][1].split("-")[0]
    return str(_NAMES.get(code, code))


def _also(text: str, first: str) -> tuple[str, ...]:
    """Other languages that whole sentences of a text are written in."""
    letters: dict[str, int] = {}
    for sentence in _SENTENCE.findall(text):
        count = len(_LETTER.findall(sentence))
        if count >= ALSO_LETTERS:
            code = _detected(sentence)
            letters[code] = letters.get(code, 0) + count
    total = sum(letters.values())
    return tuple(
        sorted(code for code, n in letters.items() if code not in ("", first) and n >= ALSO_SHARE * total)
    )


def _right(letters: int) -> float:
    return next((share for most, share in RIGHT if letters <= most), RIGHT_BEYOND)
