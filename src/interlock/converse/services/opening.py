"""A talk opens, is framed, and people are asked in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from interlock.converse.errors import NothingSaid, NotYours
from interlock.converse.models import Conversation, Participant
from interlock.converse.services.states import State, follow_talk, locked, move
from interlock.converse.talks import audiences
from interlock.fabric import journal
from interlock.fabric.models import Context, Evidence, Function, Person


@transaction.atomic
def open_conversation(
    *,
    context: Context,
    title: str,
    by: Person,
    now: datetime,
    purpose: str = "",
    question: str = "",
    due: date | None = None,
    functions: Iterable[str] = (),
    people: Iterable[tuple[Person, str]] = (),
    evidence: Evidence | None = None,
) -> Conversation:
    """Open a conversation on a context and ask people in; framed at once when purpose and question are given."""
    if not title.strip():
        raise NothingSaid(_("A conversation needs a title. Nothing was opened."))
    conversation = Conversation.objects.create(
        context=context,
        title=title.strip(),
        functions=list(functions),
        evidence=evidence,
        due=due,
        state=State.OPEN,
        state_since=now,
        opened_by=by,
        opened_at=now,
    )
    journal.note(
        actor=by, verb="opened", about=conversation, at=now, detail={"title": title, "context": context.label}
    )
    for person, function in people:
        invite(conversation=conversation, person=person, function=function, by=by, now=now)
    if purpose.strip() and question.strip():
        frame_conversation(
            conversation=conversation, purpose=purpose, question=question, due=due, by=by, now=now
        )
    return conversation


@transaction.atomic
def frame_conversation(
    *, conversation: Conversation, purpose: str, question: str, due: date | None, by: Person, now: datetime
) -> None:
    """Say what the talk is for and what has to be answered by when."""
    if not (purpose.strip() and question.strip()):
        raise NothingSaid(_("A conversation is framed by a purpose and a question; give both."))
    conversation.purpose, conversation.question, conversation.due = purpose.strip(), question.strip(), due
    conversation.framed_at = now
    conversation.save(update_fields=["purpose", "question", "due", "framed_at"])
    if conversation.state == State.OPEN:
        move(conversation, State.FRAMED, by, now)
        follow_talk(conversation, by, now)


@transaction.atomic
def invite(
    *,
    conversation: Conversation,
    person: Person,
    function: str,
    by: Person | None,
    now: datetime,
    part: str = Participant.Part.SIDE,
) -> Participant:
    """Ask somebody in, for one function. Asking twice changes nothing.

    Raises:
        WallStands: somebody of another partner organisation is in the talk.
    """
    audiences.keep_walls(locked(conversation), person)
    participant, made = Participant.objects.get_or_create(
        conversation=conversation,
        person=person,
        defaults={"function": function, "part": part, "invited_by": by, "invited_at": now},
    )
    if made:
        detail = {"person": person.pk, "function": function, "part": part}
        journal.note(actor=by, verb="invited", about=conversation, at=now, detail=detail)
    return participant


def joined(conversation: Conversation, person: Person, now: datetime) -> Participant:
    """The person's place in the talk. Staff may join by writing; others have to be asked in."""
    participant = conversation.participants.filter(person=person).first()
    if participant:
        return participant
    if not person.is_staff_side:
        raise NotYours(_("You were not asked into this conversation."))
    # Who belongs to no function speaks for those who are not at the table: the customers.
    function = (person.functions or [Function.CUSTOMER])[0]
    return invite(conversation=conversation, person=person, function=function, by=person, now=now)
