"""By which channel does an answer reach the author of a signal, and may a reader see the address?"""

from __future__ import annotations

from dataclasses import dataclass

from interlock.connectors.live import AnsweringConnector
from interlock.connectors.live_registry import live_connectors
from interlock.listen.models import ReplyRoute, Signal, Source


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


def channel_of(signal: Signal) -> Channel:
    """The channel of one signal. One query."""
    route = ReplyRoute.objects.filter(signal_key=signal.key).select_related("source").first()
    return channel_by(signal, route)


def channel_by(signal: Signal, route: ReplyRoute | None) -> Channel:
    """The channel of a signal whose route, with its source, is known already."""
    if route is None:
        return Channel(signal.source, False, url=signal.url)
    open_source = route.source.removed_at is None and route.source.paused_at is None
    connector = live_connectors().get(route.source.kind)
    can_send = open_source and isinstance(connector, AnsweringConnector)
    return Channel(route.source, can_send, True, route.address, signal.url)
