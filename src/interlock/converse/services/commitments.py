"""Somebody promises something by a day, and says how it ended."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from interlock.converse.errors import NothingSaid, WrongState
from interlock.converse.models import Commitment, Conversation
from interlock.converse.services.states import State, locked, move, require_part, tell_others
from interlock.converse.talks import audiences, telling
from interlock.fabric import journal
from interlock.fabric.models import Person


@transaction.atomic
def commit(
    *,
    conversation: Conversation,
    by: Person,
    what: str,
    owner: Person,
    due: date,
    now: datetime,
    audience: str = "",
) -> Commitment:
    """Note who does what by when. The owner has to be in the talk, and reads it."""
    conversation = locked(conversation)
    require_part(conversation, by)
    require_part(conversation, owner)
    if not what.strip():
        raise NothingSaid(_("A commitment says what is done."))
    if conversation.is_over:
        raise WrongState(_("This conversation is over. Open a new one on the same context."))
    audience = audiences.allowed(conversation, by, audience)
    audiences.require_reader(owner, audience)
    commitment = Commitment.objects.create(
        conversation=conversation,
        what=what.strip(),
        owner=owner,
        due=due,
        audience=audience,
        made_by=by,
        made_at=now,
    )
    detail = {"commitment": commitment.pk, "what": what, "owner": owner.pk, "due": due.isoformat()}
    journal.note(actor=by, verb="committed", about=conversation, at=now, detail=detail)
    telling.tell_talk(conversation, now, audience)
    tell_others(conversation)
    return commitment


@transaction.atomic
def settle_commitment(
    *, commitment: Commitment, by: Person, state: str, now: datetime, why: str = ""
) -> None:
    """Say that a commitment was kept, missed, or dropped with a reason; opening it again takes that back."""
    conversation = locked(commitment.conversation)
    require_part(conversation, by)
    if state == Commitment.State.DROPPED and not why.strip():
        raise NothingSaid(_("Say why it is dropped."))
    commitment.state, commitment.why = state, why.strip()
    commitment.settled_at = None if state == Commitment.State.OPEN else now
    commitment.save(update_fields=["state", "why", "settled_at"])
    detail = {"commitment": commitment.pk, "state": state, "why": why}
    journal.note(actor=by, verb="settled", about=conversation, at=now, detail=detail)
    telling.tell_talk(conversation, now, commitment.audience)
    if conversation.state == State.DECIDED and _all_done(conversation):
        move(conversation, State.ACTED, by, now)
    tell_others(conversation)


def _all_done(conversation: Conversation) -> bool:
    states = set(conversation.commitments.values_list("state", flat=True))
    return Commitment.State.KEPT in states and not states & {Commitment.State.OPEN, Commitment.State.MISSED}
