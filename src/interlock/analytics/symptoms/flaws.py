"""One row a delivered line, with whether the customer then complained, sent it back or rated it badly.

Whether it came late is a column of its own, so that a late delivery is not charged to the
product. Lines that arrived before any such signal was on record were not observed and are
left out; where one kind of signal starts later, the months before and after are kept apart.
"""

from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from interlock.analytics.finding import RowQuery, Tables, gettext_noop
from interlock.analytics.sources import by_source, of_sources, once, sourced, sources_saying
from interlock.analytics.symptoms import facts as fact
from interlock.analytics.symptoms.bench import Bench
from interlock.analytics.symptoms.evidence import select_rows
from interlock.analytics.symptoms.looks import longest_before
from interlock.analytics.symptoms.prices import Extra, Prices, signal_cost
from interlock.analytics.symptoms.rule import Need
from interlock.analytics.symptoms.uplift import (
    Reorders,
    followed_from,
    reorders,
)

NEEDS = (
    Need("order_lines", ("delivered_at",), gettext_noop("No order line says when it arrived.")),
    Need("signals", ("kind", "occurred_at"), gettext_noop("There are no signals from customers.")),
)
NOT_LINKED = gettext_noop("No complaint, return or rating names the order line or the product it is about.")
NOTHING_BAD = gettext_noop("No complaint, return or low rating is on record.")
COLUMNS = {
    "site_id": ("order_lines", "site_id"),
    "batch_id": ("order_lines", "batch_id"),
    "product_id": ("order_lines", "product_id"),
    "family": ("products", "family"),
    "region": ("accounts", "region"),
    "segment": ("accounts", "segment"),
    "use_case": ("accounts", "use_case"),
    "channel": ("orders", "channel"),
}
# Signals that name no line are laid on the account's latest delivery of that product within this time.
_LINK_DAYS = 120
_STARTS_LATE_DAYS = 45
READABLE: tuple[str, ...] = (
    "order_id",
    "account",
    "product",
    "region",
    "shipped_at",
    "delivered_at",
    "late",
)
READABLE += ("complained_at", "said", "hit", "amount", "batch_id", "site_id", "line_id", "account_id")


def delivered_lines(tables: Tables, first: date, last: date) -> ir.Table:
    """Return one row a line delivered from `first` to `last`; `hit` is 1 when a bad signal followed."""
    lines = of_sources(fact.order_lines(tables), frozenset(watched(tables)))
    arrived = fact.day(lines.delivered_at)
    lines = lines.filter(lines.delivered_at.notnull(), arrived >= first, arrived <= last)
    arrived = fact.day(lines.delivered_at)
    lines = lines.mutate(on=arrived, month=fact.month(arrived), late=fact.came_late(tables, lines))
    return _with_signals(tables, lines, last)


def _with_signals(tables: Tables, lines: ir.Table, last: date) -> ir.Table:
    bad = fact.bad_signals(tables)
    bad = bad.filter(bad.occurred_at < fact.end_of(last))
    if tables.has("signals", "line_id"):
        named = bad.filter(bad.line_id.notnull())
        said = named.group_by(said_line="line_id").agg(
            complained_at=named.occurred_at.min(), said=named.kind.min()
        )
        joined = lines.left_join(said, lines.line_id == said.said_line).drop("said_line")
    else:
        named = bad.filter(bad.product_id.notnull(), bad.account_id.notnull())
        said = named.group_by(said_product="product_id", said_account="account_id").agg(
            complained_at=named.occurred_at.max(), said=named.kind.min()
        )
        joined = lines.left_join(
            said, (lines.product_id == said.said_product) & (lines.account_id == said.said_account)
        ).drop("said_product", "said_account")
        near = (joined.complained_at >= joined.delivered_at) & (
            joined.complained_at <= joined.delivered_at + ibis.interval(days=_LINK_DAYS)
        )
        joined = joined.mutate(complained_at=near.ifelse(joined.complained_at, ibis.null("timestamp(6)")))
    return joined.mutate(hit=joined.complained_at.notnull().cast("int64"))


def linked(bench: Bench) -> bool:
    """Say whether signals name lines, or products and accounts."""
    return bench.has("signals", "line_id") or bench.has("signals", "product_id", "account_id")


def observed_from(bench: Bench) -> dict[str, date]:
    """Return the first day of each kind of bad signal: a source that starts late saw nothing before."""
    starts: dict[str, date] = {}
    for kinds in watched(bench.tables).values():
        for kind, first in kinds.items():
            starts[kind] = min(first, starts.get(kind, first))
    return starts


def watched(tables: Tables) -> dict[str, dict[str, date]]:
    """Return the sources of delivered lines that bad signals name, with the first day of each kind of signal.

    Nobody notes complaints about the lines of any other source, which says nothing about its goods. Where
    signals name products and accounts instead of lines, every source that says when lines arrive is watched.
    """
    return once(tables, "watched sources", lambda: _watched(tables))


def _watched(tables: Tables) -> dict[str, dict[str, date]]:
    bad = fact.bad_signals(tables)
    delivering = sources_saying(tables, "order_lines", "delivered_at")
    first = bad.group_by("kind").agg(first=bad.occurred_at.min()).to_pyarrow().to_pylist()
    starts = {row["kind"]: row["first"].date() for row in first}
    if len(delivering) < 2 or not tables.has("signals", "line_id"):
        return dict.fromkeys(delivering, starts) if starts else {}
    lines = sourced(tables, "order_lines").select("line_id", "source_id")
    named = bad.select("line_id", "kind", "occurred_at").inner_join(lines, "line_id")
    rows = named.group_by("source_id", "kind").agg(first=named.occurred_at.min()).to_pyarrow().to_pylist()
    found: dict[str, dict[str, date]] = {}
    for row in rows:
        if row["source_id"] in delivering:
            found.setdefault(row["source_id"], {})[row["kind"]] = row["first"].date()
    return found


def judged(bench: Bench) -> tuple[ir.Table, tuple[str, ...], date, date]:
    """Return the year of observed facts, the columns they can be grouped by, and the first and last day.

    The column `observed` tells apart lines that different sets of sources could see.
    """
    return bench.once("flaw facts", lambda: _judged(bench))


def _judged(bench: Bench) -> tuple[ir.Table, tuple[str, ...], date, date]:
    sources = watched(bench.tables)
    last = until(bench)
    first = max(longest_before(last), min(observed_from(bench).values()))
    facts = delivered_lines(bench.tables, first, last)
    began = {source: min(starts.values()) for source, starts in sources.items()}
    facts = facts.filter(facts.on >= by_source(facts, began, "date"))
    seen: ir.Value = ibis.literal(0)
    for source, starts in sources.items():
        own = ibis.literal(True) if len(sources) == 1 else facts.source_id == source
        late = {day for day in starts.values() if day > first + timedelta(days=_STARTS_LATE_DAYS)}
        for start in sorted(late):
            seen = seen + (own & (facts.on >= start)).cast("int64")
    observed = seen.cast("string")
    if len(sources) > 1:
        observed = facts.source_id.concat(" ", observed)
    facts = facts.mutate(observed=observed)
    if bench.tables.is_small():  # three rules ask it
        facts = bench.tables.kept("flaw facts", lambda: facts)
    columns = tuple(COLUMNS) if len(sources) == 1 else fact.telling(facts, *COLUMNS)
    return facts, tuple(name for name in columns if bench.has(*COLUMNS[name])), first, last


def until(bench: Bench) -> date:
    """Return the last day that the watched sources speak of, or those that name their lines."""
    speaking = (
        sources_saying(bench.tables, "signals", "line_id") if bench.has("signals", "line_id") else frozenset()
    )
    return bench.until(frozenset(watched(bench.tables)) | speaking).date()


def prices(bench: Bench, rule: str) -> Prices:
    """Return what a bad case costs: reorders that did not come, and costs on record."""
    again, extra = bench.once("flaw prices", lambda: _priced(bench))
    return Prices(
        rule,
        bench,
        again,
        extra,
        gettext_noop("lines delivered a year"),
        gettext_noop("bad cases beyond the usual"),
    )


def _priced(bench: Bench) -> tuple[Reorders | None, dict[str, Extra]]:
    last = until(bench)
    since = max(min(observed_from(bench).values()), followed_from(bench, last))
    lines = delivered_lines(bench.tables, since, last)
    orders = lines.group_by("order_id", "account_id", "currency").agg(
        due=ibis._.delivered_at.max(), broken=ibis._.hit.max().cast("int8")
    )
    return reorders(bench, orders, last), signal_cost(bench, fact.BAD_KINDS)


def rows(tables: Tables, query: RowQuery) -> ir.Table:
    """Return the delivered lines of a group: the order beside what the customer said of it."""
    first, last = (date.fromisoformat(query.params[end]) for end in ("from", "to"))
    facts = select_rows(delivered_lines(tables, first, last), query)
    return facts.select(*READABLE).order_by(ibis.desc("hit"), ibis.desc("delivered_at"), "line_id")
