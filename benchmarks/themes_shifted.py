"""Is it seen when a theme comes to say something else, and how often is it said where nothing changed?

banking77: themes are learnt on half of the texts, as they are, and every theme with enough texts is spoken of for 17 weeks
by about 6 or 20 people a week, drawn from all its texts. In each list a third of the themes that hold two intents turn: the second
intent is a fifth of what is said for 13 weeks, and more by the stated points in the newest four. Talk is even, or comes in
bursts: then each way to say it is up to several times more or less frequent from week to week. A turn is found when the
theme is shown, and found rightly when most texts of the saying named as risen are of the intent that rose. False a list: the
mean, over all lists, of the share of the themes shown that had not turned, where one in ten is allowed.

Olist: the comments of customers, with the days on which they wrote. Each month the newest four weeks are compared as the
product does it; beside it the same with the days shuffled within each theme, where nothing can have changed.

Nothing was chosen by these figures.
"""

from __future__ import annotations

import csv
import os
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from interlock.analytics.statistics.multiple import FALSE_SHARE, q_values
from interlock.analytics.text.encoders import minilm
from interlock.analytics.themes.model import assign
from interlock.analytics.themes.shift import Shift, sayings, shift_of
from themes import TRAIN, found_in
from themes_new import read

REVIEWS = TRAIN.parents[1] / "olist" / "sample" / "order_reviews.csv"
LISTS = 40
WEEKS, NEW = 13, 4
PEOPLE = (6, 20)  # of a theme, a week
SECOND, MOVES = 0.2, (0.2, 0.4, 0.6)
BURSTS = {
    "even talk": 0.0,
    "talk in bursts": 1.0,
}  # variance of how frequent a way to say it is, the mean being 1
FEWEST_TEXTS, FEWEST_SECOND = 60, 20
LEAST_GROWN = 0.1  # as in listen/themes/shifting.py


@dataclass(frozen=True)
class Theme:
    """Its texts: their micro-clusters, and which are of its second intent, where it has one."""

    micro: Any
    second: Any

    @property
    def holds_two(self) -> bool:
        return bool(self.second.sum() >= FEWEST_SECOND)


def main() -> int:
    if not TRAIN.exists():
        print(f"{TRAIN} is not there: nothing was measured.")
        return 0
    print(f"Load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    model, themes = learnt()
    print(
        f"banking77: {len(themes)} themes, {sum(one.holds_two for one in themes)} of two intents; {LISTS} lists each"
    )
    print(
        f"{'':16}{'people':>8}{'points':>8}{'turned':>8}{'shown':>8}{'rightly':>9}{'stayed':>8}{'shown':>8}{'false a list':>14}"
    )
    for name, variance in BURSTS.items():
        for people in PEOPLE:
            for move in MOVES:
                line(name, people, move, lists(model, themes, variance, people, move))
    olist()
    return 0


def learnt() -> tuple[Any, list[Theme]]:
    """Themes of half of the texts, and all texts that are like them."""
    vectors, truth = read()
    half = np.random.default_rng(1).permutation(len(vectors))[: len(vectors) // 2]
    model, _ = found_in(vectors[half], 1)
    assigned = assign(model, vectors)
    themes = []
    for number in range(len(model.theme_ids)):
        own = np.flatnonzero(assigned.theme == number)
        intents = Counter(truth[own].tolist()).most_common(2)
        second = truth[own] == (intents[1][0] if len(intents) > 1 else -1)
        if len(own) >= FEWEST_TEXTS:
            themes.append(Theme(assigned.micro[own], second))
    return model, themes


def lists(
    model: Any, themes: list[Theme], variance: float, people: int, move: float
) -> tuple[Counter[str], float]:
    """What became of the themes of all lists, and the mean share of those shown that had not turned."""
    counted: Counter[str] = Counter()
    false_shares = []
    for number in range(LISTS):
        rng = np.random.default_rng(number)
        turning = rng.random(len(themes)) < 1 / 3
        turned = [bool(turn and one.holds_two) for turn, one in zip(turning, themes, strict=True)]
        said = [
            spoken(one, move if turn else 0.0, variance, people, rng)
            for one, turn in zip(themes, turned, strict=True)
        ]
        looked = [
            look(model, one.micro[texts], week) for one, (texts, week) in zip(themes, said, strict=True)
        ]
        shown = are_shown([shift for shift, _ in looked])
        false = [here and not turn for here, turn in zip(shown, turned, strict=True)]
        false_shares.append(sum(false) / max(sum(shown), 1))
        counted["turned"] += sum(turned)
        counted["stayed"] += len(turned) - sum(turned)
        counted["false"] += sum(false)
        for place in np.flatnonzero(np.array(shown) & np.array(turned)):
            (texts, week), (shift, saying) = said[place], looked[place]
            risen = (saying == shift.rose) & (week >= WEEKS)
            counted["found"] += 1
            counted["rightly"] += bool(themes[place].second[texts[risen]].mean() > 0.5)
    return counted, float(np.mean(false_shares))


def spoken(
    theme: Theme, move: float, variance: float, people: int, rng: np.random.Generator
) -> tuple[Any, Any]:
    """Who says what in which week: places of texts, and weeks from 0."""
    texts, weeks = [], []
    ways = theme.micro.max() + 1
    for week in range(WEEKS + NEW):
        chance = np.ones(len(theme.micro))
        if theme.holds_two:
            share = SECOND + (move if week >= WEEKS else 0.0)
            chance = np.where(theme.second, share / theme.second.sum(), (1 - share) / (~theme.second).sum())
        if variance:
            chance = chance * rng.gamma(1 / variance, variance, ways)[theme.micro]
        voices = rng.poisson(people)
        texts.append(rng.choice(len(chance), voices, p=chance / chance.sum()))
        weeks.append(np.full(voices, week))
    return np.concatenate(texts), np.concatenate(weeks)


def look(model: Any, micro: Any, week: Any) -> tuple[Shift | None, Any]:
    """The shift of one theme, and the saying of each text, as the product finds them."""
    said, place = np.unique(micro, return_inverse=True)
    saying = sayings(model.centres[said])
    table = np.zeros((saying.max(initial=-1) + 1, WEEKS + NEW))
    np.add.at(table, (saying[place], week), 1)
    return shift_of(table[:, :WEEKS], table[:, WEEKS:]), saying[place]


def are_shown(shifts: list[Shift | None]) -> list[bool]:
    """Which of all that were looked at are shown."""
    looked = [place for place, shift in enumerate(shifts) if shift is not None]
    q = dict(zip(looked, q_values(np.array([shifts[place].chance for place in looked])), strict=True))
    return [
        shift is not None and q[place] <= FALSE_SHARE and shift.grown >= LEAST_GROWN
        for place, shift in enumerate(shifts)
    ]


def line(name: str, people: int, move: float, told: tuple[Counter[str], float]) -> None:
    counted, false = told
    print(
        f"{name:16}{people:8}{100 * move:8.0f}{counted['turned']:8,}{share(counted['found'], counted['turned']):>8}"
        f"{share(counted['rightly'], counted['found']):>9}{counted['stayed']:8,}"
        f"{share(counted['false'], counted['stayed']):>8}{false:14.1%}"
    )


def share(x: int, n: int) -> str:
    return f"{x / n:.1%}" if n else "-"


def olist() -> None:
    """Print how many themes of the comments shift from month to month, and with shuffled days."""
    if not REVIEWS.exists():
        print(f"{REVIEWS} is not there: comments were not looked at.")
        return
    texts, weeks = comments(REVIEWS)
    vectors = minilm().encode(texts)
    model, found = found_in(vectors, 1)
    real = months(model, found, weeks)
    rng = np.random.default_rng(1)
    shuffled = weeks.copy()
    controls: Counter[str] = Counter()
    for _turn in range(10):
        for theme in np.unique(found.theme):
            own = np.flatnonzero(found.theme == theme)
            shuffled[own] = rng.permutation(weeks[own])
        controls += months(model, found, shuffled)
    print(
        f"\nOlist: {len(texts):,} comments, {len(model.theme_ids)} themes; each month a look at what was said lately"
    )
    print(f"{'':34}{'looks at a theme':>18}{'shown':>8}")
    for name, counted in (("as it was", real), ("days shuffled within each theme", controls)):
        print(
            f"{name:34}{counted['looked']:18,}{counted['shown']:6,} ({share(counted['shown'], counted['looked'])})"
        )


def comments(path: Path) -> tuple[list[str], Any]:
    """Comments in words, and the week of each, from 0."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["review_comment_message"].strip()]
    days = np.array([datetime.fromisoformat(row["review_creation_date"]).toordinal() for row in rows])
    return [row["review_comment_message"] for row in rows], (days - days.min()) // 7


def months(model: Any, found: Any, weeks: Any) -> Counter[str]:
    """Looks every four weeks, and what was shown of them."""
    counted: Counter[str] = Counter()
    for last in range(WEEKS + NEW - 1, int(weeks.max()) + 1, NEW):
        first = last - WEEKS - NEW + 1
        inside = (weeks >= first) & (weeks <= last) & (found.theme >= 0)
        shifts = [
            look(model, found.micro[own], weeks[own] - first)[0]
            for theme in np.unique(found.theme[inside])
            if len(own := np.flatnonzero(inside & (found.theme == theme)))
        ]
        counted["looked"] += sum(shift is not None for shift in shifts)
        counted["shown"] += sum(are_shown(shifts))
    return counted


if __name__ == "__main__":
    sys.exit(main())
