"""Which functions worked on the same things, and how often: the talk that shared work requires.

A function acts on a case when its own record of the case says so: sales took the order, production built the
batch, operations shipped it, finance billed it, service answered about it, marketing touched the buyer, the
customer complained. Two functions that acted on one case had something to align (domain.md 5.3, CR = TA TD TA'
with TD the identity: a case is shared only with itself).

Source: Cataldo, Herbsleb, Carley, "Socio-technical congruence", ESEM 2008.
"""

from dataclasses import dataclass
from datetime import date
from itertools import combinations

import ibis
import ibis.expr.types as ir

from interlock.analytics.finding import Tables

# Below this a pair is drawn as a point: too few cases to ask for talk (look, matrix).
FEWEST_SHARED = 5


@dataclass(frozen=True)
class SharedWork:
    """Cases of a window on which both functions acted."""

    function_a: str
    function_b: str
    cases: int


def shared_work(tables: Tables, *, window: tuple[date, date] | None) -> tuple[SharedWork, ...]:
    """Count the order lines and signals of a window on which each pair of functions acted.

    Args:
        tables: the records; what is absent counts as no act.
        window: first and last day, both counted; None means that nothing is dated.

    Returns:
        Pairs with at least one shared case, the most first; empty without a window.
    """
    if window is None:
        return ()
    counts: dict[tuple[str, str], int] = {}
    for acts in (_acts_on_lines(tables, window), _acts_on_signals(tables, window)):
        if acts is not None:
            for pair, cases in _pairs(*acts).items():
                counts[pair] = counts.get(pair, 0) + cases
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(SharedWork(a, b, cases) for (a, b), cases in ordered if cases)


Acts = tuple[ir.Table, dict[str, ir.BooleanValue]]


def _acts_on_lines(tables: Tables, window: tuple[date, date]) -> Acts | None:
    """One row an order line, and which functions acted on it."""
    if not (tables.has("order_lines") and tables.has("orders", "ordered_at")):
        return None
    lines, orders = tables.table("order_lines"), tables.table("orders")
    cases = lines.join(orders, "order_id")
    cases = cases.filter(cases.ordered_at.date().between(*window))
    acts: dict[str, ir.BooleanValue] = {"customer": ibis.literal(True), "sales": ibis.literal(True)}
    if tables.has("order_lines", "batch_id"):
        acts["production"] = cases.batch_id.notnull()
    shipped = [column for column in ("shipped_at", "delivered_at") if tables.has("order_lines", column)]
    if shipped:
        acts["operations"] = ibis.coalesce(*(cases[column] for column in shipped)).notnull()
    if tables.has("invoices", "order_id"):
        acts["finance"] = cases.order_id.isin(tables.table("invoices").order_id)
    return cases, acts


def _acts_on_signals(tables: Tables, window: tuple[date, date]) -> Acts | None:
    """One row a signal about a product or an order line, and which functions it concerns."""
    if not tables.has("signals"):
        return None
    signals = tables.table("signals")
    signals = signals.filter(signals.occurred_at.date().between(*window))
    acts: dict[str, ir.BooleanValue] = {"customer": ibis.literal(True)}
    if tables.has("signals", "first_reply_at"):
        acts["service"] = signals.first_reply_at.notnull()
    if tables.has("signals", "product_id"):
        acts["product"] = signals.product_id.notnull()
    if tables.has("signals", "line_id") and tables.has("order_lines", "batch_id"):
        lines = tables.table("order_lines")
        built = lines.filter(lines.batch_id.notnull())
        acts["production"] = signals.line_id.isin(built.line_id)
    return signals, acts


def _pairs(cases: ir.Table, acts: dict[str, ir.BooleanValue]) -> dict[tuple[str, str], int]:
    marked = cases.select(**{name: act.fill_null(False) for name, act in acts.items()})
    wanted = {f"{a}|{b}": (a, b) for a, b in combinations(sorted(acts), 2)}
    if not wanted:
        return {}
    sums = {name: (marked[a] & marked[b]).cast("int64").sum() for name, (a, b) in wanted.items()}
    row = marked.aggregate(**sums).to_pyarrow().to_pylist()[0]
    return {pair: int(row[name] or 0) for name, pair in wanted.items()}
