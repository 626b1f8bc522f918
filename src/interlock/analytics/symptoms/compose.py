"""Put a symptom together from an alarm: the same order of parts for every rule."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import ibis.expr.types as ir

from interlock.analytics.finding import Money, Sentence, Symptom, gettext_noop, one_after_another
from interlock.analytics.statistics import wilson
from interlock.analytics.symptoms.bench import WINDOW_DAYS, Bench
from interlock.analytics.symptoms.evidence import History, row_query, select_rows, siblings
from interlock.analytics.symptoms.labels import context_of, labels_of, words_of
from interlock.analytics.symptoms.quotes import Topic, quotes
from interlock.analytics.symptoms.rule import Rule, chance_sentence, per_hundred
from interlock.analytics.symptoms.search import Alarm
from interlock.analytics.symptoms.standing import STANDING


@dataclass(frozen=True)
class Ground:
    """What all alarms of one rule share; `topic` is what the quotes should be about."""

    bench: Bench
    rule: Rule
    facts: ir.Table
    history: History
    adjusted: tuple[str, ...]
    missing: str = ""
    topic: Topic = field(default_factory=Topic)
    missing_values: Mapping[str, str | int | float] = field(default_factory=dict)


@dataclass(frozen=True)
class Wording:
    """The part of a symptom that a rule writes itself."""

    text: str
    values: dict[str, str | int | float]
    harm: Sentence | None = None
    functions: tuple[str, str] | None = None
    bring: tuple[str, ...] | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    borne_out: Sentence | None = None
    then: Sentence | None = None


def compose(ground: Ground, alarm: Alarm, wording: Wording, money: Money | None, refusal: str) -> Symptom:
    """Return the symptom of an alarm with all that stands behind it."""
    query = row_query(ground.rule.key, {**alarm.cube.period.params, **wording.params}, alarm)
    inside = select_rows(ground.facts, query).filter(ground.facts.on >= alarm.cube.period.first)
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
        why=_why(ground, alarm, wording, chance if wording.harm else None),
        siblings=siblings(ground.bench, alarm.cube, alarm),
        periods=ground.history.get(alarm.columns + alarm.key, ()),
        rows=query,
        quotes=quotes(ground.bench, inside.filter(inside.hit == 1), ground.topic),
        bring=wording.bring or ground.rule.bring,
        window=(alarm.cube.period.first, alarm.cube.period.last),
    )


def _allowed_for(ground: Ground, alarm: Alarm) -> tuple[str, ...]:
    """Return what was adjusted for: the mix without the grouping itself, and the month."""
    mix = tuple(name for name in ground.adjusted if alarm.columns != (name,))
    return mix if "due_month" in alarm.columns else (*mix, "month")


def _consequence(ground: Ground, alarm: Alarm, wording: Wording) -> Sentence:
    labels = dict(zip(alarm.columns, labels_of(ground.bench, alarm.columns, alarm.key), strict=True))
    figures = {"x": alarm.x, "n": alarm.n, "usual": per_hundred(alarm.usual)}
    values = {**labels, **figures, **wording.values}
    then = (wording.then,) if wording.then else ()
    return Sentence(wording.text, values, {"x": "hits", "n": "all"}, then)


def _why(ground: Ground, alarm: Alarm, wording: Wording, chance: Sentence | None) -> Sentence | None:
    """Say how sure it is (unless said already), where it arose, how it was grouped, which days were judged."""
    period = alarm.cube.period
    judged = Sentence(
        gettext_noop("Judged by {by}, over the {days} days up to {last}."),
        {"by": words_of(alarm.columns), "days": period.days, "last": f"{period.last:%-d %B %Y}"},
    )
    missing = Sentence(ground.missing, ground.missing_values)
    return one_after_another(chance, wording.borne_out, missing, judged, _longer(alarm))


def _longer(alarm: Alarm) -> Sentence | None:
    """Say why more than ninety days are read, and that the harm is still there."""
    if alarm.cube.period.days <= WINDOW_DAYS:
        return None
    recent = alarm.recent
    if recent is None or recent.verdict != STANDING or recent.n == alarm.n:
        return Sentence(gettext_noop("Ninety days hold too few cases, so more are read."))
    return Sentence(
        gettext_noop(
            "Ninety days hold too few cases, so more are read; in the last {recent_days} days it was"
            " {recent_x} of {recent_n}, so it goes on."
        ),
        {"recent_days": recent.days, "recent_x": recent.x, "recent_n": recent.n},
    )
