"""Do streams that ring at the same time ring for the same event? Two kinds of error, beside joining by time alone.

banking77: twelve intents are withheld and themes are learnt on half of the other texts. An outcry is a hundred texts of
one withheld intent; as in life, they fall into the themes there are, and every theme that got eight of them rings,
with a quarter of its usual texts among them, in an order drawn at random; so does the one channel and the one source.
One outcry alone should be one alarm, two that begin in the same hour should be two. A theme that rings for both at once
belongs to the outcry with more texts in it.
"""

from __future__ import annotations

import sys
from itertools import combinations

import numpy as np

from interlock.analytics.outcry.events import Loud, events
from themes import TRAIN, found_in
from themes_new import read

SEEDS, WITHHELD, TEXTS, LEAST = 4, 12, 100, 8
USUAL = 60  # other texts in the same hours, of themes that do not ring


class World:
    """Themes learnt without some intents, and the outcries of those."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.vectors, truth = read()
        self.withheld = self.rng.choice(np.flatnonzero(np.bincount(truth) >= TEXTS), WITHHELD, replace=False)
        known = self.rng.permutation(np.flatnonzero(~np.isin(truth, self.withheld)))
        self.learnt, self.rest = np.split(known, [len(known) // 2])
        self.model, assigned = found_in(self.vectors[self.learnt], 1)
        self.theme_of_learnt = assigned.theme
        self.usual_says = self.vectors[self.learnt].mean(axis=0)
        self.truth = truth

    def rung(self, intents: tuple[int, ...]) -> tuple[list[Loud], list[int]]:
        """Streams that ring when these intents are said loudly, and the intent each rings for; -1: a place."""
        said = {
            one: self.rng.choice(np.flatnonzero(self.truth == one), TEXTS, replace=False) for one in intents
        }
        loud, about = [], []
        everything = [*self.rng.choice(self.rest, USUAL, replace=False)]
        texts = np.concatenate(list(said.values()))
        of = np.repeat(intents, TEXTS)
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
            centre = (self.vectors[rows] - self.usual_says).sum(axis=0)
            loud.append(Loud(0, True, frozenset(rows.tolist()), float(len(usual)), centre))
            about.append(int(np.bincount(of[theme == one]).argmax()))
        place = Loud(0, False, frozenset(everything), float(len(everything) - len(texts)), None)
        order = self.rng.permutation(len(loud) + 2)
        loud, about = [*loud, place, place], [*about, -1, -1]
        return [loud[one] for one in order], [about[one] for one in order]


def main() -> int:
    if not TRAIN.exists():
        print(f"{TRAIN} is not there: nothing was measured.")
        return 0
    one, two = Counted(), Counted()
    for seed in range(1 if "--quick" in sys.argv else SEEDS):
        world = World(seed)
        for intent in world.withheld:
            one.add(*world.rung((int(intent),)))
        for pair in combinations(world.withheld.tolist(), 2):
            two.add(*world.rung(pair))
    print(f"One outcry: {one.worlds}, {one.streams / one.worlds:.1f} streams each, places included")
    print(
        f"  one alarm: {one.alarms.count(1)}; two: {one.alarms.count(2)}; more: {sum(n > 2 for n in one.alarms)}"
    )
    print(
        f"  alarms for one outcry: {np.mean(one.alarms):.2f}; without joining {one.streams / one.worlds:.2f}"
    )
    print(
        f"  pairs of themes of one outcry left apart: {one.apart} of {one.same} = {one.apart / one.same:.1%}"
    )
    print(f"Two outcries in the same hour: {two.worlds}")
    print(
        f"  taken for one: {two.alarms.count(1)} of {two.worlds} = {two.alarms.count(1) / two.worlds:.1%}; by time alone all"
    )
    print(
        f"  pairs of themes of different outcries joined: {two.joined} of {two.other} = {two.joined / two.other:.1%}"
    )
    print(
        f"  alarms for two outcries: {np.mean(two.alarms):.2f}; without joining {two.streams / two.worlds:.2f}"
    )
    return 0


class Counted:
    """Alarms, and pairs of themes that were joined or left apart, over many worlds."""

    def __init__(self) -> None:
        self.worlds = self.streams = self.same = self.apart = self.other = self.joined = 0
        self.alarms: list[int] = []

    def add(self, louds: list[Loud], about: list[int]) -> None:
        of = events(louds)
        self.worlds += 1
        self.streams += len(louds)
        self.alarms.append(len(set(of)))
        for one, other in combinations([place for place, intent in enumerate(about) if intent >= 0], 2):
            together, alike = of[one] == of[other], about[one] == about[other]
            self.same, self.other = self.same + alike, self.other + (not alike)
            self.apart, self.joined = (
                self.apart + (alike and not together),
                self.joined + (together and not alike),
            )


if __name__ == "__main__":
    raise SystemExit(main())
