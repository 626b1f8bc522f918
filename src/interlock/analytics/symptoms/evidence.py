"""What stands behind an alarm: siblings, months, the customers' words, the way back to the rows."""

from collections.abc import Sequence
from datetime import date

import ibis
import ibis.expr.types as ir
import numpy as np

from interlock.analytics.finding import GroupRate, PeriodRate, RowQuery
from interlock.analytics.statistics import wilson
from interlock.analytics.symptoms.bench import Bench
from interlock.analytics.symptoms.cube import Cube
from interlock.analytics.symptoms.facts import month_start
from interlock.analytics.symptoms.labels import labels_of
from interlock.analytics.symptoms.search import Alarm

MOST_SIBLINGS = 7


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
