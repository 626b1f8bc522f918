"""All that the page of one conversation shows to its reader, and which forms it offers them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from interlock.converse import findings, queries
from interlock.converse.choice_forms import ChoiceForm
from interlock.converse.forms import CloseForm, CommitForm, DecideForm, FrameForm, ParkForm, SayForm
from interlock.converse.models import Conversation, Message, Participant
from interlock.converse.talks import (
    audiences,
    drafts,
    exhibiting,
    people,
    reading,
    reading_page,
    shown_choices,
    telling,
)
from interlock.converse.talks.quotes import quote_of
from interlock.converse.talks.requests import reader_of
from interlock.fabric import away
from interlock.fabric.access import Act, may
from interlock.fabric.contexts import PAGED_KINDS, context_address
from interlock.fabric.dossiers import COLUMNS
from interlock.fabric.models import Person
from interlock.fabric.numbers import number_of


def page_of(request: HttpRequest, found: Conversation, say_form: SayForm | None = None) -> dict[str, Any]:
    """The page for this reader, who has read it then. `say_form` is one that was refused, with what was written."""
    person, now = reader_of(request), timezone.now()
    participants = list(found.participants.all())
    last_read = reading.last_read(found, person)
    window = reading_page.window(
        found,
        participants,
        person,
        now,
        last_read=last_read,
        before=number_of(request.GET.get("before")),
    )
    reading.note_read(conversation=found, person=person, before=last_read, shown=window.newest, now=now)
    standing = findings.standing(found, person)
    circles = audiences.circles(participants, person)
    return {
        "conversation": found,
        "heading": found.heading_for(person),
        "context_url": _context_url(found, person),
        "participants": _with_absences(participants, now),
        "sides": people.by_side(participants),
        "window": window,
        "steps": standing.steps,
        "mark": standing.mark,
        "two_way_at": standing.two_way_at,
        "first_answer": findings.first_answer_hours(found, standing),
        "circles": circles,
        "topics": telling.topics_of(found, person),
        "choices": shown_choices.shown_choices(found, person, circles, now),
        "exhibits": exhibiting.shown_exhibits(found),
        "today": timezone.localdate(),
        **_rights(found, person, participants),
        **_forms(request, found, person, circles, say_form),
    }


def _with_absences(participants: list[Participant], now: datetime) -> list[Participant]:
    """Note on each that they are away, and who stands in."""
    for one in participants:
        one.away = away.words(one.person, now)
    return participants


def _context_url(found: Conversation, person: Person) -> str:
    """The page of what the talk is about; empty for guests, and for what has no page."""
    kind = found.context.kind
    has_page = kind in PAGED_KINDS or all(part in COLUMNS for part in kind.split("+"))
    return context_address(kind, found.context.key) if has_page and may(person, Act.READ) else ""


def _rights(found: Conversation, person: Person, participants: Sequence[Participant]) -> dict[str, Any]:
    """What this reader may do here."""
    mine = next((one for one in participants if one.person_id == person.pk), None)
    is_host = mine is not None and person.is_staff_side
    could_decide = found.state == Conversation.State.DORMANT and found.two_way_at is not None
    return {
        "mine": mine,
        "is_host": is_host,
        "may_talk": may(person, Act.TALK) and not found.is_over,
        "may_decide": is_host and (found.state in {"two_way", "decided", "acted"} or could_decide),
        "could_decide": could_decide,
        "may_commit": bool(mine) and not found.is_over,
        "may_ask": is_host and may(person, Act.CONVENE) and not found.is_over,
        "may_read": may(person, Act.READ),
        "may_tell": person.is_staff_side
        and may(person, Act.TALK)
        and found.context.kind == "theme"
        and any(one.stands for one in found.decisions.all()),
        "may_download": may(person, Act.DOWNLOAD),
    }


def _forms(
    request: HttpRequest,
    found: Conversation,
    person: Person,
    circles: Sequence[audiences.Circle],
    say_form: SayForm | None,
) -> dict[str, Any]:
    """The forms of the page. The composer holds what was refused, else the draft after a quote that was asked for."""
    draft = drafts.draft_of(found, person)
    begun = {"body": draft.body, "audience": draft.audience} if draft else {}
    if quoted := _line_asked_for(request.GET.get("quote"), found, person):
        begun["body"] = f"{quote_of(quoted)}{begun.get('body', '')}"
    if put := next((one for one in found.choices.all() if one.pk == number_of(request.GET.get("put"))), None):
        begun["body"] = f"{shown_choices.as_question(put)}{begun.get('body', '')}"
    form = say_form or SayForm(conversation=found, person=person, initial=begun)
    answered = form["reply_to"].value() if say_form else request.GET.get("answer")
    return {
        "say_form": form,
        "chosen": form["audience"].value(),
        "answering": _line_asked_for(answered, found, person),
        "decide_form": DecideForm(circles=circles),
        "commit_form": CommitForm(conversation=found, circles=circles),
        "frame_form": FrameForm(
            today=timezone.localdate(),
            initial={"purpose": found.purpose, "question": found.question or found.title, "due": found.due},
        ),
        "park_form": ParkForm(),
        "close_form": CloseForm(),
        "choice_form": ChoiceForm(conversation=found, circles=circles),
        "quotable": shown_choices.quotable(found, person) if found.choices.all() else [],
        "colleagues": people.by_function(people.colleagues_to_ask(found))
        if person.is_staff_side and not found.is_over
        else [],
    }


def _line_asked_for(number: object, found: Conversation, person: Person) -> Message | None:
    """The line of this number, if this person reads it and it stands."""
    asked = number_of(number)
    if asked is None:
        return None
    lines = queries.messages_visible_to(person, found).filter(removed_at=None)
    return lines.select_related("author").filter(pk=asked).first()
