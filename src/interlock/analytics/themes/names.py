"""What is a theme called, in the words of those who spoke?

A run of words is good when many texts of the theme hold it and few of the others do: its share in the theme times the
logarithm of how much larger that is than everywhere. The title is chosen among them in titles.py.

Source: Grootendorst, "BERTopic", 2022, for frequencies by class.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from interlock.analytics.text.cleaning import readable
from interlock.analytics.themes.phrases import Clause, Counted, Run, clauses_of, count_runs
from interlock.analytics.themes.quotes import quotes_of
from interlock.analytics.themes.roles import Roles
from interlock.analytics.themes.titles import Titles, best_first, form_of, least_texts, share_words

# Enough to know the frequent words of a theme, whatever its size.
_READ = 200
_MOST_WORDS = 8
# Of texts without words so much of each stands in the title.
_SAID_SIGNS = 20
# Two words say more than one, and are rarer; more seldom add anything.
_LENGTH_BONUS = (1.0, 1.6, 1.7, 1.7)


@dataclass(frozen=True)
class Named:
    """A theme in its own words."""

    words: tuple[str, ...]
    """Up to eight runs of words, the most telling first."""
    title: str
    """Two to four words where the texts have them, at most six; else the beginnings of its quotes. No two themes alike."""
    quotes: tuple[int, ...]
    """Up to three indices into the texts, the most typical first."""


def name_themes(
    texts: Sequence[str],
    vectors: NDArray[np.float32],
    theme_of: NDArray[np.int32],
    *,
    taken: Collection[str] = (),
) -> list[Named]:
    """Return the words, the title and the quotes of every theme.

    Args:
        texts: n texts.
        vectors: shape (n, d), unit rows.
        theme_of: shape (n,), -1 for none, else 0 to k - 1.
        taken: titles that other themes have already.

    Returns:
        k names in the themes' order.
    """
    members = [np.flatnonzero(theme_of == theme) for theme in range(int(theme_of.max(initial=-1)) + 1)]
    read = [[clauses_of(texts[place]) for place in _spread(inside)] for inside in members]
    roles = Roles(read)
    counted = [count_runs(part, partial(roles.of, theme=theme)) for theme, part in enumerate(read)]
    scores = _scores([_shares(runs) for runs in counted])
    telling = [_telling(of_theme) for of_theme in scores]
    quotes = [quotes_of(texts, vectors, inside) for inside in members]
    titles = Titles(taken)
    # The larger choose first, so that the plain names are theirs.
    order = sorted(range(len(members)), key=lambda theme: (-len(members[theme]), theme))
    title_of = {
        theme: titles.choose(
            {} if _is_single(read[theme]) else scores[theme],
            () if _is_single(read[theme]) else telling[theme],
            counted[theme],
            _as_said(texts[place] for place in quotes[theme]),
        )
        for theme in order
    }
    return [
        Named(
            tuple(roles.spelled(form_of(run, counted[theme])) for run in telling[theme]),
            _capital(roles.spelled(title_of[theme])),
            quotes[theme],
        )
        for theme in range(len(members))
    ]


def _is_single(read: Sequence[Sequence[Clause]]) -> bool:
    """Tell whether no text of a theme has two words: two of them side by side would be a sentence that nobody said."""
    return all(sum(map(len, clauses)) < 2 for clauses in read)


def _as_said(quotes: Iterable[str]) -> str:
    """Return the beginnings of what was said: a single letter, a face."""
    return ", ".join(" ".join(readable(quote).split())[:_SAID_SIGNS] for quote in quotes)


def _capital(title: str) -> str:
    return title[:1].upper() + title[1:]


def _spread(inside: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return at most 200 of the members, evenly spread."""
    step = max(1, len(inside) // _READ)
    return inside[::step][:_READ]


def _shares(counted: Counted) -> dict[Run, float]:
    """Return the share of texts that hold a run, without those of a single one among many."""
    least = least_texts(counted)
    return {run: count / counted.read for run, count in counted.holding.items() if count >= least}


def _scores(shares: Sequence[dict[Run, float]]) -> list[dict[Run, float]]:
    """Return how well each run tells its theme from the others; where nothing does, how often it is said."""
    total: Counter[Run] = Counter()
    for of_theme in shares:
        total.update(of_theme)
    # With one theme alone the mean is half of its own share, so that frequency decides.
    themes = max(len(shares), 2)
    scores = []
    for of_theme in shares:
        told = {
            run: share * float(np.log(share * themes / total[run])) * _LENGTH_BONUS[len(run) - 1]
            for run, share in of_theme.items()
        }
        scores.append({run: score for run, score in told.items() if score > 1e-9} or of_theme)
    return scores


def _telling(scores: dict[Run, float]) -> list[Run]:
    """Return the best runs, no two with a word in common."""
    chosen: list[Run] = []
    for run in best_first(scores):
        if not any(share_words(run, other) for other in chosen):
            chosen.append(run)
        if len(chosen) == _MOST_WORDS:
            break
    return chosen
