"""What a broken promise costs in this company's own records: reorders that did not come, credits.

Two sides are compared by T4 within segments, with accounts as clusters; until both have 100 orders the
answer is "not yet known". Associated, not proven: the sides were not drawn by lot.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from interlock.analytics.statistics import Difference, Side, difference_within, pooled
from interlock.analytics.symptoms.bench import Bench
from interlock.analytics.symptoms.facts import end_of, sold_lines, start_of

REORDER_DAYS = 180
LOOK_BACK_DAYS = 730
ENOUGH_ORDERS = 150_000  # more orders would narrow the interval by less than a rounded point
_SHORTEST_LOOK_BACK = 30
_NOBODY = Side(0, 0, 0, 0, 0)


@dataclass(frozen=True)
class Reorders:
    """How often accounts order again after a broken and after a kept promise."""

    broken: Side
    kept: Side
    found: Difference | None


def reorders(bench: Bench, orders: ir.Table, last: date) -> Reorders | None:
    """Compare orders with a broken promise with the others, by a new order within 180 days.

    Args:
        bench: the records.
        orders: one row an order: order_id, account_id, due (timestamp), broken (0 or 1).
        last: the last day observed.

    Returns:
        Both sides; None when orders name no accounts.
    """
    if not bench.has("orders", "account_id", "ordered_at"):
        return None
    orders = _in_strata(bench, orders)
    until = last - timedelta(days=REORDER_DAYS)
    opened = start_of(followed_from(bench, last))
    due = orders.filter(orders.account_id.notnull(), orders.due < end_of(until), orders.due >= opened).select(
        "account_id", "stratum", at="due", broken="broken", ordered=ibis.literal(0, "int8")
    )
    placed = bench.tables.table("orders")
    new = placed.filter(placed.account_id.notnull(), placed.ordered_at.cast("timestamp(6)") >= opened).select(
        account_id=placed.account_id,
        stratum=ibis.literal(""),
        at=placed.ordered_at.cast("timestamp(6)"),
        broken=ibis.literal(0, "int8"),
        ordered=ibis.literal(1, "int8"),
    )
    sides: dict[str, dict[int, Side]] = {}
    for row in _sums(ibis.union(due, new)).to_pyarrow().to_pylist():
        sides.setdefault(row["stratum"], {})[row["broken"]] = _side(row)
    pairs = [(each.get(1, _NOBODY), each.get(0, _NOBODY)) for _, each in sorted(sides.items())]
    return Reorders(pooled([p[0] for p in pairs]), pooled([p[1] for p in pairs]), difference_within(pairs))


def followed_from(bench: Bench, last: date) -> date:
    """Return the first due day that is followed: two years back, or less where orders are plenty."""
    until = last - timedelta(days=REORDER_DAYS)
    opened = until - timedelta(days=LOOK_BACK_DAYS)
    placed = bench.tables.table("orders")
    at = placed.ordered_at.cast("timestamp(6)")
    inside = placed.filter(at >= start_of(opened), at < end_of(until))
    count = bench.once(("orders from", opened), lambda: inside.count().to_pyarrow().as_py()) or 0
    days = min(LOOK_BACK_DAYS, LOOK_BACK_DAYS * ENOUGH_ORDERS // max(count, 1))
    return until - timedelta(days=max(days, _SHORTEST_LOOK_BACK))


def _in_strata(bench: Bench, orders: ir.Table) -> ir.Table:
    """Add the account's segment: shops that order weekly are compared with shops, riders with riders."""
    if not bench.has("accounts", "segment"):
        return orders.mutate(stratum=ibis.literal(""))
    accounts = bench.tables.table("accounts").select(joined_key="account_id", stratum="segment")
    joined = orders.left_join(accounts, orders.account_id == accounts.joined_key).drop("joined_key")
    return joined.mutate(stratum=joined.stratum.fill_null(""))


def _sums(moments: ir.Table) -> ir.Table:
    """Walk each account's time line once: after each due day, when is the next order placed?"""
    later = ibis.window(group_by="account_id", order_by=["at", "ordered"], rows=(1, None))
    order_at = (moments.ordered == 1).ifelse(moments.at, ibis.null("timestamp(6)"))
    walked = moments.mutate(next_at=order_at.min().over(later))
    asked = walked.filter(walked.ordered == 0)
    limit = asked["at"] + ibis.interval(days=REORDER_DAYS)
    asked = asked.mutate(again=(asked.next_at <= limit).fill_null(False).cast("int64"))
    by_account = asked.group_by("stratum", "broken", "account_id").agg(
        n=ibis._.count().cast("float64"), x=ibis._.again.sum().cast("float64")
    )
    return by_account.group_by("stratum", "broken").agg(
        n=ibis._.n.sum(),
        x=ibis._.x.sum(),
        nn=(ibis._.n * ibis._.n).sum(),
        xx=(ibis._.x * ibis._.x).sum(),
        xn=(ibis._.x * ibis._.n).sum(),
    )


def _side(row: dict[str, float]) -> Side:
    return Side(row["n"], row["x"], row["nn"], row["xx"], row["xn"])


def margin_share(bench: Bench, currency: str) -> float | None:
    """Return margin over amount of all that was sold in a currency, 0 to 1; None when the records know no margin."""
    if not bench.has("products", "unit_margin") or not bench.has("order_lines", "amount", "quantity"):
        return None
    return bench.once("margin shares", lambda: _margin_shares(bench)).get(currency)


def _margin_shares(bench: Bench) -> dict[str, float]:
    lines = sold_lines(bench.tables)
    priced = lines.filter(lines.unit_margin.notnull())
    sums = priced.group_by("currency").agg(
        margin=(priced.unit_margin * priced.quantity).sum(), amount=priced.amount.sum()
    )
    return {
        row["currency"] or "": float(min(row["margin"] / row["amount"], 1.0))
        for row in sums.to_pyarrow().to_pylist()
        if row["amount"] and (row["margin"] or 0) > 0
    }
