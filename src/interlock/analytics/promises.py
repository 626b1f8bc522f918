"""When is a promise kept, and on which day does it fall due? One definition for rules and drivers.

A promise that is a date reaches the records as one time of day, in UTC: the first or the last
moment of that day where it was made. It is kept until that day ends. A promised hour is kept
until its second is over.
"""

from dataclasses import dataclass
from typing import Any

import ibis.expr.types as ir

from interlock.analytics.finding import Tables

SECOND, HOUR, DAY = 1, 3_600, 86_400
BEFORE_PROMISE = 0.9  # of the requested days, when they are limits for the hand-over
HALF = 0.5
_FEWEST = 30


@dataclass(frozen=True)
class Clock:
    """How promises stand in the records.

    Attributes:
        grace: seconds from `promised_at` on for which a delivery still keeps the promise, 1 or a day.
        shift: seconds from `promised_at` to a moment on the promised day as it was meant, -12 h to 12 h.
    """

    grace: int
    shift: int


def promise_clock(tables: Tables) -> Clock:
    """Read off the times of day at which promises stand (two an hour apart where clocks change)."""
    clock = whole_seconds(tables.table("order_lines").promised_at) % DAY
    found = clock.name("clock").as_table().filter(clock.notnull()).distinct().limit(3)
    times = sorted(found.to_pyarrow()["clock"].to_pylist())
    dated = len(times) == 1 or (len(times) == 2 and times[1] - times[0] in (HOUR, DAY - HOUR))
    last_moment = any(time % HOUR == HOUR - 1 for time in times)
    if not dated:
        return Clock(SECOND, 0)
    early = times[0] < DAY // 2
    if last_moment:
        # 23:59:59 in Brazil is 02:59:59 of the next day in UTC, and still means the day before.
        return Clock(SECOND, -(times[-1] + 1) if early else 0)
    return Clock(DAY, 0 if early else DAY - times[0])


def promise_grace(tables: Tables) -> int:
    """Return for how many seconds from `promised_at` on a delivery still keeps the promise: 1 or a day."""
    return promise_clock(tables).grace


def whole_seconds(moment: Any) -> Any:
    """Return a moment as whole seconds since 1970; cut before, as engines differ in rounding fractions."""
    return moment.cast("timestamp").truncate("s").epoch_seconds().cast("int64")


def is_late(arrived: ir.Column, promised: ir.Column, grace: int) -> ir.BooleanColumn:
    """Say whether a moment lies past the end of a promise; null where either is unknown."""
    return whole_seconds(arrived) >= whole_seconds(promised) + grace


def days_past(arrived: ir.Column, promised: ir.Column, grace: int) -> ir.IntegerColumn:
    """Return begun days past the end of a promise, 0 or less when it was kept."""
    past = whole_seconds(arrived) - whole_seconds(promised) - grace
    return ((past + DAY) / DAY).floor().cast("int64")


def hand_over_limits(tables: Tables) -> bool:
    """Say whether `requested_at` is the limit for the hand-over, and not the customer's wish.

    It is when it lies between order and promise, and goods are mostly sent by it and arrive after it.
    """
    needed = ("requested_at", "promised_at", "shipped_at", "delivered_at")
    if not tables.has("order_lines", *needed):
        return False
    lines = tables.table("order_lines")
    told = lines.filter(*(lines[name].notnull() for name in needed))
    shares = told.agg(
        n=told.count(),
        inside=(told.requested_at < told.promised_at).cast("int64").mean(),
        sent=(told.shipped_at <= told.requested_at).cast("int64").mean(),
        there=(told.delivered_at <= told.requested_at).cast("int64").mean(),
    )
    row = shares.to_pyarrow().to_pylist()[0]
    if row["n"] < _FEWEST:
        return False
    return bool(row["inside"] >= BEFORE_PROMISE and row["sent"] >= HALF and row["there"] < HALF)
