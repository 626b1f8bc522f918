"""What is offered to the inbox, and what became of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from interlock.connectors.live import Route
from interlock.listen.models import Arrival, Source


class Offered(NamedTuple):
    """One record that was checked: its payload is clean JSON of contract columns, its digest is of the payload.

    A named tuple, because a million are made an hour and a frozen dataclass takes five times as long.
    """

    table: str
    key: str
    payload: str
    digest: UUID
    place: str
    route: Route | None = None


@dataclass(frozen=True)
class Refusal:
    """One record that is not stored, with a reason a person can act on and what came."""

    place: str
    reason: str
    field: str = ""
    payload: str = ""


@dataclass(frozen=True)
class Taken:
    """What became of one offer. received = stored + duplicate + refused; `updated` counts within the stored.

    `duplicates` are positions in the rows of the offer.
    """

    arrival_id: int
    received: int
    stored: int
    updated: int
    duplicate: int
    refused: int
    duplicates: tuple[int, ...] = ()


@dataclass(frozen=True)
class Offer:
    """Records of one source that are to be stored together.

    `arrival` is the batch they join: None means the source's open one, which is made when there is none.
    `within` runs in the transaction that stores them: what it writes is there if and only if they are.
    """

    source: Source
    rows: Sequence[Offered]
    refused: Sequence[Refusal] = ()
    arrival: Arrival | None = None
    within: Callable[[Taken], None] | None = None
