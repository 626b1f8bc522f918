"""What one bad case costs, asked of the company's own records once for all alarms of a rule."""

from collections.abc import Mapping
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np

from interlock.analytics.finding import Money, Sentence, gettext_noop
from interlock.analytics.sources import sourced
from interlock.analytics.statistics import Difference, positive_draws
from interlock.analytics.statistics.harm import DRAWS
from interlock.analytics.symptoms.bench import Bench
from interlock.analytics.symptoms.facts import source_currency
from interlock.analytics.symptoms.money import (
    Cost,
    amount_text,
    excess_of,
    figure_text,
    priced,
    rng_for,
    rounded,
    rounded_amount,
    term,
)
from interlock.analytics.symptoms.search import Alarm
from interlock.analytics.symptoms.uplift import Reorders, margin_share

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
    bench: Bench
    reorders: Reorders | None
    extra: Mapping[str, Extra]
    cases: str
    broken: str

    def money(self, alarm: Alarm, per_year: float) -> Money | None:
        """Return lost money when own data price a case, else the value exposed, else None."""
        rng = rng_for(self.rule, alarm)
        excess = excess_of(alarm, per_year, self.cases, self.broken, rng)
        currency = alarm.worth.currency or self.bench.unnamed_currency
        margin = margin_share(self.bench, alarm.worth.currency)
        again, extra = self._again(alarm, margin, currency, rng), self._extra(alarm, currency, rng)
        costs = [cost for cost in (again, extra) if cost]
        if costs:
            lost = _COSTS_ONLY if again is None else _LOST_VALUE if margin is None else _LOST_MARGIN
            return priced(excess, costs, currency, lost, "lost")
        caveat = _EXPOSED[self._known()]
        return priced(excess, _exposed(alarm, currency), currency, caveat, "exposed")

    def _again(
        self, alarm: Alarm, margin: float | None, currency: str, rng: np.random.Generator
    ) -> Cost | None:
        """Fewer reorders a case times what a case of this group is worth, in margin when known."""
        found = self._fewer()
        if found is None or alarm.worth.mean <= 0:
            return None
        fewer, worth = rounded(-found.value), rounded_amount(alarm.worth.mean)
        lines = [
            term("×", gettext_noop("fewer reorders within 180 days"), figure_text(fewer)),
            term("×", gettext_noop("value of such an order line"), amount_text(worth, currency)),
        ]
        if margin is not None:
            margin = round(margin, 2)
            lines.append(term("×", gettext_noop("margin in the value"), f"{margin:.2f}"))
            worth *= margin
        return Cost(positive_draws(-found.value, found.error, rng) * worth, fewer * worth, tuple(lines))

    def _fewer(self) -> Difference | None:
        """Return the difference in reorders when there is one and customers do order again."""
        found = self.reorders.found if self.reorders else None
        if self.reorders is None or found is None or found.high >= 0 or self.reorders.kept.share < SELDOM:
            return None
        return found

    def _extra(self, alarm: Alarm, currency: str, rng: np.random.Generator) -> Cost | None:
        extra = self.extra.get(alarm.worth.currency)
        if extra is None or extra.mean <= 0:
            return None
        mean = rounded_amount(extra.mean)
        line = term("×", extra.label, amount_text(mean, currency))
        return Cost(positive_draws(extra.mean, extra.error, rng), mean, (line,))

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
    mean = rounded_amount(alarm.worth.hit_mean)
    if mean <= 0:
        return []
    lines = (term("×", gettext_noop("order value on such a case"), amount_text(mean, currency)),)
    return [Cost(np.full(DRAWS, mean), mean, lines)]


def credits_beyond(bench: Bench, orders: ir.Table) -> dict[str, Extra]:
    """Return credits a broken line beyond those of kept ones, by currency ("" where none is named).

    Args:
        bench: the records.
        orders: one row an order: order_id, currency, broken (0 or 1), cases (broken lines, or lines).
    """
    if not bench.has("invoices", "order_id", "credited"):
        return {}
    invoices = bench.tables.table("invoices")
    credited = invoices.group_by("order_id").agg(
        credited=invoices.credited.cast("float64").fill_null(0).sum()
    )
    joined = orders.inner_join(credited, "order_id")
    sums = joined.group_by("currency", "broken").agg(
        n=ibis._.count(), mean=ibis._.credited.mean(), spread=ibis._.credited.var(), cases=ibis._.cases.mean()
    )
    sides: dict[str, dict[int, dict[str, float]]] = {}
    for row in sums.to_pyarrow().to_pylist():
        sides.setdefault(row["currency"] or "", {})[row["broken"]] = row
    found = {currency: _credited(both) for currency, both in sides.items()}
    return {currency: extra for currency, extra in found.items() if extra}


def _credited(sides: dict[int, dict[str, float]]) -> Extra | None:
    if set(sides) != {0, 1} or min(side["n"] for side in sides.values()) < MIN_COSTS:
        return None
    broken, kept = sides[1], sides[0]
    cases = max(broken["cases"], 1.0)
    beyond = (broken["mean"] - kept["mean"]) / cases
    error = float(np.sqrt((broken["spread"] or 0) / broken["n"] + (kept["spread"] or 0) / kept["n"])) / cases
    if beyond <= 1.645 * error:
        return None
    return Extra(beyond, error, gettext_noop("credited on a broken promise, beyond kept ones"))


def signal_cost(bench: Bench, kinds: tuple[str, ...]) -> dict[str, Extra]:
    """Return the mean cost on record of signals of these kinds, by the currency of their source; from 30 amounts."""
    if not bench.has("signals", "cost"):
        return {}
    signals = sourced(bench.tables, "signals")
    asked = signals.filter(signals.kind.isin(kinds), signals.cost.notnull())
    asked = asked.select(currency=source_currency(bench.tables, asked), cost=asked.cost.cast("float64"))
    sums = asked.group_by("currency").agg(n=ibis._.count(), mean=ibis._.cost.mean(), spread=ibis._.cost.var())
    return {
        row["currency"] or "": Extra(
            row["mean"],
            float(np.sqrt((row["spread"] or 0.0) / row["n"])),
            gettext_noop("cost on record a case"),
        )
        for row in sums.to_pyarrow().to_pylist()
        if row["n"] >= MIN_COSTS
    }


def case_value(
    rule: str,
    bench: Bench,
    alarm: Alarm,
    words: tuple[str, str],
    label: str,
    caveat: str,
    margin: float | None = None,
) -> Money | None:
    """Return the money of cases that are themselves an amount (a lost deal, a lost customer).

    Args:
        rule: key of the rule, for its random numbers.
        bench: the records, for the currency of amounts that name none.
        alarm: the group; its mean amount of events is used.
        words: what the cases, and those beyond the usual, are called.
        label: what the amount is called.
        caveat: what it does not mean.
        margin: share of the amount that is margin, 0 to 1, when the amounts are revenue.
    """
    mean = rounded_amount(alarm.worth.hit_mean)
    if mean <= 0:
        return None
    currency = alarm.worth.currency or bench.unnamed_currency
    lines = [term("×", label, amount_text(mean, currency))]
    if margin is not None:
        margin = round(margin, 2)
        lines.append(term("×", gettext_noop("margin in the amount, from our own orders"), f"{margin:.2f}"))
        mean *= margin
    excess = excess_of(alarm, alarm.cube.period.per_year, *words, rng_for(rule, alarm))
    return priced(excess, [Cost(np.full(DRAWS, mean), mean, tuple(lines))], currency, caveat)
