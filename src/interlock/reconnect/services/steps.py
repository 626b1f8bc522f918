"""The steps people take with a disconnect, one function and one guard each.

Nothing here trusts a page: each function locks the row, checks what must be true, and only then moves.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from interlock.converse.models import Commitment, Conversation, Message
from interlock.fabric import journal
from interlock.fabric.models import Function, Person
from interlock.reconnect.models import Acknowledgement, Disconnect, Judgement, State
from interlock.reconnect.services.moving import locked, move, require

# Nobody of these sides works here, so a colleague speaks for them.
OUTSIDE = frozenset({Function.CUSTOMER, Function.PARTNER, Function.RIVAL})
BEFORE_TALK = frozenset({State.SUSPECTED, State.DETECTED, State.RECURRED, State.ACKNOWLEDGED})
DISMISSABLE = frozenset({State.SUSPECTED, State.DETECTED, State.ACKNOWLEDGED, State.RECURRED})
COUNTS_AS_WRONG = frozenset({Disconnect.Dismissal.WRONG_DATA, Disconnect.Dismissal.NOT_US})


def may_speak_for(person: Person, function: str) -> bool:
    """Whether this person can stand for a side: their own function, or somebody outside the company."""
    return person.is_staff_side and (function in person.functions or function in OUTSIDE)


@transaction.atomic
def acknowledge(*, disconnect: Disconnect, by: Person, function: str, now: datetime) -> Disconnect:
    """Say for one side: we see it. The second side, by somebody else, moves it to acknowledged."""
    disconnect = locked(disconnect)
    require(disconnect.state in BEFORE_TALK, _("This disconnect has already been taken up."))
    require(function in disconnect.pair, _("That function is not one of the two."))
    require(may_speak_for(by, function), _("You do not speak for that function here."))
    _acknowledge(disconnect, by, function, now)
    _step_acknowledged(disconnect, by, now)
    return disconnect


@transaction.atomic
def state_safety(
    *, disconnect: Disconnect, by: Person, now: datetime, facilitator: Person | None = None
) -> Disconnect:
    """A named person says that it is safe to talk, or names a facilitator of neither function.

    There is no safety pulse yet, so the outcome is unknown until somebody says so; nothing is guessed.
    """
    disconnect = locked(disconnect)
    require(disconnect.state in BEFORE_TALK | {State.SAFETY_CHECK}, _("They are already talking."))
    outcome = Disconnect.Safety.STATED
    if facilitator is not None:
        outcome = Disconnect.Safety.FACILITATED
        require(
            not set(facilitator.functions) & set(disconnect.pair),
            _("A facilitator comes from neither of the two functions."),
        )
    disconnect.safety, disconnect.safety_by, disconnect.safety_at = outcome, by, now
    disconnect.save(update_fields=["safety", "safety_by", "safety_at"])
    detail = {"outcome": outcome, "facilitator": facilitator.pk if facilitator else None}
    journal.note(actor=by, verb="stated safety", about=disconnect, at=now, detail=detail)
    _step_safe(disconnect, by, now)
    return disconnect


@transaction.atomic
def follow_conversation(*, disconnect: Disconnect, now: datetime) -> Disconnect:
    """Take every step that the talk has earned since: acknowledged, safe, together, agreed, measuring."""
    disconnect = locked(disconnect)
    if disconnect.conversation_id is None:
        return disconnect
    if disconnect.state in BEFORE_TALK:
        for function, author in _first_authors(disconnect):
            _acknowledge(disconnect, author, function, now)
        _step_acknowledged(disconnect, None, now)
    _step_safe(disconnect, None, now)
    _step_convened(disconnect, now)
    _step_agreed(disconnect, now)
    _step_measuring(disconnect, now)
    return disconnect


@transaction.atomic
def dismiss(*, disconnect: Disconnect, by: Person, reason: str, now: datetime, note: str = "") -> Disconnect:
    """Close it with a reason. Wrong data and not us also count as a vote that the rule was wrong.

    It takes the place of a vote that the person gave before; `undo_dismissal` gives that one back.
    """
    disconnect = locked(disconnect)
    require(disconnect.state in DISMISSABLE, _("They are already talking about it; decide there what to do."))
    require(reason in Disconnect.Dismissal.values, _("Choose one of the four reasons."))
    disconnect.dismissal, disconnect.dismissal_note = reason, note.strip()
    disconnect.save(update_fields=["dismissal", "dismissal_note"])
    said_useful = reason in COUNTS_AS_WRONG and _vote_wrong(disconnect, by, now)
    move(
        disconnect,
        State.DISMISSED,
        by=by,
        now=now,
        reason=reason,
        note=note.strip(),
        **({"said_useful": True} if said_useful else {}),
    )
    return disconnect


@transaction.atomic
def undo_dismissal(*, disconnect: Disconnect, by: Person, now: datetime) -> Disconnect:
    """Put it back to where it stood, together with the vote that the dismissal gave."""
    disconnect = locked(disconnect)
    require(disconnect.state == State.DISMISSED, _("It is not dismissed."))
    disconnect.dismissal, disconnect.dismissal_note = "", ""
    disconnect.save(update_fields=["dismissal", "dismissal_note"])
    given = Judgement.objects.filter(disconnect=disconnect, by_dismissal=True)
    dismissal = journal.entries_about(disconnect).filter(verb="became dismissed").first()
    if dismissal and dismissal.detail.get("said_useful"):
        given.update(useful=True, by_dismissal=False)
    else:
        given.delete()
    move(disconnect, disconnect.state_before, by=by, now=now, undone=State.DISMISSED)
    return disconnect


def _vote_wrong(disconnect: Disconnect, by: Person, now: datetime) -> bool:
    """Count the dismissal as this person's vote; return whether they had said useful before."""
    before = Judgement.objects.filter(disconnect=disconnect, person=by).first()
    if before and not before.useful:
        return False
    Judgement.objects.update_or_create(
        disconnect=disconnect,
        person=by,
        defaults={"rule": disconnect.rule, "useful": False, "by_dismissal": True, "at": now},
    )
    return before is not None


def _acknowledge(disconnect: Disconnect, person: Person, function: str, now: datetime) -> None:
    given = {one.function: one.person_id for one in disconnect.acknowledgements.all()}
    # One person cannot be both sides: the second has to be somebody else.
    if function in given or person.pk in given.values():
        return
    Acknowledgement.objects.create(disconnect=disconnect, function=function, person=person, at=now)
    journal.note(actor=person, verb="acknowledged", about=disconnect, at=now, detail={"function": function})


def _step_acknowledged(disconnect: Disconnect, by: Person | None, now: datetime) -> None:
    sides = set(disconnect.acknowledgements.values_list("function", flat=True))
    if disconnect.state in BEFORE_TALK - {State.ACKNOWLEDGED} and sides >= set(disconnect.pair):
        move(disconnect, State.ACKNOWLEDGED, by=by, now=now)


def _step_safe(disconnect: Disconnect, by: Person | None, now: datetime) -> None:
    if disconnect.state == State.ACKNOWLEDGED and disconnect.safety != Disconnect.Safety.UNKNOWN:
        move(disconnect, State.SAFETY_CHECK, by=by, now=now, outcome=disconnect.safety)


def _step_convened(disconnect: Disconnect, now: datetime) -> None:
    if disconnect.state != State.SAFETY_CHECK:
        return
    heard = set(_lines(disconnect).values_list("function", flat=True))
    if heard >= set(disconnect.pair):
        move(disconnect, State.CONVENED, by=None, now=now, conversation=disconnect.conversation_id)


def _step_agreed(disconnect: Disconnect, now: datetime) -> None:
    if disconnect.state == State.CONVENED and _commitments(disconnect):
        move(disconnect, State.AGREED, by=None, now=now)


def _step_measuring(disconnect: Disconnect, now: datetime) -> None:
    """Measuring starts when every commitment is settled and at least one was kept."""
    states = set(_commitments(disconnect))
    done = Commitment.State.KEPT in states and not states & {Commitment.State.OPEN, Commitment.State.MISSED}
    if disconnect.state == State.AGREED and done:
        disconnect.measuring_from, disconnect.missed_windows = now.date(), 0
        disconnect.save(update_fields=["measuring_from", "missed_windows"])
        move(disconnect, State.MEASURING, by=None, now=now)


def _first_authors(disconnect: Disconnect) -> list[tuple[str, Person]]:
    """The first to write for each of the two functions, in the order they wrote."""
    firsts: dict[str, Person] = {}
    for message in _lines(disconnect).select_related("author"):
        if message.function in disconnect.pair:
            firsts.setdefault(message.function, message.author)
    return list(firsts.items())


def _lines(disconnect: Disconnect):
    return Message.objects.filter(conversation_id=disconnect.conversation_id, removed_at=None)


def _commitments(disconnect: Disconnect) -> list[str]:
    if disconnect.conversation_id is None:
        return []
    conversation = Conversation.objects.get(pk=disconnect.conversation_id)
    return list(conversation.commitments.values_list("state", flat=True))
