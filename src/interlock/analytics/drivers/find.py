"""Which operational facts move an outcome?

Reads orders and accounts, tests every factor against every outcome, controls the share of false claims
over all of them, and sorts what is left by the difference one can stand behind.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np
import pyarrow as pa

from interlock.analytics.drivers.accounts import churn_population
from interlock.analytics.drivers.attribution import LatenessSplit, lateness_split
from interlock.analytics.drivers.dose import dose_table
from interlock.analytics.drivers.estimate import Effect, Population, e_value, effects
from interlock.analytics.drivers.factors import Missing, order_factors
from interlock.analytics.drivers.facts import last_day, order_rows
from interlock.analytics.drivers.outcomes import (
    OUTCOMES,
    OutcomeOff,
    failures,
    later_among_late,
    order_populations,
    read_orders,
)
from interlock.analytics.drivers.plain import Interval
from interlock.analytics.drivers.report import DRIVER, NO_DIFFERENCE, TOO_FEW, Driver, DriverReport
from interlock.analytics.finding import GroupRate, Tables
from interlock.analytics.statistics import FALSE_SHARE, q_values


def find_drivers(tables: Tables, *, now: datetime | None = None) -> DriverReport:
    """Return the drivers of bad ratings, complaints, returns and churn in these records.

    Args:
        tables: the contract tables; absent ones switch outcomes and factors off with a reason.
        now: naive UTC; promises up to then count as due. Default: the last event in the records.
    """
    moment = now or last_day(tables)
    rows = order_rows(tables, moment) if has_orders(tables) else None
    studies = _order_studies(tables, rows, moment) if rows is not None else _no_orders()
    churn = churn_population(tables, rows, moment)
    if isinstance(churn, Population):
        studies.among.append(churn)
    else:
        studies.off.append(churn)
    return _report(studies, moment)


@dataclass
class _Studies:
    """What is to be tested, before it is."""

    among: list[Population] = field(default_factory=list)
    within: list[Population] = field(default_factory=list)
    failed: list[Population] = field(default_factory=list)
    off: list[OutcomeOff] = field(default_factory=list)
    factors_off: tuple[Missing, ...] = ()
    split: LatenessSplit | None = None


def has_orders(tables: Tables) -> bool:
    """Say whether there are orders with lines."""
    return tables.has("orders", "ordered_at") and tables.has("order_lines", "order_id")


def _no_orders() -> _Studies:
    off = [OutcomeOff(name, "There are no orders with lines.") for name in OUTCOMES if name != "churn"]
    return _Studies(off=off)


def _order_studies(tables: Tables, rows: pa.Table, now: datetime) -> _Studies:
    factors, missing = order_factors(rows)
    orders = read_orders(rows, factors, now)
    among, off = order_populations(tables, orders)
    return _Studies(
        among=among,
        within=[late for each in among if (late := later_among_late(each))],
        failed=failures(orders),
        off=off,
        factors_off=missing,
        split=lateness_split(orders),
    )


def _report(studies: _Studies, now: datetime) -> DriverReport:
    named = studies.split.functions if studies.split else ()
    groups = [tested(group, named) for group in (studies.among, studies.within, studies.failed)]
    among, within, failed = judged(groups)
    everything = [*among, *within, *failed]
    return DriverReport(
        drivers=_strongest_first(among, DRIVER),
        within=_strongest_first(within, DRIVER),
        none_found=_strongest_first([*among, *within, *failed], NO_DIFFERENCE),
        too_few=_strongest_first(everything, TOO_FEW),
        failures=_strongest_first(failed, DRIVER),
        splits=(studies.split,) if studies.split else (),
        off=tuple(studies.off),
        factors_off=studies.factors_off,
        as_of=now,
    )


def tested(populations: Sequence[Population], named: tuple[str, ...]) -> list[Driver]:
    """Compare every tested level of every factor; `named` are the functions that lateness concerns. Nothing is judged yet."""
    drivers: list[Driver] = []
    for population in populations:
        doses = {
            factor.name: dose_table(factor.dose, population) for factor in population.factors if factor.tested
        }
        for effect in effects(population):
            joined = named if effect.factor.name in ("late", "days_late") else ()
            drivers.append(_driver(effect, doses[effect.factor.name], joined))
    return drivers


def judged(groups: Sequence[Sequence[Driver]]) -> list[list[Driver]]:
    """Give every comparison its q-value over all groups together, and its verdict."""
    everything = [driver for group in groups for driver in group]
    chances = [driver.p_value for driver in everything if driver.p_value is not None]
    q = iter(q_values(np.asarray(chances, dtype=float)))
    judged = iter(
        [driver if driver.p_value is None else _verdict(driver, float(next(q))) for driver in everything]
    )
    return [[next(judged) for _ in group] for group in groups]


def _verdict(driver: Driver, q: float) -> Driver:
    claimed = driver.strength > 0 and driver.ratio_differs and q <= FALSE_SHARE
    return replace(driver, q_value=q, verdict=DRIVER if claimed else NO_DIFFERENCE)


def _strongest_first(drivers: Sequence[Driver], verdict: str) -> tuple[Driver, ...]:
    chosen = [driver for driver in drivers if driver.verdict == verdict]
    return tuple(
        sorted(
            chosen,
            key=lambda each: (
                -each.strength,
                -abs(each.adjusted_difference or 0.0),
                OUTCOMES.index(each.outcome),
                each.factor,
            ),
        )
    )


def _driver(effect: Effect, dose: tuple[GroupRate, ...], joined: tuple[str, ...]) -> Driver:
    plain, adjusted = effect.plain, effect.adjusted
    ratio = adjusted.ratio if adjusted else None
    return Driver(
        outcome=effect.outcome,
        factor=effect.factor.machine_name(effect.level),
        population=effect.population,
        n_with=plain.n_with,
        n_without=plain.n_without,
        x_with=plain.x_with,
        x_without=plain.x_without,
        rate_with=_rate(plain.x_with, plain.n_with),
        rate_without=_rate(plain.x_without, plain.n_without),
        **_fields(plain.ratio, "risk_ratio", "risk_ratio"),
        **_fields(adjusted.difference if adjusted else None, "adjusted_difference", "adjusted"),
        **_fields(ratio, "adjusted_ratio", "adjusted_ratio"),
        **_fields(adjusted.share if adjusted else None, "share_of_outcome", "share"),
        outcomes_on_factor=_rate(plain.x_with, plain.x_with + plain.x_without),
        e_value=e_value(ratio.mid) if ratio else None,
        e_value_low=_e_value_low(ratio) if ratio else None,
        p_value=adjusted.chance if adjusted else None,
        q_value=None,
        verdict=TOO_FEW,
        dose=dose,
        functions=joined,
    )


def _fields(interval: Interval | None, mid: str, ends: str) -> dict[str, float | None]:
    if interval is None:
        return {mid: None, f"{ends}_low": None, f"{ends}_high": None}
    return {mid: interval.mid, f"{ends}_low": interval.low, f"{ends}_high": interval.high}


def _e_value_low(ratio: Interval) -> float:
    """1 where the interval of the ratio holds 1: no hidden cause is needed to explain it away."""
    if ratio.low <= 1 <= ratio.high:
        return 1.0
    return e_value(ratio.low if ratio.low > 1 else ratio.high)


def _rate(x: int, n: int) -> float | None:
    return x / n if n else None
