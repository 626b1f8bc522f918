"""Put a symptom together from an alarm: the same order of parts for every rule."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import ibis.expr.types as ir

from interlock.analytics.finding import Money, Sentence, Symptom, gettext_noop
from interlock.analytics.statistics import wilson
from interlock.analytics.symptoms.bench import WINDOW_DAYS, Bench
from interlock.analytics.symptoms.cube import Cube
from interlock.analytics.symptoms.evidence import History, quotes, row_query, select_rows, siblings
from interlock.analytics.symptoms.labels import context_of, labels_of, words_of
from interlock.analytics.symptoms.rule import Period, Rule, chance_sentence, per_hundred
from interlock.analytics.symptoms.search import Alarm


@dataclass(frozen=True)
class Ground:
    """What all alarms of one rule share; `said_by` is how signals name these rows."""

    bench: Bench
    rule: Rule
    facts: ir.Table
    cube: Cube
    period: Period
    history: History
    adjusted: tuple[str, ...]
    missing: str = ""
    said_by: str = "line_id"


@dataclass(frozen=True)
class Wording:
    """The part of a symptom that a rule writes itself."""

    text: str
    values: dict[str, str | int | float]
    harm: Sentence | None = None
    functions: tuple[str, str] | None = None
    bring: tuple[str, ...] | None = None
    params: Mapping[str, str] = field(default_factory=dict)


def compose(ground: Ground, alarm: Alarm, wording: Wording, money: Money | None, refusal: str) -> Symptom:
    """Return the symptom of an alarm with all that stands behind it."""
    query = row_query(ground.rule.key, {**ground.period.params, **wording.params}, alarm)
    inside = select_rows(ground.facts, query).filter(ground.facts.on >= ground.period.first)
    low, high = wilson(alarm.x, alarm.n)
    chance = chance_sentence(alarm, words_of(_allowed_for(ground, alarm)))
    return Symptom(
        rule=ground.rule.key,
        functions=wording.functions or ground.rule.functions,
        context=context_of(ground.bench, alarm.columns, alarm.key),
        n=alarm.n,
        x=alarm.x,
        rate=alarm.x / alarm.n,
        baseline=alarm.usual,
        low=float(low),
        high=float(high),
        probability=alarm.probability,
        tier=alarm.tier,
        money=money,
        money_refusal="" if money else refusal,
        consequence=_consequence(ground, alarm, wording),
        lead=wording.harm or chance,
        why=_why(ground, alarm, chance if wording.harm else None),
        siblings=siblings(ground.bench, ground.cube, alarm),
        periods=ground.history.get(alarm.columns + alarm.key, ()),
        rows=query,
        quotes=quotes(ground.bench, inside.filter(inside.hit == 1), ground.said_by),
        bring=wording.bring or ground.rule.bring,
        window=(ground.period.first, ground.period.last),
    )


def _allowed_for(ground: Ground, alarm: Alarm) -> tuple[str, ...]:
    """Return what was adjusted for: the mix without the grouping itself, and the month."""
    mix = tuple(name for name in ground.adjusted if alarm.columns != (name,))
    return mix if "due_month" in alarm.columns else (*mix, "month")


def _consequence(ground: Ground, alarm: Alarm, wording: Wording) -> Sentence:
    labels = dict(zip(alarm.columns, labels_of(ground.bench, alarm.columns, alarm.key), strict=True))
    figures = {"x": alarm.x, "n": alarm.n, "usual": per_hundred(alarm.usual)}
    return Sentence(wording.text, {**labels, **figures, **wording.values}, {"x": "hits", "n": "all"})


def _why(ground: Ground, alarm: Alarm, chance: Sentence | None) -> Sentence:
    """Say how sure it is (unless said already), how it was grouped and which days were judged."""
    days = ground.period.days
    parts = [chance.text] if chance else []
    parts.append(ground.missing)
    parts.append(gettext_noop("Judged by {by}, over the {days} days up to {last}."))
    if days > WINDOW_DAYS:
        parts.append(gettext_noop("Ninety days hold too few cases, so twice as many are read."))
    values: dict[str, str | int | float] = dict(chance.values) if chance else {}
    values |= {"by": words_of(alarm.columns), "days": days, "last": f"{ground.period.last:%-d %B %Y}"}
    return Sentence(" ".join(part for part in parts if part), values)
