"""Somebody promises something by a day, says how it ended, or needs longer. A day that passes in silence is a miss."""

from __future__ import annotations

from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from interlock.converse.errors import NotForThem, NothingSaid, NotYours, WrongState
from interlock.converse.models import Commitment, Conversation, Decision, Postponement
from interlock.converse.services.states import follow_promises, locked, require_part, tell_others
from interlock.converse.talks import audiences, telling
from interlock.fabric import journal
from interlock.fabric.models import Person

State = Commitment.State
# Missed may be said again, with the reason that was lacking; opening a settled one takes that back.
SETTLES: dict[str, frozenset[str]] = {
    State.OPEN: frozenset({State.KEPT, State.MISSED, State.DROPPED}),
    State.MISSED: frozenset({State.KEPT, State.MISSED, State.DROPPED}),
    State.KEPT: frozenset({State.OPEN}),
    State.DROPPED: frozenset({State.OPEN}),
}


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
    link: str = "",
    decision: Decision | None = None,
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
        link=outside_link(link),
        decision=_for_its_readers(decision, audience),
        audience=audience,
        made_by=by,
        made_at=now,
    )
    detail = {"commitment": commitment.pk, "what": what, "owner": owner.pk, "due": due.isoformat()}
    _noted(commitment, conversation, by, "committed", now, detail)
    return commitment


@transaction.atomic
def settle_commitment(
    *, commitment: Commitment, by: Person, state: str, now: datetime, why: str = ""
) -> None:
    """Say that a commitment was kept, missed, or dropped with a reason; opening it again takes that back.

    Raises:
        WrongState: it does not stand where this leads from.
        NotYours: a guest settles what somebody else promised.
    """
    conversation = locked(commitment.conversation)
    commitment = _ours(commitment, conversation, by)
    if state not in SETTLES[commitment.state]:
        raise WrongState(
            _("A commitment that is “%(state)s” cannot become “%(to)s”. Nothing was changed.")
            % {"state": commitment.get_state_display(), "to": State(state).label}
        )
    if state == State.DROPPED and not why.strip():
        raise NothingSaid(_("Say why it is dropped."))
    if state == State.OPEN and commitment.due < timezone.localdate(now):
        raise WrongState(_("Its day has passed. Give it a later one, with the reason."))
    commitment.state, commitment.why = state, why.strip()
    commitment.settled_at = None if state == State.OPEN else now
    commitment.save(update_fields=["state", "why", "settled_at"])
    detail = {"commitment": commitment.pk, "state": state, "why": why}
    _noted(commitment, conversation, by, "settled", now, detail)


@transaction.atomic
def postpone(*, commitment: Commitment, by: Person, due: date, why: str, now: datetime) -> None:
    """Give a commitment that is open or was missed a later day; the day it had, and why, stay readable.

    Raises:
        WrongState: it is kept or dropped, or the day is past or no later one.
    """
    conversation = locked(commitment.conversation)
    commitment = _ours(commitment, conversation, by)
    if not why.strip():
        raise NothingSaid(_("Say why it takes longer."))
    if commitment.state not in {State.OPEN, State.MISSED}:
        raise WrongState(_("Only what is open or was missed can be postponed."))
    if due <= commitment.due or due < timezone.localdate(now):
        raise WrongState(_("Give a day that is later than the one it had, and not past."))
    Postponement.objects.create(commitment=commitment, due=commitment.due, why=why.strip(), by=by, at=now)
    detail = {
        "commitment": commitment.pk,
        "from": commitment.due.isoformat(),
        "to": due.isoformat(),
        "why": why,
    }
    commitment.due, commitment.state, commitment.why, commitment.settled_at = due, State.OPEN, "", None
    commitment.save(update_fields=["due", "state", "why", "settled_at"])
    _noted(commitment, conversation, by, "postponed", now, detail)


def miss_overdue(*, now: datetime) -> int:
    """Call missed what is open though its day has passed; why can be said afterwards. Returns how many."""
    overdue = Commitment.objects.filter(state=State.OPEN, due__lt=timezone.localdate(now))
    return sum(_miss(one, now) for one in list(overdue.select_related("conversation")))


@transaction.atomic
def _miss(commitment: Commitment, now: datetime) -> int:
    """Miss one, unless it was settled or postponed since it was found overdue."""
    conversation = locked(commitment.conversation)
    open_still = Commitment.objects.filter(pk=commitment.pk, state=State.OPEN, due=commitment.due)
    if not open_still.update(state=State.MISSED, settled_at=now):
        return 0
    detail = {"commitment": commitment.pk, "state": State.MISSED.value, "why": "the day passed"}
    _noted(commitment, conversation, None, "settled", now, detail)
    return 1


def _ours(commitment: Commitment, conversation: Conversation, by: Person) -> Commitment:
    """The commitment as it stands now, if this person may say how it went: guests for their own only."""
    require_part(conversation, by)
    if not by.is_staff_side and commitment.owner_id != by.pk:
        raise NotYours(_("Guests settle what they promised themselves. Nothing was changed."))
    return conversation.commitments.get(pk=commitment.pk)


def outside_link(link: str) -> str:
    """A link to somewhere else, if there is one; nobody is asked whether it is there."""
    if link:
        try:
            URLValidator(schemes=["https"])(link)
        except ValidationError as error:
            raise NothingSaid(_("Give a link that begins with https://, or none.")) from error
    return link


def _for_its_readers(decision: Decision | None, audience: str) -> Decision | None:
    if decision and audiences.is_wider(audience, decision.audience):
        raise NotForThem(_("Some who would read this do not read the decision. Choose a narrower audience."))
    return decision


def _noted(
    commitment: Commitment,
    conversation: Conversation,
    by: Person | None,
    verb: str,
    now: datetime,
    detail: dict[str, object],
) -> None:
    if by and not by.is_staff_side:  # the journal cannot be changed, and a guest may ask to be forgotten
        detail = {name: value for name, value in detail.items() if name not in {"what", "why"}}
    journal.note(actor=by, verb=verb, about=conversation, at=now, detail=detail)
    telling.tell_talk(conversation, now, commitment.audience)
    follow_promises(conversation, by, now)
    tell_others(conversation)
