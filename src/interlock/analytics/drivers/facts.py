"""What do the records say about each order: what was promised, what happened, what the customer said?

Reads the contract tables through Ibis and gives one row per order with few columns, so that everything
after it is numpy over orders. Clocks are whole seconds since 1970 from here on: engines agree on integers.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import ibis
import pyarrow as pa

from interlock.analytics.finding import Tables
from interlock.analytics.promises import DAY, grace_of, whole_seconds
from interlock.analytics.sources import of_sources, sourced, sources_saying
from interlock.analytics.symptoms.bench import last_event

# Words with which systems of record close an order that will never arrive.
CANCELLED = ("canceled", "cancelled", "cancel", "void", "voided", "unavailable", "rejected", "refused")


def last_day(tables: Tables, source: str | None = None) -> datetime:
    """Return the last moment the records, or those of one source, speak of, naive UTC; without events that of accounts."""
    own = None if source is None else frozenset({source})
    event = last_event(tables, own)
    if event is not None:
        return event
    days = []
    for column in ("since", "ended_at"):
        if tables.has("accounts", column):
            rows = sourced(tables, "accounts")
            rows = rows if own is None else of_sources(rows, own)
            days.append(whole_seconds(rows[column]).max().to_pyarrow().as_py())
    latest = max((day for day in days if day is not None), default=0)
    return datetime.fromtimestamp(latest, UTC).replace(tzinfo=None)


def seconds_of(moment: datetime) -> int:
    """Return a naive or aware moment as whole seconds since 1970, naive meaning UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(aware.timestamp())


def order_rows(tables: Tables, now: datetime, *, keyed: bool = False) -> pa.Table:
    """Return one row per order; absent tables and columns give nulls.

    Columns: order_id where `keyed`; source, account, region, channel, currency, family (text); ordered, since (seconds); amount; lines,
    sites, delivered (lines that arrived), short (lines whose promise passed without arrival); cancelled;
    days_late (worst line, negative = early, null = nothing to compare); late; the last due (end of the
    promise), last_arrival, last_shipped, last_limit (seconds) and of the late lines alone promised, limit,
    shipped, arrived; rating (mean share 0-1), complaints, returned.
    """
    orders = _orders(tables)
    rows = orders.left_join(_lines_of_orders(tables, now), "order_id").drop("order_id_right")
    said = _with_words(rows, tables)
    return (said if keyed else said.drop("order_id")).to_pyarrow()


def account_rows(tables: Tables) -> pa.Table:
    """Return one row per account: source, account, segment, use_case, region (text), since, ended (seconds).

    Of sources that say when accounts end; of all others nobody knows who left.
    """
    accounts = of_sources(sourced(tables, "accounts"), sources_saying(tables, "accounts", "ended_at"))
    words = {
        name: _column(accounts, tables, "accounts", name, "string")
        for name in ("segment", "use_case", "region")
    }
    clocks = {
        "since": _clock(accounts, tables, "accounts", "since"),
        "ended": _clock(accounts, tables, "accounts", "ended_at"),
    }
    return accounts.select(
        source=accounts.source_id, account=accounts.account_id, **words, **clocks
    ).to_pyarrow()


def _column(table: ibis.Table, tables: Tables, name: str, column: str, kind: str) -> Any:
    if tables.has(name, column):
        return table[column].cast(kind)
    return ibis.null(kind)


def _clock(table: ibis.Table, tables: Tables, name: str, column: str) -> Any:
    if tables.has(name, column):
        return whole_seconds(table[column])
    return ibis.null("int64")


def _orders(tables: Tables) -> ibis.Table:
    orders = sourced(tables, "orders")
    status = _column(orders, tables, "orders", "status", "string").lower()
    rows = orders.select(
        order_id=orders.order_id,
        source=orders.source_id,
        account=_column(orders, tables, "orders", "account_id", "string"),
        ordered=whole_seconds(orders.ordered_at),
        channel=_column(orders, tables, "orders", "channel", "string"),
        currency=_column(orders, tables, "orders", "currency", "string"),
        cancelled=status.isin(CANCELLED).fill_null(False),
    )
    rows = rows.mutate(first=rows.ordered.min().over(ibis.window(group_by=rows.account)))
    if not tables.has("accounts", "account_id"):
        return rows.rename(since="first").mutate(region=ibis.null("string"))
    accounts = tables.table("accounts")
    known = accounts.select(
        account_id=accounts.account_id,
        region=_column(accounts, tables, "accounts", "region", "string"),
        since=_clock(accounts, tables, "accounts", "since"),
    )
    joined = rows.left_join(known, rows.account == known.account_id)
    return joined.mutate(since=ibis.coalesce(joined.since, joined.first)).drop("account_id", "first")


def _lines_of_orders(tables: Tables, now: datetime) -> ibis.Table:
    """One row per order out of its lines; of several lines the worst one speaks for the order."""
    rows = _lines(tables, now)
    late = rows.late
    return rows.group_by("order_id").agg(
        lines=rows.count(),
        sites=rows.site_id.nunique(),
        amount=rows.amount.sum(),
        family=_family_of(rows),
        delivered=rows.delivered.notnull().sum(),
        short=rows.short.sum(),
        days_late=rows.days_late.max(),
        late=late.max(),
        due=rows.promised.max(),
        last_arrival=rows.delivered.max(),
        promised=rows.promised.max(where=late),
        limit=rows.hand_over.max(where=late),
        shipped=rows.shipped.max(where=late),
        arrived=rows.delivered.max(where=late),
        last_limit=rows.hand_over.max(),
        last_shipped=rows.shipped.max(),
    )


def _family_of(rows: ibis.Table) -> Any:
    """The first family in the alphabet: any rule does as long as engines agree; most orders have one."""
    return rows.family.min()


def _lines(tables: Tables, now: datetime) -> ibis.Table:
    lines = sourced(tables, "order_lines")
    rows = lines.select(
        source_id=lines.source_id,
        order_id=lines.order_id,
        product_id=_column(lines, tables, "order_lines", "product_id", "string"),
        site_id=_column(lines, tables, "order_lines", "site_id", "string"),
        amount=_column(lines, tables, "order_lines", "amount", "float64"),
        hand_over=_clock(lines, tables, "order_lines", "requested_at"),
        promised=_clock(lines, tables, "order_lines", "promised_at"),
        shipped=_clock(lines, tables, "order_lines", "shipped_at"),
        delivered=_clock(lines, tables, "order_lines", "delivered_at"),
    )
    if tables.has("order_lines", "promised_at"):
        rows = rows.mutate(promised=rows.promised + grace_of(tables, rows))
    rows = rows.mutate(
        days_late=(rows.delivered - rows.promised) / DAY,
        late=rows.delivered >= rows.promised,
        short=(
            rows.source_id.isin(sorted(sources_saying(tables, "order_lines", "delivered_at")))
            & rows.delivered.isnull()
            & (ibis.coalesce(rows.promised, 0) <= seconds_of(now))
        ).cast("int64"),
    )
    if not tables.has("products", "family"):
        return rows.mutate(family=ibis.null("string"))
    products = tables.table("products").select("product_id", "family")
    return rows.left_join(products, "product_id").drop("product_id_right")


def _with_words(rows: ibis.Table, tables: Tables) -> ibis.Table:
    if not tables.has("signals", "line_id"):
        nothing = ibis.null("int64")
        return rows.mutate(rating=ibis.null("float64"), complaints=nothing, returned=nothing)
    return rows.left_join(_words_of_orders(tables), "order_id").drop("order_id_right")


def _words_of_orders(tables: Tables) -> ibis.Table:
    """What customers said or did about each order, found through the line a signal names."""
    signals = tables.table("signals")
    signals = signals.filter(signals.line_id.notnull())
    share = _column(signals, tables, "signals", "rating", "float64") / _column(
        signals, tables, "signals", "rating_max", "float64"
    )
    said = signals.select("line_id", "kind", share=share)
    lines = tables.table("order_lines").select("line_id", "order_id")
    joined = said.inner_join(lines, "line_id")
    return joined.group_by("order_id").agg(
        rating=joined.share.mean(),
        complaints=(joined.kind == "complaint").cast("int64").sum(),
        returned=joined.kind.isin(("return", "cancel")).cast("int64").sum(),
    )


def first_said(tables: Tables, kinds: Sequence[str]) -> dict[str, int]:
    """Return when the first signal of these kinds about an order of each source came; empty without any."""
    if not tables.has("signals", "line_id"):
        return {}
    signals = tables.table("signals")
    found = signals.filter(signals.line_id.notnull() & signals.kind.isin(list(kinds)))
    orders = sourced(tables, "orders").select("order_id", "source_id")
    lines = tables.table("order_lines").select("line_id", "order_id").inner_join(orders, "order_id")
    named = found.select("line_id", said=whole_seconds(found.occurred_at)).inner_join(lines, "line_id")
    rows = named.group_by("source_id").agg(first=named.said.min()).to_pyarrow().to_pylist()
    return {row["source_id"]: int(row["first"]) for row in rows if row["first"] is not None}
