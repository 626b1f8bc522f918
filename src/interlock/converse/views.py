"""Pages of conversations: mine, and one with its lines, decision, commitments and evidence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from interlock.converse import corrections, queries, services
from interlock.converse.errors import ConversationError
from interlock.converse.forms import (
    CloseForm,
    CommitForm,
    DecideForm,
    EditForm,
    LookAgainForm,
    ParkForm,
    SayForm,
)
from interlock.converse.models import Conversation
from interlock.converse.talks import audiences
from interlock.converse.talks.pictures import bring_picture, markdown_of
from interlock.converse.talks.requests import (
    act_and_return,
    back_to,
    reader_of,
    seen_conversation,
    seen_message,
)
from interlock.converse.talks.whole_page import page_of
from interlock.converse.words import NotAPicture, redrawn
from interlock.converse.words.pictures import MOST_BYTES
from interlock.fabric.access import Act, may, needs, person_of
from interlock.fabric.evidence import EvidenceChanged, reproduce
from interlock.fabric.models import Person
from interlock.fabric.numbers import number_of
from interlock.fabric.personal import shown_file
from interlock.store.errors import LakeError

PAGE_ROWS = 30


@require_GET
@needs(Act.TALK)
def conversations(request: HttpRequest) -> HttpResponse:
    """Those I take part in, by keyset pages, the newest first."""
    person = person_of(request)
    mine = queries.my_conversations(person)
    may_filter = may(person, Act.READ)  # where a talk stands is not for guests
    tabs, chosen = _tabs(person, request.GET.get("state", "")) if may_filter else ([], "")
    if chosen:
        mine = mine.filter(state=chosen)
    if (before := number_of(request.GET.get("before", ""))) is not None:
        mine = queries.opened_before(mine, before)
    listed = list(mine[: PAGE_ROWS + 1])
    state = f"&state={chosen}" if chosen else ""
    later = f"?before={listed[PAGE_ROWS - 1].pk}{state}" if len(listed) > PAGE_ROWS else ""
    context = {
        "conversations": listed[:PAGE_ROWS],
        "later": later,
        "waiting": queries.waiting_count(person, timezone.now()),
        "stood_in": queries.waiting_by_standing_in(person, timezone.now()),
        "may_read": may_filter,
        "tabs": tabs,
    }
    return render(request, "converse/conversations.html", context)


def _tabs(person: Person, asked: str) -> tuple[list[dict[str, Any]], str]:
    """All, and each state that a talk of this person is in, with how many are; and the one that was asked for."""
    counted = queries.my_states(person)
    chosen = asked if asked in counted else ""
    every = {"name": _("All"), "count": sum(counted.values()), "url": "?", "current": not chosen}
    states = [
        {"name": one.label, "count": counted[one], "url": f"?state={one}", "current": one == chosen}
        for one in Conversation.State
        if one in counted
    ]
    return [every, *states], chosen


@require_GET
def conversation(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """One conversation, whole without script."""
    found = get_object_or_404(queries.whole_conversation(reader_of(request)), pk=conversation_id)
    return render(request, "converse/conversation.html", page_of(request, found))


@require_POST
@needs(Act.TALK)
def say(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """Write a line. With htmx the talk and the form are swapped, without it the page is loaded anew."""
    person = person_of(request)
    found = get_object_or_404(queries.whole_conversation(person), pk=conversation_id)
    form = SayForm(request.POST, request.FILES, conversation=found, person=person)
    if form.is_valid():
        try:
            _send(found, person, form)
        except (ConversationError, NotAPicture) as error:
            form.add_error(None, str(error))
        else:
            if not request.htmx:
                return back_to(found, "say")
            found, form = queries.whole_conversation(person).get(pk=found.pk), None
    context = page_of(request, found, form)
    template = "converse/conversation.html#talk" if request.htmx else "converse/conversation.html"
    return render(request, template, context, status=422 if form else 200)


def _send(found: Conversation, person: Person, form: SayForm) -> None:
    """Send a line with the picture that came in its own form, as it does without script."""
    words, now = dict(form.cleaned_data), timezone.now()
    upload = words.pop("picture")
    drawn = redrawn(upload.read(MOST_BYTES + 1)) if upload else None
    with transaction.atomic():
        if drawn:
            picture = bring_picture(conversation=found, by=person, drawn=drawn, now=now)
            words["body"] = f"{words['body']}\n\n{markdown_of(picture)}"
        services.say(conversation=found, by=person, now=now, **words)


@require_POST
@needs(Act.TALK)
def decide(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """Put down a decision."""
    return _step(
        request,
        conversation_id,
        "decide_form",
        lambda found: DecideForm(request.POST, circles=_circles(request, found)),
        services.decide,
    )


@require_POST
@needs(Act.TALK)
def look_again(request: HttpRequest, decision_id: int) -> HttpResponse:
    """Say that a decision still holds."""
    decision = get_object_or_404(
        queries.decisions_visible_to(person_of(request)).select_related("conversation"), pk=decision_id
    )
    found = seen_conversation(request, decision.conversation_id)
    form = LookAgainForm(request.POST)
    if not form.is_valid():
        messages.info(request, _("Give the next day as a date, or none. Nothing was changed."))
        return back_to(found, f"decision-{decision.pk}")
    return act_and_return(
        request,
        found,
        services.look_again,
        place=f"decision-{decision.pk}",
        decision=decision,
        **form.cleaned_data,
    )


@require_POST
@needs(Act.TALK)
def commit(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """Note who does what by when."""
    return _step(
        request,
        conversation_id,
        "commit_form",
        lambda found: CommitForm(request.POST, conversation=found, circles=_circles(request, found)),
        services.commit,
    )


@require_POST
@needs(Act.TALK)
def park(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """Lay the talk aside with a reason."""
    return _step(
        request,
        conversation_id,
        "park_form",
        lambda found: ParkForm(request.POST),
        services.park_conversation,
        said=(_("Parked."), _undo(conversation_id)),
    )


@require_POST
@needs(Act.TALK)
def close(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """Close the talk."""
    return _step(
        request,
        conversation_id,
        "close_form",
        lambda found: CloseForm(request.POST),
        services.close_conversation,
        said=(_("Closed."), _undo(conversation_id)),
    )


@require_POST
@needs(Act.TALK)
def resume(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """Take a parked or closed talk up again."""
    found = seen_conversation(request, conversation_id)
    return act_and_return(request, found, services.resume_conversation, conversation=found)


@require_POST
@needs(Act.TALK)
def edit(request: HttpRequest, message_id: int) -> HttpResponse:
    """Correct a line of one's own."""
    message = seen_message(request, message_id)
    form = EditForm(request.POST)
    if not form.is_valid():
        messages.info(request, _("Nothing was changed: an empty line cannot stand; take it away instead."))
        return back_to(message.conversation)
    undo = reverse("converse:undo_edit", args=[message.pk])
    return act_and_return(
        request,
        message.conversation,
        corrections.edit_message,
        message=message,
        body=form.cleaned_data["body"],
        said=(_("Corrected."), f"undo:{undo}"),
    )


@require_POST
@needs(Act.TALK)
def undo_edit(request: HttpRequest, message_id: int) -> HttpResponse:
    """Bring back the text before the correction."""
    message = seen_message(request, message_id)
    return act_and_return(request, message.conversation, corrections.undo_edit, message=message)


@require_POST
@needs(Act.TALK)
def remove(request: HttpRequest, message_id: int) -> HttpResponse:
    """Take a line of one's own away."""
    message = seen_message(request, message_id)
    undo = reverse("converse:restore_message", args=[message.pk])
    return act_and_return(
        request,
        message.conversation,
        corrections.remove_message,
        message=message,
        said=(_("Your line is taken away; its place stays."), f"undo:{undo}"),
    )


@require_POST
@needs(Act.TALK)
def restore(request: HttpRequest, message_id: int) -> HttpResponse:
    """Put a line back."""
    message = seen_message(request, message_id)
    return act_and_return(request, message.conversation, corrections.restore_message, message=message)


@require_GET
def evidence_file(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """The frozen rows, byte for byte for those who may read personal data; refused when they have changed."""
    found = seen_conversation(request, conversation_id, Act.DOWNLOAD)
    if found.evidence is None:
        raise Http404
    try:
        content = reproduce(found.evidence)
    except (EvidenceChanged, LakeError) as error:
        return HttpResponse(str(error), status=410, content_type="text/plain; charset=utf-8")
    content = shown_file(content, person_of(request))
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="evidence-{found.evidence.pk}.csv"'
    return response


@require_GET
def check_evidence(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """Run the frozen question again and say whether it gives the same bytes."""
    found = seen_conversation(request, conversation_id, Act.READ)
    if found.evidence is None:
        raise Http404
    try:
        reproduce(found.evidence)
        context = {"same": True}
    except (EvidenceChanged, LakeError) as error:
        context = {"same": False, "reason": str(error)}
    context |= {"conversation": found, "evidence": found.evidence, "at": timezone.now()}
    return render(request, "converse/evidence.html", context)


def _step(
    request: HttpRequest,
    conversation_id: int,
    name: str,
    form_of: Callable[[Conversation], Any],
    service: Callable[..., object],
    said: tuple[str, str] | None = None,
) -> HttpResponse:
    """Run a service with what a form holds; a wrong form comes back on the whole page. `said` has words and undo."""
    person = reader_of(request)
    found = get_object_or_404(queries.whole_conversation(person), pk=conversation_id)
    form = form_of(found)
    if form.is_valid():
        try:
            service(conversation=found, by=person, now=timezone.now(), **form.cleaned_data)
        except ConversationError as error:
            form.add_error(None, str(error))
        else:
            if said:
                messages.info(request, said[0], extra_tags=said[1])
            return back_to(found)
    return render(request, "converse/conversation.html", page_of(request, found) | {name: form}, status=422)


def _undo(conversation_id: int) -> str:
    return f"undo:{reverse('converse:resume', args=[conversation_id])}"


def _circles(request: HttpRequest, found: Conversation) -> list[audiences.Circle]:
    return audiences.circles(list(found.participants.all()), person_of(request))
