"""What a customer told a colleague: written down with the teller named, and stored like every other signal.

It goes through the inbox as a batch of its own, so that it is acknowledged, counted and taken back like
anything else that comes in live.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later

from interlock.fabric import records
from interlock.fabric.access import Act, may
from interlock.fabric.models import Person
from interlock.listen import inbox, services, settling
from interlock.listen.errors import NotAnswerable, WrongState
from interlock.listen.models import Arrival, InboxRow, Signal, Source, SourceKind

# How the talk is named in "told to Ines Calder in a call".
WAYS = {
    "call": later("in a call"),
    "meeting": later("in a meeting"),
    "visit": later("on a visit"),
    "fair": later("at a fair"),
    "chat": later("in a chat"),
    "letter": later("in a letter"),
}
MOST_MATCHES = 12
MOST_OFFERED = 200


@dataclass(frozen=True)
class Known:
    """A record one can choose: its key, and what people call it."""

    key: str
    name: str


@dataclass(frozen=True)
class Told:
    """What was told: `is_verbatim` says whether the words are the customer's or the colleague's note."""

    words: str
    is_verbatim: bool
    kind: str
    way: str
    at: datetime
    account: str = ""
    contact: str = ""
    product: str = ""
    rating: float | None = None
    reason: str = ""


def capture(*, told: Told, by: Person, now: datetime) -> Arrival:
    """Store what a customer told somebody. Not inside another transaction: its return is the acknowledgement.

    Raises:
        NotAnswerable: the record cannot be taken; the text says which field and why.
    """
    if not may(by, Act.ANSWER):
        raise NotAnswerable(_("Your role does not include writing down what customers say."))
    offered = inbox.checked("signals", _row(told, by), place=_("written down by hand"), now=now)
    if isinstance(offered, inbox.Refusal):
        raise NotAnswerable(offered.reason)
    arrival = inbox.open_arrival(source=told_source(now), now=now, by=by)
    inbox.take_in([inbox.Offer(source=arrival.source, rows=[offered], arrival=arrival)], now=now)
    inbox.close_arrival(arrival=arrival, now=now)
    settling.settle(now=now)
    return arrival


def take_back(*, arrival: Arrival, by: Person, now: datetime) -> None:
    """Undo a capture of one's own.

    Raises:
        WrongState: it is somebody else's, no capture, or taken back already.
    """
    if arrival.source.kind != SourceKind.CAPTURED or arrival.by_id != by.pk:
        raise WrongState(_("Only who wrote it down can take it back here; nothing was changed."))
    inbox.undo_arrival(arrival=arrival, by=by, now=now)


def captured_as(arrival: Arrival) -> Signal | None:
    """The signal that a capture made; None while another worker still settles it."""
    key = InboxRow.objects.filter(arrival=arrival, table="signals").values_list("key", flat=True).first()
    return Signal.objects.filter(key=key).first() if key else None


def capture_of(signal: Signal, person: Person | None) -> Arrival | None:
    """The capture by which this person wrote a signal down; None when it came otherwise."""
    row = InboxRow.objects.filter(
        table="signals", key=signal.key, source=signal.source_id, arrival__by=person
    )
    row = row.filter(source__kind=SourceKind.CAPTURED).select_related("arrival").first()
    return row.arrival if person and row else None


def told_source(now: datetime) -> Source:
    """The source of everything that was told to somebody, made when first needed."""
    found = Source.objects.filter(kind=SourceKind.CAPTURED, removed_at=None).first()
    return found or services.name_source(name=_("Told to a colleague"), kind=SourceKind.CAPTURED, now=now)


def accounts_like(text: str) -> list[Known]:
    """Accounts whose key or name is this, else those whose name contains it; at most MOST_MATCHES."""
    return _like("accounts", "account_id", "name", text)


def products_like(text: str) -> list[Known]:
    """Products whose key or name is this, else those whose name contains it; at most MOST_MATCHES."""
    return _like("products", "product_id", "coalesce(name, family)", text)


def accounts_to_offer() -> list[Known]:
    """Some accounts for the field's list of suggestions, by name; typing finds the others."""
    return _some("accounts", "account_id", "name")


def products_to_offer() -> list[Known]:
    return _some("products", "product_id", "coalesce(name, family)")


def _row(told: Told, by: Person) -> Mapping[str, Any]:
    way = WAYS[told.way]
    title = _("Told to %(name)s %(way)s") if told.is_verbatim else _("Noted by %(name)s %(way)s")
    row = {
        "signal_id": f"told:{uuid.uuid4()}",
        "kind": told.kind,
        "occurred_at": told.at.astimezone(UTC).isoformat(),
        "account_id": told.account,
        "contact_id": told.contact,
        "product_id": told.product,
        "channel": told.way,
        "title": title % {"name": by.name, "way": way},
        "body": told.words,
        "reason": told.reason,
        "rating": told.rating,
        "rating_max": 5 if told.rating is not None else None,
    }
    return {name: value for name, value in row.items() if value not in {"", None}}


def _like(table: str, key: str, name: str, text: str) -> list[Known]:
    text = text.strip()
    if not text or not records.snapshot().counts.get(table):
        return []
    # Our own names of columns; what was typed is a parameter. An exact key or name leaves no choice to make.
    rows = records.current_records().sql(
        f"""
        WITH found AS (
            SELECT {key} AS key, coalesce({name}, {key}) AS name,
                CASE WHEN {key} = $text THEN 0 WHEN lower({name}) = lower($text) THEN 1 ELSE 2 END AS place
            FROM {table}
            WHERE {key} = $text OR contains(lower({name}), lower($text))
        )
        SELECT key, name FROM found WHERE place = (SELECT min(place) FROM found) OR place < 2
        ORDER BY place, name, key LIMIT {MOST_MATCHES}
        """,  # noqa: S608
        text=text,
    )
    return [Known(row["key"], row["name"]) for row in rows.to_pylist()]


def _some(table: str, key: str, name: str) -> list[Known]:
    if not records.snapshot().counts.get(table):
        return []
    rows = records.current_records().sql(
        f"SELECT DISTINCT {key} AS key, {name} AS name FROM {table} WHERE {name} IS NOT NULL ORDER BY 2, 1 LIMIT {MOST_OFFERED}"  # noqa: S608 - as above
    )
    return [Known(row["key"], row["name"]) for row in rows.to_pylist()]
