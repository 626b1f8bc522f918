"""Open a conversation about an alarm: with one click as proposed, or after choosing who is asked."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from interlock.converse import services as talks
from interlock.converse.errors import ConversationError
from interlock.converse.models import Conversation, Participant
from interlock.converse.opening_form import OpeningForm, seat_key
from interlock.fabric.access import Act, needs, person_of
from interlock.fabric.contexts import context_for
from interlock.fabric.models import Function, Person
from interlock.listen.models import Alarm
from interlock.listen.outcry import looking, setting
from interlock.listen.outcry.one_event import leading
from interlock.web.outcries import seats
from interlock.web.themes.talking import free_seats

CONTEXT_KIND = "outcry"
DUE_AFTER = timedelta(days=2)  # an outcry doubles within a day


@require_http_methods(["GET", "POST"])
@needs(Act.CONVENE)
def talk(request: HttpRequest, alarm_id: int) -> HttpResponse:
    """The page that opens a conversation about an alarm; the alarm's own button posts here as well."""
    person, now = person_of(request), timezone.now()
    first = looking.event_of(person, alarm_id)
    if first is None:
        raise Http404
    alarm = leading(first)
    assert person is not None
    host = setting.host_on_duty(now)
    asked = seats.proposed(first, person, host, now)
    offered = [*asked, *(seat for seat in free_seats(person) if seat not in asked)]
    today = timezone.localdate()
    form = OpeningForm(
        request.POST or None,
        seats=offered,
        today=today,
        initial={
            "people": [seat_key(one, function) for one, function in asked],
            "question": question_of(alarm),
            "purpose": purpose_of(alarm),
            "due": today + DUE_AFTER,
        },
    )
    if request.method == "POST" and form.is_valid():
        try:
            conversation = _opened(first, form, host=host, by=person, now=now)
        except ConversationError as error:
            form.add_error(None, str(error))
        else:
            return redirect("converse:conversation", conversation.pk)
    context = {
        "first": first,
        "alarm": alarm,
        "form": form,
        "quotes": looking.quotes(alarm),
        "someone": bool(offered),
    }
    return render(request, "web/talk_about_outcry.html", context, status=422 if form.errors else 200)


@transaction.atomic
def _opened(
    first: Alarm, form: OpeningForm, *, host: Person | None, by: Person, now: datetime
) -> Conversation:
    """The conversation, with the host among those asked as its host."""
    asked = form.asked()
    conversation = talks.open_conversation(
        context=context_for(kind=CONTEXT_KIND, key=str(first.pk), label=leading(first).label),
        title=form.cleaned_data["question"],
        question=form.cleaned_data["question"],
        purpose=form.cleaned_data["purpose"],
        due=form.cleaned_data["due"],
        functions=list(dict.fromkeys(function for _person, function in asked)),
        people=[*(seat for seat in asked if seat[0] != host), (by, (by.functions or [Function.CUSTOMER])[0])],
        by=by,
        now=now,
    )
    for one, function in asked:
        if one == host:
            part = Participant.Part.HOST
            talks.invite(conversation=conversation, person=one, function=function, by=by, now=now, part=part)
    return conversation


def question_of(alarm: Alarm) -> str:
    """What the conversation is to answer."""
    return _("What happened to “%(name)s”, and what do we tell those who ask?") % {"name": alarm.label}


def purpose_of(alarm: Alarm) -> str:
    """The figure that should be better afterwards."""
    return _("“%(name)s” back at its usual number of voices") % {"name": alarm.label}
