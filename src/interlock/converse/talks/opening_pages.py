"""Start a conversation where the thing is shown, say what it is for, and ask people in or out."""

from __future__ import annotations

from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from interlock.converse import services
from interlock.converse.errors import ConversationError
from interlock.converse.forms import FrameForm
from interlock.converse.models import Participant
from interlock.converse.talks import people, starting
from interlock.converse.talks.requests import act_and_return, back_to, reader_of, seen_conversation
from interlock.fabric.access import Act, needs
from interlock.fabric.numbers import number_of


@require_POST
@needs(Act.CONVENE)
def start(request: HttpRequest) -> HttpResponse:
    """Open a conversation with its first line, about what the page signed."""
    try:
        kind, key, label = starting.thing_of(request.POST.get("about", ""))
    except signing.BadSignature as error:
        raise Http404 from error
    try:
        opened = starting.start(
            kind=kind,
            key=key,
            label=label,
            body=request.POST.get("body", "")[:10_000],
            by=reader_of(request),
            now=timezone.now(),
        )
    except ConversationError as error:
        messages.info(request, str(error))
        return redirect("converse:conversations")
    return redirect("converse:conversation", opened.pk)


@require_POST
@needs(Act.CONVENE)
def frame(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """Say what a talk is for and what it answers by when."""
    found = seen_conversation(request, conversation_id)
    form = FrameForm(request.POST, today=timezone.localdate())
    if not form.is_valid():
        messages.info(request, " ".join(text for texts in form.errors.values() for text in texts))
        return back_to(found, "frame")
    return act_and_return(
        request, found, services.frame_conversation, conversation=found, **form.cleaned_data
    )


@require_POST
@needs(Act.CONVENE)
def ask_in(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """Ask a colleague in by choice, or a guest by name or e-mail."""
    found = seen_conversation(request, conversation_id)
    chosen, guest = request.POST.get("colleague", ""), request.POST.get("guest", "").strip()
    if guest:
        person = people.guest_called(guest)
    else:
        person = people.colleagues_to_ask(found).filter(pk=number_of(chosen)).first()
    if person is None:
        why = _(
            "Nobody was asked: no customer or partner is called “%(name)s”. Give the whole name or the e-mail."
        )
        empty = _("Nobody was asked: choose a colleague, or give a guest's whole name or e-mail.")
        messages.info(request, why % {"name": guest} if guest else empty)
        return back_to(found, "people")
    said = (_("%(name)s is asked in.") % {"name": person.name}, "")
    return act_and_return(
        request, found, people.ask_in, conversation=found, person=person, said=said, place="people"
    )


@require_POST
@needs(Act.CONVENE)
def ask_out(request: HttpRequest, conversation_id: int, person_id: int) -> HttpResponse:
    """End a guest's part in a talk."""
    found = seen_conversation(request, conversation_id)
    participant = get_object_or_404(
        Participant.objects.select_related("person", "conversation"),
        conversation=found,
        person_id=person_id,
    )
    said = (_("%(name)s no longer sees this conversation.") % {"name": participant.person.name}, "")
    return act_and_return(request, found, people.ask_out, participant=participant, said=said, place="people")
