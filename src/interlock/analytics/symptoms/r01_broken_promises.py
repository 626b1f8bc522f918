"""R01: Sales promised dates that production then missed, far beyond the usual for the same mix.

A line is broken when it arrived on a later day than promised, or has not arrived though
the day has passed. Cancelled orders count as neither: the records do not say who cancelled.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import ibis
import ibis.expr.types as ir

from interlock.analytics.finding import RowQuery, RuleOff, Symptom, Tables, gettext_noop
from interlock.analytics.symptoms import facts as fact
from interlock.analytics.symptoms.bench import Bench
from interlock.analytics.symptoms.compose import Ground, Wording, compose
from interlock.analytics.symptoms.evidence import select_rows
from interlock.analytics.symptoms.prices import Prices, credits_beyond
from interlock.analytics.symptoms.rule import Need, Rule, counted, year_before
from interlock.analytics.symptoms.search import find_alarms
from interlock.analytics.symptoms.uplift import LOOK_BACK_DAYS, REORDER_DAYS, order_value, reorders

KEY = "R01"
MIX = ("region", "family", "channel")
_COLUMNS = {
    "team_id": ("orders", "team_id"),
    "site_id": ("order_lines", "site_id"),
    "family": ("products", "family"),
    "region": ("accounts", "region"),
    "channel": ("orders", "channel"),
}
_SENTENCES = {
    ("team_id", "family"): gettext_noop(
        "{team_id} promised dates for {family} that we missed {x} of {n} times; usually it is {usual} in 100."
    ),
    ("team_id",): gettext_noop(
        "{team_id} promised dates that we missed {x} of {n} times; usually it is {usual} in 100."
    ),
    ("site_id", "family"): gettext_noop(
        "{family} from {site_id} missed the promised date {x} of {n} times; usually it is {usual} in 100."
    ),
    ("site_id",): gettext_noop(
        "Orders from {site_id} missed the promised date {x} of {n} times; usually it is {usual} in 100."
    ),
    ("family",): gettext_noop(
        "We promised dates for {family} that we missed {x} of {n} times; usually it is {usual} in 100."
    ),
    ("region",): gettext_noop(
        "We promised customers in {region} dates that we missed {x} of {n} times;"
        " usually it is {usual} in 100."
    ),
}
_NO_TEAM = gettext_noop("The records name no sales team, so lines are grouped by what they do name.")
_READABLE: tuple[str, ...] = (
    "order_id",
    "account",
    "product",
    "region",
    "promised_at",
    "shipped_at",
    "delivered_at",
)
_READABLE += ("days_late", "amount", "hit", "line_id", "account_id", "product_id", "site_id", "team_id")


def promised_lines(tables: Tables, first: date, last: date) -> ir.Table:
    """Return one row a promised line that fell due from `first` to the day before `last`."""
    lines = fact.order_lines(tables)
    due = fact.day(lines.promised_at)
    lines = lines.filter(
        lines.promised_at.notnull(), due >= first, due < last, fact.not_cancelled(lines.status)
    )
    due, arrived = fact.day(lines.promised_at), fact.day(lines.delivered_at)
    by_now = ibis.coalesce(arrived, ibis.literal(last))
    return lines.mutate(
        on=due,
        month=fact.month(due),
        hit=(by_now > due).cast("int64"),
        days_late=by_now.delta(due, unit="day"),
    )


def run(bench: Bench) -> Sequence[Symptom] | RuleOff:
    """Return the groups whose promises are broken far beyond the usual."""
    columns = tuple(name for name, need in _COLUMNS.items() if bench.has(*need))
    groupings = [group for group in _SENTENCES if set(group) <= set(columns)]
    if not groupings:
        return RuleOff(
            KEY, gettext_noop("The records name no team, site, product family or region to compare.")
        )
    opened, last = _observed(bench)
    facts = promised_lines(bench.tables, max(year_before(last), opened), last)
    cube, period = counted(facts, columns, last)
    mix = tuple(name for name in MIX if name in columns)
    alarms = find_alarms(cube, groupings, mix)
    if not alarms:
        return []
    prices = _prices(bench, opened, last)
    missing = "" if "team_id" in columns else _NO_TEAM
    ground = Ground(bench, RULE, facts, cube, period, mix, missing)
    return [
        compose(
            ground,
            alarm,
            Wording(_SENTENCES[alarm.columns], {}, prices.harm(), _functions(alarm.columns)),
            prices.money(alarm, period),
            prices.refusal(),
        )
        for alarm in alarms
    ]


def _functions(columns: tuple[str, ...]) -> tuple[str, str]:
    """What is late into one region is on the road; all else is late in the making."""
    return ("sales", "operations") if columns == ("region",) else ("sales", "production")


def _observed(bench: Bench) -> tuple[date, date]:
    """Return the first and last day of deliveries on record: promises outside cannot be judged."""
    lines = bench.tables.table("order_lines")
    arrived = lines.delivered_at.cast("timestamp(6)")
    row = lines.agg(first=arrived.min(), last=arrived.max()).to_pyarrow().to_pylist()[0]
    first: datetime = row["first"]
    last: datetime = row["last"]
    return first.date(), min(last, bench.as_of).date()


def _prices(bench: Bench, opened: date, last: date) -> Prices:
    since = max(opened, last - timedelta(days=LOOK_BACK_DAYS + REORDER_DAYS))
    lines = promised_lines(bench.tables, since, last)
    orders = lines.group_by("order_id", "account_id").agg(
        due=ibis._.promised_at.max(),
        broken=ibis._.hit.max().cast("int8"),
        cases=ibis._.hit.sum().cast("float64"),
    )
    return Prices(
        KEY,
        bench.currency(),
        order_value(bench, lines),
        reorders(bench, orders, last),
        credits_beyond(bench, orders),
        gettext_noop("lines promised a year"),
        gettext_noop("promises broken beyond the usual"),
    )


def rows(tables: Tables, query: RowQuery) -> ir.Table:
    """Return the promised lines of a group, what sales promised beside what production did."""
    first, last = (date.fromisoformat(query.params[end]) for end in ("from", "to"))
    facts = select_rows(promised_lines(tables, first, last), query)
    return facts.select(*_READABLE).order_by(ibis.desc("days_late"), "line_id")


RULE = Rule(
    key=KEY,
    title=gettext_noop("Promised dates"),
    functions=("sales", "production"),
    needs=(
        Need(
            "order_lines",
            ("promised_at", "delivered_at"),
            gettext_noop("No order line says both when it was promised and when it arrived."),
        ),
        Need("orders", ("order_id",), gettext_noop("There are no orders to join the lines with.")),
    ),
    groups=gettext_noop("team x family, team, site x family, site, family, region"),
    test="T1 late lines; T4 reorders within 180 days",
    bring=("sales", "production", "operations", "customer"),
    run=run,
    rows=rows,
)
