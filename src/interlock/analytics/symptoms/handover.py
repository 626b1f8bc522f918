"""Where did the days arise that a group was late: before the hand-over to the carrier, or after it?

The limit for the hand-over is on record, or is the usual part of the promised time. Without
times of leaving nothing is said, and the rule keeps to the functions it names by default.
"""

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from interlock.analytics.promises import DAY, hand_over_limits, whole_seconds
from interlock.analytics.symptoms.bench import Bench
from interlock.analytics.symptoms.facts import clock_of, column

FEWEST = 20  # late lines that arrived, from which their days are divided
MOSTLY = 0.5
# Medians from more lines than these would not differ by a day in a hundred.
_SAMPLE = 50_000


@dataclass(frozen=True)
class Leg:
    """The share of late days that arose before the hand-over, 0 to 1, from so many late lines."""

    before: float
    lines: int


def limits_known(bench: Bench) -> bool:
    """Say whether the records hold the limit for the hand-over."""
    return bench.once("hand-over limits", lambda: hand_over_limits(bench.tables))


def where_late(bench: Bench, late: ir.Table) -> Leg | None:
    """Divide the late days of promised lines.

    Args:
        bench: the records.
        late: lines with promised_at, shipped_at, delivered_at, requested_at and ordered_at.

    Returns:
        None with fewer than 20 late lines that say when they left and arrived.
    """
    if not bench.has("order_lines", "shipped_at"):
        return None
    told = late.filter(late.shipped_at.notnull(), late.delivered_at.notnull())
    end = whole_seconds(told.promised_at) + clock_of(bench.tables).grace
    days = (whole_seconds(told.delivered_at) - end) / DAY
    if limits_known(bench):
        limit = whole_seconds(told.requested_at)
    else:
        usual = bench.once("usual hand-over", lambda: _usual_part(bench))
        if usual is None:
            return None
        ordered = whole_seconds(told.ordered_at)
        limit = (ordered + usual * (end - ordered)).cast("int64")
    over = (whole_seconds(told.shipped_at) - limit) / DAY
    first = ibis.greatest(0.0, ibis.least(over, days))
    told = told.mutate(days=days, first=first).filter(lambda t: t.days > 0, lambda t: t.first.notnull())
    row = told.agg(n=told.count(), days=told.days.sum(), first=told.first.sum()).to_pyarrow().to_pylist()[0]
    if row["n"] < FEWEST:
        return None
    return Leg(row["first"] / row["days"], row["n"])


def _usual_part(bench: Bench) -> float | None:
    """Return the part of their time that punctual lines spend before the hand-over, 0 to 1."""
    if not bench.has("orders", "ordered_at"):
        return None
    lines, orders = bench.tables.table("order_lines"), bench.tables.table("orders")
    told = lines.filter(lines.shipped_at.notnull(), lines.delivered_at <= lines.promised_at)
    told = told.order_by(ibis.desc("delivered_at"), "line_id").limit(_SAMPLE)
    placed = orders.select(joined_key="order_id", ordered_at=column(orders, "ordered_at", "timestamp(6)"))
    joined = told.inner_join(placed, told.order_id == placed.joined_key)
    whole = whole_seconds(joined.delivered_at) - whole_seconds(joined.ordered_at)
    part = (whole_seconds(joined.shipped_at) - whole_seconds(joined.ordered_at)) / whole.nullif(0)
    usual = joined.mutate(part=part).part.median().to_pyarrow().as_py()
    return None if usual is None else min(max(float(usual), 0.0), 1.0)
