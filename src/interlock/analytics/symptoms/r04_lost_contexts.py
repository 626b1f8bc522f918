"""R04: in one context of customers we lose far more deals, or customers, than elsewhere.

Deals are judged where there are any; else accounts that ended in the last year. The top
reason is quoted from the buyers, and only failing that from our own sellers.
"""

from collections.abc import Sequence
from datetime import date

import ibis
import ibis.expr.types as ir

from interlock.analytics.finding import RowQuery, RuleOff, Sentence, Symptom, Tables, gettext_noop
from interlock.analytics.sources import of_sources, sourced, sources_saying
from interlock.analytics.symptoms import deals
from interlock.analytics.symptoms import facts as fact
from interlock.analytics.symptoms.bench import Bench
from interlock.analytics.symptoms.compose import Ground, Wording, compose
from interlock.analytics.symptoms.cube import Period, cube_of
from interlock.analytics.symptoms.evidence import histories, row_query, select_rows, year_before
from interlock.analytics.symptoms.looks import longest_before, look_for_alarms
from interlock.analytics.symptoms.prices import case_value
from interlock.analytics.symptoms.quotes import LOSS, Topic
from interlock.analytics.symptoms.rule import Rule
from interlock.analytics.symptoms.search import Alarm, Bar, find_alarms
from interlock.analytics.symptoms.uplift import margin_share

KEY = "R04"
MIN_DEALS = 20
POINTS = 0.10  # half again the usual would be out of reach where every second deal is lost
MIN_ACCOUNTS = 50
_COLUMNS = {
    "segment": ("accounts", "segment"),
    "use_case": ("accounts", "use_case"),
    "region": ("accounts", "region"),
}
_GROUPINGS: tuple[tuple[str, ...], ...] = (("segment", "use_case"), ("segment",), ("use_case",), ("region",))
_LEFT_WORDS = Topic("account_id", kinds=("loss", "cancel"))
_LOST: dict[tuple[str, ...], str] = {
    ("segment", "use_case"): gettext_noop(
        "We lost {x} of {n} deals with customers of the segment {segment} whose use is {use_case};"
        " usually it is {usual} in 100."
    ),
    ("segment",): gettext_noop(
        "We lost {x} of {n} deals with customers of the segment {segment}; usually it is {usual} in 100."
    ),
    ("use_case",): gettext_noop(
        "We lost {x} of {n} deals with customers whose use is {use_case}; usually it is {usual} in 100."
    ),
    ("region",): gettext_noop(
        "We lost {x} of {n} deals with customers in {region}; usually it is {usual} in 100."
    ),
}
_LEFT: dict[tuple[str, ...], str] = {
    ("segment", "use_case"): gettext_noop(
        "{x} of {n} customers of the segment {segment} whose use is {use_case} left within a year;"
        " usually it is {usual} in 100."
    ),
    ("segment",): gettext_noop(
        "{x} of {n} customers of the segment {segment} left within a year; usually it is {usual} in 100."
    ),
    ("use_case",): gettext_noop(
        "{x} of {n} customers whose use is {use_case} left within a year; usually it is {usual} in 100."
    ),
    ("region",): gettext_noop(
        "{x} of {n} customers in {region} left within a year; usually it is {usual} in 100."
    ),
}
_LEAVERS = gettext_noop("{count} of them say: “{reason}”.")
_ACCOUNT_ROWS = (
    "account",
    "segment",
    "use_case",
    "region",
    "since",
    "ended_at",
    "amount",
    "hit",
    "account_id",
)


def run(bench: Bench) -> Sequence[Symptom] | RuleOff:
    """Return the contexts in which deals, or customers, are lost far beyond the usual."""
    columns = tuple(name for name, need in _COLUMNS.items() if bench.has(*need))
    groupings = [group for group in _GROUPINGS if set(group) <= set(columns)]
    if not groupings:
        return RuleOff(KEY, gettext_noop("No account says its segment, use or region."))
    selling, leaving = _selling(bench.tables), _leaving(bench.tables)
    if not selling and not leaving:
        return RuleOff(KEY, gettext_noop("There are no closed deals, and no account says when it ended."))
    lost = _of_deals(bench, groupings, columns) if selling else []
    return lost + (_of_accounts(bench, groupings, columns) if leaving else [])


def _selling(tables: Tables) -> frozenset[str]:
    """Return the sources that say how deals ended."""
    return sources_saying(tables, "deals", "outcome", "closed_at", "account_id")


def _leaving(tables: Tables) -> frozenset[str]:
    """Return the sources that say when accounts ended, and know of no deals."""
    return sources_saying(tables, "accounts", "ended_at") - _selling(tables)


def _of_deals(bench: Bench, groupings: list[tuple[str, ...]], columns: tuple[str, ...]) -> list[Symptom]:
    last = bench.until(_selling(bench.tables)).date()
    mix = columns + (
        ("family",) if bench.has("products", "family") and bench.has("deals", "product_id") else ()
    )
    days = longest_before(last), last
    with bench.tables.held(deals.closed_deals(bench.tables, *days)) as facts:
        alarms = look_for_alarms(facts, mix, groupings, mix, days, Bar(min_n=MIN_DEALS, points=POINTS))
        ground = Ground(bench, RULE, facts, histories(facts, alarms, last), mix, "", LOSS)
        return [_lost(ground, alarm) for alarm in alarms]


def _lost(ground: Ground, alarm: Alarm) -> Symptom:
    inside = select_rows(ground.facts, row_query(KEY, {}, alarm))
    reason, count = deals.top_reason(inside.filter(inside.on >= alarm.cube.period.first))
    leavers = Sentence(_LEAVERS, {"count": count, "reason": reason}) if reason else None
    margin = margin_share(ground.bench, alarm.worth.currency)
    money = case_value(
        KEY,
        ground.bench,
        alarm,
        (gettext_noop("deals closed a year"), gettext_noop("deals lost beyond the usual")),
        gettext_noop("amount of a lost deal"),
        deals.amounts_caveat(margin),
        margin,
    )
    return compose(ground, alarm, Wording(_LOST[alarm.columns], {}, then=leavers), money, _no_amount())


def ended_accounts(tables: Tables, first: date, last: date) -> ir.Table:
    """Return one row an account that was with us at any time from `first` to `last`; `hit` is 1 when it left."""
    accounts = of_sources(sourced(tables, "accounts"), _leaving(tables))
    known = accounts.select(
        currency=fact.source_currency(tables, accounts),
        account_id=accounts.account_id,
        account=fact.column(accounts, "name", "string"),
        segment=fact.column(accounts, "segment", "string"),
        use_case=fact.column(accounts, "use_case", "string"),
        region=fact.column(accounts, "region", "string"),
        since=fact.column(accounts, "since", "date"),
        ended_at=fact.column(accounts, "ended_at", "date"),
        amount=fact.column(accounts, "annual_margin", "float64"),
    )
    stayed_until = ibis.coalesce(known.ended_at, ibis.literal(last))
    known = known.filter(stayed_until >= first, ibis.coalesce(known.since, ibis.literal(first)) <= last)
    left = (known.ended_at <= last).fill_null(False)
    # All accounts are judged over the same year, so there is one "month": the last.
    on = ibis.literal(last)
    return known.mutate(hit=left.cast("int64"), on=on, month=fact.month(on))


def _of_accounts(bench: Bench, groupings: list[tuple[str, ...]], columns: tuple[str, ...]) -> list[Symptom]:
    last = bench.until(_leaving(bench.tables)).date()
    first = year_before(last)
    facts = ended_accounts(bench.tables, first, last)
    cube = cube_of(facts, columns, Period(first, last))
    alarms = find_alarms(cube, groupings, columns, Bar(min_n=MIN_ACCOUNTS))
    ground = Ground(bench, RULE, facts, histories(facts, alarms, last), columns, "", _LEFT_WORDS)
    return [_left(ground, alarm) for alarm in alarms]


def _left(ground: Ground, alarm: Alarm) -> Symptom:
    money = case_value(
        KEY,
        ground.bench,
        alarm,
        (gettext_noop("customers a year"), gettext_noop("customers lost beyond the usual")),
        gettext_noop("yearly margin of a customer who left"),
        gettext_noop("Yearly margin of customers lost beyond the usual, as the account records state it."),
    )
    return compose(
        ground, alarm, Wording(_LEFT[alarm.columns], {}, params={"of": "accounts"}), money, _no_amount()
    )


def _no_amount() -> str:
    return gettext_noop("No money is shown: the records hold no amounts for these cases.")


def rows(tables: Tables, query: RowQuery) -> ir.Table:
    """Return the deals, or the accounts, of a group; the lost ones first."""
    if query.params.get("of") != "accounts" and _selling(tables):
        return deals.rows(tables, query)
    first, last = (date.fromisoformat(query.params[end]) for end in ("from", "to"))
    facts = select_rows(ended_accounts(tables, first, last), query)
    return facts.select(*_ACCOUNT_ROWS).order_by(ibis.desc("hit"), "account_id")


RULE = Rule(
    key=KEY,
    title=gettext_noop("Reasons to walk away"),
    functions=("sales", "product"),
    needs=(),
    groups=gettext_noop("segment x use, segment, use, region"),
    test="T1 ten points more deals lost, from 20 deals; or half again the customers, from 50 accounts",
    bring=("sales", "product", "customer"),
    run=run,
    rows=rows,
)
