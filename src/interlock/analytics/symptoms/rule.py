"""What a rule is: its pair of functions, its needs, and how it runs and rebuilds its rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import ibis.expr.types as ir

from interlock.analytics.finding import RowQuery, RuleOff, Sentence, Symptom, Tables, gettext_noop
from interlock.analytics.symptoms.bench import LONG_WINDOW_DAYS, WINDOW_DAYS, YEAR_DAYS, Bench
from interlock.analytics.symptoms.cube import Cube, cube_of
from interlock.analytics.symptoms.search import Alarm

THIN = 2000  # cases in 90 days below which 180 days are judged: about 30 groups of 60


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


@dataclass(frozen=True)
class Period:
    """The days judged, and the year of facts they are read with."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """Number of days judged."""
        return (self.last - self.first).days + 1

    @property
    def per_year(self) -> float:
        """How often the period fits into a year."""
        return YEAR_DAYS / self.days

    @property
    def params(self) -> dict[str, str]:
        """The period as a row query carries it."""
        return {"from": self.first.isoformat(), "to": self.last.isoformat()}


def year_before(last: date) -> date:
    """Return the first day of the twelve months that a chart shows."""
    return date(last.year - 1, last.month, 1)


def counted(facts: ir.Table, columns: tuple[str, ...], first: date, last: date) -> tuple[Cube, Period]:
    """Count the last 90 days of facts in one pass, or the last 180 when 90 are thin.

    Args:
        facts: rows with `on` (day), `month`, `hit`, `amount` and the columns.
        columns: group columns.
        first: the first day of the facts; no window begins before it.
        last: the last day judged.
    """
    for days in (WINDOW_DAYS, LONG_WINDOW_DAYS):
        start = max(last - timedelta(days=days - 1), first)
        cube = cube_of(facts.filter(facts.on >= start), columns)
        if cube.n.sum() >= THIN or start == first:
            break
    return cube, Period(start, last)


def chance_sentence(alarm: Alarm, adjusted: str) -> Sentence:
    """Say how sure it is, and what was allowed for before saying so."""
    chance = min(99, int(alarm.probability * 100))
    by = _bar_words(alarm)
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


def _bar_words(alarm: Alarm) -> str:
    bar = alarm.groups.bar
    if alarm.columns in bar.targets:
        return gettext_noop("above {target} in 100").format(target=round(100 * bar.targets[alarm.columns]))
    if bar.points is not None:
        return gettext_noop("at least {points} points above the usual").format(points=round(100 * bar.points))
    return gettext_noop("at least half again the usual")


def per_hundred(rate: float) -> float | int:
    """Return a rate as cases in 100, with one decimal below 10."""
    value = rate * 100
    return round(value) if value >= 10 else round(value, 1)
