"""Where did lateness arise: before the goods were handed over, after it, or in the promise itself?

Three functions meet in a late order: who promised (sales), who handed over (a supplier or site), who
delivered (operations). The plan of an order has two legs: ordered to hand-over limit, and limit to
promise. Days late = days over the first leg + days over the second, so the days divide exactly. A function
is named only where its part of the late orders is more than chance and more than among punctual orders.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np

from interlock.analytics.drivers.clusters import distinct, quantile, summed_variance
from interlock.analytics.drivers.dose import rate_interval
from interlock.analytics.drivers.factors import DAY, Codes, Floats, Mask, numbers
from interlock.analytics.drivers.outcomes import Orders
from interlock.analytics.drivers.plain import Interval

BEFORE_PROMISE = 0.9  # of the lines: a hand-over limit lies before the promise, a wished date need not
WORTH_NAMING = 0.05  # a function with less of the late orders than this is no lead
FEWEST_LATE = 30


@dataclass(frozen=True)
class Part:
    """How many late orders something holds for, with the same among punctual orders to compare.

    `functions` are the ones this part would concern; `evidence` tells whether the data bears it out.
    """

    name: str  # handed_over_late | slow_after_hand_over | promise_too_tight
    functions: tuple[str, ...]
    late_orders: int
    of_late: int
    share_of_late: Interval | None
    punctual_orders: int
    of_punctual: int
    share_of_punctual: Interval | None
    evidence: bool


@dataclass(frozen=True)
class LatenessSplit:
    """Late delivered orders, and how their days divide before and after the hand-over."""

    late: int
    split: int  # late orders with all the dates needed
    days_late: float  # mean days late of those
    limit: str  # where the hand-over limit comes from, in words
    share_before: Interval | None  # of the late days, 0-1
    share_after: Interval | None
    parts: tuple[Part, ...]

    @property
    def functions(self) -> tuple[str, ...]:
        """The functions that the data names, the one with most late orders first."""
        parts = sorted(self.parts, key=lambda part: -part.late_orders)
        named = [function for part in parts if part.evidence for function in part.functions]
        return tuple(dict.fromkeys(named))


def lateness_split(orders: Orders) -> LatenessSplit | None:
    """Return how the lateness of delivered orders divides; None when no delivered order was late."""
    known = orders.fulfilled & ~np.isnan(numbers(orders.rows, "days_late"))
    late = known & (numbers(orders.rows, "late") > 0)
    if not late.any():
        return None
    legs = _legs(orders, known, late)
    whole = np.isfinite(legs.first) & np.isfinite(legs.late_days)
    chosen = late & whole
    before = np.clip(legs.first, 0.0, legs.late_days)
    share = _share_of_sum(before[chosen], legs.late_days[chosen], orders.account[chosen])
    return LatenessSplit(
        late=int(late.sum()),
        split=int(chosen.sum()),
        days_late=float(legs.late_days[late].mean()),
        limit=legs.limit,
        share_before=share,
        share_after=share and Interval(1 - share.mid, 1 - share.high, 1 - share.low),
        parts=_parts(legs, late, known & ~late, orders.account),
    )


@dataclass(frozen=True)
class _Legs:
    """Days per order; NaN where a date is missing. `first` + `second` = `late_days`, negative is early."""

    late_days: Floats
    first: Floats
    second: Floats
    promise: Floats  # days from order to promise
    usual: Floats  # days that delivered orders of the region usually took
    limit: str


def _legs(orders: Orders, known: Mask, late: Mask) -> _Legs:
    rows = orders.rows
    ordered = numbers(rows, "ordered") / DAY
    promised = np.where(late, numbers(rows, "promised"), numbers(rows, "due")) / DAY
    arrived = np.where(late, numbers(rows, "arrived"), numbers(rows, "last_arrival")) / DAY
    shipped = np.where(late, numbers(rows, "shipped"), numbers(rows, "last_shipped")) / DAY
    given = np.where(late, numbers(rows, "limit"), numbers(rows, "last_limit")) / DAY
    if _is_hand_over_limit(given, ordered, promised, shipped, arrived, known):
        limit, words = given, "the hand-over limit in the records"
    else:
        limit, words = (
            _usual_limit(ordered, promised, shipped, arrived, known & ~late),
            ("the usual part of the promised time, as no hand-over limit is recorded"),
        )
    first = shipped - limit
    return _Legs(
        late_days=arrived - promised,
        first=first,
        second=arrived - promised - first,
        promise=promised - ordered,
        usual=_usual_days(orders, arrived - ordered, known),
        limit=words,
    )


def _is_hand_over_limit(
    given: Floats, ordered: Floats, promised: Floats, shipped: Floats, arrived: Floats, known: Mask
) -> bool:
    """A requested date is a hand-over limit if it lies within the plan and goods are mostly sent by it
    and arrive after it; else it is the date the customer wished for."""
    told = known & ~np.isnan(given) & ~np.isnan(shipped)
    if told.sum() < FEWEST_LATE:
        return False
    inside = (given > ordered) & (given < promised)
    sent = shipped <= given
    there = arrived <= given
    return bool(
        inside[told].mean() >= BEFORE_PROMISE and sent[told].mean() >= 0.5 and there[told].mean() < 0.5
    )


def _usual_limit(
    ordered: Floats, promised: Floats, shipped: Floats, arrived: Floats, punctual: Mask
) -> Floats:
    """Divide the promised time as punctual orders usually divide theirs."""
    total = arrived - ordered
    told = punctual & ~np.isnan(shipped) & (total > 0)
    if told.sum() < FEWEST_LATE:
        return np.full(len(ordered), np.nan)
    usual = float(np.clip(np.median(((shipped - ordered) / np.where(total > 0, total, 1))[told]), 0, 1))
    return np.asarray(ordered + usual * (promised - ordered))


def _usual_days(orders: Orders, days: Floats, known: Mask) -> Floats:
    """The median time of delivered orders of the same region; of all orders where the region is rare."""
    usual = np.full(len(days), np.nan)
    told = known & ~np.isnan(days)
    if not told.any():
        return usual
    usual[:] = np.median(days[told])
    region = next((factor.codes for factor in orders.factors if factor.name == "region"), None)
    for level in np.unique(region[told]) if region is not None else ():
        same = told & (region == level)
        if same.sum() >= FEWEST_LATE:
            usual[region == level] = np.median(days[same])
    return usual


def _parts(legs: _Legs, late: Mask, punctual: Mask, account: Codes) -> tuple[Part, ...]:
    claims = (
        ("handed_over_late", ("supplier",), legs.first > 0, np.isfinite(legs.first)),
        ("slow_after_hand_over", ("operations",), legs.second > 0, np.isfinite(legs.second)),
        ("promise_too_tight", ("sales",), legs.promise < legs.usual, np.isfinite(legs.usual)),
    )
    return tuple(
        _part(name, functions, holds, late & told, punctual & told, account)
        for name, functions, holds, told in claims
        if (late & told).sum() >= FEWEST_LATE
    )


def _part(
    name: str, functions: tuple[str, ...], holds: Mask, late: Mask, punctual: Mask, account: Codes
) -> Part:
    of_late, of_punctual = _share(holds, late, account), _share(holds, punctual, account)
    enough = of_late is not None and of_late.low > WORTH_NAMING
    more = of_late is not None and (of_punctual is None or of_late.low > of_punctual.high)
    return Part(
        name=name,
        functions=functions,
        late_orders=int((holds & late).sum()),
        of_late=int(late.sum()),
        share_of_late=of_late,
        punctual_orders=int((holds & punctual).sum()),
        of_punctual=int(punctual.sum()),
        share_of_punctual=of_punctual,
        evidence=enough and more,
    )


def _share(holds: Mask, among: Mask, account: Codes) -> Interval | None:
    if not among.any():
        return None
    inside = holds[among]
    rate = float(inside.mean())
    return Interval(rate, *rate_interval(inside, account[among]))


def _share_of_sum(part: Floats, whole: Floats, account: Codes) -> Interval | None:
    """A ratio of sums with its interval over accounts; None below 30 orders."""
    if len(part) < FEWEST_LATE or whole.sum() <= 0:
        return None
    share = float(part.sum() / whole.sum())
    error = sqrt(summed_variance((part - share * whole) / whole.sum(), account))
    reach = quantile(distinct(account)) * error
    return Interval(share, max(0.0, share - reach), min(1.0, share + reach))
