"""How well are feelings told? Sentiment beside VADER and TF-IDF with logistic regression, intents, calibration, speed.

Sentiment: Olist's comments (Portuguese), the rating is the label (1 and 2 negative, 3 neutral, 4 and 5 positive). A fifth of the
texts is held back, near-duplicates together, and judged once. VADER knows English only, so that here it is a floor; on the
hand-written sentences it is shown for the English ones too. The peers run in an environment of their own.
Intents: `held_out.tsv`, sentences in five languages written before the word lists, by the same author, who therefore knew
them: it flatters. `development.tsv` was at hand while the lists were written.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import time
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from interlock.analytics.feelings import INTENTS, SENTIMENTS
from interlock.analytics.feelings.adoption import verdict
from interlock.analytics.feelings.learning import Examples, learn
from interlock.analytics.feelings.scores import calibration_error, macro_f1, reliability
from interlock.analytics.feelings.start import as_arrays, readings
from interlock.analytics.text.duplicates import voice_groups
from interlock.analytics.text.languages import languages_of
from peers import python_with

ROOT = Path(__file__).parents[1]
REVIEWS = ROOT.parent / "shared" / "data" / "olist" / "sample" / "order_reviews.csv"
SAMPLES = ROOT / "tests" / "analytics" / "feelings"
PEERS = ("vadersentiment==3.3.2", "scikit-learn==1.9.1")
SEED = 7


def rated() -> tuple[list[str], np.ndarray]:
    """Comments with their title, and the label of their stars."""
    texts, labels = [], []
    with REVIEWS.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["review_comment_message"].strip():
                texts.append(
                    f"{row['review_comment_title']}. {row['review_comment_message']}".removeprefix(". ")
                )
                labels.append({1: 0, 2: 0, 3: 1, 4: 2, 5: 2}[int(row["review_score"])])
    return texts, np.array(labels)


def line(
    name: str, label: np.ndarray, said: np.ndarray, chances: np.ndarray | None, per_second: float
) -> None:
    error = "" if chances is None else f"{calibration_error(chances, label):.3f}"
    share = (said == label).mean()
    print(
        f"{name:<46}{macro_f1(label, said, 3):>9.3f}{share:>10.3f}{error:>8}{per_second:>12,.0f}", flush=True
    )


def sentiment() -> None:
    texts, label = rated()
    group = voice_groups(texts)
    test = np.random.default_rng(SEED).permutation(group.max() + 1)[group] % 5 == 0
    started = time.process_time()
    start, _intents = as_arrays(readings(texts, [found.code for found in languages_of(texts)]))
    lists_seconds = time.process_time() - started
    known, unseen = np.flatnonzero(~test), [texts[place] for place in np.flatnonzero(test)]
    print(
        f"\nSentiment, Olist: {len(known)} texts to learn from, {len(unseen)} held back, near-duplicates together"
    )
    print(f"{'':<46}{'macro-F1':>9}{'accuracy':>10}{'ECE':>8}{'texts/CPU-s':>12}")
    line(
        "word lists, no data (language included)",
        label[test],
        start[test].argmax(axis=1),
        start[test],
        len(texts) / lists_seconds,
    )
    for n in (250, 1000, len(known)):
        some = known[:n]
        _, alike = np.unique(group[some], return_inverse=True)
        examples = Examples(
            SENTIMENTS, [texts[place] for place in some], label[some], np.ones(n), alike, start[some]
        )
        began = time.process_time()
        learnt = learn(examples, seed=SEED)
        seconds, began = time.process_time() - began, time.process_time()
        chances = learnt.model.probabilities(unseen, start[test])
        per_second = len(unseen) / (time.process_time() - began)
        found = verdict(examples, learnt, seed=SEED)
        line(
            f"learnt from {n}, label with the best F1",
            label[test],
            learnt.model.shown(chances),
            chances,
            per_second,
        )
        line("  the same, likeliest label", label[test], chances.argmax(axis=1), chances, per_second)
        print(
            f"  {seconds:.1f} CPU-s; unseen folds F1 {found.learnt_f1:.3f}, lists {found.lists_f1:.3f}, "
            f"gain {found.low:+.3f} to {found.high:+.3f}: {'adopted' if found.adopted else 'not adopted'}"
        )
    peers(texts, label, test)
    print("\nchance of the likeliest label, learnt from all: said, right, texts")
    for one in reliability(chances, label[test]):
        print(f"  {one.low:.1f} to {one.high:.1f}  {one.chance:.3f}  {one.right:.3f}  {one.n}")


def peers(texts: list[str], label: np.ndarray, test: np.ndarray) -> None:
    """VADER, and scikit-learn's TF-IDF with logistic regression, on the same rows."""
    rows = json.dumps({"texts": texts, "label": label.tolist(), "test": test.tolist()})
    script = Path(__file__).with_name("feelings_peers.py")
    ran = subprocess.run([python_with(PEERS), script], input=rows, capture_output=True, text=True, check=True)
    for name, said, chances, per_second in json.loads(ran.stdout):
        line(name, label[test], np.array(said), np.array(chances) if chances else None, per_second)


def sentences(name: str) -> None:
    rows = [each.split("\t") for each in (SAMPLES / f"{name}.tsv").read_text(encoding="utf-8").splitlines()]
    texts = [row[3] for row in rows]
    languages = [found.code for found in languages_of(texts)]
    right = sum(code == row[0] for code, row in zip(languages, rows, strict=True))
    feelings, intents = as_arrays(readings(texts, languages))
    known = np.array([SENTIMENTS.index(row[1]) for row in rows])
    print(
        f"\n{name}.tsv: {len(rows)} sentences, language right {right}, sentiment macro-F1 {macro_f1(known, feelings.argmax(axis=1), 3):.3f}"
    )
    print(f"{'intent':<12}{'n':>4}{'precision':>11}{'recall':>9}{'F1':>7}{'ECE':>8}")
    for place, intent in enumerate(INTENTS):
        held = np.array([intent in row[2].split(",") for row in rows])
        told = intents[:, place] > 0.5
        both = (held & told).sum()
        error = calibration_error(
            np.stack([1 - intents[:, place], intents[:, place]], axis=1), held.astype(np.int64)
        )
        print(
            f"{intent:<12}{held.sum():>4}{both / max(told.sum(), 1):>11.2f}{both / held.sum():>9.2f}{2 * both / (held.sum() + told.sum()):>7.2f}{error:>8.3f}"
        )


def main() -> int:
    for name in ("development", "held_out"):
        sentences(name)
    if REVIEWS.exists():
        sentiment()
    else:
        print(f"{REVIEWS} is not there: the figures of sentiment are left out.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
