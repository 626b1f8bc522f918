"""Pages about the chats of functions: which there are, and one with its settings, previews and test."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from interlock.connectors import chats as forms
from interlock.converse.chats import standing, telling, wording
from interlock.converse.chats.forms import ChatForm
from interlock.fabric.access import Act, needs, person_of
from interlock.fabric.chats import keeping
from interlock.fabric.models import Chat, Person, Topic

BOTH = require_http_methods(["GET", "POST"])


@never_cache
@BOTH
@needs(Act.INVITE)
def chats(request: HttpRequest) -> HttpResponse:
    """The chats that I look after, and one more."""
    person = _me(request)
    form = ChatForm(request.POST or None, person=person)
    if request.method == "POST" and form.is_valid():
        try:
            chat = keeping.add_chat(by=person, now=timezone.now(), **form.cleaned_data)
        except keeping.TooMany as error:
            form.add_error(None, str(error))
        else:
            messages.info(request, _("Added. Send a test to see whether it arrives."))
            return redirect("notices:chat", chat.pk)
    rows = [standing.of(one) for one in keeping.chats_of(person)]
    context = {
        "rows": rows,
        "form": form,
        "may_add": bool(keeping.functions_of(person)),
    }
    return render(request, "converse/chats/chats.html", context, status=422 if form.errors else 200)


@never_cache
@BOTH
@needs(Act.INVITE)
def chat(request: HttpRequest, chat_id: int) -> HttpResponse:
    """One chat: how it stands, what it would be sent, and its settings."""
    person = _me(request)
    one = _mine(person, chat_id)
    form = ChatForm(request.POST or None, person=person, chat=one)
    if request.method == "POST" and form.is_valid():
        keeping.change_chat(chat=one, by=person, now=timezone.now(), **form.cleaned_data)
        messages.info(request, _("Kept."))
        return redirect("notices:chat", one.pk)
    context = {
        "row": standing.of(one),
        "waiting": standing.waiting(one),
        "previews": [_preview(one, topic) for topic in Topic],
        "form": form,
    }
    return render(request, "converse/chats/chat.html", context, status=422 if form.errors else 200)


@require_POST
@needs(Act.INVITE)
def act_on_chat(request: HttpRequest, chat_id: int, what: str) -> HttpResponse:
    """Send a test, pause it, resume it, or remove it."""
    person, now = _me(request), timezone.now()
    one = _mine(person, chat_id)
    if what == "test":
        messages.info(request, telling.try_out(one, now=now))
    elif what == "pause":
        keeping.pause_chat(chat=one, by=person, now=now)
        messages.info(request, _("It is told nothing until somebody resumes it."))
    elif what == "resume":
        keeping.resume_chat(chat=one, by=person, now=now)
        messages.info(request, _("It is told again, from now on."))
    elif what == "remove":
        keeping.remove_chat(chat=one, by=person, now=now)
        messages.info(
            request, _("%(name)s is told nothing any more; its address is forgotten.") % {"name": one}
        )
        return redirect("notices:chats")
    else:
        raise Http404
    return redirect("notices:chat", one.pk)


def _me(request: HttpRequest) -> Person:
    person = person_of(request)
    assert person is not None
    return person


def _mine(person: Person, chat_id: int) -> Chat:
    """A chat of somebody else's function is like none."""
    return get_object_or_404(keeping.chats_of(person), pk=chat_id)


def _preview(one: Chat, topic: Topic) -> dict[str, Any]:
    """What is posted about a matter that is made up, in the form of this chat."""
    payload = forms.payload(one.form, wording.sample(one, topic), open_word=_("Open"))
    return {
        "name": topic.label,
        "is_heard": topic in one.hears,
        "text": wording.sample(one, topic),
        "payload": json.dumps(payload, ensure_ascii=False, indent=2),
    }
