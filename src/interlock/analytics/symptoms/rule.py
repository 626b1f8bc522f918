"""What a rule is: its pair of functions, its needs, and how it runs and rebuilds its rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import ibis.expr.types as ir
import numpy as np

from interlock.analytics.finding import RowQuery, RuleOff, Sentence, Symptom, Tables, gettext_noop
from interlock.analytics.statistics import MIN_X, TIMES
from interlock.analytics.symptoms.bench import Bench
from interlock.analytics.symptoms.search import Alarm
from interlock.analytics.symptoms.standing import Recent


@dataclass(frozen=True)
class Need:
    """A table with columns that a rule cannot do without, and what they are in plain words."""

    table: str
    columns: tuple[str, ...]
    words: str


@dataclass(frozen=True)
class Rule:
    """One rule of the catalogue."""

    key: str
    title: str
    functions: tuple[str, str]
    needs: tuple[Need, ...]
    groups: str
    test: str
    bring: tuple[str, ...]
    run: Callable[[Bench], Sequence[Symptom] | RuleOff]
    rows: Callable[[Tables, RowQuery], ir.Table]

    def off(self, bench: Bench) -> RuleOff | None:
        """Return why the rule cannot run on these records; None when it can."""
        for need in self.needs:
            if not bench.has(need.table, *need.columns):
                return RuleOff(self.key, need.words)
        return None


def chance_sentence(alarm: Alarm, adjusted: Sentence) -> Sentence:
    """Say how sure it is, and what was allowed for before saying so."""
    chance = min(99, int(alarm.probability * 100))
    by = _bar_words(alarm)
    enough = alarm.n >= alarm.groups.bar.min_n and alarm.x >= MIN_X
    if alarm.tier == "suspected" and alarm.recent and enough:
        return _held_back(alarm, alarm.recent, chance)
    if alarm.tier == "suspected":
        return Sentence(
            gettext_noop(
                "Too few to be sure: {x} of {n}. A group is named from {least} cases and 5 events upward;"
                " so far {chance} chances in 100 that this is {by}."
            ),
            {"x": alarm.x, "n": alarm.n, "least": alarm.groups.bar.min_n, "chance": chance, "by": by},
        )
    if alarm.tier == "watch":
        return Sentence(
            gettext_noop(
                "To watch, not yet sure: {chance} chances in 100 that this is {by},"
                " given its mix of {adjusted}. Of ten such groups about one is chance."
            ),
            {"chance": chance, "by": by, "adjusted": adjusted},
        )
    if alarm.columns in alarm.groups.bar.targets:
        return Sentence(
            gettext_noop("{chance} chances in 100 that this is {by}."), {"chance": chance, "by": by}
        )
    return Sentence(
        gettext_noop("{chance} chances in 100 that this is {by}, given its mix of {adjusted}."),
        {"chance": chance, "by": by, "adjusted": adjusted},
    )


def _held_back(alarm: Alarm, recent: Recent, chance: int) -> Sentence:
    """Say why a group that stands out over a long time is not named yet."""
    values: dict[str, str | int | float | Sentence] = {"chance": chance, "by": _bar_words(alarm)}
    values |= {"recent_x": recent.x, "recent_n": recent.n, "recent_days": recent.days}
    return Sentence(
        gettext_noop(
            "Held back: {chance} chances in 100 that this is {by}, but in the last {recent_days} days it was"
            " {recent_x} of {recent_n}, too few to say that it goes on."
        ),
        values,
    )


def _bar_words(alarm: Alarm) -> Sentence:
    bar = alarm.groups.bar
    if alarm.columns in bar.targets:
        return _above(bar.targets[alarm.columns])
    limit = float(bar.limit(alarm.columns, np.array([alarm.usual]))[0])
    if bar.points is not None and limit >= alarm.usual + bar.points:
        points = round(100 * bar.points)
        return Sentence(gettext_noop("at least {points} points above the usual"), {"points": points})
    if bar.points is None and limit >= TIMES * alarm.usual:
        return Sentence(gettext_noop("at least half again the usual"))
    # So high a usual rate leaves no room for that: the bar is half-way to all cases.
    return _above(limit)


def _above(rate: float) -> Sentence:
    """Say the rate that is passed, cut rather than rounded, so that the chance holds for it as well."""
    return Sentence(gettext_noop("above {target} in 100"), {"target": int(100 * rate + 1e-9)})


def per_hundred(rate: float) -> float | int:
    """Return a rate as cases in 100, with one decimal below 10."""
    value = rate * 100
    return round(value) if value >= 10 else round(value, 1)
