"""One event as people see it: an alarm with every stream that rings for it, led by the stream that says most.

The alarm that was heard first gives the address, the notice and the verdict. What leads can change while it goes on: a
theme says more than the channel that was heard before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from interlock.fabric import events, journal
from interlock.fabric.models import Person
from interlock.listen.errors import EditRefused
from interlock.listen.models import Alarm, StreamKind, StreamState
from interlock.listen.outcry import alarms

# A theme says more than the source it came through.
NARROWEST = (StreamKind.THEME, StreamKind.PRODUCT, StreamKind.CHANNEL, StreamKind.SOURCE)
_LOUDEST = (StreamState.OUTCRY, StreamState.EMERGING, StreamState.FALLEN)
_PARTS = Alarm.objects.filter(event=OuterRef("pk"))
GOES_ON = Q(ended_at=None) | Q(Exists(_PARTS.filter(ended_at=None)))
IS_OUTCRY = Q(state=StreamState.OUTCRY) | Q(Exists(_PARTS.filter(state=StreamState.OUTCRY)))


def whole(shown: QuerySet[Alarm]) -> QuerySet[Alarm]:
    """Of these alarms the first of each event, with its other streams read beside it. One query more."""
    parts = Alarm.objects.select_related("stream", "judged_by").defer("usual").order_by("began_at", "pk")
    return shown.filter(event=None).prefetch_related(Prefetch("parts", queryset=parts))


def rows_of(first: Alarm) -> list[Alarm]:
    """Every stream of an event, each with its newest alarm: the first heard in front."""
    newest: dict[int, Alarm] = {}
    for one in (first, *first.parts.all()):
        newest[one.stream_id] = one
    return list(newest.values())


def leading(first: Alarm) -> Alarm:
    """The alarm of an event that says most: one that goes on, an outcry, a theme, in which most people speak."""
    return min(rows_of(first), key=lambda one: (one.ended_at is not None, *how_much_it_says(one)))


def how_much_it_says(alarm: Alarm) -> tuple[int, int, float]:
    """Least for what says most: an outcry, a theme, many people."""
    return (
        _LOUDEST.index(StreamState(alarm.state)),
        NARROWEST.index(StreamKind(alarm.stream.kind)),
        -alarm.known.get("voices", 0),
    )


def others(first: Alarm) -> list[Alarm]:
    """The streams of an event beside the one that leads."""
    lead = leading(first)
    return [one for one in rows_of(first) if one.pk != lead.pk]


def first_of(alarm: Alarm) -> Alarm:
    """The alarm that stands for this one's event."""
    return alarm.event or alarm


@transaction.atomic
def take_out(*, alarm: Alarm, by: Person, now: datetime) -> Alarm:
    """Let a stream be an alarm of its own, because it rings for another matter; nothing joins it any more.

    Raises:
        EditRefused: it is not part of an event, or that was judged.
    """
    first, locked = _locked(alarm, alarm.event_id)
    if first is None or locked.event_id != first.pk:
        raise EditRefused(_("It is an alarm of its own already; nothing was changed."))
    _not_judged([first, locked])
    Alarm.objects.filter(event=first, stream=locked.stream_id).update(
        event=None, joined_at=None, apart_from=first
    )
    _tell(first, locked, "taken out: another matter", by, now)
    return locked


@transaction.atomic
def put_back(*, alarm: Alarm, by: Person, now: datetime) -> Alarm:
    """Put a stream back into the event that it was taken out of; returns the event's first alarm.

    Raises:
        EditRefused: it was not taken out, or one of the two was judged.
    """
    first, locked = _locked(alarm, alarm.apart_from_id)
    if first is None or locked.apart_from_id is None:
        raise EditRefused(_("It was not taken out of an alarm; nothing was changed."))
    first = first_of(first)
    _not_judged([first, locked])
    Alarm.objects.filter(apart_from=locked.apart_from_id, stream=locked.stream_id).update(
        event=first, joined_at=now, apart_from=None
    )
    _tell(first, locked, "put back: the same matter", by, now)
    return first


def _locked(alarm: Alarm, first: int | None) -> tuple[Alarm | None, Alarm]:
    """The first alarm of an event and one of its own, as they stand, locked in the order of their numbers."""
    wanted = Alarm.objects.select_for_update(of=("self",)).select_related("stream", "event")
    found = {one.pk: one for one in wanted.filter(pk__in=[alarm.pk, first or alarm.pk]).order_by("pk")}
    return (found[first] if first else None), found[alarm.pk]


def _not_judged(both: Sequence[Alarm]) -> None:
    if any(one.verdict for one in both):
        raise EditRefused(_("It was judged already. Take that back first; nothing was changed."))


def _tell(first: Alarm, alarm: Alarm, verb: str, by: Person, now: datetime) -> None:
    detail = {"stream": f"{alarm.stream.kind} {alarm.label}"}
    for one in (first, alarm):
        journal.note(actor=by, verb=verb, about=one, at=now, detail=detail)
    keys = [str(first.pk), str(alarm.pk)]
    events.tell(topic=alarms.TOPIC, verb="parted", keys=keys, at=now, detail={"kind": "alarm"})
