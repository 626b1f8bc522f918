"""How good are the names of themes? Beside class TF-IDF, as BERTopic names topics, and phrases ranked as KeyBERT does.

Every method names the same themes from one half of the texts and is judged on the other half: does the name of whose words a text
holds the largest part belong to its theme ("found by its name", ties shared; by chance 1 / themes)? Further: names of small words alone,
names that end with one, and names that share half of their other words with another. Small words are those of the lists in
`analytics/text/function_words/`, which ours uses too. banking77 whole, 300 of its questions, the
Portuguese comments of Olist, and both mixed. The rules of ours were made while reading its names on these sets.
"""

from __future__ import annotations

import csv
import itertools
import json
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from interlock.analytics.text.encoders import minilm
from interlock.analytics.text.function_words import folded, spoken_in
from interlock.analytics.themes.corpus import choose_encoder
from interlock.analytics.themes.discover import discover
from interlock.analytics.themes.names import name_themes
from interlock.analytics.themes.phrases import WORD, stem
from interlock.analytics.themes.spoken import languages_spoken
from peers import python_with

HERE = Path(__file__).parent
DATA = HERE.parents[1] / "shared" / "data"
BANKING = DATA / "banking77" / "train.csv"
OLIST = DATA / "olist" / "sample" / "order_reviews.csv"
PEERS = ["scikit-learn==1.9.1"]
MIXED, FEW, SEED = 600, 300, 3
SHOWN = 12


def main() -> int:
    if not BANKING.exists() or not OLIST.exists():
        print(f"{BANKING} or {OLIST} is not there: nothing was measured.")
        return 0
    questions, comments = banking(), olist()
    rng = np.random.default_rng(SEED)
    some = [questions[place] for place in rng.choice(len(questions), MIXED, replace=False)]
    few = [questions[place] for place in rng.choice(len(questions), FEW, replace=False)]
    print(f"load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    asked = sys.argv[1:]
    for key, name, texts in (
        ("banking77", "banking77", questions),
        ("few", f"banking77, {FEW} texts", few),
        ("olist", "Olist", comments),
        ("mixed", f"Olist with {MIXED} of banking77", some + comments),
    ):
        if not asked or key in asked or asked == ["--full"]:
            theme = compare(name, texts)
            if key == "mixed":
                languages(theme)
    return 0


def languages(theme: Any) -> None:
    """Print whether themes of the mixture hold both languages: the first texts are English, the others Portuguese."""
    english = np.arange(len(theme)) < MIXED
    share = np.bincount(theme, english) / np.bincount(theme)
    print(
        f"  {(share > 0.9).sum()} themes are English, {(share < 0.1).sum()} Portuguese, "
        f"{((share >= 0.1) & (share <= 0.9)).sum()} both"
    )


def compare(corpus: str, texts: list[str]) -> Any:
    """Print every method on the themes of one corpus; return the theme of each text."""
    vectors = choose_encoder(list(dict.fromkeys(texts)), seed=1).encode(texts)
    numbers = itertools.count()
    _, found = discover(
        vectors,
        np.ones(len(texts)),
        encoder="benchmark",
        seed=1,
        new_id=lambda: str(next(numbers)),
        language=languages_spoken(texts),
    )
    theme = np.asarray(found.theme)
    read = np.random.default_rng(SEED).random(len(texts)) < 0.5
    whole = theme
    kept = np.unique(theme[read])
    number = np.full(theme.max() + 1, -1, dtype=np.int32)
    number[kept] = np.arange(len(kept))
    theme = number[theme]
    began = time.process_time()
    half = [text for text, one in zip(texts, read, strict=True) if one]
    named = name_themes(half, vectors[read], theme[read])
    spent = time.process_time() - began
    ours = [one.title for one in named]
    candidates = peers(half, theme[read])
    ranked = [
        nearest(words, vectors[read][theme[read] == k]) for k, words in enumerate(candidates["phrases"])
    ]
    judge = Judge(texts, theme, read)
    print(f"\n{corpus}: {len(texts):,} texts, {len(kept)} themes; naming took {spent:.2f} CPU-s")
    print(f"{'':46}only small  at an end  near another  words  found by its name")
    judge.line("Interlock", ours)
    judge.line("class TF-IDF, four words (BERTopic's default)", candidates["words"])
    judge.line("class TF-IDF, four words, English stop words", candidates["stopped"])
    if corpus.startswith("banking77"):  # the phrases must be read by who read the texts
        judge.line("phrases by likeness to the theme (KeyBERT)", ranked)
    for k in np.argsort(-np.bincount(theme[read]), kind="stable")[:SHOWN]:
        print(f"  {ours[k]:36} | {candidates['words'][k]:32} | {candidates['stopped'][k]:42} | {ranked[k]}")
    return whole


class Judge:
    """Looks at names with the half of the texts that nobody read."""

    def __init__(self, texts: list[str], theme: Any, read: Any) -> None:
        self._theme = theme[~read]
        self._stems = [stems_of(text) for text, one in zip(texts, read, strict=True) if not one]
        self._small = []
        for k in range(theme.max() + 1):
            words = [WORD.findall(text) for text, one in zip(texts, theme, strict=True) if one == k]
            listed = spoken_in(Counter(folded(word) for some in words for word in some))
            self._small.append(listed.holding | listed.turning)

    def line(self, method: str, names: list[str]) -> None:
        words = [[folded(word) for word in WORD.findall(name)] for name in names]
        small = [[word in listed for word in some] for some, listed in zip(words, self._small, strict=True)]
        only = np.mean([all(each) for each in small])
        # "top up" is one thing; of turning words ("not") only an end is bad, and no method but ours keeps them.
        ends = np.mean([bool(each) and each[-1] for each in small])
        said = [
            {stem(word) for word in some if word not in listed} or stems_of(name)
            for name, some, listed in zip(names, words, self._small, strict=True)
        ]
        near = np.mean(
            [
                any(len(one & other) * 2 >= len(one | other) for j, other in enumerate(said) if j != i)
                for i, one in enumerate(said)
            ]
        )
        print(
            f"{method:46}{only:>10.0%}{ends:>11.0%}{near:>14.0%}{np.mean([len(some) for some in words]):>7.1f}"
            f"{self._found(said):>13.1%}",
            flush=True,
        )

    def _found(self, said: list[set[str]]) -> float:
        """Return the share of texts whose own theme's name has most of its words in them; ties are shared."""
        hits = 0.0
        for own, stems in zip(self._theme, self._stems, strict=True):
            if own < 0:
                continue
            fits = np.array([len(stems & one) / max(len(one), 1) for one in said])
            best = fits == fits.max()
            hits += float(best[own]) / best.sum()
        return hits / max(int((self._theme >= 0).sum()), 1)


def stems_of(text: str) -> set[str]:
    return {stem(folded(word)) for word in WORD.findall(text)}


def nearest(phrases: list[str], vectors: Any) -> str:
    """Return the phrase whose vector is nearest to the theme's mean, as KeyBERT ranks candidates."""
    if not phrases:
        return ""
    return (
        phrases[int((minilm().encode(phrases) @ vectors.mean(axis=0)).argmax())]
        if vectors.shape[1] == 384
        else ""
    )


def peers(texts: list[str], theme: Any) -> dict[str, Any]:
    given = json.dumps({"texts": texts, "theme": [int(one) for one in theme]})
    command = [python_with(PEERS), str(HERE / "theme_names_peers.py")]
    return json.loads(subprocess.run(command, input=given, capture_output=True, text=True, check=True).stdout)


def banking() -> list[str]:
    with BANKING.open(newline="", encoding="utf-8") as file:
        return [row["text"] for row in csv.DictReader(file)]


def olist() -> list[str]:
    with OLIST.open(newline="", encoding="utf-8") as file:
        said = [
            f"{row['review_comment_title']} {row['review_comment_message']}" for row in csv.DictReader(file)
        ]
    return [text.strip() for text in said if text.strip()]


if __name__ == "__main__":
    sys.exit(main())
