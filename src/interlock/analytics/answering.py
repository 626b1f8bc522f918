"""How many signals were answered, and after how long?

Only kinds of signal count of which their source records answers: a kind of which one source never noted an
answer says nothing there, whatever other sources say of it. The share carries Wilson's interval; the median of the waiting time
carries the distribution-free interval of its order statistics.

Source: Wilson, "Probable inference", JASA 1927; Conover, "Practical Nonparametric Statistics", 1999, 3.2.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt

import ibis

from interlock.analytics.finding import Tables
from interlock.analytics.sources import SOURCE, sourced
from interlock.analytics.statistics import wilson

WINDOW_DAYS = 90
# Below this the share's interval is wider than half the scale and says nothing.
FEWEST = 10
NORMAL_95 = 1.959963984540054


@dataclass(frozen=True)
class Answering:
    """Shares 0 to 1 and hours, each with a 95 % interval, over signals from `since` to `until`.

    `hours` and its ends are None when fewer than ten answers carry a time.
    """

    n: int
    answered: int
    share: float
    share_low: float
    share_high: float
    timed: int
    hours: float | None
    hours_low: float | None
    hours_high: float | None
    since: datetime
    until: datetime


def answering(tables: Tables) -> Answering | None:
    """Return how signals of the last 90 days on record were answered.

    Args:
        tables: the records; `signals` with `occurred_at`, and `first_reply_at` or `resolved_at`.

    Returns:
        Shares and hours with their intervals; None when no kind of any source records answers or fewer
        than ten signals could have been answered.
    """
    timed = tables.has("signals", "first_reply_at")
    if not timed and not tables.has("signals", "resolved_at"):
        return None
    signals = sourced(tables, "signals")
    replied = ibis.coalesce(signals.first_reply_at, signals.resolved_at)
    signals = signals.mutate(replied=replied)
    kinds = signals.group_by(SOURCE, "kind").agg(any_reply=signals.replied.notnull().any())
    signals = signals.semi_join(kinds.filter(kinds.any_reply), [SOURCE, "kind"])
    until = signals.occurred_at.max().to_pyarrow().as_py()
    if until is None:
        return None
    since = until - timedelta(days=WINDOW_DAYS)
    recent = signals.filter(signals.occurred_at > ibis.literal(since))
    waited = recent.first_reply_at.epoch_seconds() - recent.occurred_at.epoch_seconds()
    recent = recent.mutate(hours=ibis.ifelse(waited >= 0, waited / 3600.0, None))
    counted = recent.agg(n=recent.count(), answered=recent.replied.count(), timed=recent.hours.count())
    row = counted.to_pyarrow().to_pylist()[0]
    n, answered = int(row["n"]), int(row["answered"])
    if n < FEWEST:
        return None
    low, high = wilson(answered, n)
    mid, first, last = _median(recent.hours, int(row["timed"]))
    return Answering(
        n, answered, answered / n, float(low), float(high), int(row["timed"]), mid, first, last, since, until
    )


def _median(
    hours: "ibis.expr.types.NumericColumn", n: int
) -> tuple[float | None, float | None, float | None]:
    """Return the median with its 95 % interval: the values at ranks n/2 ± 0.98 √n."""
    if n < FEWEST:
        return None, None, None
    half = NORMAL_95 / (2 * sqrt(n))
    ends = [hours.quantile(min(1.0, max(0.0, at))).name(name) for name, at in
            (("low", 0.5 - half), ("mid", 0.5), ("high", 0.5 + half))]  # fmt: skip
    row = hours.as_table().agg(ends).to_pyarrow().to_pylist()[0]
    return float(row["mid"]), float(row["low"]), float(row["high"])
