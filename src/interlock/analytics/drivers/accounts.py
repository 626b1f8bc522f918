"""Which accounts left, and what had happened to them before?

Churn is studied by account from a fixed day on (a landmark): accounts that were customers on that day,
what is known about them and what befell their orders in the year before it, and whether they ended after
it. Looking back from the end instead would let long-lived accounts collect more late orders.

Source: van Houwelingen, "Dynamic prediction by landmarking in event history analysis", 2007.
"""

from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from interlock.analytics.drivers.estimate import Population
from interlock.analytics.drivers.factors import (
    DAY,
    WHEN_FULFILLED,
    WHEN_ORDERED,
    Codes,
    Factor,
    Floats,
    Mask,
    named,
    numbers,
    tenure_factor,
    yes_no,
)
from interlock.analytics.drivers.facts import account_rows, last_day, seconds_of
from interlock.analytics.drivers.outcomes import OutcomeOff, in_sources
from interlock.analytics.finding import Tables
from interlock.analytics.sources import sources_saying

OBSERVED = 180 * DAY  # half a year: long enough for endings, short enough for facts to be fresh
LOOK_BACK = 365 * DAY
ORDER_COUNTS = ("none", "1", "2", "3 to 5", "6 or more")


def churn_population(tables: Tables, orders: pa.Table | None, now: datetime) -> Population | OutcomeOff:
    """Return accounts that were customers on the landmark, or why churn is off.

    Args:
        tables: for the accounts.
        orders: the rows of `facts.order_rows`, None without orders.
        now: end of observation.
    """
    if not tables.has("accounts", "ended_at"):
        return OutcomeOff("churn", "No account has a date on which it ended.")
    rows = account_rows(tables)
    ended, since = numbers(rows, "ended"), numbers(rows, "since")
    landmark, end = _landmarks(tables, rows, ended, now)
    if np.isnan(landmark).all():
        return OutcomeOff("churn", "No account has ended yet.")
    chosen = ~np.isnan(landmark) & ~(since > landmark) & ~(ended <= landmark)
    left = chosen & (ended <= end)
    factors = [*_account_factors(rows, landmark), *_order_factors(rows, orders, landmark)]
    return Population(
        outcome="churn",
        name=_name(landmark[chosen]),
        happened=left[chosen],
        account=np.arange(int(chosen.sum())),
        factors=tuple(factor.of(chosen) for factor in factors),
    )


def _landmarks(tables: Tables, rows: pa.Table, ended: Floats, now: datetime) -> tuple[Floats, Floats]:
    """Return the landmark and the end of observation of each account, in seconds, by what its source speaks of.

    A file of some years ago ends where it ends: that nobody of it is known to have left since tells nothing.
    NaN where a source has no ending.
    """
    landmark, end = np.full(len(rows), np.nan), np.full(len(rows), float(seconds_of(now)))
    sources = pc.unique(rows["source"]).to_pylist()
    alone = all(sources_saying(tables, name) <= set(sources) for name in ("accounts", "orders", "signals"))
    for source in sources:
        own = in_sources(rows, {source})
        if len(sources) > 1 or not alone:
            end[own] = min(seconds_of(now), seconds_of(last_day(tables, source)))
        past = ended[own & (ended <= end)]
        if len(past):
            landmark[own] = np.maximum(end[own] - OBSERVED, past.min() - DAY)
    return landmark, end


def _name(landmarks: Floats) -> str:
    days = sorted({_date(landmark) for landmark in np.unique(landmarks)})
    return f"accounts that were customers on {', or '.join(days)}"


def _date(seconds: float) -> str:
    return str(np.datetime64(int(seconds), "s").astype("datetime64[D]"))


def _account_factors(rows: pa.Table, landmark: Floats) -> list[Factor]:
    """What the account is: all fixed before the landmark."""
    found: list[Factor] = []
    for column in ("segment", "use_case", "region", "source"):
        levels, codes = named(rows, column)
        if len(levels) > 1:
            tested = tuple(i for i, level in enumerate(levels) if level != "other" and column != "source")
            found.append(Factor(column, levels, codes, WHEN_ORDERED, tested))
    tenure = tenure_factor((landmark - numbers(rows, "since")) / DAY)
    return [*found, tenure] if isinstance(tenure, Factor) else found


def _order_factors(rows: pa.Table, orders: pa.Table | None, landmarks: Floats) -> list[Factor]:
    """What befell the orders of the year before the landmark; accounts without orders count as not known."""
    if orders is None:
        return []
    place = pc.index_in(orders["account"], value_set=rows["account"].combine_chunks())
    account = np.asarray(place.fill_null(-1).to_numpy(zero_copy_only=False), dtype=np.int64)
    ordered = numbers(orders, "ordered")
    landmark = np.append(landmarks, np.nan)[account]
    recent = (account >= 0) & (ordered <= landmark) & (ordered > landmark - LOOK_BACK)
    count = _per_account(account, recent, len(rows))
    bands = np.searchsorted([1, 2, 3, 6], count, "right").astype(np.int64)
    found = [Factor("orders", ORDER_COUNTS, bands, WHEN_ORDERED, ())]
    return found + [
        _any_order(name, account, recent, happened, known, len(rows), stage)
        for name, happened, known, stage in _befallen(orders, landmark)
    ]


def _befallen(orders: pa.Table, landmark: Floats) -> list[tuple[str, Mask, Mask, int]]:
    arrived = numbers(orders, "last_arrival") <= landmark
    sites, short = numbers(orders, "sites"), numbers(orders, "short")
    cancelled = numbers(orders, "cancelled") > 0
    overdue = numbers(orders, "due") <= landmark
    partly = cancelled | ((short > 0) & overdue)
    promised = arrived & ~np.isnan(numbers(orders, "days_late"))
    return [
        ("several_sellers", sites > 1, sites >= 1, WHEN_ORDERED),
        ("late", numbers(orders, "late") > 0, promised, WHEN_FULFILLED),
        ("short_or_cancelled", partly, arrived | cancelled | overdue, WHEN_FULFILLED),
    ]


def _any_order(
    name: str, account: Codes, recent: Mask, happened: Mask, known: Mask, accounts: int, stage: int
) -> Factor:
    told = _per_account(account, recent & known, accounts) > 0
    befell = _per_account(account, recent & known & happened, accounts) > 0
    return yes_no(name, befell, told, ("no order", "any order"), stage)


def _per_account(account: Codes, chosen: Mask, accounts: int) -> Floats:
    return np.bincount(account[chosen], minlength=accounts).astype(float)
