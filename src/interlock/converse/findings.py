"""How far has a talk come, as one reader may know it? The state line and the pair mark.

A guest is told of what a guest reads, and nothing else: neither that there are other lines nor how far the
house has come without them. So their state line and pair mark are made from the lines and decisions they see.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.formats import date_format
from django.utils.timezone import localtime

from interlock.converse import queries
from interlock.converse.models import Commitment, Conversation, Decision
from interlock.fabric.models import Person

State = Conversation.State
STEPS = (State.FRAMED, State.TWO_WAY, State.DECIDED, State.ACTED, State.CLOSED)


@dataclass(frozen=True)
class Standing:
    """How far a talk has come, as one reader may know it."""

    mark: str
    two_way_at: datetime | None
    steps: list[dict[str, str]]


def standing(conversation: Conversation, person: Person) -> Standing:
    """The pair mark and the state line for this reader."""
    if person.is_staff_side:
        return Standing(
            _mark(conversation),
            conversation.two_way_at,
            _steps(conversation, _reached(conversation), conversation.framed_at, conversation.two_way_at),
        )
    firsts = [at for at in queries.first_lines(person, conversation).values() if at]
    two_way_at = max(firsts) if len(firsts) == 2 else None
    reached = _reached_for_guest(conversation, two_way_at)
    mark = ("silent", "one", "talking")[len(firsts)]
    return Standing(mark, two_way_at, _steps(conversation, reached, None, two_way_at))


def first_answer_hours(conversation: Conversation, standing: Standing) -> float | None:
    """Hours from the opening to the moment it became two-way."""
    if standing.two_way_at is None:
        return None
    return (standing.two_way_at - conversation.opened_at).total_seconds() / 3600


def _mark(conversation: Conversation) -> str:
    heard = queries.functions_heard(conversation)
    needed = set(conversation.functions)
    if conversation.two_way_at or (needed and needed <= heard):
        return "talking"
    return "one" if heard & needed or (heard and not needed) else "silent"


def _reached(conversation: Conversation) -> int:
    """The index of the step a talk stands at; a resting one stands where its content stands."""
    if conversation.state in STEPS:
        return STEPS.index(State(conversation.state))
    if conversation.state == State.OPEN:
        return -1
    if _standing_decisions(conversation):
        return STEPS.index(State.DECIDED)
    return STEPS.index(State.TWO_WAY if conversation.two_way_at else State.FRAMED)


def _reached_for_guest(conversation: Conversation, two_way_at: datetime | None) -> int:
    if conversation.state == State.CLOSED:
        return STEPS.index(State.CLOSED)
    if _standing_decisions(conversation):
        promised = {one.state for one in conversation.commitments.all()}
        done = Commitment.State.KEPT in promised and promised <= {
            Commitment.State.KEPT,
            Commitment.State.DROPPED,
        }
        return STEPS.index(State.ACTED if done else State.DECIDED)
    return STEPS.index(State.TWO_WAY if two_way_at else State.FRAMED)


def _standing_decisions(conversation: Conversation) -> list[Decision]:
    return [one for one in conversation.decisions.all() if one.stands]


def _steps(
    conversation: Conversation, reached: int, framed_at: datetime | None, two_way_at: datetime | None
) -> list[dict[str, str]]:
    """The five steps: done, now or to come, with the days that this reader's lines and decisions tell."""
    decided_at = next((one.decided_at for one in _standing_decisions(conversation)), None)
    days = {State.FRAMED: framed_at, State.TWO_WAY: two_way_at, State.DECIDED: decided_at}
    listed = []
    for number, step in enumerate(STEPS):
        is_ = "done" if number < reached else "now" if number == reached else "todo"
        at = days.get(step)
        if is_ == "now" and at is None and conversation.state == step == State.CLOSED:
            at = conversation.state_since
        note = date_format(localtime(at), "j M", use_l10n=False) if at and is_ != "todo" else ""
        listed.append({"name": str(step.label), "note": note, "is": is_})
    return listed
