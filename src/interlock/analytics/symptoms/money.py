"""Money at stake: the excess beyond the usual times what the company's own records say it costs.

No industry number enters. A part that the records cannot price yet is left out and named.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np

from interlock.analytics.finding import Money, Term, Value, gettext_noop, minor_units
from interlock.analytics.statistics import excess_rate_draws, interval
from interlock.analytics.symptoms.cube import Floats
from interlock.analytics.symptoms.search import Alarm

# The last line of every sum; pages that show the total by itself leave this line out.
TOTAL_LABEL = gettext_noop("middle case, a year")
_SO_FAR = gettext_noop("reorders that did not come")
_EACH = gettext_noop("{cases} × {each} more, which is:")


@dataclass(frozen=True)
class Cost:
    """What one case beyond the usual costs, in major units.

    Attributes:
        draws: cost a case, shape (d,), >= 0, drawn from its uncertainty.
        mid: cost a case, the product of what its terms show.
        terms: the lines of the sum that explain it.
    """

    draws: Floats
    mid: float
    terms: tuple[Term, ...]


@dataclass(frozen=True)
class Excess:
    """The cases a year beyond the usual: drawn, in the middle, and the lines of the sum that lead to them."""

    draws: Floats
    mid: float
    terms: tuple[Term, ...]


def rng_for(rule: str, alarm: Alarm) -> np.random.Generator:
    """Return the random numbers of one group: the same on every run and machine."""
    name = "|".join((rule, *alarm.columns, *alarm.key))
    return np.random.default_rng(int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest()))


def rounded(value: float) -> float:
    """Return a figure as a sum on paper shows it: whole from 100 upward, below that three digits."""
    return float(round(value)) if abs(value) >= 100 else float(f"{value:.3g}")


def figure_text(value: float) -> str:
    """Return a rounded figure in words of a sum: `1,234`, `9.92`, `0.109`."""
    return f"{value:,.0f}" if abs(value) >= 100 else format(Decimal(f"{value:.3g}"), "f")


def rounded_amount(value: float) -> float:
    """Return an amount as a sum on paper shows it: whole from 100 upward, below that with two places."""
    return float(round(value)) if abs(value) >= 100 else round(value, 2)


def amount_text(value: float, currency: str) -> str:
    """Return an amount as a sum on paper shows it: `BRL 1,234` or `BRL 12.50`."""
    shown = f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.2f}"
    return f"{currency} {shown}".strip()


def term(sign: str, label: str, text: str, **values: Value) -> Term:
    """Return one line of the sum."""
    return Term(sign, label, text, values)


def excess_of(alarm: Alarm, per_year: float, cases: str, broken: str, rng: np.random.Generator) -> Excess:
    """Return the cases a year beyond the usual, of those whose amounts are in the currency of the sum.

    Every line is rounded as it is shown, and the next one goes on from there, so that a reader who
    multiplies what stands on the page comes to what stands on the page.
    """
    rate, usual = float(alarm.post.mean[alarm.group]), alarm.usual
    places = 3 if rate - usual >= 0.1 else 4 if rate - usual >= 0.01 else 5
    beyond = max(round(round(rate, places) - round(usual, places), places), 0.0)
    yearly = rounded(alarm.n * per_year)
    lines = [
        term("", cases, figure_text(yearly), n=alarm.n),
        term(
            "×",
            gettext_noop("beyond usual, {rate} − {usual}"),
            f"{beyond:.{places}f}",
            rate=f"{rate:.{places}f}",
            usual=f"{usual:.{places}f}",
        ),
    ]
    share = rounded(alarm.worth.share)
    if share < 1:
        label = gettext_noop("of them in {currency}; amounts in other currencies are not added")
        lines.append(term("×", label, figure_text(share), currency=alarm.worth.currency))
    mid = rounded(yearly * beyond * share)
    lines.append(term("=", broken, figure_text(mid)))
    draws = excess_rate_draws(alarm.post, alarm.group, rng) * alarm.n * per_year * share
    return Excess(np.asarray(draws), mid, tuple(lines))


def priced(
    excess: Excess, costs: Sequence[Cost], currency: str, caveat: str, basis: str = "lost"
) -> Money | None:
    """Return excess times the sum of the costs; None when that is nothing."""
    if not costs:
        return None
    found = interval(excess.draws * np.sum([cost.draws for cost in costs], axis=0))
    mid = rounded_amount(excess.mid * sum(cost.mid for cost in costs))
    if mid <= 0:
        return None
    size = minor_units(currency)
    low, middle, high = (round(value * size) for value in (min(found.low, mid), mid, max(found.high, mid)))
    lines = [*excess.terms, *_lines(excess, costs, currency)]
    lines.append(term("=", TOTAL_LABEL, amount_text(mid, currency)))
    return Money(currency, low, middle, high, tuple(lines), caveat, basis)


def _lines(excess: Excess, costs: Sequence[Cost], currency: str) -> list[Term]:
    """Return the factors of the first cost; a second one is added to what the first comes to."""
    first, *others = costs
    lines = list(first.terms)
    if others:
        lines.append(term("=", _SO_FAR, amount_text(rounded_amount(excess.mid * first.mid), currency)))
    for cost in others:
        each = amount_text(cost.mid, currency)
        whole = amount_text(rounded_amount(excess.mid * cost.mid), currency)
        lines.append(term("+", _EACH, whole, cases=figure_text(excess.mid), each=each))
        lines.extend(replace(line, sign="", value_text="") for line in cost.terms)
    return lines
