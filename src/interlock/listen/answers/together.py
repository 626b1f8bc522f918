"""Which other waiting signals can the same answer serve?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db.models import Exists, OuterRef

from interlock.listen.clocks import customer_of
from interlock.listen.models import Clock, ReplyRoute, Signal
from interlock.listen.stages import talk_keys

MOST_TOGETHER = 20


def answerable_together(signal: Signal) -> list[Signal]:
    """Other signals that wait: of the same talk, account or contact, the oldest first.

    The account's are found among the clocks that run, because it may have spoken a hundred thousand times.
    """
    runs = Clock.objects.filter(stopped_at=None)
    waits = Exists(runs.filter(signal_key=OuterRef("key")))
    keys = set(talk_keys(signal.key))
    if signal.account_key:
        own = runs.filter(customer=customer_of(signal)).order_by("opened_at", "pk")
        keys.update(own.values_list("signal_key", flat=True)[: MOST_TOGETHER + 1])
    if signal.contact_key:
        said = Signal.objects.filter(waits, contact_key=signal.contact_key).order_by("occurred_at", "pk")
        keys.update(said.values_list("key", flat=True)[: MOST_TOGETHER + 1])
    keys.discard(signal.key)
    others = Signal.objects.filter(waits, key__in=keys).select_related("source")
    return list(others.order_by("occurred_at", "pk")[:MOST_TOGETHER]) if keys else []


def surely_same_person(signal: Signal, others: list[Signal]) -> list[Signal]:
    """Those of the others that one answer reaches without showing it to a colleague: the form proposes them.

    The contact decides where both name one, else the place to which an answer goes. One query.
    """
    keys = [signal.key, *(other.key for other in others)]
    routes = {route.signal_key: place_of(route) for route in ReplyRoute.objects.filter(signal_key__in=keys)}
    return [other for other in others if _is_same(signal, other, routes)]


def by_person(signals: Sequence[Signal], routes: Mapping[str, ReplyRoute]) -> list[list[Signal]]:
    """The signals by person, in their order: those of the same contact, or with the same place where one names none."""
    people: list[list[Signal]] = []
    of_contact: dict[str, list[Signal]] = {}
    of_place: dict[tuple[object, str], list[Signal]] = {}
    for one in signals:
        route = routes.get(one.key)
        place = place_of(route) if route else None
        own = of_contact.get(one.contact_key) if one.contact_key else None
        there = of_place.get(place) if place else None
        if own is None and there is not None and not _differ(one, there):
            own = there
        if own is None:
            own = []
            people.append(own)
        own.append(one)
        if one.contact_key:
            of_contact[one.contact_key] = own
        if place and place not in of_place:
            of_place[place] = own
    return people


def _differ(one: Signal, others: Sequence[Signal]) -> bool:
    """Whether both sides name a contact, and not the same."""
    named = {other.contact_key for other in others} - {""}
    return bool(one.contact_key and named and one.contact_key not in named)


def _is_same(signal: Signal, other: Signal, routes: Mapping[str, tuple[object, str] | None]) -> bool:
    if signal.contact_key and other.contact_key:
        return signal.contact_key == other.contact_key
    place = routes.get(signal.key)
    return place is not None and place == routes.get(other.key)


def place_of(route: ReplyRoute) -> tuple[object, str] | None:
    """Where an answer by this route arrives; None where it names no place that could be compared.

    A mail address is one person wherever it was read; a thread is one within its source.
    """
    if route.address:
        return "address", route.address.casefold()
    return (route.source_id, route.thread) if route.thread else None
