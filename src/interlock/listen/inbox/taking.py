"""Taking in: one transaction that stores records, counts them, notes them in the journal and asks for settling.

Only when it has been committed may anybody be told that a record was received. The sum
received = stored + duplicate + refused holds for each offer, batch and source; the database checks it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from interlock.fabric import journal
from interlock.listen import settling
from interlock.listen.errors import InboxBusy
from interlock.listen.inbox import rows_sql
from interlock.listen.inbox.arrivals import arrivals_for
from interlock.listen.inbox.durability import require_durable
from interlock.listen.inbox.erased import Kept, without_erased
from interlock.listen.inbox.offering import Offer, Offered, Refusal, Taken
from interlock.listen.inbox.rows_sql import Fate, Name
from interlock.listen.inbox.troubles import is_worth_another_try, plainly
from interlock.listen.models import Arrival, RefusedRow
from interlock.listen.turns import turn

TRIES = 3
COUNTED = ("received", "stored", "updated", "duplicate", "refused")


@dataclass
class _Tally:
    received: int = 0
    stored: int = 0
    updated: int = 0
    duplicate: int = 0
    refused: int = 0
    duplicates: list[int] = field(default_factory=list)

    def add(self, fate: Fate, position: int) -> None:
        self.received += 1
        if fate is Fate.SAME:
            self.duplicate += 1
            self.duplicates.append(position)
        else:
            self.stored += 1
            self.updated += fate is Fate.CHANGED


def take_in(offers: Sequence[Offer], *, now: datetime) -> list[Taken]:
    """Store all of these offers, or none; what came of each, in their order.

    It must not be called inside another transaction, because its return is the acknowledgement.

    Raises:
        WrongState: an offer names a batch that is closed.
        NotDurable: the database would lose acknowledged records when the power fails.
        InboxBusy: the database was locked or away.
        InboxFull: the disk is full.
    """
    if not offers:
        return []
    for left in reversed(range(TRIES)):
        try:
            with plainly(), turn():
                require_durable()
                return _take_in(offers, now)
        except InboxBusy as busy:
            if not left or not is_worth_another_try(busy):
                raise
    raise AssertionError("the last try returns or raises")


@transaction.atomic(durable=True)
def _take_in(offers: Sequence[Offer], now: datetime) -> list[Taken]:
    offers, places = without_erased(offers)
    arrivals = arrivals_for(offers, now)
    fates = _store(offers, arrivals, now)
    all_taken = [_taken(*one) for one in zip(arrivals, fates, places, strict=True)]
    _keep_refused(offers, arrivals, now)
    _keep_routes(offers, all_taken)
    _count(offers, all_taken, now)
    if any(taken.stored for taken in all_taken):
        settling.ask_to_settle(now=now)
    for offer, taken in zip(offers, all_taken, strict=True):
        if offer.within:
            offer.within(taken)
    _note(offers, all_taken, now)
    return all_taken


def _store(offers: Sequence[Offer], arrivals: Sequence[int], now: datetime) -> list[_Tally]:
    """Write the last version of each record once, and say of every version what it was."""
    last: dict[Name, tuple[int, Offered]] = {}
    for offer, arrival in zip(offers, arrivals, strict=True):
        source = offer.source.pk
        for row in offer.rows:
            last[source, row.table, row.key] = (arrival, row)
    repeated = _repeated(offers) if len(last) < sum(len(offer.rows) for offer in offers) else []
    before: dict[Name, str | None] = {**dict.fromkeys(repeated), **rows_sql.known_digests(repeated)}
    fates = rows_sql.store(last, now)
    return [_tally(offer, fates, before) for offer in offers]


def _repeated(offers: Sequence[Offer]) -> list[Name]:
    """The names that come more than once."""
    times = Counter((offer.source.pk, row.table, row.key) for offer in offers for row in offer.rows)
    return [name for name, count in times.items() if count > 1]


def _tally(offer: Offer, fates: dict[Name, Fate], before: dict[Name, str | None]) -> _Tally:
    tally = _Tally(received=len(offer.refused), refused=len(offer.refused))
    if not fates and not before:  # all is new
        tally.received += len(offer.rows)
        tally.stored = len(offer.rows)
        return tally
    for position, row in enumerate(offer.rows):
        name = (offer.source.pk, row.table, row.key)
        tally.add(_next_fate(before, name, row) if name in before else fates.get(name, Fate.NEW), position)
    return tally


def _next_fate(before: dict[Name, str | None], name: Name, row: Offered) -> Fate:
    """Of a record that comes several times: what this version is to the one before it."""
    earlier, before[name] = before[name], row.digest.hex
    if earlier is None:
        return Fate.NEW
    return Fate.SAME if earlier == row.digest.hex else Fate.CHANGED


def _taken(arrival: int, tally: _Tally, places: Kept) -> Taken:
    counts = {name: getattr(tally, name) for name in COUNTED}
    duplicates = tally.duplicates if places is None else [places[one] for one in tally.duplicates]
    return Taken(arrival, **counts, duplicates=tuple(duplicates))


def _keep_refused(offers: Sequence[Offer], arrivals: Sequence[int], now: datetime) -> None:
    rows = [
        _refused_row(arrival, refusal, now)
        for offer, arrival in zip(offers, arrivals, strict=True)
        for refusal in offer.refused
    ]
    if rows:
        RefusedRow.objects.bulk_create(rows)


def _refused_row(arrival: int, refusal: Refusal, now: datetime) -> RefusedRow:
    return RefusedRow(
        arrival_id=arrival,
        at=now,
        place=refusal.place[:200],
        field=refusal.field[:60],
        reason=refusal.reason[:400],
        payload=refusal.payload,
    )


def _keep_routes(offers: Sequence[Offer], all_taken: Sequence[Taken]) -> None:
    for offer, taken in zip(offers, all_taken, strict=True):
        routed = [row for row in offer.rows if row.route is not None]
        if routed and taken.stored:
            rows_sql.keep_routes(offer.source, routed)


def _count(offers: Sequence[Offer], all_taken: Sequence[Taken], now: datetime) -> None:
    """Add to the tallies of batches and sources, whose sums the database checks."""
    of_arrivals: dict[int, Counter[str]] = defaultdict(Counter)
    of_sources: dict[int, Counter[str]] = defaultdict(Counter)
    for offer, taken in zip(offers, all_taken, strict=True):
        counts = {name: getattr(taken, name) for name in COUNTED}
        of_arrivals[taken.arrival_id].update(counts)
        of_sources[offer.source.pk].update(counts)
    rows_sql.count_arrivals(of_arrivals)
    rows_sql.count_sources(of_sources, now)


def _note(offers: Sequence[Offer], all_taken: Sequence[Taken], now: datetime) -> None:
    """One line of the journal a batch and transaction. It comes last: its head is locked until the commit."""
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    for taken in all_taken:
        counts[taken.arrival_id].update({name: getattr(taken, name) for name in COUNTED})
    by = {taken.arrival_id: offer for offer, taken in zip(offers, all_taken, strict=True)}
    for arrival_id, summed in counts.items():
        offer = by[arrival_id]
        arrival = offer.arrival or Arrival(pk=arrival_id)
        detail = {"source": offer.source.key, **summed}
        journal.note(actor=arrival.by, verb="took in", about=arrival, at=now, detail=detail)
