"""How soon does something new become a theme of its own, and how often does nothing new become one?

banking77: eight of the intents with at least 50 texts are withheld, themes are learnt on half of the other texts, and
the other half is streamed with 50 texts of each withheld intent strewn in, each intent beginning somewhere
and making 1, 2 or 5 % of the stream from there on. An intent is recovered when, with its 50th text, one new theme holds
more than 40 % of its texts and more than half of what that theme holds is of this intent. False themes are counted on
streams without the withheld intents. No figure here was used to choose anything: parameters were set on groups that the
product found itself, with other seeds. The pace from which on texts are taken along, and when two new themes are one
matter, were chosen on choices 0 to 4; choices 5 to 9 are printed apart.

An outbreak is one withheld intent alone: after 300 texts of what is known it makes a fifth of the stream, up to 140 texts. Of it
are told how many new themes it became, and how many of its texts lie in the largest.

The peer reads the streams of 5 %, the kindest to it: texts beyond one global cut (the 5 % quantile of the past's likeness to its nearest
micro-cluster) wait in a pool, and with every 50th of them DBSCAN looks for groups of at least 8 in it.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from interlock.analytics.text.encoders import minilm
from interlock.analytics.themes.edits import micros_for
from interlock.analytics.themes.novelty import BUDGET, Lookout, Said
from themes import TRAIN, found_in, questions

CHOICES, WITHHELD, EACH, MANY = 10, 8, 50, 140
RATES = (0.01, 0.02, 0.05)
# An outbreak: one intent alone, up to 140 texts, a fifth of what is said after 300 texts of what is known.
OUTBREAK, BEFORE = 0.2, 300
PEER = "Global cut + DBSCAN of the rest"
Stream = tuple[list[Any], Any, Any]  # withheld intents, learnt texts, streamed texts


@dataclass
class Outcome:
    """What became of one stream."""

    recovered: int = 0
    found: int = 0
    false: int = 0
    texts: int = 0
    seconds: float = 0.0
    soon: list[int] = field(default_factory=list)
    """Texts of an intent until a new theme was mostly about it."""
    recalls: list[float] = field(default_factory=list)
    """Share of an intent's texts in one new theme, at its 50th text."""
    became: list[int] = field(default_factory=list)
    """New themes that an intent is at the end: mostly about it, with three of its texts and more."""
    shares: list[float] = field(default_factory=list)
    """Share of an intent's texts in the largest of these, at the end."""


def main() -> int:
    if not TRAIN.exists():
        print(f"{TRAIN} is not there: nothing was measured.")
        return 0
    print(
        f"Load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; budget {BUDGET:g} in 10,000"
    )
    read()  # once, before the processes share it
    workers = int(os.environ.get("WORKERS", os.cpu_count() or 1))
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as processes:
        choices = list(processes.map(one_choice, range(2 if "--quick" in sys.argv else CHOICES)))
    for name in READERS:
        for rate in RATES if name != PEER else RATES[-1:]:
            line(f"{name}, {rate:.0%} each", [outcomes[name, rate] for outcomes in choices])
            line("  of these choices 5 to 9", [outcomes[name, rate] for outcomes in choices[5:]])
        outbreaks(f"{name}, one alone", [outcomes[name, OUTBREAK] for outcomes in choices])
        outbreaks("  of these choices 5 to 9", [outcomes[name, OUTBREAK] for outcomes in choices[5:]])
        nothing_new(name, [outcomes[name, 0.0] for outcomes in choices])
    return 0


def one_choice(seed: int) -> dict[tuple[str, float], Outcome]:
    """Learn once, then read all streams of one choice of withheld intents."""
    vectors, truth = read()
    withheld, learnt, _ = drawn(truth, seed, 0.0)
    model, assigned = found_in(vectors[learnt], 1)
    outcomes = {}
    for rate in (*RATES, 0.0):
        streamed = drawn(truth, seed, rate)[2]
        for name, reader in READERS.items():
            if name == PEER and rate not in {RATES[-1], 0.0}:
                continue
            began = time.process_time()
            history = reader(model, assigned, vectors[learnt], vectors[streamed])
            outcomes[name, rate] = outcome = judged(history, truth[streamed], withheld)
            outcome.seconds = time.process_time() - began
    rest = np.setdiff1d(np.flatnonzero(~np.isin(truth, withheld)), learnt)
    for name, reader in READERS.items():
        outcomes[name, OUTBREAK] = one = Outcome()
        for intent in withheld:
            streamed = outbreak(truth, intent, rest, seed)
            history = reader(model, assigned, vectors[learnt], vectors[streamed])
            alone = judged(history, truth[streamed], [intent])
            one.soon += alone.soon
            one.became += alone.became
            one.shares += alone.shares
            one.false += alone.false
    return outcomes


def read() -> tuple[Any, Any]:
    """The vectors of the questions, kept in the system's temporary folder, and the intents."""
    texts, truth = questions()
    kept = Path(tempfile.gettempdir()) / f"interlock-banking77-{minilm().version}.npy"
    if not kept.exists():
        np.save(kept, minilm().encode(texts))
    return np.load(kept), truth


def drawn(truth: Any, seed: int, rate: float) -> Stream:
    """Draw which intents are withheld, what is learnt, and the stream; rate 0 leaves the withheld out."""
    rng = np.random.default_rng(1000 + seed)
    withheld = rng.choice(np.flatnonzero(np.bincount(truth) >= EACH), WITHHELD, replace=False)
    known = rng.permutation(np.flatnonzero(~np.isin(truth, withheld)))
    learnt, rest = np.split(known, [len(known) // 2])
    places, streamed = [np.arange(len(rest)) + rng.random(len(rest)) / 2], [rest]
    for intent in withheld if rate else ():
        span = min(EACH / rate, len(rest))
        begin = rng.uniform(0, len(rest) - span)
        places.append(np.sort(rng.uniform(begin, begin + span, EACH)))
        streamed.append(rng.choice(np.flatnonzero(truth == intent), EACH, replace=False))
    return withheld.tolist(), learnt, np.concatenate(streamed)[np.argsort(np.concatenate(places))]


def outbreak(truth: Any, intent: int, known: Any, seed: int) -> Any:
    """Draw a stream of what is known, and then of one intent among it."""
    rng = np.random.default_rng(2000 + 100 * seed + intent)
    about = rng.permutation(np.flatnonzero(truth == intent))[:MANY]
    beside = rng.choice(known, BEFORE + round(len(about) * (1 / OUTBREAK - 1)), replace=False)
    places = np.append(np.arange(len(beside)), np.sort(rng.uniform(BEFORE, len(beside), len(about))))
    return np.append(beside, about)[np.argsort(places, kind="stable")]


def ours(model: Any, assigned: Any, past: Any, stream: Any) -> Any:
    """Yield after each text which new theme each of those so far is in (-1 = none)."""
    none = np.zeros(0, np.int64)
    lookout = Lookout(past, assigned.theme, Said(none, past[:0], none, none, none))
    centres, theme_of = model.centres, model.theme.astype(np.int64)
    first_new = len(model.theme_ids)
    own = np.full(len(stream), -1)
    for number, vector in enumerate(stream):
        theme = int(theme_of[(centres @ vector).argmax()])
        own[number] = max(theme - first_new, -1)
        one = np.array([number])
        noticed = lookout.look(Said(one, vector[None], np.array([theme]), one, own[[number]]))
        if (
            noticed
            and (fresh := np.array([key for key in noticed.members if own[key] != noticed.matter])).size
        ):
            own[fresh] = noticed.matter
            theme_of[theme_of == first_new + noticed.absorbed] = first_new + noticed.matter
            more, _reach = micros_for(stream[fresh], seed=1)
            centres = np.concatenate([centres, more])
            theme_of = np.concatenate([theme_of, np.full(len(more), first_new + noticed.matter)])
        yield own[: number + 1]


def peer(model: Any, assigned: Any, past: Any, stream: Any) -> Any:
    """The same from one cut and DBSCAN (8 texts within the median likeness of a text of the past to its nearest one)."""
    cut = float(np.quantile(assigned.similarity, 0.05))
    near = past @ past[:2000].T
    near[near > 0.999] = -1
    radius = float(np.median(near.max(axis=1)))
    own, pool = np.full(len(stream), -1), []
    for number, vector in enumerate(stream):
        if float((model.centres @ vector).max()) < cut:
            pool.append(number)
            if len(pool) % 50 == 0:
                own[pool] = kept_numbers(own[pool], dense(stream[pool], radius, 8), own.max())
        yield own[: number + 1]


def dense(points: Any, radius: float, fewest: int) -> Any:
    """DBSCAN (Ester and others, 1996) by cosine; -1 = noise."""
    close = points @ points.T >= radius
    core = close.sum(axis=1) >= fewest
    label, current = np.full(len(points), -1), 0
    for start in np.flatnonzero(core):
        if label[start] >= 0:
            continue
        waiting = [start]
        while waiting:
            one = waiting.pop()
            if label[one] < 0:
                label[one] = current
                waiting += np.flatnonzero(close[one] & (label < 0)).tolist() if core[one] else []
        current += 1
    return label


def kept_numbers(before: Any, labels: Any, last: int) -> Any:
    """Groups found again keep the number that most of their texts had."""
    after = np.full(len(labels), -1)
    for label in range(labels.max() + 1):
        inside = labels == label
        had = before[inside & (before >= 0)]
        last += not len(had)
        after[inside] = np.bincount(had).argmax() if len(had) else last
    return after


def judged(history: Any, intents: Any, withheld: list[int]) -> Outcome:
    outcome, said, known = Outcome(texts=len(intents)), dict.fromkeys(withheld, 0), 0
    found: set[int] = set()
    for number, own in enumerate(history):
        intent = int(intents[number])
        if own.max(initial=-1) + 1 > known:
            for new in range(known, own.max() + 1):
                about = intents[: number + 1][own == new]
                if not len(about):  # it was found to be the same matter as another at once
                    continue
                most = int(np.bincount(about).argmax())
                outcome.false += bool(np.isin(about, withheld).mean() <= 0.5)
                if most in said and most not in found and (about == most).mean() > 0.5:
                    found.add(most)
                    outcome.soon.append(int((intents[: number + 1] == most).sum()))
            known = int(own.max()) + 1
        if intent in said:
            said[intent] += 1
            if said[intent] == EACH:
                recall = recall_of(own, intents[: number + 1] == intent)
                outcome.recalls.append(recall)
                outcome.recovered += recall > 0.4
    outcome.found = known
    for intent in withheld if said[withheld[0]] else ():
        inside = intents == intent
        held = [
            (own[inside] == theme).sum()
            for theme in range(known)
            if inside[own == theme].sum() > (own == theme).sum() / 2
        ]
        outcome.became.append(sum(count >= 3 for count in held))
        outcome.shares.append(max(held, default=0) / inside.sum())
    return outcome


def recall_of(own: Any, inside: Any) -> float:
    """The largest share of an intent's texts in one new theme that is mostly about it; 0 without such a theme."""
    shares = [
        (own[inside] == theme).mean()
        for theme in range(own.max(initial=-1) + 1)
        if (own == theme).any() and inside[own == theme].mean() > 0.5
    ]
    return float(max(shares, default=0.0))


def line(name: str, outcomes: list[Outcome]) -> None:
    if len(outcomes) < 2:
        return
    recovered = [each.recovered for each in outcomes]
    mean = statistics.mean(recovered)
    # Student's t, for ten choices and for five.
    half = (2.262 if len(recovered) > 5 else 2.776) * statistics.stdev(recovered) / len(recovered) ** 0.5
    soon = [each for outcome in outcomes for each in outcome.soon]
    recalls = [each for outcome in outcomes for each in outcome.recalls]
    texts = sum(each.texts for each in outcomes)
    print(
        f"{name:42} {mean:.1f} of {WITHHELD} ({min(recovered)} to {max(recovered)}; 95 %: {mean - half:.1f} to {mean + half:.1f}), "
        f"noticed {len(soon)} of {WITHHELD * len(outcomes)}, median after {statistics.median(soon or [0]):g} texts; "
        f"recall {statistics.mean(recalls):.2f}; in two themes and more {sum(each > 1 for outcome in outcomes for each in outcome.became)}; {sum(each.found for each in outcomes)} themes, {sum(each.false for each in outcomes)} not of the withheld; "
        f"{sum(each.seconds for each in outcomes) / texts * 1000:.1f} CPU-ms a text",
        flush=True,
    )


def outbreaks(name: str, outcomes: list[Outcome]) -> None:
    became = [each for outcome in outcomes for each in outcome.became]
    if became:
        soon = [each for outcome in outcomes for each in outcome.soon]
        shares = [each for outcome in outcomes for each in outcome.shares]
        print(
            f"{name:42} noticed {len(soon)} of {len(became)}, median after {statistics.median(soon or [0]):g} texts; "
            f"{statistics.mean(shares):.0%} of its texts in the largest theme; "
            f"one theme {became.count(1)}, two {became.count(2)}, more {sum(each > 2 for each in became)}, none {became.count(0)}; "
            f"{sum(each.false for each in outcomes)} themes not of it",
            flush=True,
        )


def nothing_new(name: str, outcomes: list[Outcome]) -> None:
    texts, found = sum(each.texts for each in outcomes), sum(each.found for each in outcomes)
    print(
        f"{name + ', nothing new':42} {found} false themes in {texts:,} texts: {found / texts * 10_000:.2f} in 10,000",
        flush=True,
    )


READERS = {"Interlock": ours, PEER: peer}

if __name__ == "__main__":
    sys.exit(main())
