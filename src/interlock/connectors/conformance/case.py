"""What the suite is told about a connector: its API as a function, its answers, and what must come out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ..live import Answers, Letter, LiveConnector, Route
from .playing import Api

Key = tuple[str, str]


@dataclass(frozen=True)
class Reply:
    """An answer on its way out: the route of a signal, and the API that takes it.

    `api` makes a fresh system; it also returns a function that counts the answers it holds.
    """

    route: Route
    api: Callable[[], tuple[Api, Callable[[], int]]]
    letter: Letter = field(
        default_factory=lambda: Letter(
            reference="interlock-7c9e6679", author="Ana Ruiz", text="Your parcel is found.", subject="Parcel"
        )
    )


@dataclass(frozen=True)
class Case:
    """One connector with a system that plays its part.

    `api` makes a fresh system with at least two pages, oldest record first where the system has an order. `origins`
    are the addresses the connector asks; they are led to the played system. `expected` holds every record by table
    and key; a record that is mapped to None is only looked for. `secrets` must never be seen in a text or a row.
    """

    connector: LiveConnector
    answers: Answers
    origins: tuple[str, ...]
    api: Callable[[], Api]
    expected: Mapping[Key, Mapping[str, Any] | None]
    secrets: tuple[str, ...] = ()
    # Names of JSON fields that the documentation calls optional: without them the same records must come.
    optional: tuple[str, ...] = ()
    # The system a while later, and the records that are new or changed then.
    later: Callable[[], Api] | None = None
    expected_later: Mapping[Key, Mapping[str, Any] | None] = field(default_factory=dict)
    # A system whose first access token has run out, for connectors that renew theirs.
    expired: Callable[[], Api] | None = None
    # A system that voids a refresh token when it hands out the next one, for connectors that keep theirs.
    rotating: Callable[[], Api] | None = None
    # Records that may come again when an asking goes on, because the system only knows times.
    overlap: int = 0
    reply: Reply | None = None
    now: datetime = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
