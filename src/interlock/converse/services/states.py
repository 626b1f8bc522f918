"""Where a talk stands, and the one way it moves from there. Every act locks the talk first.

States (domain.md 5.2): open, framed (context, purpose and question), two_way (two functions wrote), decided,
acted (every commitment settled, one kept), closed; quiet for 14 days is dormant, then decided, parked with a reason
until a day, or closed with a reason. Parking and closing are taken back by taking the talk up again.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from interlock.converse import queries
from interlock.converse.errors import NothingSaid, NotYours, WrongState
from interlock.converse.models import Audience, Commitment, Conversation
from interlock.converse.talks import telling
from interlock.fabric import journal
from interlock.fabric.models import Person

State = Conversation.State
QUIET_AFTER = timedelta(days=14)
ALLOWED: dict[str, frozenset[str]] = {
    State.OPEN: frozenset({State.FRAMED, State.DORMANT, State.PARKED}),
    State.FRAMED: frozenset({State.TWO_WAY, State.DORMANT, State.PARKED}),
    State.TWO_WAY: frozenset({State.FRAMED, State.DECIDED, State.DORMANT, State.PARKED}),
    State.DECIDED: frozenset({State.TWO_WAY, State.ACTED, State.PARKED}),
    State.ACTED: frozenset({State.TWO_WAY, State.DECIDED, State.CLOSED}),
    State.CLOSED: frozenset({State.OPEN, State.FRAMED, State.TWO_WAY, State.DECIDED, State.ACTED}),
    State.DORMANT: frozenset({State.OPEN, State.FRAMED, State.TWO_WAY, State.PARKED, State.CLOSED}),
    State.PARKED: frozenset({State.OPEN, State.FRAMED, State.TWO_WAY, State.DECIDED, State.ACTED}),
}


def locked(conversation: Conversation) -> Conversation:
    """The talk, so that nobody else moves it until the transaction ends."""
    return Conversation.objects.select_for_update().get(pk=conversation.pk)


@transaction.atomic
def close_conversation(*, conversation: Conversation, by: Person, now: datetime, reason: str = "") -> None:
    """Close a talk whose commitments are settled, or, with the reason, one that rests."""
    conversation = locked(conversation)
    require_host(conversation, by)
    if conversation.state == State.DORMANT and not reason.strip():
        raise NothingSaid(_("Say why it is closed; nothing was acted on in it."))
    conversation.closed_reason = reason.strip()
    conversation.save(update_fields=["closed_reason"])
    move(conversation, State.CLOSED, by, now, reason=reason.strip())


@transaction.atomic
def park_conversation(
    *, conversation: Conversation, by: Person, reason: str, now: datetime, until: date | None = None
) -> None:
    """Lay a talk aside, with the reason for colleagues to read; on the day named it is taken up by itself."""
    conversation = locked(conversation)
    require_host(conversation, by)
    if not reason.strip():
        raise NothingSaid(_("Say why it is parked."))
    if until and until <= timezone.localdate(now):
        raise WrongState(_("Park it until a day that is still to come. Nothing was changed."))
    conversation.parked_reason, conversation.parked_until = reason.strip(), until
    conversation.save(update_fields=["parked_reason", "parked_until"])
    move(conversation, State.PARKED, by, now, reason=reason.strip())


@transaction.atomic
def resume_conversation(*, conversation: Conversation, by: Person, now: datetime) -> None:
    """Take a parked or closed talk up again where its content puts it; it rests again after 14 more quiet days."""
    conversation = locked(conversation)
    require_host(conversation, by)
    _take_up(conversation, by, now)


def take_up_parked(*, now: datetime) -> int:
    """Take up again what was parked until a day that has come. Returns how many."""
    come = Conversation.objects.filter(state=State.PARKED, parked_until__lte=timezone.localdate(now))
    return sum(_come(come.filter(pk=pk), now) for pk in list(come.values_list("pk", flat=True)))


@transaction.atomic
def _come(come: QuerySet[Conversation], now: datetime) -> int:
    """Take one up, unless somebody did or parked it for longer since it was found."""
    conversation = come.select_for_update().first()
    if conversation is None:
        return 0
    _take_up(conversation, None, now)
    return 1


def _take_up(conversation: Conversation, by: Person | None, now: datetime) -> None:
    if not conversation.is_over:
        raise WrongState(_("Only a parked or closed conversation can be taken up again."))
    conversation.parked_until = None
    conversation.save(update_fields=["parked_until"])
    move(conversation, state_by_content(conversation), by, now)


@transaction.atomic
def stand_by_lines(*, conversation: Conversation, by: Person, now: datetime) -> None:
    """Let a talk of which a line was unsent stand where the lines that are left put it."""
    last = conversation.messages.aggregate(last=Max("sent_at"))["last"]
    conversation.last_message_at = last
    conversation.save(update_fields=["last_message_at"])
    if conversation.state == State.TWO_WAY and len(queries.functions_heard(conversation)) < 2:
        conversation.two_way_at = None
        conversation.save(update_fields=["two_way_at"])
        move(conversation, State.FRAMED, by, now)
    tell_others(conversation)


def rest_quiet_conversations(*, now: datetime) -> int:
    """Let talks rest that nobody wrote in for 14 days; the next line wakes them."""
    quiet = Conversation.objects.filter(
        state__in=[State.OPEN, State.FRAMED, State.TWO_WAY], state_since__lte=now - QUIET_AFTER
    ).exclude(last_message_at__gt=now - QUIET_AFTER)
    return sum(_rest(quiet.filter(pk=pk), now) for pk in list(quiet.values_list("pk", flat=True)))


@transaction.atomic
def _rest(quiet: QuerySet[Conversation], now: datetime) -> int:
    """Let one talk rest, unless somebody wrote in it, parked or decided it since it was found quiet."""
    conversation = quiet.select_for_update().first()
    if conversation is None:
        return 0
    move(conversation, State.DORMANT, None, now)
    return 1


def require_part(conversation: Conversation, person: Person) -> None:
    if not conversation.participants.filter(person=person).exists():
        raise NotYours(
            _("%(name)s is not in this conversation. Write a line in it first.") % {"name": person.name}
        )


def require_host(conversation: Conversation, person: Person) -> None:
    """Guests talk and commit themselves; where the talk goes is for the house to say."""
    require_part(conversation, person)
    if not person.is_staff_side:
        raise NotYours(
            _("Guests do not decide, park or close a conversation. Say in a line what you propose.")
        )


def follow_talk(conversation: Conversation, by: Person, now: datetime) -> None:
    if conversation.state == State.DORMANT:
        move(conversation, state_by_content(conversation), by, now)
    if conversation.state == State.FRAMED and len(queries.functions_heard(conversation)) > 1:
        conversation.two_way_at = now
        conversation.save(update_fields=["two_way_at"])
        move(conversation, State.TWO_WAY, by, now)


def follow_promises(conversation: Conversation, by: Person | None, now: datetime) -> None:
    """Acted when every promise is settled, one kept and none missed; decided again when that is no longer so."""
    done = _all_done(conversation)
    if conversation.state == State.DECIDED and done:
        move(conversation, State.ACTED, by, now)
    elif conversation.state == State.ACTED and not done:
        move(conversation, State.DECIDED, by, now)


def _all_done(conversation: Conversation) -> bool:
    promised = set(conversation.commitments.values_list("state", flat=True))
    unmet = promised & {Commitment.State.OPEN, Commitment.State.MISSED}
    return Commitment.State.KEPT in promised and not unmet


def state_by_content(conversation: Conversation) -> str:
    if conversation.decisions.filter(taken_back_at=None).exists():
        return State.ACTED if _all_done(conversation) else State.DECIDED
    if conversation.two_way_at:
        return State.TWO_WAY
    return State.FRAMED if conversation.purpose and conversation.question else State.OPEN


def move(conversation: Conversation, to: str, by: Person | None, now: datetime, **detail: str) -> None:
    if to not in ALLOWED[conversation.state]:
        raise WrongState(
            _("A conversation that is “%(state)s” cannot become “%(to)s”.")
            % {"state": conversation.get_state_display(), "to": State(to).label}
        )
    came_from = conversation.state
    conversation.state, conversation.state_since = to, now
    conversation.save(update_fields=["state", "state_since"])
    journal.note(
        actor=by, verb=f"became {to}", about=conversation, at=now, detail={"from": came_from, **detail}
    )
    # Guests are told only of what their page shows: that a talk takes no lines, or takes them again.
    guests_see = bool({to, came_from} & {State.CLOSED, State.PARKED})
    telling.tell_talk(conversation, now, Audience.CUSTOMER if guests_see else Audience.STAFF)


def tell_others(conversation: Conversation) -> None:
    """Higher rooms follow talks by tasks that the settings name; this room does not know them."""
    for name in settings.AFTER_REPLY_TASKS:
        task = import_string(name)
        transaction.on_commit(lambda task=task: task.enqueue(conversation_id=conversation.pk))
