"""Batches of what comes in live: opened, joined, closed. A batch can be undone as a whole."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import gettext as _

from interlock.fabric.models import Person
from interlock.listen.errors import WrongState
from interlock.listen.inbox.offering import Offer
from interlock.listen.models import Arrival, Source


def open_arrival(*, source: Source, now: datetime, by: Person | None = None) -> Arrival:
    """Begin a batch of its own, such as one asking of a connector or one captured talk."""
    return Arrival.objects.create(source=source, opened_at=now, by=by)


@transaction.atomic
def close_arrival(*, arrival: Arrival, now: datetime) -> Arrival:
    """Let no record join this batch any more. Closing a closed one changes nothing."""
    locked = Arrival.objects.select_for_update(of=("self",), no_key=True).get(pk=arrival.pk)
    if locked.closed_at is None:
        locked.closed_at = now
        locked.save(update_fields=["closed_at"])
    return locked


def arrivals_for(offers: Iterable[Offer], now: datetime) -> list[int]:
    """Lock the sources of these offers, in one order, and return the batch that each offer joins.

    Raises:
        WrongState: an offer names a batch that is closed.
    """
    offers = list(offers)
    _lock_sources({offer.source.pk for offer in offers})
    named = {offer.arrival.pk for offer in offers if offer.arrival is not None}
    if named:
        _require_open(named)
    standing: dict[int, int] = {}
    joined = []
    for offer in offers:
        if offer.arrival is not None:
            joined.append(offer.arrival.pk)
            continue
        source = offer.source.pk
        if source not in standing:
            standing[source] = _standing(source, now)
        joined.append(standing[source])
    return joined


def _lock_sources(numbers: set[int]) -> None:
    """Nobody else counts for these sources until the commit; with SQLite nobody else writes anyway.

    NO KEY: a full lock would stand in the way of others that hold the journal and point to a source, who are
    waited for in turn. 17 of 300 requests ended in such a deadlock.
    """
    if connection.features.has_select_for_update:
        places = ", ".join(["%s"] * len(numbers))
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT 1 FROM listen_source WHERE id IN ({places}) ORDER BY id FOR NO KEY UPDATE",  # noqa: S608 - places of parameters
                list(numbers),
            )


def _standing(source_id: int, now: datetime) -> int:
    """The batch that what is pushed joins, until flushing closes it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM listen_arrival WHERE source_id = %s AND closed_at IS NULL AND by_id IS NULL"
            " ORDER BY id DESC LIMIT 1",
            [source_id],
        )
        newest = cursor.fetchone()
    return newest[0] if newest else Arrival.objects.create(source_id=source_id, opened_at=now).pk


def _require_open(arrivals: set[int]) -> None:
    closed = list(
        Arrival.objects.select_for_update(of=("self",), no_key=True)
        .filter(pk__in=arrivals)
        .exclude(closed_at=None)
        .values_list("pk", flat=True)
    )
    if closed:
        raise WrongState(
            _("Batch %(batch)s is closed; open another one. Nothing was stored.") % {"batch": closed[0]}
        )
