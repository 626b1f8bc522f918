"""Who is asked into a conversation about an alarm: the host on duty, and one of each function it concerns."""

from __future__ import annotations

from datetime import datetime

from interlock.fabric import away
from interlock.fabric.models import Function, Person
from interlock.listen.models import Alarm, StreamKind, StreamState, Theme
from interlock.listen.outcry.one_event import leading, rows_of
from interlock.web.outcries.words import FIVE
from interlock.web.themes.talking import Seat, free_seats

# Whom the kind of a stream and a change before it concern; a customer's words always concern service.
_OF_KIND = {
    StreamKind.PRODUCT: (Function.PRODUCT, Function.PRODUCTION),
    StreamKind.CHANNEL: (Function.MARKETING,),
    StreamKind.SOURCE: (Function.OPERATIONS,),
    StreamKind.THEME: (),
}
_OF_CHANGE = {
    "campaign": Function.MARKETING,
    "launch": Function.PRODUCT,
    "end of sale": Function.SALES,
}


def concerned(first: Alarm) -> list[str]:
    """Functions that an event concerns, in their order; an outcry concerns all five."""
    rows = rows_of(first)
    found = {str(Function.SERVICE)}
    for alarm in rows:
        found |= {
            str(_OF_CHANGE[one["kind"]])
            for one in alarm.known.get("changes", [])
            if one["kind"] in _OF_CHANGE
        }
    # What an event is about tells more than through which channel it came.
    found |= set(map(str, _OF_KIND[StreamKind(leading(first).stream.kind)]))
    themes = [one.stream.key for one in rows if one.stream.kind == StreamKind.THEME]
    if themes:
        found |= set(
            Theme.objects.filter(key__in=themes).exclude(function="").values_list("function", flat=True)
        )
    if any(one.state == StreamState.OUTCRY for one in rows):
        found |= set(map(str, FIVE))
    return [code for code in Function.values if code in found]


def proposed(first: Alarm, by: Person, host: Person | None, now: datetime) -> list[Seat]:
    """The host, then the first free colleague of each function concerned who is here; nobody twice."""
    free = [seat for seat in free_seats(by) if not away.is_away(seat[0], now)]
    asked: list[Seat] = []
    if host is not None and host.pk != by.pk:
        asked.append((host, (host.functions or [Function.SERVICE])[0]))
    for function in concerned(first):
        taken = {person.pk for person, _function in asked}
        if function in {at for _person, at in asked}:
            continue
        seat = next((one for one in free if one[1] == function and one[0].pk not in taken), None)
        if seat:
            asked.append(seat)
    return asked
