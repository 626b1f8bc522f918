"""What do the words of a text say by themselves? Word lists of five languages, read from `lexicons/*.txt`.

A line is a name, a colon and entries. `+3` to `-3` are valences; `not`, `very`, `little` and `but` bend the valences
near them; the rest are intents with the chance that one such entry alone means the intent. A star stands for any ending, an
underscore for a space. Accents and case do not count, because many customers write without.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import NamedTuple

LANGUAGES = ("en", "pt", "es", "de", "fr")
BENDING = ("not", "very", "little", "but")
_LISTS = Path(__file__).parent / "lexicons"
# Words, single signs that carry a feeling, and the marks that end a clause.
_TOKEN = re.compile("[^\\W_]+|[.,;:!?\n\u2190-\u2bff\U0001f000-\U0001faff]")
# Words with many endings are looked up once each; what follows is typing errors and names.
_REMEMBERED = 200_000


class Entry(NamedTuple):
    """One entry: the words it needs (a word, whether any ending will do), and what it says."""

    words: tuple[tuple[str, bool], ...]
    name: str  # "valence", one of BENDING, or an intent
    value: float


class Match(NamedTuple):
    """An entry found at the tokens from `start` to `end` (exclusive)."""

    start: int
    end: int
    name: str
    value: float


def tokens_of(text: str) -> list[str]:
    """Return words, feeling signs and clause marks of a text, in small letters without accents."""
    text = text.lower().replace("’", "'").replace("n't", "nt")
    if not text.isascii():
        text = "".join(
            sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign)
        ).replace("ß", "ss")
    return _TOKEN.findall(text)


@dataclass
class Lexicon:
    """The entries of one language; `exact` by first word, `stems` by the beginning of the first word."""

    exact: dict[str, list[Entry]] = field(default_factory=dict)
    stems: dict[str, list[Entry]] = field(default_factory=dict)
    _known: dict[str, tuple[Entry, ...]] = field(default_factory=dict)

    def add(self, entry: Entry) -> None:
        word, any_ending = entry.words[0]
        (self.stems if any_ending else self.exact).setdefault(word, []).append(entry)

    def matches(self, tokens: list[str]) -> Iterator[Match]:
        """Entries in a text, from left to right; at each token and for each name only the longest."""
        known = self._known
        for start, token in enumerate(tokens):
            entries = known.get(token)
            if entries is None:
                entries = self._look_up(token)
            seen: set[str] = set()
            for entry in entries:
                end = start + len(entry.words)
                if entry.name not in seen and (len(entry.words) == 1 or _fits(entry, tokens[start:end])):
                    seen.add(entry.name)
                    yield Match(start, end, entry.name, entry.value)

    def _look_up(self, token: str) -> tuple[Entry, ...]:
        found = [*self.exact.get(token, ())]
        for end in range(1, len(token) + 1):
            found += self.stems.get(token[:end], ())
        # The longest first; of two of one length the one that says more exactly which words.
        found.sort(
            key=lambda entry: (len(entry.words), sum(len(word) for word, _any in entry.words)), reverse=True
        )
        if len(self._known) < _REMEMBERED:
            self._known[token] = tuple(found)
        return tuple(found)


def _fits(entry: Entry, tokens: list[str]) -> bool:
    return len(tokens) == len(entry.words) and all(
        token.startswith(word) if any_ending else token == word
        for (word, any_ending), token in zip(entry.words, tokens, strict=True)
    )


@cache
def lexicon(language: str) -> Lexicon:
    """Return the lexicon of a language with the signs that all share; only the signs for a language without lists."""
    lists = ["signs"] + [language] * (language in LANGUAGES)
    read = Lexicon()
    for name in lists:
        for entry in _entries((_LISTS / f"{name}.txt").read_text(encoding="utf-8")):
            read.add(entry)
    return read


def _entries(text: str) -> Iterator[Entry]:
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        said, _colon, words = line.partition(": ")
        name, _space, chance = said.partition(" ")
        if name[0] in "+-":
            name, chance = "valence", name
        for word in words.split():
            parts = tuple(_part(part) for part in word.split("_") if part)
            yield Entry(tuple(part for some in parts for part in some), name, float(chance or 1))


def _part(word: str) -> list[tuple[str, bool]]:
    """The tokens of one word of an entry: an apostrophe divides it as it divides a text."""
    tokens = tokens_of(word.removesuffix("*")) or [""]
    return [(token, False) for token in tokens[:-1]] + [(tokens[-1], word.endswith("*"))]
