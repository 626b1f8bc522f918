"""What the records hold about one context: an account, a product, an order, a region, a team, or a crossing of them.

A context's kind names columns of the order lines joined with order, account and product (`team+family`),
its key their values (`T-3|Heron Cargo`). Everything is read from the records as they are now; what is asked of the rows found is
in DuckDB's own SQL, a hot path, because making it from Ibis took longer than answering it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import ibis
import ibis.expr.types as ir
from django.conf import settings

from interlock.analytics.statistics.shares import wilson
from interlock.fabric import records
from interlock.store.engine import Records

COLUMNS = {
    "account": "account_id",
    "order": "order_id",
    "product": "product_id",
    "configuration": "product_id",
    "region": "region",
    "family": "family",
    "team": "team_id",
    "site": "site_id",
    "batch": "batch_id",
    "channel": "channel",
    "segment": "segment",
    "use": "use_case",
}
NAMED_IN = {
    "account": ("accounts", "account_id"),
    "product": ("products", "product_id"),
    "configuration": ("products", "product_id"),
    "order": ("orders", "order_id"),
    "team": ("teams", "team_id"),
    "batch": ("batches", "batch_id"),
}
LINES_SHOWN, SIGNALS_SHOWN = 15, 12
FLOOR = 30
# About 30 kB each: 25 lines and 25 signals with their words.
KEPT = 256


class ContextUnknown(Exception):
    """The records hold nothing of this kind and key."""


@dataclass(frozen=True)
class Share:
    """x of n with a 95 % interval; below 30 cases no rate is stated, only the counts."""

    x: int
    n: int
    low: float
    high: float

    @property
    def enough(self) -> bool:
        return self.n >= FLOOR


@dataclass(frozen=True)
class Dossier:
    """One context: its own record, how much there is, and the newest lines and signals."""

    kind: str
    key: str
    label: str
    facts: tuple[tuple[str, Any], ...]
    orders: int
    lines: int
    accounts: int
    first_at: datetime | None
    last_at: datetime | None
    late: Share
    signals: int
    signal_kinds: tuple[tuple[str, int], ...]
    newest_lines: tuple[dict[str, Any], ...]
    newest_signals: tuple[dict[str, Any], ...]


def current_dossier(kind: str, key: str) -> Dossier:
    """What the records say now. Kept in memory until an import changes them.

    Raises:
        ContextUnknown: the kind is none of ours, or the records hold no such key.
    """
    return _of_snapshot(str(settings.RECORDS_FOLDER), records.snapshot().number, kind, key)


@lru_cache(maxsize=KEPT)
def _of_snapshot(_folder: str, _number: int, kind: str, key: str) -> Dossier:
    return dossier(records.current_records(), kind, key)


def dossier(tables: Records, kind: str, key: str) -> Dossier:
    """Read everything about one context.

    Raises:
        ContextUnknown: the kind is none of ours, or the records hold no such key.
    """
    conditions = _conditions(kind, key)
    facts = _own_record(tables, kind, key)
    with ExitStack() as kept:
        lines = kept.enter_context(_kept_lines(tables, conditions))
        signals = kept.enter_context(_kept_signals(tables, kind, key, lines))
        counted = _counts(tables, lines) if lines is not None else _nothing()
        kinds = _signal_kinds(tables, signals)
        if not counted["lines"] and not kinds and not facts:
            raise ContextUnknown(f"The records hold no {kind} {key}.")
        newest_lines = _newest_lines(tables, lines)
        newest_signals = _newest_signals(tables, signals)
    low, high = (
        (float(end) for end in wilson(counted["late"], counted["due"])) if counted["due"] else (0.0, 1.0)
    )
    return Dossier(
        kind=kind,
        key=key,
        label=_label(tables, kind, key, facts),
        facts=facts,
        orders=counted["orders"],
        lines=counted["lines"],
        accounts=counted["accounts"],
        first_at=counted["first_at"],
        last_at=counted["last_at"],
        late=Share(counted["late"], counted["due"], low, high),
        signals=sum(count for _, count in kinds),
        signal_kinds=kinds,
        newest_lines=newest_lines,
        newest_signals=newest_signals,
    )


def _conditions(kind: str, key: str) -> dict[str, str]:
    """The columns that a context names, with their values."""
    kinds, keys = kind.split("+"), key.split("|")
    if not set(kinds) <= set(COLUMNS) or len(kinds) != len(keys):
        raise ContextUnknown(f"There is no kind of context called {kind}.")
    return {COLUMNS[one]: value for one, value in zip(kinds, keys, strict=True)}


@contextmanager
def _kept_lines(tables: Records, conditions: dict[str, str]) -> Iterator[ir.Table | None]:
    """The context's order lines with their order, found once and kept while the page is made.

    Each condition narrows the table that holds the column before anything is joined, so that no more is read
    than the context needs.
    """
    if not tables.has("order_lines"):
        yield None
        return
    lines = tables.table("order_lines").select(
        "line_id", "order_id", "product_id", "promised_at", "delivered_at", "site_id", "batch_id"
    )
    lines, rest = _narrowed(lines, conditions)
    lines = lines.drop("site_id", "batch_id")
    if "family" in rest:
        lines = _among(tables, lines, "products", "product_id", rest)
        rest.pop("family")
    if rest and tables.has("orders"):
        # The condition is on the order: its lines are found through it.
        orders = _orders_of(tables, rest)
        with tables.kept(lines.inner_join(orders, "order_id")) as found:
            yield found
        return
    if rest:
        lines = lines.filter(ibis.literal(False))
    with tables.kept(lines) as found, tables.kept(_with_orders(tables, found)) as whole:
        yield whole


def _orders_of(tables: Records, conditions: dict[str, str]) -> ir.Table:
    """Key, account and day of the orders that meet the conditions on order and account."""
    orders, rest = _narrowed(tables.table("orders"), conditions)
    if rest:
        orders = _among(tables, orders, "accounts", "account_id", rest)
    return orders.select("order_id", "account_id", "ordered_at")


def _narrowed(table: ir.Table, conditions: dict[str, str]) -> tuple[ir.Table, dict[str, str]]:
    """The rows that meet the conditions on the table's own columns, and the conditions left over."""
    own = {name: value for name, value in conditions.items() if name in table.columns}
    rest = {name: value for name, value in conditions.items() if name not in own}
    return table.filter(ibis.literal(True), *(table[name] == value for name, value in own.items())), rest


def _among(tables: Records, rows: ir.Table, name: str, key: str, conditions: dict[str, str]) -> ir.Table:
    """The rows whose product or account meets the conditions; none when the records hold no such table."""
    if not tables.has(name):
        return rows.filter(ibis.literal(False))
    others, _rest = _narrowed(tables.table(name), conditions)
    return rows.semi_join(others.select(key), key)


def _with_orders(tables: Records, lines: ir.Table) -> ir.Table:
    """Add account and day of each line's order."""
    if not tables.has("orders"):
        return lines.mutate(account_id=ibis.null("string"), ordered_at=ibis.null("timestamp"))
    orders = tables.table("orders").select("order_id", "account_id", "ordered_at")
    # Narrowed first: a left join would read every order into memory.
    return lines.left_join(orders.semi_join(lines, "order_id"), "order_id").drop("order_id_right")


def _own_record(tables: Records, kind: str, key: str) -> tuple[tuple[str, Any], ...]:
    """The row that the context points to, filled columns only."""
    name, column = NAMED_IN.get(kind, ("", ""))
    if not name or not tables.has(name):
        return ()
    rows = tables.sql(f"SELECT * FROM {name} WHERE {column} = $key LIMIT 1", key=key).to_pylist()
    return tuple((name, value) for name, value in rows[0].items() if value is not None) if rows else ()


def _label(tables: Records, kind: str, key: str, facts: tuple[tuple[str, Any], ...]) -> str:
    own = dict(facts)
    if own.get("name"):
        return str(own["name"])
    if "+" not in kind:
        return key
    parts = []
    for one, value in zip(kind.split("+"), key.split("|"), strict=True):
        parts.append(str(dict(_own_record(tables, one, value)).get("name") or value))
    return ", ".join(parts)


def _counts(tables: Records, lines: ir.Table) -> dict[str, Any]:
    return tables.sql(f"""
        SELECT count(DISTINCT order_id) AS orders, count(*) AS lines, count(DISTINCT account_id) AS accounts,
            min(ordered_at) AS first_at, max(ordered_at) AS last_at,
            count(*) FILTER (promised_at IS NOT NULL AND delivered_at IS NOT NULL) AS due,
            count(*) FILTER (delivered_at > promised_at) AS late
        FROM {lines.get_name()}
    """).to_pylist()[0]


def _nothing() -> dict[str, Any]:
    return {"orders": 0, "lines": 0, "accounts": 0, "first_at": None, "last_at": None, "due": 0, "late": 0}


@contextmanager
def _kept_signals(tables: Records, kind: str, key: str, lines: ir.Table | None) -> Iterator[ir.Table | None]:
    """Key, kind and moment of the context's signals, found once and kept while the page is made."""
    if not tables.has("signals"):
        yield None
        return
    found = _signals(tables, kind, key, lines).select("signal_id", "kind", "occurred_at")
    with tables.kept(found) as found:
        yield found


def _signals(tables: Records, kind: str, key: str, lines: ir.Table | None) -> ir.Table:
    """Signals on the context's lines, or that name the account or product themselves."""
    signals = tables.table("signals")
    on_lines = signals.line_id.isin(lines.line_id) if lines is not None else ibis.literal(False)
    if kind == "account":
        return signals.filter(on_lines | (signals.account_id == key))
    if kind in {"product", "configuration"}:
        return signals.filter(on_lines | (signals.product_id == key))
    if kind == "region" and tables.has("accounts"):
        accounts = tables.table("accounts")
        return signals.filter(signals.account_id.isin(accounts.filter(accounts.region == key).account_id))
    return signals.filter(on_lines)


def _signal_kinds(tables: Records, signals: ir.Table | None) -> tuple[tuple[str, int], ...]:
    if signals is None:
        return ()
    counted = tables.sql(
        f"SELECT kind, count(*) AS count FROM {signals.get_name()} GROUP BY kind ORDER BY count DESC, kind"
    )
    return tuple((row["kind"], row["count"]) for row in counted.to_pylist())


def _newest_lines(tables: Records, lines: ir.Table | None) -> tuple[dict[str, Any], ...]:
    """The newest lines with the names of their account and product."""
    if lines is None:
        return ()
    newest = tables.sql(
        f"SELECT * FROM {lines.get_name()} ORDER BY ordered_at DESC NULLS LAST, line_id LIMIT {LINES_SHOWN}"
    ).to_pylist()
    accounts = _names(tables, "accounts", "account_id", newest)
    products = _names(tables, "products", "product_id", newest)
    return tuple(
        line | {"account": accounts.get(line["account_id"]), "product": products.get(line["product_id"])}
        for line in newest
    )


def _names(tables: Records, name: str, key: str, rows: list[dict[str, Any]]) -> dict[str, str]:
    keys = sorted({row[key] for row in rows if row[key] is not None})
    if not keys or not tables.has(name, "name"):
        return {}
    named = tables.sql(f"SELECT {key}, name FROM {name} WHERE {key} IN $keys", keys=keys)
    return {row[key]: row["name"] for row in named.to_pylist()}


def _newest_signals(tables: Records, signals: ir.Table | None) -> tuple[dict[str, Any], ...]:
    """The newest signals with their words, which are read for these few only."""
    if signals is None:
        return ()
    newest = tables.sql(
        f"SELECT signal_id FROM {signals.get_name()}"
        f" ORDER BY occurred_at DESC NULLS LAST, signal_id LIMIT {SIGNALS_SHOWN}"
    )
    keys = newest["signal_id"].to_pylist()
    if not keys:
        return ()
    told = tables.sql(
        "SELECT signal_id, kind, occurred_at, rating, rating_max, title, body"
        " FROM signals WHERE signal_id IN $keys",
        keys=keys,
    )
    by_key = {row["signal_id"]: row for row in told.to_pylist()}
    return tuple(by_key[key] for key in keys)
