"""Which other waiting signals can the same answer serve?"""

from __future__ import annotations

from django.db.models import Q

from interlock.listen.models import Clock, ReplyRoute, Signal
from interlock.listen.stages import talk_keys

MOST_TOGETHER = 20


def answerable_together(signal: Signal) -> list[Signal]:
    """Other signals that wait: of the same talk, account or contact, the oldest first."""
    own = Q()
    if signal.account_key:
        own |= Q(account_key=signal.account_key)
    if signal.contact_key:
        own |= Q(contact_key=signal.contact_key)
    if keys := talk_keys(signal.key):
        own |= Q(key__in=keys)
    if not own:
        return []
    waiting = Clock.objects.filter(stopped_at=None).values("signal_key")
    others = Signal.objects.filter(own, key__in=waiting).exclude(pk=signal.pk).select_related("source")
    return list(others.order_by("occurred_at", "pk")[:MOST_TOGETHER])


def surely_same_person(signal: Signal, others: list[Signal]) -> list[Signal]:
    """Those of the others that one answer reaches without showing it to a colleague: the form proposes them.

    The contact decides where both name one, else the place to which an answer goes. One query.
    """
    keys = [signal.key, *(other.key for other in others)]
    routes = {route.signal_key: _place(route) for route in ReplyRoute.objects.filter(signal_key__in=keys)}
    return [other for other in others if _is_same(signal, other, routes)]


def _is_same(signal: Signal, other: Signal, routes: dict[str, tuple[object, str]]) -> bool:
    if signal.contact_key and other.contact_key:
        return signal.contact_key == other.contact_key
    place = routes.get(signal.key)
    return place is not None and place == routes.get(other.key)


def _place(route: ReplyRoute) -> tuple[object, str]:
    """A mail address is one person wherever it was read; a thread is one within its source."""
    if route.address:
        return "address", route.address.casefold()
    return route.source_id, route.thread
