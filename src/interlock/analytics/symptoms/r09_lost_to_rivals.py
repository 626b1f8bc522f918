"""R09: head to head with one rival we win at least ten points less often than otherwise."""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from interlock.analytics.finding import RuleOff, Sentence, Symptom, gettext_noop
from interlock.analytics.sources import sources_saying
from interlock.analytics.symptoms import deals
from interlock.analytics.symptoms.bench import Bench
from interlock.analytics.symptoms.compose import Ground, Wording, compose
from interlock.analytics.symptoms.evidence import histories, row_query, select_rows
from interlock.analytics.symptoms.looks import longest_before, look_for_alarms
from interlock.analytics.symptoms.prices import case_value
from interlock.analytics.symptoms.quotes import LOSS
from interlock.analytics.symptoms.rule import Need, Rule, per_hundred
from interlock.analytics.symptoms.search import Alarm, Bar
from interlock.analytics.symptoms.uplift import margin_share

KEY = "R09"
POINTS = 0.10
MIN_DEALS = 15
QUALITY_SHARE = 0.30
QUALITY_WORDS = (
    "quality",
    "fail",
    "broke",
    "defect",
    "fault",
    "reliab",
    "durab",
    "repair",
    "worse",
    "safety",
)
_MIX = {
    "segment": ("accounts", "segment"),
    "region": ("accounts", "region"),
    "family": ("products", "family"),
}
_TEXT = gettext_noop("Head to head with {rival} we win {won} of {n} deals; otherwise {usual_won} in 100.")
_QUALITY = gettext_noop("Quality is named in {named} of {said} reasons buyers gave.")
_NO_QUALITY = gettext_noop(
    "Quality is named in {named} of {said} reasons buyers gave; look for other causes too."
)
_NO_REASON = gettext_noop("The buyers' reasons are not on record.")


def run(bench: Bench) -> Sequence[Symptom] | RuleOff:
    """Return the rivals we lose to far more often than our own mix of deals explains."""
    last = bench.until(sources_saying(bench.tables, "deals", "rival")).date()
    mix = tuple(name for name, need in _MIX.items() if bench.has(*need))
    days, bar = (longest_before(last), last), Bar(min_n=MIN_DEALS, points=POINTS)
    with bench.tables.held(deals.closed_deals(bench.tables, *days, "rival")) as facts:
        alarms = look_for_alarms(facts, ("rival", *mix), [("rival",)], mix, days, bar)
        ground = Ground(bench, RULE, facts, histories(facts, alarms, last), mix, "", LOSS)
        return [_symptom(ground, alarm) for alarm in alarms]


def _symptom(ground: Ground, alarm: Alarm) -> Symptom:
    inside = select_rows(ground.facts, row_query(KEY, {}, alarm))
    lost = inside.filter(inside.on >= alarm.cube.period.first, inside.hit == 1)
    reasons, production = _reasons(lost)
    margin = margin_share(ground.bench, alarm.worth.currency)
    money = case_value(
        KEY,
        ground.bench,
        alarm,
        (gettext_noop("deals a year against this rival"), gettext_noop("deals lost beyond the usual")),
        gettext_noop("amount of a lost deal"),
        deals.amounts_caveat(margin),
        margin,
    )
    wording = Wording(
        _TEXT,
        {"won": alarm.n - alarm.x, "usual_won": per_hundred(1 - alarm.usual)},
        reasons,
        ("product", "production") if production else ("product", "sales"),
        ("product", "production", "sales") if production else ("product", "sales"),
    )
    refusal = gettext_noop("No money is shown: the deals carry no amounts.")
    return compose(ground, alarm, wording, money, refusal)


def _reasons(lost: ir.Table) -> tuple[Sentence, bool]:
    """Say how often quality is named in the buyers' reasons, and whether that is often."""
    said = lost.filter(lost.reason_buyer.notnull(), lost.reason_buyer != "")
    words = said.reason_buyer.lower()
    quality = ibis.or_(*(words.contains(word) for word in QUALITY_WORDS))
    row = said.agg(said=said.count(), named=quality.cast("int64").sum()).to_pyarrow().to_pylist()[0]
    if not row["said"]:
        return Sentence(_NO_REASON), False
    named = row["named"] or 0
    often = bool(named >= QUALITY_SHARE * row["said"])
    return Sentence(_QUALITY if often else _NO_QUALITY, {"named": named, "said": row["said"]}), often


RULE = Rule(
    key=KEY,
    title=gettext_noop("Lost comparisons"),
    functions=("product", "production"),
    needs=(
        *deals.NEEDS,
        Need("deals", ("rival",), gettext_noop("No deal names the rival it was fought against.")),
    ),
    groups=gettext_noop("rival"),
    test="posterior chance that we lose at least ten points more often, from 15 deals",
    bring=("product", "production", "sales"),
    run=run,
    rows=deals.rows,
)
