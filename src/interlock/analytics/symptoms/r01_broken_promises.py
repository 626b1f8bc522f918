"""R01: Sales promised dates that production then missed, far beyond the usual for the same mix.

Three measures: lines that arrived past the promise (or have not yet), lines that had not
arrived thirty days after it, and, where the records hold a limit for it, lines handed to
the carrier past that limit. They have different causes, and a company that loses parcels
everywhere would else hide the region it is merely slow in. Cancelled orders count as
neither: the records do not say who cancelled.
"""

from collections.abc import Sequence
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from interlock.analytics.finding import RowQuery, RuleOff, Sentence, Symptom, Tables, gettext_noop
from interlock.analytics.promises import (
    SECOND,
    days_past,
    grace_of,
    hand_over_limits,
    is_late,
    promise_clocks,
)
from interlock.analytics.sources import by_source, days_between, of_sources, sources_saying
from interlock.analytics.symptoms import facts as fact
from interlock.analytics.symptoms.bench import Bench
from interlock.analytics.symptoms.compose import Ground, Wording, compose
from interlock.analytics.symptoms.evidence import histories, row_query, select_rows
from interlock.analytics.symptoms.handover import MOSTLY, Leg, where_late
from interlock.analytics.symptoms.looks import longest_before, look_for_alarms
from interlock.analytics.symptoms.prices import Prices, credits_beyond
from interlock.analytics.symptoms.quotes import TIME
from interlock.analytics.symptoms.rule import Need, Rule
from interlock.analytics.symptoms.search import Alarm, Bar
from interlock.analytics.symptoms.uplift import followed_from, reorders

KEY = "R01"
MIX = ("region", "family", "channel")
_COLUMNS = ("team_id", "site_id", "family", "region", "channel")
_LATE: dict[tuple[str, ...], str] = {
    ("team_id", "family"): gettext_noop(
        "{team_id} promised dates for {family} that we missed {x} of {n} times; usually it is {usual} in 100."
    ),
    ("team_id",): gettext_noop(
        "{team_id} promised dates that we missed {x} of {n} times; usually it is {usual} in 100."
    ),
    ("site_id", "family"): gettext_noop(
        "{x} of {n} lines of {family} from {site_id} missed the promised date; usually it is {usual} in 100."
    ),
    ("site_id",): gettext_noop(
        "{x} of {n} lines from {site_id} missed the promised date; usually it is {usual} in 100."
    ),
    ("family",): gettext_noop(
        "We promised dates for {family} that we missed {x} of {n} times; usually it is {usual} in 100."
    ),
    ("region",): gettext_noop(
        "We promised customers in {region} dates that we missed {x} of {n} times;"
        " usually it is {usual} in 100."
    ),
    ("due_month",): gettext_noop(
        "Of the dates we promised for {due_month} we missed {x} of {n}; usually it is {usual} in 100."
    ),
}
_NEVER: dict[tuple[str, ...], str] = {
    ("team_id", "family"): gettext_noop(
        "{x} of {n} lines of {family} that {team_id} promised never arrived; usually it is {usual} in 100."
    ),
    ("team_id",): gettext_noop(
        "{x} of {n} lines that {team_id} promised never arrived; usually it is {usual} in 100."
    ),
    ("site_id", "family"): gettext_noop(
        "{x} of {n} lines of {family} from {site_id} never arrived; usually it is {usual} in 100."
    ),
    ("site_id",): gettext_noop(
        "{x} of {n} lines from {site_id} never arrived; usually it is {usual} in 100."
    ),
    ("family",): gettext_noop("{x} of {n} lines of {family} never arrived; usually it is {usual} in 100."),
    ("region",): gettext_noop(
        "{x} of {n} lines promised to customers in {region} never arrived; usually it is {usual} in 100."
    ),
    ("due_month",): gettext_noop(
        "{x} of {n} lines promised for {due_month} never arrived; usually it is {usual} in 100."
    ),
}
_HANDED: dict[tuple[str, ...], str] = {
    ("site_id", "family"): gettext_noop(
        "{x} of {n} lines of {family} from {site_id} were handed to the carrier past the agreed time;"
        " usually it is {usual} in 100."
    ),
    ("site_id",): gettext_noop(
        "{x} of {n} lines from {site_id} were handed to the carrier past the agreed time;"
        " usually it is {usual} in 100."
    ),
    ("family",): gettext_noop(
        "{x} of {n} lines of {family} were handed to the carrier past the agreed time;"
        " usually it is {usual} in 100."
    ),
}
_SENTENCES = {"late": _LATE, "never": _NEVER, "handed over": _HANDED}
_BEFORE = gettext_noop("{share} in 100 of the late days arose before the hand-over to the carrier.")
_AFTER = gettext_noop("{share} in 100 of the late days arose after the hand-over to the carrier.")
GIVEN_UP_DAYS = 30  # past the promise; what has not arrived by then is not late but lost
_NOT_TOLD = gettext_noop("No order line says both when it was promised and when it arrived.")
_NO_TEAM = gettext_noop("The records name no sales team, so lines are grouped by what they do name.")
_READABLE: tuple[str, ...] = (
    "order_id",
    "account",
    "product",
    "region",
    "requested_at",
    "promised_at",
    "shipped_at",
    "delivered_at",
)
_READABLE += ("days_late", "amount", "hit", "line_id", "account_id", "product_id", "site_id", "team_id")


def promised_lines(tables: Tables, measure: str, first: date, last: date) -> ir.Table:
    """Return one row a promised line that fell due from `first` to the day before `last`.

    Only sources that say when lines arrive are asked, each for the days between its first and
    last arrival: what it does not record has not failed to happen.

    Args:
        tables: the records.
        measure: "late" (arrived after the promised day, or not yet), "never" (not arrived
            thirty days after it), "broken" (either) or "handed over" (left past its limit).
        first: first due day.
        last: the last day on which arrivals are known.
    """
    lines = of_sources(fact.order_lines(tables), _telling(tables))
    lines = lines.filter(lines.promised_at.notnull(), fact.not_cancelled(lines.status))
    if measure == "handed over":
        return _handed_over(of_sources(lines, hand_over_limits(tables)), first, last)
    known = {
        source: (max(began, first), min(ended, last))
        for source, (began, ended) in days_between(tables, "order_lines", "delivered_at").items()
    }
    ends = {source: ended for source, (_, ended) in known.items()}
    losses = {source: ended - timedelta(days=GIVEN_UP_DAYS) for source, ended in ends.items()}
    lines = lines.mutate(on=_due_day(tables, lines), lost=by_source(lines, losses, "date"))
    began = by_source(lines, {source: began for source, (began, _) in known.items()}, "date")
    lines = lines.filter(lines.on >= began, lines.on < by_source(lines, ends, "date"))
    if measure == "late":
        lines = lines.filter(lines.delivered_at.notnull() | (lines.on >= lines.lost))
    elif measure == "never":
        lines = lines.filter(lines.on < lines.lost)
    missing, grace = lines.delivered_at.isnull(), grace_of(tables, lines)
    hit = missing if measure == "never" else missing | is_late(lines.delivered_at, lines.promised_at, grace)
    over = by_source(lines, {source: fact.end_of(ended) for source, ended in ends.items()}, "timestamp(6)")
    return lines.mutate(
        month=fact.month(lines.on),
        # A month is only judged once all its lines have arrived or are given up.
        due_month=(fact.month(lines.on) < fact.month(lines.lost)).ifelse(
            lines.on.strftime("%Y-%m"), ibis.null("string")
        ),
        hit=hit.cast("int64"),
        days_late=days_past(ibis.coalesce(lines.delivered_at, over), lines.promised_at, grace),
    ).drop("lost")


def _telling(tables: Tables) -> frozenset[str]:
    """Return the sources that say both when lines are promised and when they arrive."""
    return sources_saying(tables, "order_lines", "promised_at", "delivered_at")


def _due_day(tables: Tables, lines: ir.Table) -> ir.Value:
    """Return the day on which each line fell due, as its source writes days."""
    shifts = {source: clock.shift for source, clock in promise_clocks(tables).items()}
    days = {
        shift: fact.day(lines.promised_at + ibis.interval(seconds=shift))
        for shift in sorted(set(shifts.values()))
    }
    if len(days) < 2:  # none where no source says when lines arrive
        return next(iter(days.values()), fact.day(lines.promised_at))
    shift = by_source(lines, shifts, "int64")
    return ibis.cases(*((shift == seconds, day) for seconds, day in days.items()))


def _handed_over(lines: ir.Table, first: date, last: date) -> ir.Table:
    """Return the lines that left, by the day on which they had to be handed over."""
    lines = lines.filter(lines.requested_at.notnull(), lines.shipped_at.notnull())
    lines = lines.mutate(on=fact.day(lines.requested_at), due_month=ibis.null("string"))
    lines = lines.filter(lines.on >= first, lines.on < last)
    return lines.mutate(
        month=fact.month(lines.on),
        hit=is_late(lines.shipped_at, lines.requested_at, SECOND).cast("int64"),
        days_late=days_past(lines.shipped_at, lines.requested_at, SECOND),
    )


def run(bench: Bench) -> Sequence[Symptom] | RuleOff:
    """Return the groups whose promises are broken far beyond the usual, the surer of two measures each."""
    if not _telling(bench.tables):
        return RuleOff(KEY, _NOT_TOLD)
    opened, last = _observed(bench)
    first = max(longest_before(last), opened)
    columns = fact.telling(promised_lines(bench.tables, "broken", first, last), *_COLUMNS)
    if "team_id" not in columns:
        columns += ("due_month",)
    if columns in ((), ("channel",)):
        return RuleOff(
            KEY, gettext_noop("The records name no team, site, product family or region to compare.")
        )
    measures = [name for name in _SENTENCES if name != "handed over" or hand_over_limits(bench.tables)]
    found: dict[str, Symptom] = {}
    for measure in measures:
        for symptom in _measured(bench, measure, columns, (opened, last), len(measures)):
            known = found.get(symptom.context.key)
            if known is None or symptom.probability > known.probability:
                found[symptom.context.key] = symptom
    return list(found.values())


def _measured(
    bench: Bench, measure: str, columns: tuple[str, ...], known: tuple[date, date], measures: int
) -> list[Symptom]:
    first, last = max(longest_before(known[1]), known[0]), known[1]
    mix = tuple(name for name in MIX if name in columns)
    groupings = [group for group in _SENTENCES[measure] if set(group) <= set(columns)]
    if not groupings:
        return []
    with bench.tables.held(promised_lines(bench.tables, measure, first, last)) as facts:
        alarms = look_for_alarms(facts, columns, groupings, mix, (first, last), Bar(runs=measures))
        if not alarms:
            return []
        prices = bench.once("promise prices", lambda: _prices(bench, *known))
        missing = "" if "team_id" in columns else _NO_TEAM
        ground = Ground(bench, RULE, facts, histories(facts, alarms, last), mix, missing, TIME)
        return [_symptom(ground, measure, alarm, prices) for alarm in alarms]


def _symptom(ground: Ground, measure: str, alarm: Alarm, prices: Prices) -> Symptom:
    text = _SENTENCES[measure][alarm.columns]
    leg = _leg(ground, alarm) if measure == "late" else None
    functions = _functions(measure, alarm.columns, leg, _maker(ground.bench))
    wording = Wording(
        text,
        {},
        prices.harm(),
        functions,
        _bring(functions),
        {"measure": measure},
        _where(leg) if leg else None,
    )
    # A month happens once; every other group is taken to go on for a year.
    per_year = 1.0 if alarm.columns == ("due_month",) else alarm.cube.period.per_year
    return compose(ground, alarm, wording, prices.money(alarm, per_year), prices.refusal())


def _leg(ground: Ground, alarm: Alarm) -> Leg | None:
    inside = select_rows(ground.facts, row_query(KEY, {}, alarm))
    return where_late(ground.bench, inside.filter(inside.on >= alarm.cube.period.first, inside.hit == 1))


def _where(leg: Leg) -> Sentence:
    if leg.before >= MOSTLY:
        return Sentence(_BEFORE, {"share": round(100 * leg.before)})
    return Sentence(_AFTER, {"share": round(100 * (1 - leg.before))})


def _maker(bench: Bench) -> str:
    """Return who makes what is sold: production, unless the records name the teams at the sites and none makes.

    A marketplace lists its sellers as sites; what they hand over late is between operations and a partner.
    """
    if bench.has("batches") or not bench.has("teams", "site_id", "function"):
        return "production"
    functions = bench.tables.table("teams").select("function").distinct().to_pyarrow()["function"].to_pylist()
    return "production" if "production" in functions else "partner"


def _bring(functions: tuple[str, str]) -> tuple[str, ...]:
    """The two, whoever stands between them, and a customer who was let down."""
    between = () if "operations" in functions else ("operations",)
    return (*functions, *between, "customer")


def _functions(measure: str, columns: tuple[str, ...], leg: Leg | None, maker: str) -> tuple[str, str]:
    """Who promised, and who was late: the makers before the hand-over, operations after it.

    Where the records do not divide the days, what is late into one region is on the road, all
    else is late in the making.
    """
    if measure == "handed over":
        return ("operations", maker)
    if leg is not None:
        return ("sales", maker if leg.before >= MOSTLY else "operations")
    return ("sales", "operations") if columns == ("region",) else ("sales", maker)


def _observed(bench: Bench) -> tuple[date, date]:
    """Return the first and last day of deliveries on record: promises outside cannot be judged."""
    known = days_between(bench.tables, "order_lines", "delivered_at")
    began, ended = zip(*(known[source] for source in sorted(_telling(bench.tables))), strict=True)
    return min(began), min(max(ended), bench.as_of.date())


def _prices(bench: Bench, opened: date, last: date) -> Prices:
    since = max(opened, followed_from(bench, last))
    lines = promised_lines(bench.tables, "broken", since, last)
    orders = lines.group_by("order_id", "account_id", "currency").agg(
        due=ibis._.promised_at.max(),
        broken=ibis._.hit.max().cast("int8"),
        cases=ibis._.hit.sum().cast("float64"),
    )
    return Prices(
        KEY,
        bench,
        reorders(bench, orders, last),
        credits_beyond(bench, orders),
        gettext_noop("lines promised a year"),
        gettext_noop("promises broken beyond the usual"),
    )


def rows(tables: Tables, query: RowQuery) -> ir.Table:
    """Return the promised lines of a group, what sales promised beside what production did."""
    first, last = (date.fromisoformat(query.params[end]) for end in ("from", "to"))
    facts = select_rows(promised_lines(tables, query.params["measure"], first, last), query)
    return facts.select(*_READABLE).order_by(ibis.desc("days_late"), "line_id")


RULE = Rule(
    key=KEY,
    title=gettext_noop("Promised dates"),
    functions=("sales", "production"),
    needs=(
        Need(
            "order_lines",
            ("promised_at", "delivered_at"),
            _NOT_TOLD,
        ),
        Need("orders", ("order_id",), gettext_noop("There are no orders to join the lines with.")),
    ),
    groups=gettext_noop(
        "team x family, team, site x family, site, family, region; month where no team is named"
    ),
    test="T1 late lines, lines that never arrived, lines handed over late; T4 reorders within 180 days",
    bring=("sales", "production", "operations", "customer"),
    run=run,
    rows=rows,
)
