"""R10: a batch, or what one site sends, is complained about or sent back far beyond the usual.

A batch is compared with other batches of the same product, so that a product with many
complaints does not make all its batches look bad. Without batches, sites are compared.
"""

from collections.abc import Sequence

import ibis

from interlock.analytics.finding import RuleOff, Symptom, gettext_noop
from interlock.analytics.symptoms import flaws
from interlock.analytics.symptoms.bench import Bench
from interlock.analytics.symptoms.compose import Ground, Wording, compose
from interlock.analytics.symptoms.evidence import histories
from interlock.analytics.symptoms.looks import look_for_alarms
from interlock.analytics.symptoms.quotes import REASON
from interlock.analytics.symptoms.rule import Rule
from interlock.analytics.symptoms.search import Alarm, Bar

KEY = "R10"
MIN_UNITS = 50
_SENTENCES = {
    ("batch_id",): gettext_noop(
        "Batch {batch_id} was complained about, sent back or rated badly {x} of {n} times;"
        " usually it is {usual} in 100. {units} of its units are still with customers."
    ),
    ("site_id", "family"): gettext_noop(
        "{x} of {n} lines of {family} from {site_id} were complained about, sent back or rated badly;"
        " usually it is {usual} in 100."
    ),
    ("site_id",): gettext_noop(
        "{x} of {n} lines from {site_id} were complained about, sent back or rated badly;"
        " usually it is {usual} in 100."
    ),
}
_NO_BATCH = gettext_noop("The records name no batches, so sites stand in for them.")


def run(bench: Bench) -> Sequence[Symptom] | RuleOff:
    """Return the batches or sites whose goods fail far beyond the usual."""
    if not flaws.linked(bench):
        return RuleOff(KEY, flaws.NOT_LINKED)
    if not flaws.observed_from(bench):
        return RuleOff(KEY, flaws.NOTHING_BAD)
    facts, known, first, last = flaws.judged(bench)
    groupings = [group for group in _SENTENCES if set(group) <= set(known)]
    if not groupings:
        return RuleOff(
            KEY, gettext_noop("The order lines name neither the batch nor the site they come from.")
        )
    grouped = {name for group in groupings for name in group}
    mix = (*tuple(n for n in ("region", "family", "channel") if n in known), "late", "observed")
    if "batch_id" in known and "product_id" in known:
        mix += ("product_id",)
    columns = tuple(sorted(grouped | set(mix)))
    alarms = look_for_alarms(facts, columns, groupings, mix, (first, last), Bar(min_n=MIN_UNITS))
    if not alarms:
        return []
    missing = "" if "batch_id" in known else _NO_BATCH
    shown = tuple(name for name in mix if name not in ("late", "observed"))
    ground = Ground(bench, RULE, facts, histories(facts, alarms, last), shown, missing, REASON)
    prices = flaws.prices(bench, KEY)
    return [
        compose(
            ground,
            alarm,
            Wording(_SENTENCES[alarm.columns], _units(bench, alarm), prices.harm()),
            prices.money(alarm, alarm.cube.period.per_year),
            prices.refusal(),
        )
        for alarm in alarms
    ]


def _units(bench: Bench, alarm: Alarm) -> dict[str, str | int | float]:
    """Count the units of a batch that were delivered and not sent back."""
    if alarm.columns != ("batch_id",):
        return {}
    lines = bench.tables.table("order_lines")
    lines = lines.filter(lines.batch_id == alarm.key[0], lines.delivered_at.notnull())
    kept = lines
    if bench.has("signals", "line_id"):
        signals = bench.tables.table("signals")
        kept = lines.anti_join(signals.filter(signals.kind == "return"), "line_id")
    units = kept.agg(units=ibis._.quantity.cast("float64").sum()).to_pyarrow()["units"][0].as_py()
    return {"units": round(units or 0)}


RULE = Rule(
    key=KEY,
    title=gettext_noop("Flawed goods"),
    functions=("production", "service"),
    needs=flaws.NEEDS,
    groups=gettext_noop("batch, site x family, site"),
    test="T1 complaints, returns and low ratings a line, from 50 lines",
    bring=("production", "service", "customer"),
    run=run,
    rows=flaws.rows,
)
