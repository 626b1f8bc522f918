"""Disconnects as pages, Today and the command line show them: figures with interval, rows and talk.

Everything was computed when the rules ran; nothing here opens the records.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from django.urls import reverse

from interlock.analytics.finding import Money, Term
from interlock.analytics.totals import Total, part_of, total_of
from interlock.converse.queries import Talk
from interlock.fabric.models import Person
from interlock.fabric.personal import shown
from interlock.listen.queries import signal_ids
from interlock.reconnect import queries
from interlock.reconnect.models import Disconnect, State


@dataclass(frozen=True)
class Card:
    """One disconnect as a list or Today shows it. `sentence` is msgid and values; `rows` their addresses."""

    disconnect: Disconnect
    number: int
    talk: str
    money: Money | None
    url: str
    rows: dict[str, str]

    @property
    def sentence(self) -> dict[str, object]:
        return self.disconnect.consequence

    @property
    def pair(self) -> tuple[str, str]:
        return self.disconnect.pair

    @property
    def mark(self) -> str:
        """The state of the pair mark: silent, one, talking or mended."""
        return pair_mark(self.disconnect, self.talk)

    @property
    def is_nudged(self) -> bool:
        """Whether somebody should still bring the two together."""
        return self.disconnect.state in {State.DETECTED, State.RECURRED} and self.talk != Talk.TWO_WAY


@dataclass(frozen=True)
class CurrencyTotal:
    """The money at stake in one currency, with how much of it is exposed rather than lost."""

    currency: str
    total: Total
    exposed: int
    without: int

    @property
    def money(self) -> Money:
        """As an amount, for the page's own tags."""
        return Money(self.currency, self.total.low, self.total.mid, self.total.high, (), "")


def cards(disconnects: Sequence[Disconnect], now: datetime, *, first_number: int = 1) -> list[Card]:
    """The disconnects with their talk and addresses. One query."""
    listed = list(disconnects)
    talk = queries.talk_of(listed, now)
    return [
        Card(
            disconnect=one,
            number=number,
            talk=talk[one.pk],
            money=money_of(one),
            url=reverse("reconnect:disconnect", args=[one.pk]),
            rows=row_addresses(one),
        )
        for number, one in enumerate(listed, start=first_number)
    ]


def worst_disconnects(person: Person, *, limit: int, now: datetime) -> list[Card]:
    """The open disconnects that cost most and of which we are surest, for Today. Two queries.

    Those whose pair already talks come after those that are silent: what is being worked on is not nagged.
    """
    found = cards(list(queries.open_disconnects(person)[: 4 * limit]), now)
    silent_first = sorted(found, key=lambda card: (not card.is_nudged, card.number))
    return silent_first[:limit]


def money_at_stake(disconnects: Iterable[Disconnect]) -> list[CurrencyTotal]:
    """What the disconnects put at stake a year, one total a currency, the one with most amounts first."""
    by_currency: dict[str, list[Disconnect]] = {}
    without = 0
    for one in disconnects:
        if one.money_mid is None:
            without += 1
        else:
            by_currency.setdefault(one.currency, []).append(one)
    totals = [
        CurrencyTotal(
            currency,
            _total(tuple((one.money_low, one.money_mid, one.money_high) for one in priced)),
            _exposed(
                tuple((one.money_low, one.money_mid, one.money_high) for one in priced),
                tuple(one.money_basis == "exposed" for one in priced),
            ),
            without,
        )
        for currency, priced in by_currency.items()
    ]
    return sorted(totals, key=lambda total: (-total.total.parts, total.currency))


def money_scale(listed: Sequence[Card]) -> int:
    """The end of the one scale that all money bars of a page share, in minor units."""
    return max((card.money.high for card in listed if card.money), default=0)


@lru_cache(maxsize=64)
def _total(amounts: tuple[tuple[int, int, int], ...]) -> Total:
    """The same amounts always give the same interval, so a page that is read again does not draw again."""
    return total_of(amounts)


@lru_cache(maxsize=64)
def _exposed(amounts: tuple[tuple[int, int, int], ...], inside: tuple[bool, ...]) -> int:
    """The part of the same total that stood on cases, drawn with it, so that it is never larger than the whole."""
    return part_of(amounts, inside)


def money_of(disconnect: Disconnect) -> Money | None:
    """The stored amount with its arithmetic; None when it was refused."""
    if disconnect.money_mid is None or disconnect.money_low is None or disconnect.money_high is None:
        return None
    return Money(
        currency=disconnect.currency,
        low=disconnect.money_low,
        mid=disconnect.money_mid,
        high=disconnect.money_high,
        terms=tuple(Term(**term) for term in disconnect.money_terms),
        caveat=disconnect.money_caveat,
        basis=disconnect.money_basis,
    )


def quotes(disconnect: Disconnect, most: int, reader: Person | None) -> list[dict[str, object]]:
    """What customers wrote, as the reader may see it, each with the day and the address of its signal. One query."""
    newest = disconnect.quotes[:most]
    signals = signal_ids([quote["signal_id"] for quote in newest])
    return [
        {
            **quote,
            "text": shown(quote["text"], reader),
            "day": date.fromisoformat(quote["when"][:10]),
            "url": reverse("listen:signal", args=[signals[quote["signal_id"]]])
            if quote["signal_id"] in signals
            else "",
        }
        for quote in newest
    ]


def row_addresses(disconnect: Disconnect) -> dict[str, str]:
    """Where the rows behind the numbers of a sentence are, by selection."""
    return {
        selection: reverse("reconnect:rows", args=[disconnect.pk, selection]) for selection in ("all", "hits")
    }


def pair_mark(disconnect: Disconnect, talk: str) -> str:
    """The state of the brand's two rings for one disconnect."""
    if disconnect.state == State.RESOLVED:
        return "mended"
    return {Talk.TWO_WAY: "talking", Talk.ONE_SIDE: "one"}.get(Talk(talk), "silent")
