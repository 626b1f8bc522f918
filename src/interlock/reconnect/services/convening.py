"""Bring the right people together: freeze the evidence, open one conversation, ask them in.

Nobody is asked into more than two open conversations at once, and nobody is convened before a named person
has said that it is safe to talk or has named a facilitator.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from interlock.converse import services as talks
from interlock.converse.models import Conversation, Participant
from interlock.converse.queries import LIVE_STATES, MOST_CONVENINGS, open_convenings
from interlock.fabric import journal
from interlock.fabric.evidence import freeze_rows, query_of
from interlock.fabric.models import Evidence, Function, Person
from interlock.reconnect.errors import TooManyConvenings
from interlock.reconnect.models import Disconnect
from interlock.reconnect.services.moving import locked, require
from interlock.reconnect.services.steps import BEFORE_TALK, acknowledge, state_safety


@transaction.atomic
def bring_together(
    *,
    disconnect: Disconnect,
    by: Person,
    people: Sequence[tuple[Person, str]],
    title: str,
    purpose: str,
    question: str,
    due: date,
    now: datetime,
    facilitator: Person | None = None,
) -> Conversation:
    """Open the conversation on the disconnect's context. It moves to convened when both sides have written.

    `people` are those asked in, each with the function they speak for; `by` says with this act that it is
    safe to talk, or names a facilitator of neither function.

    Raises:
        GuardUnmet: it was taken up already, or a conversation about it is open.
        TooManyConvenings: somebody is in two open conversations already; names them.
    """
    disconnect = locked(disconnect)
    require(disconnect.state in BEFORE_TALK, _("This disconnect has already been taken up."))
    require(
        disconnect.conversation is None or disconnect.conversation.state not in LIVE_STATES,
        _("A conversation about it is already open."),
    )
    _require_free(people)
    evidence = _frozen(disconnect, title, by, now)
    conversation = talks.open_conversation(
        context=disconnect.context,
        title=title,
        purpose=purpose,
        question=question,
        due=due,
        functions=disconnect.pair,
        people=_with_convener(people, by),
        evidence=evidence,
        by=by,
        now=now,
    )
    disconnect.conversation, disconnect.evidence = conversation, evidence
    disconnect.save(update_fields=["conversation", "evidence"])
    _note(disconnect, conversation, people, by, now)
    state_safety(disconnect=disconnect, by=by, facilitator=facilitator, now=now)
    if facilitator is not None:
        _ask_facilitator(conversation, facilitator, by, now)
    _acknowledge_own_side(disconnect, by, now)
    return conversation


def _frozen(disconnect: Disconnect, title: str, by: Person, now: datetime) -> Evidence:
    """The rows as the page shows them: at the versions at which the disconnect was found."""
    query = query_of(disconnect.row_query)
    versions = disconnect.versions
    return freeze_rows(
        context=disconnect.context, title=title, query=query, versions=versions, by=by, now=now
    )


def _ask_facilitator(conversation: Conversation, facilitator: Person, by: Person, now: datetime) -> None:
    talks.invite(
        conversation=conversation,
        person=facilitator,
        function=(facilitator.functions or [Function.PEOPLE])[0],
        part=Participant.Part.FACILITATOR,
        by=by,
        now=now,
    )


def _acknowledge_own_side(disconnect: Disconnect, by: Person, now: datetime) -> None:
    """Who convenes has seen it, and says so for their own function if it is one of the two."""
    for function in disconnect.pair:
        if function in by.functions:
            acknowledge(disconnect=disconnect, by=by, function=function, now=now)
            return


def _require_free(people: Sequence[tuple[Person, str]]) -> None:
    held = open_convenings()
    busy = [person.name for person, _function in people if held.get(person.pk, 0) >= MOST_CONVENINGS]
    if busy:
        raise TooManyConvenings(
            _("%(names)s: already in two open conversations. Ask somebody else, or wait until one is closed.")
            % {"names": ", ".join(busy)}
        )


def _with_convener(people: Sequence[tuple[Person, str]], by: Person) -> list[tuple[Person, str]]:
    if any(person == by for person, _function in people):
        return list(people)
    return [*people, (by, (by.functions or [Function.CUSTOMER])[0])]


def _note(
    disconnect: Disconnect,
    conversation: Conversation,
    people: Sequence[tuple[Person, str]],
    by: Person,
    now: datetime,
) -> None:
    detail = {
        "conversation": conversation.pk,
        "people": [{"person": person.pk, "function": function} for person, function in people],
    }
    journal.note(actor=by, verb="brought together", about=disconnect, at=now, detail=detail)
