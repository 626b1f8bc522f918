"""From which likeness on do two texts say nearly the same, and does the coarse index find them?

banking77: 10,003 questions to a bank of 77 intents. For each encoder: of the pairs that reach a likeness, how many ask for
the same (right), and how many of all that ask for the same are found so (found); with whole questions and with the
names of the intents ("card arrival") as what is searched for. Then: of the texts alike, how many lie in the groups that are
read. No level was fitted to a second data set, so they say what they say about English questions.
"""

from __future__ import annotations

import csv
import itertools
import os
import time
from typing import Any

import numpy as np

from interlock.analytics.text.echo import CENTRE_BELOW, MINILM, NEAREST_GROUPS, STUDENT, Levels
from interlock.analytics.text.encoders import Encoder, minilm, static
from interlock.analytics.text.student import learn
from interlock.analytics.themes.discover import discover
from themes import TRAIN, questions

ASKED = 1_000
NOT_RIGHT = 0.05  # a share stated in the product may be off by so much


def main() -> int:
    if not TRAIN.exists():
        print(f"{TRAIN} is not there: nothing was measured.")
        return 0
    texts, truth = questions()
    print(f"{len(texts):,} texts, 77 intents, {ASKED:,} asked; load {os.getloadavg()[0]:.1f}")
    kept = True
    student = learn(texts, minilm(), static(), own_share=0.0, seed=1)
    for encoder, levels in ((minilm(), MINILM), (student, STUDENT)):
        vectors = encoder.encode(texts)
        asked = np.random.default_rng(0).choice(len(texts), ASKED, replace=False)
        likeness = vectors[asked] @ vectors.T
        likeness[np.arange(ASKED), asked] = -1  # itself
        kept &= table(f"{encoder.name}, whole questions", likeness, truth[asked], truth, levels)
        short = encoder.encode([name.replace("_", " ") for name in intents()])
        table(f"{encoder.name}, names of intents", short @ vectors.T, np.arange(len(short)), truth, levels)
        coarse(vectors, asked, likeness, levels)
    speed(minilm(), texts)
    speed(student, texts)
    return 0 if kept else 1


def intents() -> list[str]:
    with TRAIN.open(newline="", encoding="utf-8") as file:
        return sorted({row["category"] for row in csv.DictReader(file)})


def table(name: str, likeness: Any, asked: Any, truth: Any, levels: Levels) -> bool:
    """Print one line a level; whether the shares that the product states hold."""
    same = asked[:, None] == truth[None, :]
    print(f"\n{name:<32}{'level':>7}{'right':>8}{'found':>8}{'median':>8}")
    holds = True
    stated = zip(
        ("strict", "usual", "loose"), (levels.strict, levels.usual, levels.loose), levels.right, strict=True
    )
    for word, level, right in stated:
        alike = likeness >= level
        shared = float((alike & same).sum() / alike.sum())
        found = float(((alike & same).sum(axis=1) / same.sum(axis=1)).mean())
        holds &= abs(shared - right) <= NOT_RIGHT
        print(f"{word:<32}{level:>7.2f}{shared:>8.2f}{found:>8.2f}{np.median(alike.sum(axis=1)):>8.0f}")
    return holds


def coarse(vectors: Any, asked: Any, likeness: Any, levels: Levels) -> None:
    """Print how many of the texts alike lie in the groups that are read."""
    numbers = itertools.count()
    model, assigned = discover(
        vectors, np.ones(len(vectors)), encoder="", seed=1, new_id=lambda: str(next(numbers))
    )
    near = vectors[asked] @ model.centres.T
    order = np.argsort(-near, axis=1)[:, :NEAREST_GROUPS]
    read = np.zeros((len(asked), len(model.centres)), dtype=bool)
    np.put_along_axis(read, order, np.take_along_axis(near, order, 1) >= levels.loose - CENTRE_BELOW, axis=1)
    inside = read[:, assigned.micro]
    for word, level in (("usual", levels.usual), ("loose", levels.loose)):
        alike = likeness >= level
        print(f"in the groups read, {word:<12}{100 * (alike & inside).sum() / alike.sum():>8.1f} of 100")
    print(f"read: {inside.sum(axis=1).mean():.0f} of {len(vectors):,} texts, {len(model.centres):,} groups")


def speed(encoder: Encoder, texts: list[str]) -> None:
    began, worked = time.perf_counter(), time.process_time()
    for text in texts[:100]:
        encoder.encode([text])
    print(
        f"{encoder.name}: {10 * (time.perf_counter() - began):.1f} ms a text alone, "
        f"{10 * (time.process_time() - worked):.1f} ms of CPU"
    )


if __name__ == "__main__":
    raise SystemExit(main())
