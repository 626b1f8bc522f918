"""HTTP of attaching: choose the talk, then what was seen stands in it."""

from __future__ import annotations

from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from interlock.converse import queries
from interlock.converse.errors import ConversationError
from interlock.converse.talks import exhibiting
from interlock.converse.talks.requests import reader_of
from interlock.fabric.access import Act, needs
from interlock.fabric.numbers import number_of

MOST_TALKS = 40


@require_POST
@needs(Act.CONVENE)
def attach(request: HttpRequest) -> HttpResponse:
    """Show what would be attached and ask to which talk; with a talk, attach it there."""
    person, token = reader_of(request), request.POST.get("shown", "")
    try:
        shown = exhibiting.seen_in(token, person)
    except signing.BadSignature as error:
        raise Http404 from error
    talks = queries.my_conversations(person).filter(state__in=[*queries.LIVE_STATES, "acted", "dormant"])
    talk = talks.filter(pk=number_of(request.POST.get("talk"))).first()
    if talk is None:
        context = {"shown": shown, "token": token, "talks": talks[:MOST_TALKS]}
        return render(request, "converse/attach.html", context)
    try:
        exhibit = exhibiting.attach(conversation=talk, shown=shown, by=person, now=timezone.now())
    except ConversationError as error:
        messages.info(request, str(error))
        return redirect("converse:conversation", talk.pk)
    messages.info(request, _("Attached as you saw it."))
    return redirect(f"{reverse('converse:conversation', args=[talk.pk])}#exhibit-{exhibit.pk}")
