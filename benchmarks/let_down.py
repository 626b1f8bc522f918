"""How far off is the share of customers let down, theme by theme, when only their words tell? Ratings are hidden, then compared.

Olist's comments (Portuguese), one or two stars of five are let down. Themes are found without labels; those of five comments
and more count. The chances are those of the word lists, and of a model learnt from other comments' stars (five folds, texts alike in
one fold). Inside: how many themes' true share lies within the interval, with the margin in use and without.
"""

from __future__ import annotations

import csv
import itertools
import os
import sys
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from interlock.analytics.feelings import SENTIMENTS
from interlock.analytics.feelings.learning import Examples, learn
from interlock.analytics.feelings.letdown import MARGIN, let_down
from interlock.analytics.feelings.start import as_arrays, readings
from interlock.analytics.statistics.shares import wilson
from interlock.analytics.text.duplicates import voice_groups
from interlock.analytics.text.languages import languages_of
from interlock.analytics.themes.corpus import find_themes

REVIEWS = Path(__file__).parents[2] / "shared" / "data" / "olist" / "sample" / "order_reviews.csv"
FEWEST = 5
SEED = 1


def main() -> int:
    if not REVIEWS.exists():
        print(f"{REVIEWS} is not there: nothing was measured.")
        return 0
    texts, stars = rated()
    numbers = itertools.count()
    found = find_themes(texts, np.ones(len(texts)), seed=SEED, new_id=lambda: str(next(numbers)))
    lists, _intents = as_arrays(readings(texts, [one.code for one in languages_of(texts)]))
    label = np.select([stars <= 2, stars == 3], [0, 1], 2).astype(np.int64)
    groups = np.asarray(voice_groups(texts), dtype=np.int64)
    learnt = learn(Examples(SENTIMENTS, texts, label, np.ones(len(texts)), groups, lists), seed=SEED).unseen
    print(f"{len(texts):,} comments, {(label == 0).mean():.0%} let down; margin in use {MARGIN:.2f}")
    print(
        f"{'':28}{'themes':>8}{'off by':>8}{'at most':>9}{'correlation':>13}{'inside':>8}{'without margin':>16}"
    )
    inside = [
        line(name, found.assigned.theme, chances[:, 0], label == 0)
        for name, chances in (("word lists", lists), ("learnt from other comments", learnt))
    ]
    return 0 if min(inside) >= 0.95 else 1


def line(name: str, theme: Any, chances: Any, truth: Any) -> float:
    """Print one judge; return the share of themes whose truth lies inside."""
    places = [np.flatnonzero(theme == k) for k in range(theme.max() + 1)]
    places = [inside for inside in places if len(inside) >= FEWEST]
    told = np.array([chances[inside].mean() for inside in places])
    true = np.array([truth[inside].mean() for inside in places])
    with_margin, without = [], []
    for inside, share in zip(places, true, strict=True):
        total = float(chances[inside].sum())
        one = let_down(sure=0, known=0, chances=total, by_words=len(inside))
        with_margin.append(one.low <= share <= one.high)
        low, high = wilson(total, len(inside))
        without.append(bool(low <= share <= high))
    off = np.abs(told - true)
    print(
        f"{name:28}{len(places):>8}{off.mean():>8.3f}{np.quantile(off, 0.95):>9.3f}{np.corrcoef(told, true)[0, 1]:>13.3f}"
        f"{np.mean(with_margin):>8.0%}{np.mean(without):>16.0%}",
        flush=True,
    )
    return float(np.mean(with_margin))


def rated() -> tuple[list[str], Any]:
    texts, stars = [], []
    with REVIEWS.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            said = f"{row['review_comment_title']} {row['review_comment_message']}".strip()
            if said:
                texts.append(said)
                stars.append(int(row["review_score"]))
    return texts, np.array(stars)


if __name__ == "__main__":
    sys.exit(main())
