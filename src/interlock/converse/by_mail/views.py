"""The page about replies by mail: is it set up, what came, what was refused and why."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from interlock.converse.by_mail import addresses, keeping
from interlock.converse.models import MailReply
from interlock.fabric.access import Act, needs, person_of

MOST_SHOWN = 100


@require_GET
@needs(Act.IMPORT)
def replies(request: HttpRequest) -> HttpResponse:
    """What was refused in the last month, the newest first, with the words, so that nothing is lost."""
    refused = MailReply.objects.filter(state=MailReply.State.REFUSED).defer("raw")
    context = {
        "person": person_of(request),
        "address": settings.REPLY_ADDRESS,
        "has_mail": bool(settings.MAIL_SERVER),
        "are_read": addresses.are_read(),
        "tally": keeping.tally(),
        "refused": refused[:MOST_SHOWN],
    }
    return render(request, "converse/notices/replies.html", context)
