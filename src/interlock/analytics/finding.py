"""What an analysis hands upward: values with their interval, their rows and their sentence.

Every figure travels with n, an interval and a way back to its rows, so that no page
has to invent any of them. Nothing here computes; the types are frozen and JSON-able.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Protocol

import ibis.expr.types as ir

Value = str | int | float


class Tables(Protocol):
    """The records an analysis may read; `store.engine.Records` is one."""

    def table(self, name: str) -> ir.Table:
        """Return a contract table as an Ibis expression."""
        ...

    def has(self, name: str, *columns: str) -> bool:
        """Say whether the table has rows and each column at least one value."""
        ...


def gettext_noop(text: str) -> str:
    """Mark an English text for translation; pages translate it, this floor never does."""
    return text


@dataclass(frozen=True)
class Sentence:
    """A msgid with named values, which may be sentences; `rows` says which values open which rows.

    `rows` maps the name of a value to a row selection ("hits" or "all"); `then` holds the
    sentences that follow, each a msgid of its own, so that every one can be translated whole.
    """

    text: str
    values: "Mapping[str, str | int | float | Sentence]" = field(default_factory=dict)
    rows: Mapping[str, str] = field(default_factory=dict)
    then: tuple["Sentence", ...] = ()

    def __str__(self) -> str:
        """The sentence, and those that follow it, in English, as a terminal prints them."""
        return " ".join((self.text.format(**self.values), *map(str, self.then)))


def one_after_another(*sentences: Sentence | None) -> Sentence | None:
    """Return the sentences as one that the others follow; None without any."""
    said = [sentence for sentence in sentences if sentence is not None and sentence.text]
    if not said:
        return None
    first, *others = said
    return replace(first, then=(*first.then, *others))


@dataclass(frozen=True)
class Term:
    """One line of a sum on paper: a sign (`+ − × = ÷` or empty), what it is, how much."""

    sign: str
    label: str
    value_text: str
    values: Mapping[str, Value] = field(default_factory=dict)


NO_MINOR_UNIT = frozenset({"JPY", "KRW", "CLP", "ISK", "VND"})


def minor_units(currency: str) -> int:
    """Return how many minor units make one of a currency: 100, or 1 where there are none (yen)."""
    return 1 if currency in NO_MINOR_UNIT else 100


@dataclass(frozen=True)
class Money:
    """Money in minor units (see `minor_units`); low and high bound the truth 90 times in 100.

    `basis` is "lost" when own data priced the harm, "exposed" when only the value that
    stood on the excess cases is known; a page must never call the second a loss.
    """

    currency: str
    low: int
    mid: int
    high: int
    terms: tuple[Term, ...]
    caveat: str
    basis: str = "lost"


@dataclass(frozen=True)
class ContextKey:
    """The thing a finding is about, as the context pages know it."""

    kind: str
    key: str
    label: str


@dataclass(frozen=True)
class GroupRate:
    """x of n in one group with a 95 % interval; `expected` is the rate its own mix leads one to expect."""

    label: str
    x: int
    n: int
    rate: float
    low: float
    high: float
    expected: float | None
    subject: bool


@dataclass(frozen=True)
class PeriodRate:
    """x of n in one month with a 95 % interval."""

    start: date
    x: int
    n: int
    rate: float
    low: float
    high: float
    expected: float | None


@dataclass(frozen=True)
class Quote:
    """The exact words of a customer, whole."""

    signal_id: str
    text: str
    who: str
    when: date


@dataclass(frozen=True)
class RowQuery:
    """Which rows stand behind a number, free of any engine: `symptoms.rows` rebuilds them."""

    rule: str
    selection: str
    params: Mapping[str, str]


@dataclass(frozen=True)
class Symptom:
    """What a rule found about one group; `reconnect` turns it into a disconnect."""

    rule: str
    functions: tuple[str, str]
    context: ContextKey
    n: int
    x: int
    rate: float
    baseline: float
    low: float
    high: float
    probability: float
    tier: str
    money: Money | None
    money_refusal: str
    consequence: Sentence
    lead: Sentence
    why: Sentence | None
    siblings: tuple[GroupRate, ...]
    periods: tuple[PeriodRate, ...]
    rows: RowQuery
    quotes: tuple[Quote, ...]
    bring: tuple[str, ...]
    window: tuple[date, date]


@dataclass(frozen=True)
class RuleOff:
    """A rule that could not run, and the plain reason."""

    rule: str
    reason: str


@dataclass(frozen=True)
class Report:
    """All symptoms, dearest and surest first, and the rules that were off."""

    symptoms: tuple[Symptom, ...]
    rules_off: tuple[RuleOff, ...]
    as_of: datetime | None
    window: tuple[date, date] | None
    rules_run: tuple[str, ...] = ()
