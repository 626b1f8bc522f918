"""In which streams an event is heard, and what people say of that: another matter, or the same after all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from interlock.fabric.access import Act, needs, person_of
from interlock.fabric.contexts import context_address
from interlock.listen.errors import ListenError
from interlock.listen.models import Alarm, StreamKind
from interlock.listen.outcry import looking, one_event
from interlock.web.outcries import words


@dataclass(frozen=True)
class Stream:
    """One stream of an event as its page shows it."""

    alarm: Alarm
    url: str
    loud: str
    state: str
    joined_at: datetime | None  # where it joined after it was told
    may_leave: bool  # the first heard gives the event its address


def streams(first: Alarm) -> list[Stream]:
    """The streams of an event, the first heard in front; none where it is heard in one alone."""
    if not first.parts.all():
        return []
    return [
        Stream(
            alarm=one,
            url=stream_address(one),
            loud=words.loudness(one),
            state=words.state_words(one),
            joined_at=one.joined_at if one.joined_at and one.joined_at > first.began_at else None,
            may_leave=one.event_id is not None and not first.verdict,
        )
        for one in one_event.rows_of(first)
    ]


def stream_address(alarm: Alarm) -> str:
    """Where the stream itself is to be read about."""
    kind, key = alarm.stream.kind, alarm.stream.key
    if kind == StreamKind.SOURCE:
        return reverse("listen:source", args=[key]) if key.isdecimal() else ""
    return context_address(kind, key)


@require_POST
@needs(Act.SORT)
def take_out(request: HttpRequest, alarm_id: int) -> HttpResponse:
    """Say that a stream rings for another matter than its event."""
    person = person_of(request)
    alarm = get_object_or_404(looking.alarms_visible_to(person), pk=alarm_id)
    event = alarm.event_id
    assert person is not None
    try:
        one_event.take_out(alarm=alarm, by=person, now=timezone.now())
    except ListenError as error:
        messages.warning(request, str(error))
    else:
        undo = f"undo:{reverse('web:put_outcry_back', args=[alarm.pk])}"
        said = _("“%(name)s” is an alarm of its own now.") % {"name": alarm.label}
        messages.info(request, said, extra_tags=undo)
    return redirect("web:one_outcry", event or alarm.pk)


@require_POST
@needs(Act.SORT)
def put_back(request: HttpRequest, alarm_id: int) -> HttpResponse:
    """Put a stream back into the event that it was taken out of."""
    person = person_of(request)
    alarm = get_object_or_404(looking.alarms_visible_to(person), pk=alarm_id)
    assert person is not None
    try:
        first = one_event.put_back(alarm=alarm, by=person, now=timezone.now())
    except ListenError as error:
        messages.warning(request, str(error))
        return redirect("web:one_outcry", alarm.pk)
    messages.info(request, _("Put back: it is the same matter again."))
    return redirect("web:one_outcry", first.pk)
