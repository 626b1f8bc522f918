"""R11: complaints or returns of a product family have been above their own limit for weeks.

A line counts when the signal came within 28 days of delivery, and a week is judged once
all its lines have had that time. Each week is set against a limit from the family's own
past and volume (T3), and the family's rate against its past (T1), allowing for what all
other families did meanwhile. A family that was always bad is the business of other rules.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir
import numpy as np

from interlock.analytics.finding import RowQuery, RuleOff, Symptom, Tables, gettext_noop
from interlock.analytics.sources import of_sources
from interlock.analytics.statistics import weekly_limit
from interlock.analytics.symptoms import facts as fact
from interlock.analytics.symptoms import flaws
from interlock.analytics.symptoms.bench import Bench
from interlock.analytics.symptoms.compose import Ground, Wording, compose
from interlock.analytics.symptoms.cube import Floats, Period, cube_of
from interlock.analytics.symptoms.evidence import histories, select_rows, year_before
from interlock.analytics.symptoms.quotes import REASON
from interlock.analytics.symptoms.rule import Need, Rule
from interlock.analytics.symptoms.search import Alarm, alarms_against

KEY = "R11"
FOLLOWED_DAYS = 28
RECENT_WEEKS = 6
MIN_OVER = 2  # of the six; by chance a quiet family passes a 99 % limit twice in 1 of 700 cases
# name of the rate -> kinds of signals
RATES = {"returned": ("return",), "complained": ("complaint", "low rating")}
_TEXTS = {
    "returned": gettext_noop(
        "Returns of {family} were above their limit in {over} of the last six weeks: {x} of {n} lines;"
        " usually it is {usual} in 100."
    ),
    "complained": gettext_noop(
        "Complaints about {family} were above their limit in {over} of the last six weeks: {x} of {n} lines;"
        " usually it is {usual} in 100."
    ),
}


def followed_lines(tables: Tables, rate: str, first: date, last: date) -> ir.Table:
    """Return one row a line delivered from `first` to `last`; `hit` is 1 when it came back in 28 days."""
    lines = of_sources(fact.order_lines(tables), frozenset(flaws.watched(tables)))
    arrived = fact.day(lines.delivered_at)
    lines = lines.filter(lines.delivered_at.notnull(), arrived >= first, arrived <= last)
    bad = fact.bad_signals(tables)
    kind = bad.kind.isin(fact.BAD_KINDS).ifelse(bad.kind, "low rating")
    bad = bad.filter(kind.isin(RATES[rate]), bad.line_id.notnull())
    said = bad.group_by(said_line="line_id").agg(complained_at=bad.occurred_at.min(), said=bad.kind.min())
    joined = lines.left_join(said, lines.line_id == said.said_line).drop("said_line")
    soon = joined.complained_at <= joined.delivered_at + ibis.interval(days=FOLLOWED_DAYS)
    on = fact.day(joined.delivered_at)
    late = fact.came_late(tables, joined)
    return joined.mutate(on=on, month=fact.month(on), hit=soon.fill_null(False).cast("int64"), late=late)


@dataclass(frozen=True)
class _Weeks:
    """Weekly events and volumes per family, shape (families, weeks), the last column the latest week."""

    families: list[str]
    x: Floats
    n: Floats


def run(bench: Bench) -> Sequence[Symptom] | RuleOff:
    """Return the families whose returns or complaints have risen above their limit."""
    starts = flaws.observed_from(bench)
    if not starts:
        return RuleOff(KEY, flaws.NOTHING_BAD)
    found: list[Symptom] = []
    for rate, kinds in RATES.items():
        seen = [start for kind, start in starts.items() if kind in kinds or _is_rating(kind, kinds)]
        if seen:
            found.extend(_rising(bench, rate, max(seen)))
    return found


def _is_rating(kind: str, kinds: tuple[str, ...]) -> bool:
    return kind not in fact.BAD_KINDS and "low rating" in kinds


def _rising(bench: Bench, rate: str, observed: date) -> list[Symptom]:
    last = flaws.until(bench) - timedelta(days=FOLLOWED_DAYS)
    first = max(year_before(last), observed)
    with bench.tables.held(followed_lines(bench.tables, rate, first, last)) as facts:
        return _judged(bench, rate, facts, first, last)


def _judged(bench: Bench, rate: str, facts: ir.Table, first: date, last: date) -> list[Symptom]:
    weeks = _weeks(facts, first, last)
    if weeks is None:
        return []
    period = Period(last - timedelta(days=7 * RECENT_WEEKS - 1), last)
    over = {family: _over(weeks, row) for row, family in enumerate(weeks.families)}
    cube = cube_of(facts, ("family",), period)
    expected = {family: _expected(weeks, row) for row, family in enumerate(weeks.families)}
    alarms = [a for a in alarms_against(cube, "family", expected) if over.get(a.key[0], 0) >= MIN_OVER]
    ground = Ground(bench, RULE, facts, histories(facts, alarms, last), ("family",), "", REASON)
    return [_symptom(ground, rate, alarm, over[alarm.key[0]]) for alarm in alarms]


def _weeks(facts: ir.Table, first: date, last: date) -> _Weeks | None:
    """Count by family and week; weeks are numbered back from the last day."""
    ago = (ibis.literal(last).delta(facts.on, unit="day").cast("int64") / 7).floor().cast("int64")
    named = facts.mutate(ago=ago).filter(facts.family.notnull())
    rows = named.group_by("family", "ago").agg(n=ibis._.count(), x=ibis._.hit.sum()).to_pyarrow().to_pylist()
    span = ((last - first).days + 1) // 7
    if span <= RECENT_WEEKS or not rows:
        return None
    families = sorted({row["family"] for row in rows})
    place = {family: row for row, family in enumerate(families)}
    x, n = np.zeros((len(families), span)), np.zeros((len(families), span))
    for row in rows:
        if row["ago"] < span:
            x[place[row["family"]], span - 1 - row["ago"]] = row["x"]
            n[place[row["family"]], span - 1 - row["ago"]] = row["n"]
    return _Weeks(families, x, n)


def _over(weeks: _Weeks, row: int) -> int:
    """Count the recent weeks above the limit; 0 unless one of the last two is."""
    past = slice(0, weeks.x.shape[1] - RECENT_WEEKS)
    sold = weeks.n[row, past] > 0
    above = []
    for week in range(weeks.x.shape[1] - RECENT_WEEKS, weeks.x.shape[1]):
        limit = weekly_limit(weeks.x[row, past][sold], weeks.n[row, past][sold], weeks.n[row, week])
        above.append(limit is not None and weeks.x[row, week] > max(limit.limit, 1))
    return sum(above) if any(above[-2:]) else 0


def _expected(weeks: _Weeks, row: int) -> float:
    """Return the family's past rate, raised by as much as all other families rose meanwhile."""
    now, past = slice(-RECENT_WEEKS, None), slice(0, -RECENT_WEEKS)
    others = np.arange(weeks.x.shape[0]) != row
    rose = _share(weeks, others, now) / max(_share(weeks, others, past), 1e-9)
    own = (weeks.x[row, past].sum() + 0.5) / (weeks.n[row, past].sum() + 1.0)
    return float(min(own * max(rose, 1.0), 0.95))


def _share(weeks: _Weeks, rows: "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]", when: slice) -> float:
    return float((weeks.x[rows, when].sum() + 1.0) / (weeks.n[rows, when].sum() + 10.0))


def _symptom(ground: Ground, rate: str, alarm: Alarm, over: int) -> Symptom:
    prices = flaws.prices(ground.bench, KEY)
    wording = Wording(_TEXTS[rate], {"over": over}, prices.harm(), params={"rate": rate})
    return compose(ground, alarm, wording, prices.money(alarm, alarm.cube.period.per_year), prices.refusal())


def rows(tables: Tables, query: RowQuery) -> ir.Table:
    """Return the delivered lines of a family: the order beside what the customer said of it."""
    first, last = (date.fromisoformat(query.params[end]) for end in ("from", "to"))
    facts = select_rows(followed_lines(tables, query.params["rate"], first, last), query)
    return facts.select(*flaws.READABLE).order_by(ibis.desc("hit"), ibis.desc("delivered_at"), "line_id")


RULE = Rule(
    key=KEY,
    title=gettext_noop("Over the limit"),
    functions=("production", "operations"),
    needs=(
        *flaws.NEEDS,
        Need("signals", ("line_id",), flaws.NOT_LINKED),
        Need("products", ("family",), gettext_noop("No product names its family.")),
    ),
    groups=gettext_noop("family"),
    test="T3 weekly limit at 99 %, two of six weeks; T1 against the family's own past",
    bring=("production", "operations", "finance"),
    run=run,
    rows=rows,
)
