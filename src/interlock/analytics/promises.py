"""When is a promise kept, and on which day does it fall due? One definition for rules and drivers.

A promise that is a date reaches the records as one time of day, in UTC: the first or the last
moment of that day where it was made. It is kept until that day ends. A promised hour is kept
until its second is over.
"""

from dataclasses import dataclass
from typing import Any

import ibis.expr.types as ir

from interlock.analytics.finding import Tables
from interlock.analytics.sources import by_source, of_sources, once, sourced, sources_saying

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


def promise_clocks(tables: Tables) -> dict[str, Clock]:
    """Return how promises stand in the lines of each source that says any: systems write dates in their own way."""
    return once(
        tables,
        "promise clocks",
        lambda: {
            source: _promise_clock(of_sources(sourced(tables, "order_lines"), frozenset({source})))
            for source in sources_saying(tables, "order_lines", "promised_at")
        },
    )


def grace_of(tables: Tables, lines: ir.Table) -> Any:
    """Return for how many seconds past its promise a line is still in time, by the source of the line."""
    return by_source(
        lines, {source: clock.grace for source, clock in promise_clocks(tables).items()}, "int64"
    )


def _promise_clock(lines: ir.Table) -> Clock:
    """Read off the times of day at which promises stand (two an hour apart where clocks change)."""
    clock = (whole_seconds(lines.promised_at) % DAY).name("clock")
    found = lines.select(clock).filter(lambda t: t.clock.notnull()).distinct().limit(3)
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


def whole_seconds(moment: Any) -> Any:
    """Return a moment as whole seconds since 1970; cut before, as engines differ in rounding fractions."""
    return moment.cast("timestamp").truncate("s").epoch_seconds().cast("int64")


def is_late(arrived: ir.Column, promised: ir.Column, grace: int | ir.IntegerValue) -> ir.BooleanColumn:
    """Say whether a moment lies past the end of a promise; null where either is unknown."""
    return whole_seconds(arrived) >= whole_seconds(promised) + grace


def days_past(arrived: ir.Column, promised: ir.Column, grace: int | ir.IntegerValue) -> ir.IntegerColumn:
    """Return begun days past the end of a promise, 0 or less when it was kept."""
    past = whole_seconds(arrived) - whole_seconds(promised) - grace
    return ((past + DAY) / DAY).floor().cast("int64")


def hand_over_limits(tables: Tables) -> frozenset[str]:
    """Return the sources in which `requested_at` is the limit for the hand-over, and not the customer's wish.

    It is when it lies between order and promise, and goods are mostly sent by it and arrive after it.
    """
    needed = ("requested_at", "promised_at", "shipped_at", "delivered_at")
    saying = sources_saying(tables, "order_lines", *needed)

    def ask() -> frozenset[str]:
        lines = sourced(tables, "order_lines")
        told = lines.filter(*(lines[name].notnull() for name in needed))
        return frozenset(source for source in saying if _are_limits(of_sources(told, frozenset({source}))))

    return once(tables, "hand-over limits", ask) if saying else saying


def _are_limits(told: ir.Table) -> bool:
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
