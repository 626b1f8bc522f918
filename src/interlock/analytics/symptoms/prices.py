"""What one bad case costs, asked of the company's own records once for all alarms of a rule."""

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np

from interlock.analytics.finding import Money, Sentence, Term, gettext_noop
from interlock.analytics.statistics import Difference, positive_draws
from interlock.analytics.statistics.harm import DRAWS
from interlock.analytics.symptoms.bench import Bench
from interlock.analytics.symptoms.cube import Period
from interlock.analytics.symptoms.facts import column
from interlock.analytics.symptoms.money import (
    Cost,
    amount_text,
    excess_draws,
    excess_terms,
    priced,
    rng_for,
    term,
)
from interlock.analytics.symptoms.search import Alarm
from interlock.analytics.symptoms.uplift import Reorders

MIN_COSTS = 30  # amounts on record before their mean is used
SELDOM = 0.05  # where fewer order again even when all went well, reorders cannot measure harm

_LOST_MARGIN = gettext_noop(
    "Margin of reorders that did not come and costs on record. Associated, not proven;"
    " Finance has not signed it yet."
)
_LOST_VALUE = gettext_noop(
    "Reorders that did not come, at order value because the records hold no margin, and costs on record."
    " Associated, not proven."
)
_COSTS_ONLY = gettext_noop(
    "Costs on record only: no difference in reorders was found, or it is not yet known."
    " Finance has not signed it yet."
)
UNKNOWN, SELDOM_AGAIN, NO_DIFFERENCE = "unknown", "seldom again", "no difference"
# What is known of reorders makes a sentence of its own each, so that each can be translated whole.
_EXPOSED = {
    UNKNOWN: gettext_noop(
        "Exposed, not lost: the order value that stood on cases beyond the usual. Whether it cost reorders is"
        " not yet known: it takes 100 orders on each side, followed for 180 days."
    ),
    SELDOM_AGAIN: gettext_noop(
        "Exposed, not lost: the order value that stood on cases beyond the usual. Whether it cost reorders"
        " cannot be measured: fewer than 5 in 100 order again at all."
    ),
    NO_DIFFERENCE: gettext_noop(
        "Exposed, not lost: the order value that stood on cases beyond the usual. Such orders were followed"
        " for 180 days, and no difference in reorders was found."
    ),
}
_REFUSED = {
    UNKNOWN: gettext_noop(
        "No money is shown: the records hold no value or cost of these cases. Whether they cost reorders is"
        " not yet known: it takes 100 orders on each side, followed for 180 days."
    ),
    SELDOM_AGAIN: gettext_noop(
        "No money is shown: the records hold no value or cost of these cases. Whether they cost reorders"
        " cannot be measured: fewer than 5 in 100 order again at all."
    ),
    NO_DIFFERENCE: gettext_noop(
        "No money is shown: the records hold no value or cost of these cases. Such orders were followed for"
        " 180 days, and no difference in reorders was found."
    ),
}


@dataclass(frozen=True)
class Extra:
    """A cost on record a case: mean and standard error in major units, and what it is."""

    mean: float
    error: float
    label: str


@dataclass(frozen=True)
class Prices:
    """All that a rule's money needs besides the excess."""

    rule: str
    currency: str
    margin: float | None
    reorders: Reorders | None
    extra: Extra | None
    cases: str
    broken: str

    def money(self, alarm: Alarm, per_year: float) -> Money | None:
        """Return lost money when own data price a case, else the value exposed, else None."""
        rng = rng_for(self.rule, alarm)
        excess = excess_draws(alarm, per_year, rng)
        head = excess_terms(alarm, per_year, self.cases, self.broken)
        again, extra = self._again(alarm, rng), self._extra(rng)
        costs = [cost for cost in (again, extra) if cost]
        if costs:
            lost = _COSTS_ONLY if again is None else _LOST_VALUE if self.margin is None else _LOST_MARGIN
            return priced(alarm, excess, head, costs, self.currency, lost, "lost")
        caveat = _EXPOSED[self._known()]
        return priced(alarm, excess, head, _exposed(alarm, self.currency), self.currency, caveat, "exposed")

    def _again(self, alarm: Alarm, rng: np.random.Generator) -> Cost | None:
        """Fewer reorders a case times what a case of this group is worth, in margin when known."""
        found = self._fewer()
        worth = alarm.amount / alarm.n
        if found is None or worth <= 0:
            return None
        lines = [
            term("×", gettext_noop("fewer reorders within 180 days"), f"{-found.value:.3f}"),
            term("×", gettext_noop("value of such an order line"), amount_text(worth, self.currency)),
        ]
        if self.margin is not None:
            lines.append(term("×", gettext_noop("margin in the value"), f"{self.margin:.2f}"))
            worth *= self.margin
        return Cost(positive_draws(-found.value, found.error, rng) * worth, tuple(lines))

    def _fewer(self) -> Difference | None:
        """Return the difference in reorders when there is one and customers do order again."""
        found = self.reorders.found if self.reorders else None
        if self.reorders is None or found is None or found.high >= 0 or self.reorders.kept.share < SELDOM:
            return None
        return found

    def _extra(self, rng: np.random.Generator) -> Cost | None:
        if self.extra is None or self.extra.mean <= 0:
            return None
        text = amount_text(self.extra.mean, self.currency)
        return Cost(
            positive_draws(self.extra.mean, self.extra.error, rng), (term("+", self.extra.label, text),)
        )

    def _known(self) -> str:
        if self.reorders is None or self.reorders.found is None:
            return UNKNOWN
        return SELDOM_AGAIN if self.reorders.kept.share < SELDOM else NO_DIFFERENCE

    def refusal(self) -> str:
        """Say why there is no money."""
        return _REFUSED[self._known()]

    def harm(self) -> Sentence | None:
        """Say in words what T4 found about reorders; None when nothing is known."""
        found = self._fewer()
        if found is None:
            return None
        points = (-found.value, -found.high, -found.low)
        less, low, high = (max(1, round(100 * p)) for p in points)
        return Sentence(
            gettext_noop(
                "Customers it happened to order again within 180 days {less} points less often"
                " ({low} to {high})."
            ),
            {"less": less, "low": low, "high": high},
        )


def _exposed(alarm: Alarm, currency: str) -> list[Cost]:
    if alarm.hit_amount <= 0 or alarm.x == 0:
        return []
    mean = alarm.hit_amount / alarm.x
    lines: tuple[Term, ...] = (
        term("×", gettext_noop("order value on such a case"), amount_text(mean, currency)),
    )
    return [Cost(np.full(DRAWS, mean), lines)]


def credits_beyond(bench: Bench, orders: ir.Table) -> Extra | None:
    """Return credits a broken line beyond those of kept ones.

    Args:
        bench: the records.
        orders: one row an order: order_id, broken (0 or 1), cases (broken lines, or lines).
    """
    if not bench.has("invoices", "order_id", "credited"):
        return None
    invoices = bench.tables.table("invoices")
    credited = invoices.group_by("order_id").agg(
        credited=invoices.credited.cast("float64").fill_null(0).sum()
    )
    joined = orders.inner_join(credited, "order_id")
    sums = joined.group_by("broken").agg(
        n=ibis._.count(), mean=ibis._.credited.mean(), spread=ibis._.credited.var(), cases=ibis._.cases.mean()
    )
    sides = {row["broken"]: row for row in sums.to_pyarrow().to_pylist()}
    if set(sides) != {0, 1} or min(side["n"] for side in sides.values()) < MIN_COSTS:
        return None
    broken, kept = sides[1], sides[0]
    cases = max(broken["cases"], 1.0)
    beyond = (broken["mean"] - kept["mean"]) / cases
    error = float(np.sqrt((broken["spread"] or 0) / broken["n"] + (kept["spread"] or 0) / kept["n"])) / cases
    if beyond <= 1.645 * error:
        return None
    return Extra(beyond, error, gettext_noop("credited on a broken promise, beyond kept ones"))


def signal_cost(bench: Bench, kinds: tuple[str, ...]) -> Extra | None:
    """Return the mean cost on record of signals of these kinds; None below 30 amounts."""
    if not bench.has("signals", "cost"):
        return None
    signals = bench.tables.table("signals")
    cost = column(signals, "cost", "float64")
    asked = signals.filter(signals.kind.isin(kinds), cost.notnull())
    row = asked.agg(
        n=asked.count(), mean=asked.cost.cast("float64").mean(), spread=asked.cost.cast("float64").var()
    )
    found = row.to_pyarrow().to_pylist()[0]
    if found["n"] < MIN_COSTS:
        return None
    error = float(np.sqrt((found["spread"] or 0.0) / found["n"]))
    return Extra(found["mean"], error, gettext_noop("cost on record a case"))


def case_value(
    rule: str,
    alarm: Alarm,
    period: Period,
    currency: str,
    words: tuple[str, str],
    label: str,
    caveat: str,
    margin: float | None = None,
) -> Money | None:
    """Return the money of cases that are themselves an amount (a lost deal, a lost customer).

    Args:
        rule: key of the rule, for its random numbers.
        alarm: the group; its mean amount of events is used.
        period: the days judged.
        currency: of the amounts.
        words: what the cases, and those beyond the usual, are called.
        label: what the amount is called.
        caveat: what it does not mean.
        margin: share of the amount that is margin, 0 to 1, when the amounts are revenue.
    """
    if alarm.hit_amount <= 0 or alarm.x == 0:
        return None
    excess = excess_draws(alarm, period.per_year, rng_for(rule, alarm))
    mean = alarm.hit_amount / alarm.x
    lines = [term("×", label, amount_text(mean, currency))]
    if margin is not None:
        lines.append(term("×", gettext_noop("margin in the amount, from our own orders"), f"{margin:.2f}"))
    costs = [Cost(np.full(DRAWS, mean * (1.0 if margin is None else margin)), tuple(lines))]
    return priced(alarm, excess, excess_terms(alarm, period.per_year, *words), costs, currency, caveat)
