"""What the records hold about one context: an account, a product, an order, a region, a team, or a crossing of them.

A context's kind names columns of the order lines joined with order, account and product (`team+family`),
its key their values (`T-3|Heron Cargo`). Everything is read from the records as they are now.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import ibis
import ibis.expr.types as ir

from interlock.analytics.finding import Tables
from interlock.analytics.statistics.shares import wilson
from interlock.analytics.symptoms.facts import order_lines

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
LINES_SHOWN = SIGNALS_SHOWN = 25
FLOOR = 30


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


def dossier(tables: Tables, kind: str, key: str) -> Dossier:
    """Read everything about one context.

    Raises:
        ContextUnknown: the kind is none of ours, or the records hold no such key.
    """
    lines = _lines(tables, kind, key)
    facts = _own_record(tables, kind, key)
    signals = _signals(tables, kind, key, lines)
    counted = _counts(lines) if lines is not None else _nothing()
    kinds = _signal_kinds(signals)
    if not counted["lines"] and not kinds and not facts:
        raise ContextUnknown(f"The records hold no {kind} {key}.")
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
        newest_lines=_newest_lines(lines),
        newest_signals=_newest_signals(signals),
    )


def _lines(tables: Tables, kind: str, key: str) -> ir.Table | None:
    """The order lines of the context; None when there are no lines or the kind is not about lines."""
    kinds, keys = kind.split("+"), key.split("|")
    if not set(kinds) <= set(COLUMNS) or len(kinds) != len(keys):
        raise ContextUnknown(f"There is no kind of context called {kind}.")
    if not tables.has("order_lines"):
        return None
    lines = order_lines(tables)
    return lines.filter(*(lines[COLUMNS[one]] == value for one, value in zip(kinds, keys, strict=True)))


def _own_record(tables: Tables, kind: str, key: str) -> tuple[tuple[str, Any], ...]:
    """The row that the context points to, filled columns only."""
    name, column = NAMED_IN.get(kind, ("", ""))
    if not name or not tables.has(name):
        return ()
    table = tables.table(name)
    rows = table.filter(table[column] == key).limit(1).to_pyarrow().to_pylist()
    return tuple((name, value) for name, value in rows[0].items() if value is not None) if rows else ()


def _label(tables: Tables, kind: str, key: str, facts: tuple[tuple[str, Any], ...]) -> str:
    own = dict(facts)
    if own.get("name"):
        return str(own["name"])
    parts = []
    for one, value in zip(kind.split("+"), key.split("|"), strict=True):
        parts.append(str(dict(_own_record(tables, one, value)).get("name") or value))
    return ", ".join(parts)


def _counts(lines: ir.Table) -> dict[str, Any]:
    due = lines.promised_at.notnull() & lines.delivered_at.notnull()
    row = lines.aggregate(
        orders=lines.order_id.nunique(),
        lines=lines.count(),
        accounts=lines.account_id.nunique(),
        first_at=lines.ordered_at.min(),
        last_at=lines.ordered_at.max(),
        due=due.sum().fill_null(0),
        late=(due & (lines.delivered_at > lines.promised_at)).sum().fill_null(0),
    )
    return row.to_pyarrow().to_pylist()[0]


def _nothing() -> dict[str, Any]:
    return {"orders": 0, "lines": 0, "accounts": 0, "first_at": None, "last_at": None, "due": 0, "late": 0}


def _signals(tables: Tables, kind: str, key: str, lines: ir.Table | None) -> ir.Table | None:
    """Signals on the context's lines, or that name the account or product themselves."""
    if not tables.has("signals"):
        return None
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


def _signal_kinds(signals: ir.Table | None) -> tuple[tuple[str, int], ...]:
    if signals is None:
        return ()
    counted = signals.group_by("kind").aggregate(count=signals.count())
    rows = counted.order_by(ibis.desc("count"), "kind").to_pyarrow().to_pylist()
    return tuple((row["kind"], row["count"]) for row in rows)


def _newest_lines(lines: ir.Table | None) -> tuple[dict[str, Any], ...]:
    if lines is None:
        return ()
    newest = lines.order_by(ibis.desc("ordered_at"), "line_id").limit(LINES_SHOWN)
    return tuple(newest.to_pyarrow().to_pylist())


def _newest_signals(signals: ir.Table | None) -> tuple[dict[str, Any], ...]:
    if signals is None:
        return ()
    chosen = signals.order_by(ibis.desc("occurred_at"), "signal_id").limit(SIGNALS_SHOWN)
    columns = [
        name
        for name in ("signal_id", "kind", "occurred_at", "rating", "rating_max", "title", "body")
        if name in chosen.columns
    ]
    return tuple(chosen.select(*columns).to_pyarrow().to_pylist())
