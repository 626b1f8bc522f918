"""Which runs of words do texts share, whatever small words and endings they use, and how are they mostly written?

A run begins and ends with a word that means something; words that only hold the sentence together may stand inside and do not
count, so that "card has not arrived" and "cards not arrived" are one run, written as most people write it. Words that turn the
meaning round (not, never, without) count, and may begin a run.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from interlock.analytics.text.cleaning import readable
from interlock.analytics.text.function_words import folded

Run = tuple[str, ...]
"""The stems of the words that count; `NOT` stands for all that turn the meaning round."""
NOT = "¬"
OPEN = "…"
"""The first half of a word of two: a run may begin with it, and does not count it."""
# Scripts without spaces: each sign is a word.
_SIGN = "\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff"
WORD = re.compile(rf"[{_SIGN}]|(?:(?![{_SIGN}])[^\W\d_])+(?:['’](?![{_SIGN}])[^\W\d_]+)*")
# The same words where no sign is any other than of ASCII, found in half the time.
_PLAIN_WORD = re.compile(r"[A-Za-z]+(?:'[A-Za-z]+)*")
# Words with nothing but a space or a hyphen between them stand side by side.
_BETWEEN = frozenset(("", " ", "-"))
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|\S*@\S*")
_LONGEST_TEXT = 1_000
# What is longer is no word: a thousand times x, a key somebody leant on.
_LONGEST_WORD = 40
MOST_COUNTED, MOST_SHOWN, _MOST_SEEN = 4, 4, 6
# Endings that only grammar asks for, the longest first; what is left keeps four letters.
_ENDINGS = ("ings", "ing", "ies", "ed", "es", "s")
_SOFT = "aeoy"


class Word(NamedTuple):
    """One word of a clause."""

    written: str
    folded: str
    joined: str
    """What stood before it: nothing, a space or a hyphen."""


Clause = Sequence[Word]


@dataclass
class Counted:
    """In how many texts runs stand, and how they are written."""

    read: int
    holding: Counter[Run]
    written: dict[Run, Counter[str]]


def clauses_of(text: str) -> list[list[Word]]:
    """Return the words of a text, divided wherever anything but a space or a hyphen stands."""
    text = " ".join(_ADDRESS.sub(" . ", readable(text[:_LONGEST_TEXT])).split())
    clauses: list[list[Word]] = []
    end = -1
    for found in (_PLAIN_WORD if text.isascii() else WORD).finditer(text):
        if len(found[0]) > _LONGEST_WORD:
            end = -1
            continue
        between = text[end : found.start()] if end >= 0 else "."
        if between not in _BETWEEN:
            clauses.append([])
        clauses[-1].append(Word(found[0], folded(found[0]), between))
        end = found.end()
    return clauses


def count_runs(texts: Sequence[Sequence[Clause]], roles: Callable[[Clause], Sequence[str | None]]) -> Counted:
    """Count the runs of one to four words that count, seen within six words, written with at most four.

    Args:
        texts: the clauses of each text.
        roles: of the words of a clause: a stem, NOT, or None where a word does not count.
    """
    holding: Counter[Run] = Counter()
    written: dict[Run, Counter[str]] = defaultdict(Counter)
    for clauses in texts:
        seen = {found for clause in clauses for found in _runs(clause, roles(clause))}
        holding.update({run for run, _ in seen})
        for run, form in seen:
            if form:
                written[run][form] += 1
    return Counted(len(texts), Counter({run: holding[run] for run in written}), dict(written))


def _runs(clause: Clause, roles: Sequence[str | None]) -> Iterator[tuple[Run, str]]:
    for start, first in enumerate(roles):
        if first is None or (start and roles[start - 1] == OPEN):
            continue
        run: Run = ()
        for end in range(start, min(start + _MOST_SEEN, len(clause))):
            stem = roles[end]
            if stem is None or stem == OPEN:
                continue
            if stem in run or len(run) == MOST_COUNTED:
                break
            run = (*run, stem)
            if stem != NOT:
                yield run, _as_written(clause[start : end + 1])


def _as_written(words: Clause) -> str:
    """Return the words as they stood; nothing where they are too many to be shown."""
    if len(words) > MOST_SHOWN:
        return ""
    return "".join(
        word.written if place == 0 else word.joined + word.written for place, word in enumerate(words)
    )


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """Return a folded word without the endings of number and tense: charges, charged and charging are one."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= (3 if ending == "s" else 4):
            word = word.removesuffix(ending)
            break
    if len(word) > 4 and word[-1] in _SOFT:
        word = word[:-1]
    return word
