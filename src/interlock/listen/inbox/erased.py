"""What somebody said who was erased here does not come in again; what they say from now on does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import msgspec
from django.utils.translation import gettext as _

from interlock.fabric import forgotten
from interlock.listen.inbox.offering import Offer, Offered, Refusal

# Where the kept rows of an offer stood in it; None: all were kept.
Kept = Sequence[int] | None


class _When(msgspec.Struct):
    occurred_at: datetime


def without_erased(offers: Sequence[Offer]) -> tuple[Sequence[Offer], list[Kept]]:
    """The offers with such rows refused, and where the others stood. One query where nobody was ever erased."""
    rows = [row for offer in offers for row in offer.rows if row.table == "signals"]
    everything: list[Kept] = [None] * len(offers)
    if not rows or forgotten.nobody():
        return offers, everything
    known = forgotten.forgotten_among({name for row in rows for name in _names(row)})
    if not known:
        return offers, everything
    found = [_without(offer, known) for offer in offers]
    return [offer for offer, _places in found], [places for _offer, places in found]


def _without(offer: Offer, known: dict[str, datetime]) -> tuple[Offer, Kept]:
    places = [place for place, row in enumerate(offer.rows) if not _is_erased(row, known)]
    if len(places) == len(offer.rows):
        return offer, None
    kept = set(places)
    # Neither the key nor the words: both are what was to be forgotten.
    refused = [
        Refusal("", _("Who said this was erased here, so it does not come in again."), "signal_id")
        for place in range(len(offer.rows))
        if place not in kept
    ]
    rows = [offer.rows[place] for place in places]
    return replace(offer, rows=rows, refused=[*offer.refused, *refused]), places


def _names(row: Offered) -> list[str]:
    names = [forgotten.signal(row.key)]
    return [*names, forgotten.mail(row.route.address)] if row.route and row.route.address else names


def _is_erased(row: Offered, known: dict[str, datetime]) -> bool:
    if row.table != "signals":
        return False
    if forgotten.signal(row.key) in known:
        return True
    at = known.get(forgotten.mail(row.route.address)) if row.route and row.route.address else None
    return at is not None and msgspec.json.decode(row.payload, type=_When).occurred_at <= at
