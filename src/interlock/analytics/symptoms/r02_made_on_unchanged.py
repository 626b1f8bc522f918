"""R02: a configuration is complained about far beyond the usual, and is made on, unchanged.

Three facts together: complaints beyond the usual (T1); good units made since at four
fifths of the earlier quantity or more; and no batch since that carries a change. A source
of batches that never names a change cannot know this one either, and is not asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from interlock.analytics.finding import RuleOff, Symptom, gettext_noop
from interlock.analytics.sources import of_sources, sourced, sources_saying
from interlock.analytics.symptoms import flaws
from interlock.analytics.symptoms.bench import Bench
from interlock.analytics.symptoms.compose import Ground, Wording, compose
from interlock.analytics.symptoms.cube import Period
from interlock.analytics.symptoms.evidence import histories
from interlock.analytics.symptoms.facts import column, end_of, start_of
from interlock.analytics.symptoms.looks import look_for_alarms
from interlock.analytics.symptoms.quotes import REASON
from interlock.analytics.symptoms.rule import Need, Rule
from interlock.analytics.symptoms.search import Alarm

KEY = "R02"
MADE_ON = 0.8  # of the good units of the window before
_TEXT = gettext_noop(
    "{product_id} is complained about, sent back or rated badly {times} times as often as usual, {x} of {n};"
    " {made} more were made since, unchanged."
)


@dataclass(frozen=True)
class _Made:
    """Good units made of one product in the window and in the one before, and changed batches."""

    now: float
    before: float
    changed: int


def run(bench: Bench) -> Sequence[Symptom] | RuleOff:
    """Return configurations that are complained about and made on unchanged."""
    if not flaws.linked(bench):
        return RuleOff(KEY, flaws.NOT_LINKED)
    if not flaws.observed_from(bench):
        return RuleOff(KEY, flaws.NOTHING_BAD)
    facts, known, first, last = flaws.judged(bench)
    if "product_id" not in known:
        return RuleOff(KEY, gettext_noop("The order lines name no product."))
    mix = (*tuple(n for n in ("family", "region", "channel") if n in known), "late", "observed")
    alarms = look_for_alarms(facts, ("product_id", *mix), [("product_id",)], mix, (first, last))
    made = {period: _made(bench, period) for period in {alarm.cube.period for alarm in alarms}}
    shown = tuple(name for name in mix if name not in ("late", "observed"))
    ground = Ground(bench, RULE, facts, histories(facts, alarms, last), shown, "", REASON)
    return [
        _symptom(ground, alarm, goods)
        for alarm in alarms
        if (goods := made[alarm.cube.period].get(alarm.key[0])) and _made_on(goods)
    ]


def _made(bench: Bench, period: Period) -> dict[str, _Made]:
    tables = bench.tables
    batches = of_sources(sourced(tables, "batches"), sources_saying(tables, "batches", "change_ref"))
    at = column(batches, "finished_at", "timestamp(6)")
    good = column(batches, "good_qty", "float64")
    earlier = period.first - timedelta(days=period.days)
    inside = batches.select("product_id", at=at, good=good, change=column(batches, "change_ref", "string"))
    inside = inside.filter(inside.at >= start_of(earlier), inside.at < end_of(period.last))
    now = inside.at >= start_of(period.first)
    rows = inside.group_by("product_id").agg(
        now=now.ifelse(inside.good, 0.0).sum(),
        before=now.ifelse(0.0, inside.good).sum(),
        changed=(now & inside.change.notnull() & (inside.change != "")).cast("int64").sum(),
    )
    return {
        row["product_id"]: _Made(row["now"] or 0.0, row["before"] or 0.0, row["changed"] or 0)
        for row in rows.to_pyarrow().to_pylist()
    }


def _made_on(made: _Made) -> bool:
    return made.changed == 0 and made.now > 0 and made.now >= MADE_ON * made.before


def _symptom(ground: Ground, alarm: Alarm, made: _Made) -> Symptom:
    prices = flaws.prices(ground.bench, KEY)
    times = round(alarm.x / alarm.n / alarm.usual, 1)
    wording = Wording(_TEXT, {"times": times, "made": round(made.now)}, prices.harm())
    return compose(ground, alarm, wording, prices.money(alarm, alarm.cube.period.per_year), prices.refusal())


RULE = Rule(
    key=KEY,
    title=gettext_noop("Made on unchanged"),
    functions=("sales", "production"),
    needs=(
        *flaws.NEEDS,
        Need(
            "batches",
            ("product_id", "good_qty", "finished_at"),
            gettext_noop("No batches say what was made, how much and when."),
        ),
        Need(
            "batches",
            ("change_ref",),
            gettext_noop("No batch names a change, so nobody can tell what was made on unchanged."),
        ),
    ),
    groups=gettext_noop("product (configuration)"),
    test="T1 complaints a configuration; T5 made on, no change",
    bring=("production", "sales", "product", "customer"),
    run=run,
    rows=flaws.rows,
)
