"""A choice is put down, with its reason."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from interlock.converse.errors import NothingSaid, WrongState
from interlock.converse.models import Audience, Conversation, Decision
from interlock.converse.services.states import (
    State,
    locked,
    move,
    require_host,
    state_by_content,
    tell_others,
)
from interlock.converse.talks import audiences, telling
from interlock.fabric import journal
from interlock.fabric.models import Person


@transaction.atomic
def decide(
    *,
    conversation: Conversation,
    by: Person,
    chosen: str,
    because: str,
    now: datetime,
    instead_of: str = "",
    revisit_on: date | None = None,
    audience: str = Audience.STAFF,
) -> Decision:
    """Put down what was chosen and why. Only after both sides wrote, and by somebody of the house in the talk."""
    conversation = locked(conversation)
    require_host(conversation, by)
    if not (chosen.strip() and because.strip()):
        raise NothingSaid(_("A decision needs what was chosen and why."))
    if conversation.state == State.DORMANT:
        move(conversation, state_by_content(conversation), by, now)
    if conversation.state not in {State.TWO_WAY, State.DECIDED, State.ACTED}:
        raise WrongState(_("Both functions have to write before something is decided here."))
    decision = Decision.objects.create(
        conversation=conversation,
        chosen=chosen.strip(),
        because=because.strip(),
        instead_of=instead_of.strip(),
        revisit_on=revisit_on,
        audience=audiences.allowed(conversation, by, audience),
        decided_by=by,
        decided_at=now,
    )
    journal.note(
        actor=by,
        verb="decided",
        about=conversation,
        at=now,
        detail={"decision": decision.pk, "chosen": chosen},
    )
    if conversation.state == State.TWO_WAY:
        move(conversation, State.DECIDED, by, now)
    telling.tell_talk(conversation, now, decision.audience)
    tell_others(conversation)
    return decision
