"""A conversation as its page shows it: the state line, the pair mark, who reads, and each line with its rights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from interlock.converse.corrections import may_edit
from interlock.converse.models import Conversation, Message, Participant
from interlock.fabric.models import Person

State = Conversation.State
STEPS = (State.FRAMED, State.TWO_WAY, State.DECIDED, State.ACTED, State.CLOSED)


@dataclass(frozen=True)
class Line:
    """One message with what this reader may do with it."""

    message: Message
    mine: bool
    editable: bool
    undoable: bool
    restorable: bool
    thread: int


def steps(conversation: Conversation) -> list[dict[str, str]]:
    """The five steps: done, now or to come."""
    reached = _reached(conversation)
    listed = []
    for number, step in enumerate(STEPS):
        standing = "done" if number < reached else "now" if number == reached else "todo"
        listed.append({"name": str(step.label), "note": _note(conversation, step, standing), "is": standing})
    return listed


def mark(conversation: Conversation) -> str:
    """The pair mark: silent, one side wrote, or talking both ways."""
    heard = {one.function for one in conversation.messages.all() if one.removed_at is None}
    needed = set(conversation.functions)
    if conversation.two_way_at or (needed and needed <= heard):
        return "talking"
    return "one" if heard & needed or (heard and not needed) else "silent"


def readers(participants: Sequence[Participant]) -> tuple[str, str]:
    """Who reads here: staff, or the wider audience when a guest was asked in; and how many, in words."""
    guests = [one.person.name for one in participants if not one.person.is_staff_side]
    staff = len(participants) - len(guests)
    people = ngettext("%(n)d person", "%(n)d people", staff) % {"n": staff}
    if not guests:
        return "staff", people
    return "partner", _("%(people)s and %(guests)s") % {"people": people, "guests": ", ".join(guests)}


def lines(conversation: Conversation, person: Person, now: datetime) -> list[Line]:
    """All lines in the order they were written, answers one step in."""
    return [line_of(message, person, now) for message in conversation.messages.all()]


def line_of(message: Message, person: Person, now: datetime) -> Line:
    """One line with the rights of this reader."""
    mine = message.author_id == person.pk
    return Line(
        message=message,
        mine=mine,
        editable=may_edit(message, person, now),
        undoable=mine and bool(message.body_before) and may_edit(message, person, now),
        restorable=mine and message.removed_at is not None,
        thread=1 if message.reply_to_id else 0,
    )


def first_answer_hours(conversation: Conversation) -> float | None:
    """Hours from the opening to the moment it became two-way."""
    if conversation.two_way_at is None:
        return None
    return (conversation.two_way_at - conversation.opened_at).total_seconds() / 3600


def _reached(conversation: Conversation) -> int:
    """The index of the step a talk stands at; a resting one stands where its content stands."""
    if conversation.state in STEPS:
        return STEPS.index(State(conversation.state))
    if conversation.state == State.OPEN:
        return -1
    if list(conversation.decisions.all()):
        return STEPS.index(State.DECIDED)
    return STEPS.index(State.TWO_WAY if conversation.two_way_at else State.FRAMED)


def _note(conversation: Conversation, step: str, standing: str) -> str:
    at = {State.FRAMED: conversation.framed_at, State.TWO_WAY: conversation.two_way_at}.get(State(step))
    if step == State.DECIDED:
        at = next((one.decided_at for one in conversation.decisions.all()), None)
    if standing == "now" and conversation.state == step and at is None:
        at = conversation.state_since
    return date_format(localtime(at), "j M", use_l10n=False) if at and standing != "todo" else ""
