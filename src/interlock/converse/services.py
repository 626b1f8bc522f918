"""What can happen in a conversation: it opens, people write, it is decided, done, closed or left to rest.

States (domain.md 5.2): open, framed (context, purpose and question), two_way (two functions wrote), decided,
acted (every commitment settled, one kept), closed; quiet for 14 days is dormant; parked has a reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from interlock.converse import queries
from interlock.converse.errors import NothingSaid, NotYours, WrongState
from interlock.converse.models import Audience, Commitment, Conversation, Decision, Message, Participant
from interlock.converse.talks import audiences, content, drafts, telling
from interlock.fabric import journal
from interlock.fabric.models import Context, Evidence, Function, Person

State = Conversation.State
QUIET_AFTER = timedelta(days=14)
ALLOWED: dict[str, frozenset[str]] = {
    State.OPEN: frozenset({State.FRAMED, State.DORMANT, State.PARKED}),
    State.FRAMED: frozenset({State.TWO_WAY, State.DORMANT, State.PARKED}),
    State.TWO_WAY: frozenset({State.FRAMED, State.DECIDED, State.DORMANT, State.PARKED}),
    State.DECIDED: frozenset({State.ACTED, State.PARKED}),
    State.ACTED: frozenset({State.CLOSED}),
    State.CLOSED: frozenset(),
    State.DORMANT: frozenset({State.OPEN, State.FRAMED, State.TWO_WAY, State.PARKED}),
    State.PARKED: frozenset({State.OPEN, State.FRAMED, State.TWO_WAY, State.DECIDED}),
}


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
        _move(conversation, State.FRAMED, by, now)
        _follow_talk(conversation, by, now)


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


@transaction.atomic
def say(
    *,
    conversation: Conversation,
    by: Person,
    body: str,
    now: datetime,
    audience: str = "",
    kind: str = Message.Kind.SAY,
    reply_to: Message | None = None,
) -> Message:
    """Write a line for an audience, the narrowest when none is named. The second function makes the talk two-way.

    Raises:
        NotForThem: nobody of that audience is in the talk, or the author is not of it.
    """
    conversation = locked(conversation)
    if conversation.is_over:
        raise WrongState(_("This conversation is over. Open a new one on the same context."))
    if not body.strip():
        raise NothingSaid(_("Write a line first; nothing was sent."))
    participant = _joined(conversation, by, now)
    audience = audiences.allowed(conversation, by, audience)
    named = content.checked(body, conversation, audience, by)
    message = Message.objects.create(
        conversation=conversation,
        author=by,
        function=participant.function,
        kind=kind,
        audience=audience,
        body=body.strip(),
        reply_to=reply_to,
        sent_at=now,
    )
    content.bring_along(message, named)
    drafts.drop_draft(conversation=conversation, by=by)
    if participant.replied_at is None:
        participant.replied_at = now
        participant.save(update_fields=["replied_at"])
    conversation.last_message_at = now
    conversation.save(update_fields=["last_message_at"])
    detail = {"message": message.pk, "kind": kind, "function": participant.function, "audience": audience}
    journal.note(actor=by, verb="wrote", about=conversation, at=now, detail=detail)
    _follow_talk(conversation, by, now)
    telling.tell_line(message, "line", now)
    _tell_others(conversation)
    return message


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
    _require_host(conversation, by)
    if not (chosen.strip() and because.strip()):
        raise NothingSaid(_("A decision needs what was chosen and why."))
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
        _move(conversation, State.DECIDED, by, now)
    telling.tell_talk(conversation, now, decision.audience)
    _tell_others(conversation)
    return decision


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
    _require_part(conversation, by)
    _require_part(conversation, owner)
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
    _tell_others(conversation)
    return commitment


@transaction.atomic
def settle_commitment(
    *, commitment: Commitment, by: Person, state: str, now: datetime, why: str = ""
) -> None:
    """Say that a commitment was kept, missed, or dropped with a reason; opening it again takes that back."""
    conversation = locked(commitment.conversation)
    _require_part(conversation, by)
    if state == Commitment.State.DROPPED and not why.strip():
        raise NothingSaid(_("Say why it is dropped."))
    commitment.state, commitment.why = state, why.strip()
    commitment.settled_at = None if state == Commitment.State.OPEN else now
    commitment.save(update_fields=["state", "why", "settled_at"])
    detail = {"commitment": commitment.pk, "state": state, "why": why}
    journal.note(actor=by, verb="settled", about=conversation, at=now, detail=detail)
    telling.tell_talk(conversation, now, commitment.audience)
    if conversation.state == State.DECIDED and _all_done(conversation):
        _move(conversation, State.ACTED, by, now)
    _tell_others(conversation)


@transaction.atomic
def close_conversation(*, conversation: Conversation, by: Person, now: datetime) -> None:
    """Close a talk whose commitments are settled."""
    conversation = locked(conversation)
    _require_host(conversation, by)
    _move(conversation, State.CLOSED, by, now)


@transaction.atomic
def park_conversation(*, conversation: Conversation, by: Person, reason: str, now: datetime) -> None:
    """Lay a talk aside, with the reason for all to read."""
    conversation = locked(conversation)
    _require_host(conversation, by)
    if not reason.strip():
        raise NothingSaid(_("Say why it is parked."))
    conversation.parked_reason = reason.strip()
    conversation.save(update_fields=["parked_reason"])
    _move(conversation, State.PARKED, by, now, reason=reason.strip())


@transaction.atomic
def resume_conversation(*, conversation: Conversation, by: Person, now: datetime) -> None:
    """Take a parked talk up again where it stood."""
    conversation = locked(conversation)
    _require_host(conversation, by)
    if conversation.state != State.PARKED:
        raise WrongState(_("Only a parked conversation can be taken up again."))
    _move(conversation, _state_by_content(conversation), by, now)


def locked(conversation: Conversation) -> Conversation:
    """The talk, so that nobody else moves it until the transaction ends."""
    return Conversation.objects.select_for_update().get(pk=conversation.pk)


@transaction.atomic
def stand_by_lines(*, conversation: Conversation, by: Person, now: datetime) -> None:
    """Let a talk of which a line was unsent stand where the lines that are left put it."""
    last = conversation.messages.aggregate(last=Max("sent_at"))["last"]
    conversation.last_message_at = last
    conversation.save(update_fields=["last_message_at"])
    if conversation.state == State.TWO_WAY and len(queries.functions_heard(conversation)) < 2:
        conversation.two_way_at = None
        conversation.save(update_fields=["two_way_at"])
        _move(conversation, State.FRAMED, by, now)
    _tell_others(conversation)


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
    _move(conversation, State.DORMANT, None, now)
    return 1


def _joined(conversation: Conversation, person: Person, now: datetime) -> Participant:
    """The person's place in the talk. Staff may join by writing; others have to be asked in."""
    participant = conversation.participants.filter(person=person).first()
    if participant:
        return participant
    if not person.is_staff_side:
        raise NotYours(_("You were not asked into this conversation."))
    # Who belongs to no function speaks for those who are not at the table: the customers.
    function = (person.functions or [Function.CUSTOMER])[0]
    return invite(conversation=conversation, person=person, function=function, by=person, now=now)


def _require_part(conversation: Conversation, person: Person) -> None:
    if not conversation.participants.filter(person=person).exists():
        raise NotYours(
            _("%(name)s is not in this conversation. Write a line in it first.") % {"name": person.name}
        )


def _require_host(conversation: Conversation, person: Person) -> None:
    """Guests talk and commit themselves; where the talk goes is for the house to say."""
    _require_part(conversation, person)
    if not person.is_staff_side:
        raise NotYours(
            _("Guests do not decide, park or close a conversation. Say in a line what you propose.")
        )


def _follow_talk(conversation: Conversation, by: Person, now: datetime) -> None:
    if conversation.state == State.DORMANT:
        _move(conversation, _state_by_content(conversation), by, now)
    if conversation.state == State.FRAMED and len(queries.functions_heard(conversation)) > 1:
        conversation.two_way_at = now
        conversation.save(update_fields=["two_way_at"])
        _move(conversation, State.TWO_WAY, by, now)


def _state_by_content(conversation: Conversation) -> str:
    if conversation.decisions.exists():
        return State.DECIDED
    if conversation.two_way_at:
        return State.TWO_WAY
    return State.FRAMED if conversation.purpose and conversation.question else State.OPEN


def _all_done(conversation: Conversation) -> bool:
    states = set(conversation.commitments.values_list("state", flat=True))
    return Commitment.State.KEPT in states and not states & {Commitment.State.OPEN, Commitment.State.MISSED}


def _move(conversation: Conversation, to: str, by: Person | None, now: datetime, **detail: str) -> None:
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


def _tell_others(conversation: Conversation) -> None:
    """Higher rooms follow talks by tasks that the settings name; this room does not know them."""
    for name in settings.AFTER_REPLY_TASKS:
        task = import_string(name)
        transaction.on_commit(lambda task=task: task.enqueue(conversation_id=conversation.pk))
