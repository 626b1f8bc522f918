"""Where did the days arise that a group was late: before the hand-over to the carrier, or after it?

The limit for the hand-over is on record, or is the usual part of the promised time. Without
times of leaving nothing is said, and the rule keeps to the functions it names by default.
"""

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from interlock.analytics.promises import DAY, grace_of, hand_over_limits, whole_seconds
from interlock.analytics.sources import sources_saying
from interlock.analytics.symptoms.bench import Bench
from interlock.analytics.symptoms.facts import column

FEWEST = 20  # late lines that arrived, from which their days are divided
MOSTLY = 0.5
# Medians from more lines than these would not differ by a day in a hundred.
_SAMPLE = 50_000


@dataclass(frozen=True)
class Leg:
    """The share of late days that arose before the hand-over, 0 to 1, from so many late lines."""

    before: float
    lines: int


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
    end = whole_seconds(told.promised_at) + grace_of(bench.tables, told)
    days = (whole_seconds(told.delivered_at) - end) / DAY
    limit = _limit(bench, told, end)
    over = (whole_seconds(told.shipped_at) - limit) / DAY
    first = ibis.greatest(0.0, ibis.least(over, days))
    told = told.mutate(days=days, first=first).filter(lambda t: t.days > 0, lambda t: t.first.notnull())
    row = told.agg(n=told.count(), days=told.days.sum(), first=told.first.sum()).to_pyarrow().to_pylist()[0]
    if row["n"] < FEWEST:
        return None
    return Leg(row["first"] / row["days"], row["n"])


def _limit(bench: Bench, told: ir.Table, end: ir.IntegerValue) -> ir.IntegerValue:
    """Return when each line had to be handed over, in seconds; null where nothing tells."""
    noted = hand_over_limits(bench.tables)
    if noted >= sources_saying(bench.tables, "order_lines", "promised_at", "delivered_at"):
        return whole_seconds(told.requested_at)
    usual = bench.once("usual hand-over", lambda: _usual_part(bench))
    ordered = whole_seconds(told.ordered_at)
    part = ibis.null("int64") if usual is None else (ordered + usual * (end - ordered)).cast("int64")
    return told.source_id.isin(sorted(noted)).ifelse(whole_seconds(told.requested_at), part)


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
