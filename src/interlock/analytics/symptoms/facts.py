"""One row an order line, with what sales, product and the customer's record say about it.

Columns that a company's export does not have are null, so that every rule can name them.
Nothing is computed until a rule aggregates or pages through the rows.
"""

from datetime import date, datetime, timedelta

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from interlock.analytics.finding import Tables
from interlock.analytics.promises import grace_of, is_late
from interlock.analytics.sources import by_source, once, sourced, sources_saying
from interlock.analytics.symptoms.bench import Held

# What calls a line bad: the customer complained, sent it back, or rated it 2 of 5 or worse.
BAD_KINDS = ("complaint", "return")
LOW_RATING = 0.4

_ORDER = {"account_id": "string", "ordered_at": "timestamp(6)", "channel": "string", "team_id": "string"}
_ORDER |= {"status": "string", "currency": "string"}
_ACCOUNT = {"account": "string", "region": "string", "segment": "string", "use_case": "string"}
_PRODUCT = {"family": "string", "product": "string", "configuration": "string", "version": "string"}
_PRODUCT |= {"unit_margin": "float64"}
# What no rule judges by; pages show it beside the rows.
_SHOWN = ("quantity", "account", "product", "configuration", "version", "unit_margin")
_SOURCES = {"account": "name", "product": "name"}


def column(table: ir.Table, name: str, kind: str) -> ir.Column:
    """Return a column cast to `kind`, or a null of that kind when the export lacks it."""
    if name in table.columns:
        return table[name].cast(kind)
    return ibis.null(dt.dtype(kind))


def order_lines(tables: Tables) -> ir.Table:
    """Return one row an order line, joined with its order, account and product.

    While rules run they all read these rows: they are joined once, without what only a page shows.
    """
    if isinstance(tables, Held):
        return tables.kept("order lines", lambda: _order_lines(tables).drop(*_SHOWN))
    return _order_lines(tables)


def sold_lines(tables: Tables) -> ir.Table:
    """Return one row an order line with quantity, amount, currency and the margin of its product."""
    return _order_lines(tables).select("quantity", "amount", "currency", "unit_margin")


def _order_lines(tables: Tables) -> ir.Table:
    lines = sourced(tables, "order_lines")
    facts = lines.select(
        source_id=lines.source_id,
        line_id=lines.line_id,
        order_id=lines.order_id,
        product_id=column(lines, "product_id", "string"),
        quantity=column(lines, "quantity", "float64"),
        amount=column(lines, "amount", "float64"),
        requested_at=column(lines, "requested_at", "timestamp(6)"),
        promised_at=column(lines, "promised_at", "timestamp(6)"),
        shipped_at=column(lines, "shipped_at", "timestamp(6)"),
        delivered_at=column(lines, "delivered_at", "timestamp(6)"),
        batch_id=column(lines, "batch_id", "string"),
        site_id=column(lines, "site_id", "string"),
    )
    facts = with_product(tables, with_account(tables, _join(tables, facts, "orders", "order_id", _ORDER)))
    return facts.mutate(currency=ibis.coalesce(facts.currency, source_currency(tables, facts)))


def with_account(tables: Tables, facts: ir.Table) -> ir.Table:
    """Add the account's name, region, segment and use case by `account_id`."""
    return _join(tables, facts, "accounts", "account_id", _ACCOUNT)


def with_product(tables: Tables, facts: ir.Table) -> ir.Table:
    """Add the product's name, family, configuration, version and margin by `product_id`."""
    return _join(tables, facts, "products", "product_id", _PRODUCT)


def _join(tables: Tables, facts: ir.Table, name: str, key: str, columns: dict[str, str]) -> ir.Table:
    if not tables.has(name):
        return facts.mutate(**{new: ibis.null(dt.dtype(kind)) for new, kind in columns.items()})
    other = tables.table(name)
    chosen = other.select(
        joined_key=other[key],
        **{new: column(other, _SOURCES.get(new, new), kind) for new, kind in columns.items()},
    )
    return facts.left_join(chosen, facts[key] == chosen.joined_key).drop("joined_key")


def source_currency(tables: Tables, facts: ir.Table) -> ir.Value:
    """Return the currency that the source of each row names on most of its orders; null where it names none."""

    def ask() -> dict[str, str]:
        orders = sourced(tables, "orders")
        counted = (
            orders.filter(orders.currency.notnull()).group_by("source_id", "currency").agg(n=ibis._.count())
        )
        rows = counted.order_by("n", ibis.desc("currency")).to_pyarrow().to_pylist()
        return {row["source_id"]: row["currency"] for row in rows}

    known = once(tables, "currencies", ask) if tables.has("orders", "currency") else {}
    everywhere = sources_saying(tables, "orders")
    return by_source(
        facts, known if known.keys() >= everywhere else dict.fromkeys(everywhere) | known, "string"
    )


def telling(facts: ir.Table, *columns: str) -> tuple[str, ...]:
    """Return those of the columns in which these facts hold at least one value."""
    row = facts.agg(**{name: facts[name].count() for name in columns}).to_pyarrow().to_pylist()[0]
    return tuple(name for name in columns if row[name])


def came_late(tables: Tables, lines: ir.Table) -> ir.StringColumn:
    """Return "late" for lines that arrived past their promise, "on time" for all others."""
    late = is_late(lines.delivered_at, lines.promised_at, grace_of(tables, lines))
    return late.fill_null(False).ifelse("late", "on time")


def day(moment: ir.Column) -> ir.Column:
    """Return the day of a moment."""
    return moment.cast("timestamp(6)").date()


def month(moment: ir.Column) -> ir.Column:
    """Return a month's number since year 0, an integer that sorts."""
    return (moment.year() * 12 + moment.month() - 1).cast("int64")


def month_start(number: int) -> date:
    """Return the first day of the month with that number."""
    return date(number // 12, number % 12 + 1, 1)


def start_of(when: date) -> datetime:
    """Return midnight of a day."""
    return datetime(when.year, when.month, when.day)  # noqa: DTZ001 - contract times are UTC without zone


def end_of(when: date) -> datetime:
    """Return midnight after a day."""
    return start_of(when) + timedelta(days=1)


def not_cancelled(status: ir.Column) -> ir.Column:
    """Leave out cancelled orders: the records do not say who cancelled, so nothing was kept or broken."""
    return ~status.cast("string").fill_null("").lower().startswith("cancel")


def bad_signals(tables: Tables) -> ir.Table:
    """Return one row a bad signal: line_id, product_id, account_id, kind, occurred_at."""
    signals = tables.table("signals")
    rating = column(signals, "rating", "float64")
    share = rating / column(signals, "rating_max", "float64").nullif(0)
    bad = signals.kind.isin(BAD_KINDS) | (share <= LOW_RATING).fill_null(False)
    return signals.filter(bad).select(
        line_id=column(signals, "line_id", "string"),
        product_id=column(signals, "product_id", "string"),
        account_id=column(signals, "account_id", "string"),
        kind=signals.kind,
        occurred_at=signals.occurred_at.cast("timestamp(6)"),
    )
