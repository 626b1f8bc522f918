"""Which words hold a sentence together and say nothing of what it is about?

Own lists of seven languages in `function_words/*.txt`: what may neither begin nor end a name, and what turns its meaning
round. The words themselves tell which lists to use, so that mixed languages use several. Accents and case do not count.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

LANGUAGES = ("en", "pt", "es", "de", "fr", "it", "nl")
_LISTS = Path(__file__).parent / "function_words"
# In running text of these languages 40 to 60 % of the words are on their lists, by chance 5 to 10 % on a neighbour's.
_LEAST_SHARE = 0.2
# A second language is spoken where its list knows half as many words as that of the first.
_ALSO_SHARE = 0.5


class FunctionWords(NamedTuple):
    """Folded words, see `folded`."""

    holding: frozenset[str]
    """Words that only hold a sentence together."""
    turning: frozenset[str]
    """Words that turn its meaning round: not, never, without."""


NONE = FunctionWords(frozenset(), frozenset())


@lru_cache(maxsize=50_000)
def folded(word: str) -> str:
    """Return a word as it is looked up: in small letters, without accents."""
    word = word.lower().replace("’", "'")
    if word.isascii():
        return word
    return "".join(sign for sign in unicodedata.normalize("NFKD", word) if not unicodedata.combining(sign))


@cache
def function_words(language: str) -> FunctionWords:
    """Return the list of one of `LANGUAGES`."""
    found: dict[str, set[str]] = {"function": set(), "not": set()}
    for line in (_LISTS / f"{language}.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, _colon, words = line.partition(": ")
            found[name].update(folded(word) for word in words.split())
    return FunctionWords(frozenset(found["function"] - found["not"]), frozenset(found["not"]))


def spoken_in(words: Counter[str]) -> FunctionWords:
    """Return the words of all lists that these texts use; NONE where no list knows a fifth of them.

    Args:
        words: how often each folded word is said.
    """
    known = {
        language: sum(words[word] for part in function_words(language) for word in part & words.keys())
        for language in LANGUAGES
    }
    most = max(known.values())
    if most < _LEAST_SHARE * words.total() or not most:
        return NONE
    spoken = [function_words(language) for language in LANGUAGES if known[language] >= _ALSO_SHARE * most]
    turning = frozenset[str]().union(*(one.turning for one in spoken))
    return FunctionWords(frozenset[str]().union(*(one.holding for one in spoken)) - turning, turning)
