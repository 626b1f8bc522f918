"""What is a theme called, in the words of those who spoke, and which three of them say it best?

A run of one to three words is good when many texts of the theme hold it and few of the others do: its share in the
theme times the logarithm of how much larger that is than everywhere. Words spread evenly over all themes score nothing,
so no list of stop words is needed; a run may hold them inside, but neither begin nor end with one.

Sources: Grootendorst, "BERTopic", 2022, for frequencies by class; Carbonell, Goldstein, "The use of MMR", SIGIR 1998, for
quotes that differ.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from interlock.analytics.text.cleaning import compared, readable

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
# Enough to know the frequent words of a theme, whatever its size.
_READ = 200
_LONGEST_RUN, _LONGEST_TEXT = 3, 1_000
_MOST_WORDS, _TITLE_WORDS = 8, 4
# A word that no theme uses three times as often as all do, on average, says nothing about a theme; words of up to three
# letters are mostly articles and the like, and must stand out more. Among few themes no word can stand out as far.
_EVEN, _EVEN_SHORT, _SHORT = 3.0, 8.0, 3
# From so many texts on, a run that only one of them holds is chance.
_FEW = 10
# Two words say more than one, and are rarer; three seldom add anything.
_LENGTH_BONUS = (1.0, 1.6, 1.7)
_QUOTES, _QUOTE_CANDIDATES = 3, 60
# Shorter ones are no sentence, longer ones are not read.
_QUOTE_SIGNS = (20, 240)
# How much a quote must differ from those chosen before; .5 weighs both alike.
_DIFFERENCE = 0.5


@dataclass(frozen=True)
class Named:
    """A theme in its own words."""

    words: tuple[str, ...]
    """Up to eight runs of words, the most telling first."""
    title: str
    """One to four words, no two themes alike; empty where no text holds a word."""
    quotes: tuple[int, ...]
    """Up to three indices into the texts, the most typical first."""


def name_themes(
    texts: Sequence[str], vectors: NDArray[np.float32], theme_of: NDArray[np.int32]
) -> list[Named]:
    """Return the words, the title and the quotes of every theme.

    Args:
        texts: n texts.
        vectors: shape (n, d), unit rows.
        theme_of: shape (n,), -1 for none, else 0 to k - 1.

    Returns:
        k names in the themes' order.
    """
    members = [np.flatnonzero(theme_of == theme) for theme in range(int(theme_of.max(initial=-1)) + 1)]
    counted = [_spellings([texts[place] for place in _spread(inside)]) for inside in members]
    shares = [
        _shares(spellings, min(len(inside), _READ))
        for spellings, inside in zip(counted, members, strict=True)
    ]
    everywhere = _Everywhere(shares)
    telling = [_telling(of_theme, everywhere) for of_theme in shares]
    spelled = _most_frequent_spelling(counted, {run for runs in telling for run in runs})
    titles = _titles(telling, spelled)
    return [
        Named(tuple(spelled[run] for run in runs), title, _quotes(texts, vectors, inside))
        for runs, title, inside in zip(telling, titles, members, strict=True)
    ]


class _Everywhere:
    """How much all themes use each run of words."""

    def __init__(self, shares: Sequence[dict[str, float]]) -> None:
        self._themes = len(shares)
        self._sum: Counter[str] = Counter()
        self._highest: dict[str, float] = {}
        for of_theme in shares:
            self._sum.update(of_theme)
            for run, share in of_theme.items():
                self._highest[run] = max(share, self._highest.get(run, 0.0))

    def share(self, run: str) -> float:
        """Return the mean share over all themes; with one theme alone, half of its own, so that frequency decides."""
        return self._sum[run] / max(self._themes, 2)

    def is_even(self, word: str) -> bool:
        """Tell whether all themes use a word about alike; of one theme alone, only its shortness can tell."""
        short = len(word) <= _SHORT
        if self._themes == 1:
            return short
        most, step = (_EVEN_SHORT, 5) if short else (_EVEN, 10)
        return self._highest[word] < min(most, 1 + self._themes / step) * self.share(word)


def _spellings(texts: Sequence[str]) -> Counter[tuple[str, str]]:
    """Return in how many texts each run stands, folded and as written."""
    found: Counter[tuple[str, str]] = Counter()
    for text in texts:
        found.update(dict(_runs_of(readable(text[:_LONGEST_TEXT]))).items())
    return found


def _shares(spellings: Counter[tuple[str, str]], read: int) -> dict[str, float]:
    """Return the share of texts that hold a run, without those of a single one among many."""
    holding: Counter[str] = Counter()
    for (run, _), count in spellings.items():
        holding[run] += count
    least = 2 if read >= _FEW else 1
    return {run: count / read for run, count in holding.items() if count >= least}


def _runs_of(text: str) -> Iterator[tuple[str, str]]:
    """Yield each run of one to three words that stand side by side, folded and as written."""
    for sentence in re.split(r"[.!?,;:()\n]", text):
        words = _WORD.findall(sentence)
        folded = [word.casefold() for word in words]
        for start in range(len(words)):
            for end in range(start + 1, min(start + _LONGEST_RUN, len(words)) + 1):
                yield " ".join(folded[start:end]), " ".join(words[start:end])


def _spread(inside: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return at most 200 of the members, evenly spread."""
    step = max(1, len(inside) // _READ)
    return inside[::step][:_READ]


def _telling(of_theme: dict[str, float], everywhere: _Everywhere) -> list[str]:
    """Return the runs that tell the theme from the others, the best first, no two with a word in common."""
    scores = {
        run: share * np.log(share / everywhere.share(run)) * _LENGTH_BONUS[run.count(" ")]
        for run, share in of_theme.items()
        if _may_stand(run, everywhere)
    }
    if not scores:  # nothing tells the theme from the others: say at least what is said often
        scores = {run: share for run, share in of_theme.items() if len(run) > _SHORT}
    chosen: list[str] = []
    for run in sorted(scores, key=lambda run: (-scores[run], run)):
        if not any(_overlap(run, other) for other in chosen):
            chosen.append(run)
        if len(chosen) == _MOST_WORDS:
            break
    return chosen


def _may_stand(run: str, everywhere: _Everywhere) -> bool:
    words = run.split(" ")
    return not any(len(word) == 1 or everywhere.is_even(word) for word in (words[0], words[-1]))


def _overlap(run: str, other: str) -> bool:
    return any(_same_stem(one, two) for one in run.split(" ") for two in other.split(" "))


def _same_stem(one: str, two: str) -> bool:
    """Tell charge from charges and charged apart from nothing else: equal but for an ending of three letters."""
    shorter = min(len(one), len(two))
    common = next((place for place in range(shorter) if one[place] != two[place]), shorter)
    return one == two or (common >= 4 and max(len(one), len(two)) - common <= 3)


def _most_frequent_spelling(counted: Sequence[Counter[tuple[str, str]]], runs: set[str]) -> dict[str, str]:
    total: Counter[tuple[str, str]] = Counter()
    for spellings in counted:
        total.update({pair: count for pair, count in spellings.items() if pair[0] in runs})
    ordered = sorted(total.items(), key=lambda item: (item[1], item[0]))
    return {run: written for (run, written), _ in ordered}


def _titles(telling: Sequence[Sequence[str]], spelled: dict[str, str]) -> list[str]:
    """Return a title for each theme; where two would be alike, the later one takes one more run of its own."""
    titles: list[str] = []
    taken = {""}
    for runs in telling:
        parts: list[str] = []
        for run in runs:
            if sum(part.count(" ") + 1 for part in [*parts, run]) > _TITLE_WORDS:
                continue
            parts.append(run)
            title = ", ".join(spelled[part] for part in parts)
            if title.casefold() not in taken and " " in title:
                break
        title = ", ".join(spelled[part] for part in parts)
        number = 2
        unique = title
        while title and unique.casefold() in taken:
            unique, number = f"{title} ({number})", number + 1
        taken.add(unique.casefold())
        titles.append(unique[:1].upper() + unique[1:])
    return titles


def _quotes(texts: Sequence[str], vectors: NDArray[np.float32], inside: NDArray[np.int64]) -> tuple[int, ...]:
    """Return the most typical text, then those that are typical and unlike the ones before."""
    likeness = vectors[inside] @ vectors[inside].mean(axis=0)
    fit = np.array([_QUOTE_SIGNS[0] <= len(texts[place]) <= _QUOTE_SIGNS[1] for place in inside])
    order = np.lexsort((-likeness, ~fit))[:_QUOTE_CANDIDATES]
    chosen: list[int] = []
    said: set[str] = set()
    while len(chosen) < _QUOTES and len(order):
        before = vectors[inside[chosen]]
        alike = (vectors[inside[order]] @ before.T).max(axis=1) if chosen else np.zeros(len(order))
        best = int((likeness[order] - _DIFFERENCE * alike - ~fit[order]).argmax())
        words = compared(texts[inside[order[best]]])
        if words not in said:
            chosen.append(int(order[best]))
            said.add(words)
        order = np.delete(order, best)
    return tuple(int(inside[place]) for place in chosen)
