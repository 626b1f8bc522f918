"""Which words of a theme's texts count when runs are compared, and how is each word mostly spelled?

Where a list knows the language, it says which words only hold a sentence together; where none does, those do that all
themes use alike. A small word that nearly always follows the same word belongs to it: "top up".
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from interlock.analytics.text.function_words import NONE, FunctionWords, spoken_in
from interlock.analytics.themes.phrases import NOT, OPEN, WORD, Clause, Word, stem

# Without a list: a word that no theme uses three times as often as all do, on average, says nothing about a theme; words
# of up to three letters are mostly articles and the like, and must stand out more. Among few themes none can stand out so far.
_EVEN, _EVEN_SHORT, _SHORT = 3.0, 8.0, 3
# A small word belongs to the one before it when half of that word's uses are followed by it, and a quarter of its own
# follow that word.
_BOUND, _BOUND_BACK = 0.5, 0.25

Texts = Sequence[Sequence[Clause]]


class Roles:
    """What all themes together tell about single words."""

    def __init__(self, themes: Sequence[Texts]) -> None:
        said = [Counter(word.folded for word in _words(texts)) for texts in themes]
        self._lists = [spoken_in(words) for words in said]
        self._bound = self._bound_pairs(themes, _together(said))
        self._spelled = _spellings(themes)
        unlisted = [texts for texts, listed in zip(themes, self._lists, strict=True) if listed is NONE]
        self._even = _even_words(unlisted)

    def of(self, clause: Clause, theme: int) -> list[str | None]:
        """Return for each word its stem, NOT where it turns the meaning round, or None where it does not count.

        A small word that belongs to the word before it makes one stem with it, at its own place.
        """
        listed = self._lists[theme]
        found = [self._role(word.folded, listed) for word in clause]
        for place in range(1, len(clause)):
            if (clause[place - 1].folded, clause[place].folded) in self._bound:
                found[place] = f"{found[place - 1]} {clause[place].folded}"
                found[place - 1] = OPEN
        return found

    def spelled(self, run: str) -> str:
        """Return a run as most people spell its words, unless its own capitals are those of a name."""
        if not (run.islower() or run.isupper() or run[1:].islower()):
            return run
        return WORD.sub(lambda found: self._commonest(found[0].lower()), run)

    def _commonest(self, word: str) -> str:
        return max(self._spelled.get(word, {word: 1}).items(), key=lambda item: (item[1], item[0]))[0]

    def _role(self, word: str, listed: FunctionWords) -> str | None:
        if word in listed.turning:
            return NOT
        if listed is NONE:
            return None if word in self._even else stem(word)
        before, apostrophe, after = word.rpartition("'")
        if apostrophe:  # l'avion is about avion, customer's about customer
            word = after if before in listed.holding else before
        is_sign = len(word) == 1 and not word.isascii()
        return None if word in listed.holding or (len(word) == 1 and not is_sign) else stem(word)

    def _bound_pairs(self, themes: Sequence[Texts], uses: Counter[str]) -> frozenset[tuple[str, str]]:
        listed = set(self._lists)
        holding = frozenset[str]().union(*(one.holding for one in listed))
        small = holding.union(*(one.turning for one in listed))
        pairs: Counter[tuple[str, str]] = Counter()
        for texts in themes:
            for clauses in texts:
                for clause in clauses:
                    pairs.update(
                        (one.folded, other.folded)
                        for one, other in pairwise(clause)
                        if other.folded in holding and one.folded not in small
                    )
        return frozenset(
            (one, other)
            for (one, other), count in pairs.items()
            if count >= max(2, _BOUND * uses[one], _BOUND_BACK * uses[other])
        )


def _words(texts: Texts) -> Iterator[Word]:
    return (word for clauses in texts for clause in clauses for word in clause)


def _spellings(themes: Sequence[Texts]) -> dict[str, Counter[str]]:
    spelled: dict[str, Counter[str]] = defaultdict(Counter)
    for written, count in Counter(word.written for texts in themes for word in _words(texts)).items():
        spelled[written.lower()][written] = count
    return spelled


def _together(counts: Sequence[Counter[str]]) -> Counter[str]:
    whole: Counter[str] = Counter()
    for one in counts:
        whole.update(one)
    return whole


def _even_words(themes: Sequence[Texts]) -> frozenset[str]:
    """Return the words that all these themes use about alike; of one theme alone, only shortness can tell."""
    shares = []
    for texts in themes:
        holding = Counter(word for clauses in texts for word in {one.folded for one in _words([clauses])})
        shares.append({word: count / max(len(texts), 1) for word, count in holding.items()})
    total: Counter[str] = Counter()
    highest: Counter[str] = Counter()
    for of_theme in shares:
        total.update(of_theme)
        highest |= Counter(of_theme)
    return frozenset(word for word in total if _is_even(word, highest[word], total[word], len(themes)))


def _is_even(word: str, highest: float, total: float, themes: int) -> bool:
    short = len(word) <= _SHORT and word.isascii()
    if themes == 1:
        return short
    most, step = (_EVEN_SHORT, 5) if short else (_EVEN, 10)
    return highest < min(most, 1 + themes / step) * total / themes
