"""Which run of words is the title of a theme, when no two themes may be called nearly the same?

At least two words that mean something, because a single one seldom says what is the matter; a run that mostly stands within a
longer one is not a title, and what tells far more than the rest stands in it. Where the best run is another theme's, the
next one is taken; where none tells enough, a second run that tells the two apart is added.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from itertools import product

from interlock.analytics.themes.phrases import MOST_SHOWN, NOT, WORD, Counted, Run

# From so many texts on, a run that only one of them holds is chance.
_FEW = 10
# What the words of a run tell by themselves adds to what the run tells.
_OF_ITS_WORDS = 1.0
# Titles that share so much of their words are nearly the same.
_ALIKE = 0.5
# A run that stands so often within the same longer one is a part of it.
_PART = 0.6
# As often at least a run must be short enough to be shown.
_SHOWN = 0.4
# Each small word inside a title makes it less of a name.
_SMALL_WORD = 0.85
# So many of the best runs are tried together with others.
_TRIED = 10
# Rather another run that tells nearly as much than one with a second part; rather one that tells somewhat less than one that is
# nearly another theme's title. With .5 such titles fell from 17 to 11 % of banking77's, which were found as often.
_NEARLY, _STILL = 0.75, 0.5
# What tells so many times more must stand in the title.
_FAR_MORE = 1.5
# Where four words are too few to tell it from the others.
_MOST_AT_ALL = 6

Scores = dict[Run, float]


class Titles:
    """The titles given so far."""

    def __init__(self, taken: Collection[str]) -> None:
        self._said = {title.casefold() for title in taken}
        self._runs: list[Run] = []

    def choose(self, scores: Scores, telling: Sequence[Run], counted: Counted, said: str) -> str:
        """Return a title that none had before.

        Args:
            scores: how well each run tells the theme.
            telling: the best of them, no two with a word in common.
            counted: how the runs are written.
            said: the title where there are no words.
        """
        title, run = self._best(scores, telling, counted)
        title = title or said
        unique, number = title, 2
        while title and unique.casefold() in self._said:
            unique, number = f"{title} ({number})", number + 1
        self._said.add(unique.casefold())
        self._runs.append(run)
        return unique

    def _best(self, scores: Scores, telling: Sequence[Run], counted: Counted) -> tuple[str, Run]:
        whole = _title_scores(scores, counted)
        ordered = best_first(whole)
        good = [run for run in ordered if whole[run] >= _NEARLY * whole[ordered[0]]]
        # What tells less is no title where something is denied: it may say the opposite.
        less = [
            run
            for run in ordered
            if whole[run] >= _STILL * whole[ordered[0]] and NOT not in (*run, *ordered[0])
        ]
        for run in dict.fromkeys((*good, *less)):
            title = form_of(run, counted)
            if _content(run) > 1 and not _lacks(run, telling, scores) and self._is_free(title, run, _ALIKE):
                return title, run
        for most in (MOST_SHOWN, _MOST_AT_ALL):
            for run, beside in product(good[:_TRIED] or telling[:1], telling):
                # What it is about before what did not happen.
                parts = sorted((run, beside), key=lambda part: part[0] == NOT)
                title = ", ".join(form_of(part, counted) for part in parts)
                short = title.count(" ") < most and not share_words(run, beside)
                if short and self._is_free(title, (*run, *beside), 1):
                    return title, (*run, *beside)
        best = next(iter(ordered or telling), ())
        return (form_of(best, counted) if best else ""), best

    def _is_free(self, title: str, run: Run, most: float) -> bool:
        """Tell whether no title shares so much of its words; what turns the meaning round does not count."""
        words = set(run) - {NOT}
        return title.casefold() not in self._said and all(
            len(words & set(other)) < most * len(words | set(other) - {NOT}) for other in self._runs
        )


def best_first(scores: Scores) -> list[Run]:
    """Return the runs in the order of their scores; of like ones the longer first."""
    return sorted(scores, key=lambda run: (-scores[run], -len(run), run))


def share_words(run: Run, other: Run) -> bool:
    """Tell whether two runs have a word in common, but for an ending of three letters."""
    return any(_same(one, two) for one in " ".join(run).split() for two in " ".join(other).split())


def _same(one: str, two: str) -> bool:
    if one == two:
        return one != NOT
    short, long = sorted((one, two), key=len)
    return len(short) > 4 and len(long) - len(short) <= 3 and long.startswith(short)


def least_texts(counted: Counted) -> int:
    """Return in how many texts a run must stand at least: from ten texts on, in one alone it is chance."""
    return 2 if counted.read >= _FEW else 1


def form_of(run: Run, counted: Counted) -> str:
    """Return how a run is mostly written; of two that are as frequent, the shorter one."""
    written = counted.written[run]
    forms: Counter[str] = Counter()
    for form, count in written.items():
        forms[form.lower()] += count
    best = max(forms.items(), key=lambda item: (item[1], -len(item[0]), item[0]))[0]
    return max(((count, form) for form, count in written.items() if form.lower() == best))[1]


def _title_scores(scores: Scores, counted: Counted) -> Scores:
    """Return the scores of runs of two words and more, each with what its words tell by themselves."""
    parts = _parts(counted)
    found = {}
    for run, score in scores.items():
        shown = len(WORD.findall(form_of(run, counted)))
        written = sum(counted.written[run].values())
        is_usual = written >= max(_SHOWN * counted.holding[run], least_texts(counted))
        if shown > 1 and is_usual and run not in parts:
            small = shown - sum(word.count(" ") + 1 for word in run)
            words = sum(scores.get((word,), 0.0) for word in run) / len(run) if len(run) > 1 else 0.0
            found[run] = (score + _OF_ITS_WORDS * words) * _SMALL_WORD**small
    return found


def _parts(counted: Counted) -> set[Run]:
    """Return the runs that mostly stand within one longer run."""
    return {
        part
        for run, holding in counted.holding.items()
        for part in (run[:-1], run[1:])
        if len(part) > 1 and holding >= _PART * counted.holding[part]
    }


def _lacks(run: Run, telling: Sequence[Run], scores: Scores) -> bool:
    """Tell whether a run leaves out what tells far more about the theme."""
    return not share_words(run, telling[0]) and scores[telling[0]] > _FAR_MORE * scores[run]


def _content(run: Run) -> int:
    return sum(word != NOT for word in run)
