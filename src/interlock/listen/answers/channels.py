"""By which channel does an answer reach the author of a signal, and may a reader see the address?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from interlock.connectors.live import AnsweringConnector
from interlock.connectors.live_registry import live_connectors
from interlock.listen.answers.own_mail import OwnMail
from interlock.listen.models import ReplyRoute, Signal, Source, SourceKind


def connectors() -> dict[str, Any]:
    """What can take answers out, by kind of source."""
    return {**live_connectors(), SourceKind.COMMUNITY: OwnMail()}


@dataclass(frozen=True)
class Channel:
    """How an answer goes out: by the connector of `source` when `can_send`, else by hand.

    `has_way`: the signal came with a way back, whether or not we can use it from here.
    """

    source: Source
    can_send: bool
    has_way: bool = False
    address: str = ""
    url: str = ""


def channel_of(signal: Signal, *, letters: bool = False) -> Channel:
    """The channel of one signal. One query."""
    route = ReplyRoute.objects.filter(signal_key=signal.key).select_related("source").first()
    return channel_by(signal, route, letters=letters)


def channel_by(signal: Signal, route: ReplyRoute | None, *, letters: bool = False) -> Channel:
    """The channel of a signal whose route, with its source, is known already.

    What was said in the community is answered there, for all to read; only `letters` of a round go out by mail.
    """
    if route is None or (route.source.kind == SourceKind.COMMUNITY and not letters):
        return Channel(signal.source, False, url=signal.url)
    open_source = route.source.removed_at is None and route.source.paused_at is None
    connector = connectors().get(route.source.kind)
    can_send = open_source and isinstance(connector, AnsweringConnector)
    return Channel(route.source, can_send, True, route.address, signal.url)
