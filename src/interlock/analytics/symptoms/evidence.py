"""What stands behind an alarm: siblings, months, the customers' words, the way back to the rows."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np

from interlock.analytics.finding import GroupRate, PeriodRate, Quote, RowQuery, Tables
from interlock.analytics.statistics import wilson
from interlock.analytics.symptoms.bench import Bench
from interlock.analytics.symptoms.cube import Cube
from interlock.analytics.symptoms.facts import column, month_start
from interlock.analytics.symptoms.labels import labels_of
from interlock.analytics.symptoms.search import Alarm

MOST_SIBLINGS = 7
MOST_QUOTES = 5
_READ_FOR_QUOTES = 40
_SHORTEST_QUOTE = 15


def siblings(bench: Bench, cube: Cube, alarm: Alarm) -> tuple[GroupRate, ...]:
    """Return the group among its like, highest rate first, at most eight."""
    groups = alarm.groups
    known = np.flatnonzero(groups.usable)
    same = known
    if len(alarm.columns) > 1:
        last = alarm.columns[-1]
        code = cube.codes[last][groups.first]
        same = known[code[known] == code[alarm.group]]
        same = same if same.size > 1 else known
    others = same[same != alarm.group]
    others = others[np.argsort(-groups.n[others], kind="stable")][:MOST_SIBLINGS]
    rates = [_group_rate(bench, cube, alarm, int(g)) for g in (alarm.group, *others)]
    return tuple(sorted(rates, key=lambda rate: (-rate.rate, rate.label)))


def _group_rate(bench: Bench, cube: Cube, alarm: Alarm, group: int) -> GroupRate:
    groups = alarm.groups
    x, n = round(groups.x[group]), round(groups.n[group])
    low, high = wilson(x, n)
    key = groups.key(cube, group)
    label = ", ".join(labels_of(bench, alarm.columns, key))
    usual = float(groups.prior.usual(groups.expected_rate)[group])
    return GroupRate(label, x, n, x / n, float(low), float(high), usual, group == alarm.group)


History = dict[tuple[str, ...], tuple[PeriodRate, ...]]


def histories(facts: ir.Table, alarms: Sequence[Alarm], last: date) -> History:
    """Return the twelve months up to `last` of each alarm by columns and key, in one query a grouping."""
    found: History = {}
    facts = facts.filter(facts.on >= year_before(last))
    for columns in sorted({alarm.columns for alarm in alarms}):
        named = {alarm.key: alarm.usual for alarm in alarms if alarm.columns == columns}
        inside = facts
        for place, name in enumerate(columns):
            inside = inside.filter(inside[name].isin(sorted({key[place] for key in named})))
        counted = inside.group_by([*columns, "month"]).agg(n=ibis._.count(), x=ibis._.hit.sum())
        cells: dict[tuple[str, ...], list[tuple[int, int, int]]] = {}
        for row in counted.to_pyarrow().to_pylist():
            key = tuple(row[name] for name in columns)
            cells.setdefault(key, []).append((row["month"], row["x"], row["n"]))
        for key, usual in named.items():
            months = sorted(cells.get(key, []))[-12:]
            found[columns + key] = tuple(_month(*month, usual) for month in months)
    return found


def _month(number: int, x: int, n: int, usual: float) -> PeriodRate:
    low, high = wilson(x, n)
    return PeriodRate(month_start(number), x, n, x / n, float(low), float(high), usual)


def year_before(last: date) -> date:
    """Return the first day of the twelve months that a chart shows."""
    return date(last.year - 1, last.month, 1)


def row_query(rule: str, window: dict[str, str], alarm: Alarm) -> RowQuery:
    """Return the way back to all rows of an alarm."""
    group = {f"group.{name}": key for name, key in zip(alarm.columns, alarm.key, strict=True)}
    return RowQuery(rule, "all", window | group)


def select_rows(facts: ir.Table, query: RowQuery) -> ir.Table:
    """Return the facts of a query's group and selection."""
    for name, key in query.params.items():
        if name.startswith("group."):
            facts = facts.filter(facts[name.removeprefix("group.")] == key)
    return facts.filter(facts.hit == 1) if query.selection == "hits" else facts


def quotes(bench: Bench, hits: ir.Table, key: str = "line_id") -> tuple[Quote, ...]:
    """Return three to five whole sentences customers wrote about these rows, lowest rating first."""
    tables = bench.tables
    if not bench.has("signals", "body"):
        return ()
    signals = tables.table("signals")
    said = signals.select(
        signal_id=signals.signal_id,
        said_of=column(signals, key, "string"),
        account_id=column(signals, "account_id", "string"),
        occurred_at=signals.occurred_at,
        rating=column(signals, "rating", "float64") / column(signals, "rating_max", "float64").nullif(0),
        body=signals.body.cast("string"),
        kind=signals.kind,
    )
    said = said.filter(said.body.length() >= _SHORTEST_QUOTE, said.kind != "praise")
    about = hits.select(key_of_hit=hits[key]).distinct()
    said = said.semi_join(about, said.said_of == about.key_of_hit)
    ranked = said.mutate(rank=said.rating.fill_null(0.3))
    ranked = ranked.order_by(ranked.rank, ibis.desc("occurred_at"), "signal_id").limit(_READ_FOR_QUOTES)
    return _told_apart(bench, ranked.to_pyarrow().to_pylist())


def _told_apart(bench: Bench, rows: list[dict[str, Any]]) -> tuple[Quote, ...]:
    chosen: dict[str, dict[str, Any]] = {}
    for row in rows:
        row["body"] = " ".join(str(row["body"]).split())
        near = "".join(c for c in row["body"].lower() if c.isalnum())[:60]
        chosen.setdefault(near, row)
        if len(chosen) == MOST_QUOTES:
            break
    who = _who(bench.tables, sorted({row["account_id"] for row in chosen.values() if row["account_id"]}))
    return tuple(
        Quote(row["signal_id"], row["body"], who.get(row["account_id"], ""), row["occurred_at"].date())
        for row in chosen.values()
    )


def _who(tables: Tables, account_ids: list[str]) -> dict[str, str]:
    """Return name and region of accounts, as far as they are known."""
    if not account_ids or not tables.has("accounts"):
        return {}
    accounts = tables.table("accounts")
    found = accounts.filter(accounts.account_id.isin(account_ids)).select(
        key=accounts.account_id,
        name=column(accounts, "name", "string"),
        region=column(accounts, "region", "string"),
    )
    return {
        row["key"]: ", ".join(part for part in (row["name"], row["region"]) if part)
        for row in found.to_pyarrow().to_pylist()
    }
