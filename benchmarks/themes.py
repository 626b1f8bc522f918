"""How well and how quickly are themes found? Beside BERTopic, UMAP + HDBSCAN tuned on the labels, and NMF.

banking77: 10,003 questions to a bank, 77 intents. Nothing was told the number of intents, except where it says so. The
larger corpora are the same texts drawn again with 15 % of their words left out: speed counts there, not quality.
`--full` adds 100,000 texts with BERTopic on the same vectors, and 1,000,000 without it. Seconds are wall seconds; CPU
seconds stand beside them, because machines are busy.
"""

from __future__ import annotations

import csv
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from interlock.analytics.text.encoders import minilm, static
from interlock.analytics.text.student import learn
from interlock.analytics.themes.corpus import choose_encoder, find_themes
from interlock.analytics.themes.discover import discover
from interlock.analytics.themes.model import assign
from interlock.analytics.themes.names import name_themes
from interlock.analytics.themes.refit import refit
from memory import peak_megabytes
from peers import python_with

HERE = Path(__file__).parent
TRAIN = HERE.parents[1] / "shared" / "data" / "banking77" / "train.csv"
SEEDS = (1, 2, 3)
PEERS = ["hdbscan", "umap-learn", "pandas", "scikit-learn", "tqdm", "plotly", "pyyaml"]


def main() -> int:
    if not TRAIN.exists():
        print(f"{TRAIN} is not there: nothing was measured.")
        return 0
    if "--child" in sys.argv:
        whole_corpus(int(sys.argv[-1]))
        return 0
    texts, truth = questions()
    print(
        f"{len(texts):,} texts, 77 intents; load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    )
    quality = small(texts, truth)
    identity(texts, truth)
    if "--full" in sys.argv:
        hundred_thousand(texts, truth)
        subprocess.run([sys.executable, __file__, "--child", "1000000"], check=True)
    return 0 if quality >= 0.5 else 1


def small(texts: list[str], truth: Any) -> float:
    """Print ours and the peers on the same vectors of MiniLM, and ours with the other encoders."""
    vectors, wall, cpu = timed(minilm().encode, texts)
    print(f"MiniLM reads them in {wall:.1f} s ({cpu:.1f} CPU-s)")
    reached = []
    for seed in SEEDS:
        (_, found), wall, cpu = timed(named_in, vectors, texts, seed)
        reached.append(agreement(truth, found.theme))
        line(f"Interlock, MiniLM, seed {seed}", found.theme, truth, wall, cpu)
    for seed in SEEDS:
        student, wall, cpu = timed(
            lambda seed=seed: learn(texts, minilm(), static(), own_share=0.0, seed=seed)
        )
        read, _, reading = timed(student.encode, texts)
        (_, found), *spent = timed(named_in, read, texts, seed)
        line(
            f"Interlock, student (learnt in {cpu:.1f} CPU-s, {len(texts) / reading:,.0f} texts a CPU-s)",
            found.theme,
            truth,
            *spent,
        )
    (_, found), *spent = timed(named_in, static().encode(texts), texts, 1)
    line("Interlock, static", found.theme, truth, *spent)
    peers(texts, vectors, truth, ["bertopic", "tuned", "nmf"])
    return min(reached)


def identity(texts: list[str], truth: Any) -> None:
    """Print what keeps its theme when a sixth of the texts comes later, and how long one new text takes."""
    vectors = minilm().encode(texts)
    kept = []
    for seed in SEEDS:
        order = np.random.default_rng(seed).permutation(len(texts))
        old = vectors[order[: len(order) * 5 // 6]]
        model, before = found_in(old, seed)
        names = counted(f"later{seed}")
        grown, changes = refit(model, vectors[order], np.ones(len(order)), {}, seed=seed, new_id=names)
        after = assign(grown, old)
        kept.append(
            np.mean(np.array(model.theme_ids)[before.theme] == np.array(grown.theme_ids)[after.theme])
        )
        print(
            f"20 % more texts, seed {seed}: {kept[-1]:.1%} of the old ones keep their theme; {len(changes)} changes"
        )
    one = vectors[:1]
    _, wall, _ = timed(lambda: [assign(model, one) for _ in range(1000)])
    print(
        f"Assigning one text that is read: {wall:.3f} ms; the student reads one in {reading_one(texts):.3f} ms"
    )


def reading_one(texts: list[str]) -> float:
    student = learn(texts[:1000], minilm(), static(), own_share=0.0, seed=1)
    _, wall, _ = timed(lambda: [student.encode([text]) for text in texts[1000:2000]])
    return wall


def hundred_thousand(texts: list[str], truth: Any) -> None:
    """Print ours and BERTopic on 100,000 texts, with the student's vectors for both."""
    drawn, labels = resampled(texts, truth, 100_000)
    student, wall, cpu = timed(lambda: choose_encoder(drawn, seed=1))
    vectors, reading, reading_cpu = timed(student.encode, drawn)
    print(
        f"\n100,000 texts: the student learns in {wall:.1f} s ({cpu:.1f} CPU-s), reads in {reading:.1f} s ({reading_cpu:.1f})"
    )
    (_, found), *spent = timed(named_in, vectors, drawn, 1)
    line("Interlock, student's vectors", found.theme, labels, *spent)
    peers(drawn, vectors, labels, ["bertopic"])


def whole_corpus(count: int) -> None:
    """Print time and memory of everything, from texts to names, in this process alone."""
    texts, truth = questions()
    drawn, labels = resampled(texts, truth, count)
    student, wall, cpu = timed(lambda: choose_encoder(drawn, seed=1))
    found, rest, rest_cpu = timed(
        lambda: find_themes(drawn, np.ones(count), seed=1, new_id=counted(""), encoder=student)
    )
    peak = peak_megabytes()
    print(
        f"\n{count:,} texts: the student learns in {wall:.1f} s ({cpu:.1f} CPU-s); reading, clustering, naming and assigning all"
    )
    line("Interlock, from texts to names", found.assigned.theme, labels, rest, rest_cpu, peak)


def questions() -> tuple[list[str], Any]:
    with TRAIN.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [row["text"] for row in rows], np.unique([row["category"] for row in rows], return_inverse=True)[1]


def resampled(texts: list[str], truth: Any, count: int) -> tuple[list[str], Any]:
    """Return texts drawn with replacement, each with 15 % of its words left out."""
    rng = np.random.default_rng(5)
    places = rng.integers(0, len(texts), count)
    words = [text.split() for text in texts]
    drawn = []
    for place in places:
        kept = rng.random(len(words[place])) > 0.15
        drawn.append(" ".join(itertools.compress(words[place], kept)) or texts[place])
    return drawn, truth[places]


def named_in(vectors: Any, texts: list[str], seed: int) -> Any:
    """Find and name, as BERTopic does in one."""
    model, assigned = found_in(vectors, seed)
    name_themes(texts, vectors, assigned.theme)
    return model, assigned


def found_in(vectors: Any, seed: int) -> Any:
    return discover(vectors, np.ones(len(vectors)), encoder="benchmark", seed=seed, new_id=counted(""))


def counted(word: str) -> Callable[[], str]:
    numbers = itertools.count()
    return lambda: f"{word}{next(numbers)}"


def timed(work: Callable[..., Any], *given: Any) -> tuple[Any, float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    done = work(*given)
    return done, time.perf_counter() - wall, time.process_time() - cpu


def line(name: str, labels: Any, truth: Any, wall: float, cpu: float, megabytes: float = 0) -> None:
    memory = f"  {megabytes:,.0f} MB" if megabytes else ""
    print(
        f"{name:66} {int(labels.max()) + 1:5} themes  ARI {agreement(truth, labels):.3f}  {wall:7.1f} s  {cpu:7.1f} CPU-s{memory}",
        flush=True,
    )


def agreement(truth: Any, labels: Any) -> float:
    """Return the adjusted Rand index (Hubert, Arabie, 1985); a text without a theme is alone."""
    labels = np.where(labels < 0, labels.max() + 1 + np.arange(len(labels)), labels)
    labels = np.unique(labels, return_inverse=True)[1]
    pairs = np.unique(truth.astype(np.int64) * (labels.max() + 1) + labels, return_counts=True)[1]

    def chosen(counts: Any) -> float:
        return float((counts * (counts - 1) / 2).sum())

    both, one, other = chosen(pairs), chosen(np.bincount(truth)), chosen(np.bincount(labels))
    chance = one * other / (len(truth) * (len(truth) - 1) / 2)
    return (both - chance) / ((one + other) / 2 - chance)


def peers(texts: list[str], vectors: Any, truth: Any, which: list[str]) -> None:
    python = python_with(PEERS)
    # Without its dependencies, which bring torch: the vectors are given.
    pip = [
        python,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "bertopic==0.17.4",
    ]
    subprocess.run(pip, check=True)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "texts.json").write_text(json.dumps(texts))
        np.save(Path(folder) / "vectors.npy", vectors)
        np.save(Path(folder) / "truth.npy", truth)
        command = [python, "-W", "ignore", str(HERE / "themes_peers.py"), folder, *which]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as running:
            for each in running.stdout or ():
                said = json.loads(each)
                print(
                    f"{said['name']:66} {said['themes']:5} themes  ARI {said['ari_all']:.3f}  {said['seconds']:7.1f} s  "
                    f"{said['cpu']:7.1f} CPU-s  {said['megabytes']:,.0f} MB; as given ARI {said['ari']:.3f}, "
                    f"{said['outliers']:.0%} outliers",
                    flush=True,
                )


if __name__ == "__main__":
    sys.exit(main())
