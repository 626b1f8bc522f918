"""R06: a product that works for others comes back in one context, and is still sold there.

Product and context both have their own usual rate; only what the two together do beyond
that is a misfit. A cell is named when it is sold into at nine tenths of the earlier pace
or more: a misfit that sales has already stopped feeding is not news.
"""

from collections.abc import Sequence
from datetime import timedelta

from interlock.analytics.finding import PeriodRate, RuleOff, Symptom, gettext_noop
from interlock.analytics.symptoms import flaws
from interlock.analytics.symptoms.bench import Bench
from interlock.analytics.symptoms.compose import Ground, Wording, compose
from interlock.analytics.symptoms.evidence import histories
from interlock.analytics.symptoms.labels import labels_of
from interlock.analytics.symptoms.looks import look_for_alarms
from interlock.analytics.symptoms.quotes import REASON
from interlock.analytics.symptoms.rule import Rule, per_hundred
from interlock.analytics.symptoms.search import Alarm

KEY = "R06"
STILL_SOLD = 0.9  # of the pace before the window
DAYS_A_MONTH = 30.4
CONTEXTS = ("segment", "use_case", "region")
# Below 30 lines a product in a year, products are too rare to compare; families stand in.
_LINES_A_PRODUCT = 30
_TEXTS = {
    "region": gettext_noop(
        "{thing} works for others, where {elsewhere} in 100 come back or are rated badly; in {place} it is"
        " {x} of {n}. We keep selling it there."
    ),
    "segment": gettext_noop(
        "{thing} works for others, where {elsewhere} in 100 come back or are rated badly; with customers of"
        " the segment {place} it is {x} of {n}. We keep selling it to them."
    ),
    "use_case": gettext_noop(
        "{thing} works for others, where {elsewhere} in 100 come back or are rated badly; with customers"
        " whose use is {place} it is {x} of {n}. We keep selling it to them."
    ),
}
_FAMILIES = gettext_noop("Single products are sold too seldom to compare, so product families are.")


def run(bench: Bench) -> Sequence[Symptom] | RuleOff:
    """Return products that fail in one context only."""
    if not flaws.linked(bench):
        return RuleOff(KEY, flaws.NOT_LINKED)
    if not flaws.observed_from(bench):
        return RuleOff(KEY, flaws.NOTHING_BAD)
    facts, known, first, last = flaws.judged(bench)
    contexts = [name for name in CONTEXTS if name in known]
    if not contexts:
        return RuleOff(KEY, gettext_noop("No account says its region, segment or use."))
    things = _things(bench, known)
    if not things:
        return RuleOff(KEY, gettext_noop("The order lines name no product."))
    groupings = [(thing, context) for thing in things for context in contexts]
    mix = (*things, *contexts, *(n for n in ("channel",) if n in known), "late", "observed")
    alarms = look_for_alarms(facts, mix, groupings, mix, (first, last))
    history = histories(facts, alarms, last)
    alarms = [a for a in alarms if _still_sold(a, history[a.columns + a.key])]
    if not alarms:
        return []
    missing = _FAMILIES if things == ("family",) else ""
    shown = tuple(name for name in mix if name not in ("late", "observed"))
    ground = Ground(bench, RULE, facts, history, shown, missing, REASON)
    prices = flaws.prices(bench, KEY)
    return [
        compose(
            ground,
            alarm,
            Wording(_TEXTS[alarm.columns[-1]], _values(ground, alarm), prices.harm()),
            prices.money(alarm, alarm.cube.period.per_year),
            prices.refusal(),
        )
        for alarm in alarms
    ]


def _things(bench: Bench, known: tuple[str, ...]) -> tuple[str, ...]:
    """Return the columns that name what is sold; products only where each is sold often enough."""
    families = tuple(name for name in ("family",) if name in known)
    if "product_id" not in known:
        return families
    lines = bench.tables.table("order_lines")
    row = lines.agg(n=lines.count(), products=lines.product_id.nunique()).to_pyarrow().to_pylist()[0]
    often = row["n"] >= _LINES_A_PRODUCT * max(row["products"], 1)
    return ("product_id", *families) if often or not families else families


def _still_sold(alarm: Alarm, months: tuple[PeriodRate, ...]) -> bool:
    """Compare the pace of recent sales with the whole months before them."""
    period = alarm.cube.period
    n, days = (alarm.recent.n, alarm.recent.days) if alarm.recent else (alarm.n, period.days)
    opened = (period.last - timedelta(days=days - 1)).replace(day=1)
    before = [month.n for month in months if month.start < opened]
    return not before or n / days >= STILL_SOLD * sum(before) / (len(before) * DAYS_A_MONTH)


def _values(ground: Ground, alarm: Alarm) -> dict[str, str | int | float]:
    """Say how the same product does in all other contexts together."""
    cube = alarm.cube
    thing, place = labels_of(ground.bench, alarm.columns, alarm.key)
    others = cube.holds(alarm.columns[:1], alarm.key[:1]) & ~cube.holds(alarm.columns, alarm.key)
    n = cube.n[others].sum()
    elsewhere = per_hundred(float(cube.x[others].sum() / n)) if n else per_hundred(alarm.usual)
    return {"thing": thing, "place": place, "elsewhere": elsewhere}


RULE = Rule(
    key=KEY,
    title=gettext_noop("One product for all"),
    functions=("sales", "product"),
    needs=flaws.NEEDS,
    groups=gettext_noop("product or family x segment, use, region"),
    test="T1 complaints, returns and low ratings of a cell beyond its product and its context",
    bring=("sales", "product", "customer"),
    run=run,
    rows=flaws.rows,
)
