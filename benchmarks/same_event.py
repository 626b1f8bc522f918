"""Do streams that ring at the same time ring for the same event? Two kinds of error, beside joining by time alone.

banking77: twelve intents are withheld and themes are learnt on half of the other texts. An outcry is a hundred texts of
one withheld intent; as in life, they fall into the themes there are, and every theme that got eight of them rings,
with a quarter of its usual texts among them, in an order drawn at random; so does the one channel and the one source.
One outcry alone should be one alarm, two that begin in the same hour should be two.

Twice: as MiniLM reads the texts, and as an encoder does that learnt from these and more Portuguese comments, the way a
company with customers in two languages gets one. The cut was chosen on twelve intents of one half; twelve of the other report.
"""

from __future__ import annotations

import os
import sys
from itertools import combinations
from typing import Any

import numpy as np

from interlock.analytics.outcry import events as told_apart
from interlock.analytics.outcry.events import ALIKE, Loud, UsualSpeech, events
from interlock.analytics.themes import corpus
from interlock.analytics.themes.discover import discover
from interlock.analytics.themes.spoken import languages_spoken
from theme_names import OLIST
from themes import TRAIN, counted, found_in, questions
from themes_mixed import READER, comments
from themes_new import read

SEEDS, WITHHELD, TEXTS, LEAST = 4, 12, 100, 8
USUAL = 60  # other texts in the same hours, of themes that do not ring
BEFORE = 500  # texts that tell what is said usually
ENGLISH, PORTUGUESE = 3_300, 4_200  # texts of the mixture
CUTS = (0.08, 0.12, 0.16, 0.2)


class World:
    """Themes learnt without some intents, and the outcries of those."""

    def __init__(self, seed: int, half: int, mixed: bool) -> None:
        self.rng = np.random.default_rng(seed)
        self.vectors, self.truth = read()
        often = np.random.default_rng(0).permutation(np.flatnonzero(np.bincount(self.truth) >= TEXTS))
        self.withheld = self.rng.choice(often[half::2], WITHHELD, replace=False)
        known = self.rng.permutation(np.flatnonzero(~np.isin(self.truth, self.withheld)))
        self.learnt, self.rest = np.split(known, [len(known) // 2])
        if mixed:
            said = self._learn_mixture(seed)
        else:
            said = self.vectors[self.learnt]
            self.model, assigned = found_in(said, 1)
            self.theme_of_learnt = assigned.theme
        self.usually = UsualSpeech(said[self.rng.choice(len(said), BEFORE, replace=False)])

    def _learn_mixture(self, seed: int) -> Any:
        """Learn encoder and themes from both languages; returns the vectors of what they were learnt from."""
        self.learnt = self.learnt[:ENGLISH]
        texts = questions()[0]
        foreign = np.random.default_rng(7).permutation(np.unique(comments().texts))[:PORTUGUESE].tolist()
        mixture = [texts[one] for one in self.learnt] + foreign
        student = corpus.choose_encoder(list(dict.fromkeys(mixture)), seed=seed)
        self.vectors, said = unit(student.encode(texts)), unit(student.encode(mixture))
        self.model, assigned = discover(
            said, np.ones(len(said)), encoder="benchmark", seed=1, new_id=counted(""), language=languages_spoken(mixture)
        )  # fmt: skip
        self.theme_of_learnt = assigned.theme[: len(self.learnt)]
        return said

    def rung(self, *intents: int) -> list[Loud]:
        """Streams that ring when these intents are said loudly."""
        said = [self.rng.choice(np.flatnonzero(self.truth == one), TEXTS, replace=False) for one in intents]
        loud, everything = [], [*self.rng.choice(self.rest, USUAL, replace=False)]
        texts = np.concatenate(said)
        theme = self.model.theme[(self.vectors[texts] @ self.model.centres.T).argmax(axis=1)]
        for one in np.unique(theme):
            mine = texts[theme == one]
            if len(mine) < LEAST:
                everything += mine.tolist()
                continue
            own = self.learnt[self.theme_of_learnt == one]
            usual = self.rng.choice(own, min(len(own), len(mine) // 4), replace=False)
            rows = np.concatenate([mine, usual])
            everything += rows.tolist()
            centre = self.usually.centre(self.vectors[rows])
            loud.append(Loud(0, True, frozenset(rows.tolist()), float(len(usual)), centre))
        usual_here, centre = (
            float(len(everything) - len(texts)),
            self.usually.centre(self.vectors[everything]),
        )
        place = Loud(0, False, frozenset(everything), usual_here, centre)
        loud += [place, place]
        return [loud[one] for one in self.rng.permutation(len(loud))]


def unit(vectors: Any) -> Any:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


def main() -> int:
    if not TRAIN.exists() or not OLIST.exists():
        print(f"{TRAIN} or {OLIST} is not there: nothing was measured.")
        return 0
    corpus.minilm = lambda: READER
    READER.remember(questions()[0], read()[0])
    seeds = 1 if "--quick" in sys.argv else SEEDS
    print(f"load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; {seeds} seed(s)")
    for mixed in (False, True):
        for half, cuts in ((1, (ALIKE,)), (0, CUTS)):
            ones, twos = [], []
            for seed in range(seeds):
                world = World(seed, half, mixed)
                ones += [world.rung(intent) for intent in world.withheld]
                twos += [world.rung(*pair) for pair in combinations(world.withheld, 2)]
            print("Student of a mixture" if mixed else "MiniLM", end=", ")
            print("reported on these intents" if half else "chosen on these intents")
            for cut in cuts:
                told_apart.ALIKE = cut
                print_both(cut, ones, twos)
            told_apart.ALIKE = ALIKE
    return 0


def print_both(cut: float, ones: list[list[Loud]], twos: list[list[Loud]]) -> None:
    """Print both errors, and what joining by time alone would do."""
    for worlds, what in ((ones, "one outcry"), (twos, "two in the same hour")):
        alarms = np.array([len(set(events(louds))) for louds in worlds])
        print(
            f"  {cut:4}: {what} ({np.mean([len(louds) for louds in worlds]):.1f} streams): one alarm {(alarms == 1).sum()} of "
            f"{len(alarms)} = {(alarms == 1).mean():.1%}, by time alone all; {alarms.mean():.2f} alarms at the mean",
            flush=True,
        )


if __name__ == "__main__":
    raise SystemExit(main())
