"""What goes with an order whose customer then speaks of a theme: lateness, a product, a first order?

The outcome is that a signal of the theme names the order; the facts, the estimates and the verdicts are those of
every driver. Orders that ended before the theme was first said, and those of sources that never said it, are left
out: they could not have been spoken about. The false discovery rate covers every comparison of all themes.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from interlock.analytics.drivers.estimate import Population
from interlock.analytics.drivers.factors import (
    WHEN_ORDERED,
    Factor,
    Floats,
    Mask,
    numbers,
    order_factors,
    yes_no,
)
from interlock.analytics.drivers.facts import last_day, order_rows, seconds_of
from interlock.analytics.drivers.find import has_orders, judged, tested
from interlock.analytics.drivers.outcomes import Orders, in_sources, read_orders
from interlock.analytics.drivers.report import DRIVER, Driver
from interlock.analytics.finding import Tables

OUTCOME = "theme"
MOST_LINES = 6
# Nobody reads more orders behind one figure.
MOST_ORDERS = 2_000
_ALSO_JUDGED = ("family", "channel")  # elsewhere only adjusted for: a theme is often about a product


@dataclass(frozen=True)
class Said:
    """The orders that signals of a theme name, by key, and when the theme was first said."""

    orders: Collection[str]
    began: datetime


@dataclass(frozen=True)
class Line:
    """One fact that goes with the theme, and the keys of orders behind `driver.x_with`, at most 2,000."""

    driver: Driver
    orders: tuple[str, ...]


@dataclass(frozen=True)
class SpokenOf:
    """What was found for one theme: of n orders x were spoken of; `compared` facts had orders enough to be judged."""

    n: int
    x: int
    compared: int
    lines: tuple[Line, ...]


def drivers_of_themes(
    tables: Tables, said: Mapping[str, Said], *, now: datetime | None = None
) -> dict[str, SpokenOf]:
    """Return, by theme, the facts that make its being spoken of more frequent, strongest first.

    Args:
        tables: the contract tables; without orders nothing is found.
        said: the themes to look at, by any name.
        now: naive UTC; promises up to then count as due. Default: the last event in the records.
    """
    if not said or not has_orders(tables):
        return {}
    moment = now or last_day(tables)
    rows = order_rows(tables, moment, keyed=True)
    factors, _missing = order_factors(rows)
    orders = read_orders(rows, tuple(_judged_too(factor) for factor in factors), moment)
    found: list[_Found] = []
    for name, happened in _happened(rows, said):
        found.append(_looked_at(name, orders, happened, seconds_of(said[name].began)))
    believed = judged([one.drivers for one in found])
    return {one.name: _told(one, drivers) for one, drivers in zip(found, believed, strict=True)}


@dataclass(frozen=True)
class _Found:
    """The comparisons of one theme before they are judged, and the orders behind those that may be believed."""

    name: str
    n: int
    x: int
    drivers: list[Driver]
    orders: Mapping[str, tuple[str, ...]]


def _judged_too(factor: Factor) -> Factor:
    if factor.name not in _ALSO_JUDGED:
        return factor
    levels = tuple(place for place, level in enumerate(factor.levels) if level != "other")
    return replace(factor, tested=levels)


def _happened(rows: pa.Table, said: Mapping[str, Said]) -> Iterator[tuple[str, Mask]]:
    """Whether each order was spoken of, theme by theme; the keys of all themes are looked up at once."""
    keys = rows["order_id"].combine_chunks()
    flat = pa.array([key for one in said.values() for key in one.orders], keys.type)
    places = np.asarray(pc.index_in(flat, value_set=keys).fill_null(-1), dtype=np.int64)
    ends = np.cumsum([len(one.orders) for one in said.values()])
    for name, own in zip(said, np.split(places, ends[:-1]), strict=True):
        happened = np.zeros(len(rows), dtype=bool)
        happened[own[own >= 0]] = True
        yield name, happened


def _looked_at(name: str, orders: Orders, happened: Mask, began: int) -> _Found:
    spoken = pc.unique(orders.rows["source"].filter(pa.array(happened))).to_pylist()
    could = in_sources(orders.rows, spoken) & (happened | (_ended(orders) >= began))
    among = orders.fulfilled & could
    settled = orders.settled & could
    failed = yes_no("not_delivered", ~orders.fulfilled, orders.settled, ("fulfilled", "not delivered"), 2)
    fixed = [replace(factor, tested=()) for factor in orders.factors if factor.stage == WHEN_ORDERED]
    studies = [(_population(orders, "fulfilled orders", happened, among, orders.factors), among)]
    if orders.records_delivery:
        studies.append((_population(orders, "settled orders", happened, settled, (failed, *fixed)), settled))
    drivers = tested([population for population, _ in studies if len(population.happened)], ())
    likely = {driver.factor for driver in drivers if driver.ratio_differs and driver.strength > 0}
    keys = orders.rows["order_id"]
    behind = {
        name: tuple(keys.take(pa.array(places[:MOST_ORDERS])).to_pylist())
        for population, chosen in studies
        for name, places in _behind(population, np.flatnonzero(chosen), likely)
    }
    return _Found(name, int(among.sum()), int((happened & among).sum()), drivers, behind)


def _ended(orders: Orders) -> Floats:
    """When each order ended for its customer: it arrived, or its promise passed; when it was placed where nobody knows."""
    arrived, due = numbers(orders.rows, "last_arrival"), numbers(orders.rows, "due")
    ended = np.where(np.isnan(arrived), due, arrived)
    return np.where(np.isnan(ended), numbers(orders.rows, "ordered"), ended)


def _population(
    orders: Orders, name: str, happened: Mask, chosen: Mask, factors: tuple[Factor, ...]
) -> Population:
    own = tuple(factor.of(chosen) for factor in factors)
    return Population(OUTCOME, name, happened[chosen], orders.account[chosen], own)


def _behind(
    population: Population, places: np.ndarray, likely: Collection[str]
) -> Iterator[tuple[str, np.ndarray]]:
    """The places of the orders with each likely fact that were spoken of."""
    for factor in population.factors:
        for level in factor.tested:
            name = factor.machine_name(level)
            if name in likely:
                yield name, places[population.happened & (factor.codes == level)]


def _told(one: _Found, drivers: list[Driver]) -> SpokenOf:
    more = [each for each in drivers if each.verdict == DRIVER and (each.adjusted_low or 0.0) > 0]
    lines = sorted(more, key=lambda each: (-each.strength, each.factor))[:MOST_LINES]
    return SpokenOf(
        one.n,
        one.x,
        sum(each.p_value is not None for each in drivers),
        tuple(Line(each, one.orders[each.factor]) for each in lines),
    )
