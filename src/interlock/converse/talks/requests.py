"""What every page of a talk asks first: who is there, and which talk or line may they see?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from interlock.converse import queries
from interlock.converse.errors import ConversationError
from interlock.converse.models import Conversation, Message
from interlock.fabric.access import Act, may, person_of
from interlock.fabric.models import Person


def reader_of(request: HttpRequest) -> Person:
    """The person behind the request. Observers read too, so reading needs either of the two acts."""
    person = person_of(request)
    if person is None or not (may(person, Act.READ) or may(person, Act.TALK)):
        raise PermissionDenied
    return person


def seen_conversation(request: HttpRequest, conversation_id: int, act: Act | None = None) -> Conversation:
    """The talk, if this person sees it; what is hidden looks like what is not there."""
    person = reader_of(request)
    found = get_object_or_404(
        queries.conversations_visible_to(person).select_related("evidence", "context"), pk=conversation_id
    )
    if act is not None and not may(person, act):
        raise PermissionDenied
    return found


def seen_message(request: HttpRequest, message_id: int) -> Message:
    """The line, if this person reads it."""
    lines = queries.messages_visible_to(reader_of(request))
    return get_object_or_404(lines.select_related("conversation", "author"), pk=message_id)


def act_and_return(
    request: HttpRequest,
    found: Conversation,
    service: Callable[..., object],
    *,
    said: tuple[str, str] | None = None,
    place: str = "",
    **what: Any,
) -> HttpResponse:
    """Run a service; a refusal is told, success is told with its undo when there is one."""
    try:
        service(by=person_of(request), now=timezone.now(), **what)
    except ConversationError as error:
        messages.info(request, str(error))
    else:
        if said:
            messages.info(request, said[0], extra_tags=said[1])
    return back_to(found, place)


def back_to(found: Conversation, place: str = "") -> HttpResponse:
    answer = redirect("converse:conversation", found.pk)
    if place:
        answer["Location"] += f"#{place}"
    return answer
