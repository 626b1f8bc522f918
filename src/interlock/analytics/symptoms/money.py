"""Money at stake: the excess beyond the usual times what the company's own records say it costs.

No industry number enters. A part that the records cannot price yet is left out and named.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from interlock.analytics.finding import Money, Term, Value, gettext_noop, minor_units
from interlock.analytics.statistics import excess_rate_draws, interval
from interlock.analytics.symptoms.cube import Floats
from interlock.analytics.symptoms.search import Alarm

# The last line of every sum; pages that show the total by itself leave this line out.
TOTAL_LABEL = gettext_noop("middle case, a year")


@dataclass(frozen=True)
class Cost:
    """What one case beyond the usual costs, in major units, drawn from its uncertainty.

    Attributes:
        draws: cost a case, shape (d,), >= 0.
        terms: the lines of the sum that explain it.
    """

    draws: Floats
    terms: tuple[Term, ...]


def rng_for(rule: str, alarm: Alarm) -> np.random.Generator:
    """Return the random numbers of one group: the same on every run and machine."""
    name = "|".join((rule, *alarm.columns, *alarm.key))
    return np.random.default_rng(int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest()))


def amount_text(value: float, currency: str) -> str:
    """Return an amount as a sum on paper shows it: `BRL 1,234` or `BRL 12.50`."""
    shown = f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.2f}"
    return f"{currency} {shown}".strip()


def term(sign: str, label: str, text: str, **values: Value) -> Term:
    """Return one line of the sum."""
    return Term(sign, label, text, values)


def excess_draws(alarm: Alarm, per_year: float, rng: np.random.Generator) -> Floats:
    """Return draws of the cases a year beyond the usual; shape (d,), >= 0."""
    return np.asarray(excess_rate_draws(alarm.post, alarm.group, rng) * alarm.n * per_year)


def excess_terms(alarm: Alarm, per_year: float, cases: str, broken: str) -> tuple[Term, ...]:
    """Return the lines from cases a year to cases beyond the usual."""
    rate = float(alarm.post.mean[alarm.group])
    beyond = max(rate - alarm.usual, 0.0)
    yearly = alarm.n * per_year
    return (
        term("", cases, f"{yearly:,.0f}", n=alarm.n),
        term(
            "×",
            gettext_noop("beyond usual, {rate:.3f} − {usual:.3f}"),
            f"{beyond:.3f}",
            rate=round(rate, 4),
            usual=round(alarm.usual, 4),
        ),
        term("=", broken, f"{yearly * beyond:,.0f}"),
    )


def priced(
    alarm: Alarm,
    excess: Floats,
    head: Sequence[Term],
    costs: Sequence[Cost],
    currency: str,
    caveat: str,
    basis: str = "lost",
) -> Money | None:
    """Return excess times the sum of the costs; None when that is nothing."""
    if not costs:
        return None
    total = excess * np.sum([cost.draws for cost in costs], axis=0)
    found = interval(total)
    if found.high <= 0:
        return None
    size = minor_units(currency)
    low, mid, high = (round(value * size) for value in (found.low, found.mid, found.high))
    lines = [*head, *(line for cost in costs for line in cost.terms)]
    lines.append(term("=", TOTAL_LABEL, amount_text(found.mid, currency)))
    return Money(currency, low, mid, high, tuple(lines), caveat, basis)
