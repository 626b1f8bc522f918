"""Over which orders is each outcome studied, and why is an outcome off?

Drivers of experience are looked for among orders that were fulfilled: the goods arrived and the order was
not cancelled. An order that never arrived is not a late one but a failure of its own, and is compared with
the fulfilled ones apart from the drivers, so that it neither hides nor outranks them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from interlock.analytics.drivers.estimate import Population
from interlock.analytics.drivers.factors import (
    WHEN_FULFILLED,
    WHEN_ORDERED,
    Codes,
    Factor,
    Mask,
    numbers,
    yes_no,
)
from interlock.analytics.drivers.facts import first_said, seconds_of
from interlock.analytics.finding import Tables

BAD_SHARE = 0.4  # of the scale: 1 or 2 of 5 stars
ROUNDING = 1e-9  # 0.4 is not exact in binary
OUTCOMES = ("bad_rating", "complaint", "return", "churn")


@dataclass(frozen=True)
class OutcomeOff:
    """An outcome that could not be studied, and why in plain words."""

    outcome: str
    reason: str


@dataclass(frozen=True)
class Orders:
    """Orders with their outcomes and factors, before any population is cut out of them."""

    rows: pa.Table
    account: Codes
    fulfilled: Mask
    settled: Mask  # arrived, cancelled, or past the promise: the end of the order is known
    factors: tuple[Factor, ...]
    records_delivery: bool


def read_orders(rows: pa.Table, factors: tuple[Factor, ...], now: datetime) -> Orders:
    """Sort orders into fulfilled, settled and still open at `now`."""
    arrived = numbers(rows, "delivered") > 0
    cancelled = numbers(rows, "cancelled") > 0
    # A source that never says when goods arrive has not failed to deliver them.
    records = in_sources(rows, set(pc.unique(rows["source"].filter(pa.array(arrived))).to_pylist()))
    overdue = ~arrived & records & (numbers(rows, "due") <= seconds_of(now))
    return Orders(
        rows=rows,
        account=_accounts(rows),
        fulfilled=~cancelled & (arrived | ~records),
        settled=arrived | cancelled | overdue,
        factors=factors,
        records_delivery=bool(records.any()),
    )


def in_sources(rows: pa.Table, sources: Iterable[str]) -> Mask:
    """Say of each row whether one of these sources wrote it."""
    inside = pc.is_in(rows["source"], value_set=pa.array(sorted(sources), pa.string()))
    return np.asarray(inside.to_numpy(zero_copy_only=False), dtype=bool)


def order_populations(tables: Tables, orders: Orders) -> tuple[list[Population], list[OutcomeOff]]:
    """Return the studied populations among fulfilled orders, and the outcomes that are off."""
    made = [_bad_rating(orders), _complaint(tables, orders), _return(tables, orders)]
    return [each for each in made if isinstance(each, Population)], [
        each for each in made if isinstance(each, OutcomeOff)
    ]


def later_among_late(population: Population) -> Population | None:
    """Return the late orders alone, those later than the usual lateness against the less late ones."""
    late = next((factor for factor in population.factors if factor.name == "late"), None)
    if late is None or late.dose is None:
        return None
    chosen = late.codes == 1
    if not chosen.any():
        return None
    days = late.dose.measure[chosen]
    usual = max(1.0, float(np.floor(np.median(days))))
    words = (f"{usual:.0f} days late at most", f"more than {usual:.0f} days late")
    factor = yes_no("days_late", days > usual, ~np.isnan(days), words, WHEN_FULFILLED)
    others = [each for each in population.factors if each is not late]
    return _cut(population, chosen, "late orders", [factor, *others], only="days_late")


def failures(population_of: Orders) -> list[Population]:
    """Return, per outcome, all orders whose end is known: those never fulfilled against the others."""
    orders = population_of
    if not orders.records_delivery:
        return []
    failed = yes_no("not_delivered", ~orders.fulfilled, orders.settled, ("fulfilled", "not delivered"), 2)
    stage_one = [replace(f, tested=()) for f in orders.factors if f.stage == WHEN_ORDERED]
    rating = numbers(orders.rows, "rating")
    rated = orders.settled & ~np.isnan(rating)
    found = []
    if rated.any():
        bad = rating <= BAD_SHARE + ROUNDING
        found.append(
            _population(
                orders, "bad_rating", "settled orders with a rating", bad, rated, [failed, *stage_one]
            )
        )
    complained = numbers(orders.rows, "complaints") > 0
    if complained.any():
        spoken = in_sources(
            orders.rows, pc.unique(orders.rows["source"].filter(pa.array(complained))).to_pylist()
        )
        settled = orders.settled & spoken
        found.append(
            _population(orders, "complaint", "settled orders", complained, settled, [failed, *stage_one])
        )
    return found


def _bad_rating(orders: Orders) -> Population | OutcomeOff:
    rating = numbers(orders.rows, "rating")
    rated = orders.fulfilled & ~np.isnan(rating)
    if not rated.any():
        return OutcomeOff("bad_rating", "No rating with its scale names the order line it is about.")
    name = "delivered orders with a rating" if orders.records_delivery else "orders with a rating"
    return _population(orders, "bad_rating", name, rating <= BAD_SHARE + ROUNDING, rated, orders.factors)


def _complaint(tables: Tables, orders: Orders) -> Population | OutcomeOff:
    starts = first_said(tables, ("complaint",))
    if not starts:
        return OutcomeOff("complaint", "No complaint names the order line it is about.")
    complained = numbers(orders.rows, "complaints") > 0
    return _since(orders, "complaint", complained, starts, orders.factors)


def _return(tables: Tables, orders: Orders) -> Population | OutcomeOff:
    starts = first_said(tables, ("return", "cancel"))
    if not starts:
        return OutcomeOff("return", "No return or cancellation names the order line it is about.")
    came_back = numbers(orders.rows, "returned") > 0
    # A cancelled line would be its own cause.
    factors = [factor for factor in orders.factors if factor.name != "short_or_cancelled"]
    return _since(orders, "return", came_back, starts, factors)


def _since(
    orders: Orders, outcome: str, happened: Mask, starts: Mapping[str, int], factors: Sequence[Factor]
) -> Population | OutcomeOff:
    """Orders that ended before the first such signal about their source could not have been seen to go wrong."""
    arrived = numbers(orders.rows, "last_arrival")
    ended = np.where(np.isnan(arrived), numbers(orders.rows, "ordered"), arrived)
    seen = np.zeros(len(ended), dtype=bool)
    for source, start in starts.items():
        seen |= in_sources(orders.rows, {source}) & (ended >= start)
    chosen = orders.fulfilled & (happened | seen)
    if not chosen.any():
        return OutcomeOff(outcome, "No fulfilled order ended after the first such signal.")
    name = "delivered orders" if orders.records_delivery else "orders"
    return _population(orders, outcome, name, happened, chosen, factors)


def _population(
    orders: Orders, outcome: str, name: str, happened: Mask, chosen: Mask, factors: Sequence[Factor]
) -> Population:
    return Population(
        outcome,
        name,
        happened[chosen],
        orders.account[chosen],
        tuple(factor.of(chosen) for factor in factors),
    )


def _cut(population: Population, chosen: Mask, name: str, factors: Sequence[Factor], only: str) -> Population:
    """Some orders of a population, where one factor is judged and the others are adjusted for."""
    kept = tuple(
        factor if factor.name == only else replace(factor.of(chosen), tested=()) for factor in factors
    )
    return Population(population.outcome, name, population.happened[chosen], population.account[chosen], kept)


def _accounts(rows: pa.Table) -> Codes:
    """Codes per account in the order of their keys; an order without an account stands for itself."""
    encoded = rows["account"].combine_chunks().dictionary_encode()
    codes = np.asarray(encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False), dtype=np.int64)
    nobody = codes < 0
    ranks = np.argsort(pc.sort_indices(encoded.dictionary).to_numpy())
    codes = np.append(ranks, 0)[codes] if len(ranks) else codes
    codes[nobody] = len(ranks) + np.arange(int(nobody.sum()))
    return codes.astype(np.int64)
