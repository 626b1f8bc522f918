"""A choice is made, with its reason, and looked at again on its day. About a theme, it answers the theme's question.

`decide` is the one way to a decision, of an option that was put or without one. What was decided is corrected or taken
back, never rewritten: the row stays, and says so.
"""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from interlock.converse.errors import NothingSaid, NotYours, WrongState
from interlock.converse.models import Audience, Conversation, Decision, Option
from interlock.converse.services import choices
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
from interlock.fabric.access import Act, may
from interlock.fabric.models import Person
from interlock.listen.models import Theme
from interlock.listen.themes import deciding

LONGEST_QUESTION = 300  # of a theme; that of a talk may be longer


@transaction.atomic
def decide(
    *,
    conversation: Conversation,
    by: Person,
    because: str,
    now: datetime,
    chosen: str = "",
    instead_of: str = "",
    revisit_on: date | None = None,
    audience: str = Audience.STAFF,
    option: Option | None = None,
    despite: str = "",
    is_no: bool = False,
    corrects: Decision | None = None,
) -> Decision:
    """Put down what was chosen and why. Only after both sides wrote, and by somebody of the house in the talk.

    With an option, what it says is chosen instead of the other options, unless said otherwise. `is_no`: what customers
    ask for is not done. In a talk about a theme that nobody has decided, it is the theme's decision too.

    Raises:
        NothingSaid: what or why is lacking, or why it is chosen though objections to it are unanswered.
    """
    conversation = locked(conversation)
    require_host(conversation, by)
    chosen = chosen.strip() or (option.words if option else "")
    if not (chosen and because.strip()):
        raise NothingSaid(_("A decision needs what was chosen and why."))
    # A correction is for the readers of before, also where their guests have left since.
    audience = corrects.audience if corrects else audiences.allowed(conversation, by, audience)
    if option:
        option = _may_be_chosen(option, by, despite)
        instead_of = instead_of.strip() or _other_options(option, audience)
    _wake(conversation, by, now)
    decision = Decision.objects.create(
        conversation=conversation, chosen=chosen, because=because.strip(), instead_of=instead_of.strip(),
        revisit_on=revisit_on, audience=audience, decided_by=by, decided_at=now, option=option,
        despite=despite.strip() if option else "", is_no=is_no, corrects=corrects,
    )  # fmt: skip
    _note(decision, "decided", by, now, chosen=chosen)
    if conversation.state == State.TWO_WAY:
        move(conversation, State.DECIDED, by, now)
    _decide_theme(decision, by, now)
    tell_others(conversation)
    return decision


@transaction.atomic
def correct_decision(
    *,
    decision: Decision,
    by: Person,
    chosen: str,
    because: str,
    now: datetime,
    instead_of: str = "",
    revisit_on: date | None = None,
    is_no: bool = False,
) -> Decision:
    """Say anew what was decided, for the same readers; its commitments go with it, and what it said stays readable."""
    decision = _standing(decision, by, now)
    _take_from_theme(decision, by, now)
    _put_aside(decision, by, now, because="")
    corrected = decide(
        conversation=decision.conversation,
        by=by,
        chosen=chosen,
        because=because,
        instead_of=instead_of,
        revisit_on=revisit_on,
        option=decision.option,
        despite=decision.despite,
        is_no=is_no,
        corrects=decision,
        now=now,
    )
    decision.commitments.update(decision=corrected)
    return corrected


@transaction.atomic
def take_decision_back(*, decision: Decision, by: Person, because: str, now: datetime) -> None:
    """Let what was decided hold no more, with the reason its readers read. Its choice, where it had one, is open again."""
    decision = _standing(decision, by, now)
    if not because.strip():
        raise NothingSaid(_("Say why it does not hold any more."))
    _take_from_theme(decision, by, now)
    _put_aside(decision, by, now, because=because.strip())
    _note(decision, "took a decision back", by, now, because=because.strip())
    conversation = decision.conversation
    stands_at = state_by_content(conversation)
    if stands_at != conversation.state:
        move(conversation, stands_at, by, now)
    tell_others(conversation)


@transaction.atomic
def look_again(*, decision: Decision, by: Person, now: datetime, revisit_on: date | None = None) -> None:
    """Say that a decision, looked at again, still holds, and when it is looked at next, if it is.

    Raises:
        WrongState: its day has not come, somebody was first, or the next day is not to come.
    """
    conversation = locked(decision.conversation)
    require_host(conversation, by)
    decision, today = conversation.decisions.get(pk=decision.pk), timezone.localdate(now)
    if not decision.stands or decision.revisit_on is None or decision.revisit_on > today:
        raise WrongState(_("It is not yet due to be looked at again, or somebody was first."))
    if revisit_on and revisit_on <= today:
        raise WrongState(_("Give a day that is still to come, or none. Nothing was changed."))
    was_due, decision.revisit_on = decision.revisit_on, revisit_on
    decision.save(update_fields=["revisit_on"])
    _note(
        decision, "looked again at a decision", by, now, was_due=str(was_due), next=str(revisit_on or "")
    )  # fmt: skip


def _wake(conversation: Conversation, by: Person, now: datetime) -> None:
    """Let a resting talk stand where its content puts it.

    Raises:
        WrongState: not both sides have written.
    """
    if conversation.state == State.DORMANT:
        move(conversation, state_by_content(conversation), by, now)
    if conversation.state not in {State.TWO_WAY, State.DECIDED, State.ACTED}:
        raise WrongState(_("Both functions have to write before something is decided here."))


def _may_be_chosen(option: Option, by: Person, despite: str) -> Option:
    """The option, its choice open.

    Raises:
        NothingSaid: objections to it are unanswered, and no reason is named.
    """
    option = choices.open_choice(option.choice, by).options.get(pk=option.pk)
    objects = [one.person.name for one in choices.unanswered(option)]
    if objects and not despite.strip():
        raise NothingSaid(
            _(
                "Nobody has answered what %(names)s said against it. Answer it, or say why it is chosen all the same."
            )
            % {"names": get_text_list(objects, _("and"))}
        )
    return option


def _other_options(option: Option, audience: str) -> str:
    """The options it was chosen over, unless more people read the decision than the choice."""
    if audiences.is_wider(audience, option.choice.audience):
        return ""
    return "; ".join(one.words for one in option.choice.options.exclude(pk=option.pk))


def _standing(decision: Decision, by: Person, now: datetime) -> Decision:
    """The decision, its talk locked, if it stands and this person may change it."""
    conversation = locked(decision.conversation)
    require_host(conversation, by)
    if conversation.is_over:
        raise WrongState(_("This conversation is over. Take it up again first."))
    decision = conversation.decisions.select_related("option__choice").get(pk=decision.pk)
    if not decision.stands:
        raise WrongState(_("It was corrected or taken back already. Nothing was changed."))
    return decision


def _put_aside(decision: Decision, by: Person, now: datetime, because: str) -> None:
    decision.taken_back_at, decision.taken_back_by, decision.taken_back_because = now, by, because
    decision.save(update_fields=["taken_back_at", "taken_back_by", "taken_back_because"])


def _note(decision: Decision, verb: str, by: Person, now: datetime, **detail: str) -> None:
    conversation = decision.conversation
    journal.note(actor=by, verb=verb, about=conversation, at=now, detail={"decision": decision.pk, **detail})
    telling.tell_talk(conversation, now, decision.audience)


def _decide_theme(decision: Decision, by: Person, now: datetime) -> None:
    """Let the theme that the talk is about be decided by it, unless it is decided already or has ended.

    A theme without a question takes the one of the talk.
    """
    conversation = decision.conversation
    if conversation.context.kind != "theme" or not may(by, Act.SORT):
        return
    theme = _held(Theme.objects.filter(key=conversation.context.key, ended_at=None, decided_at=None))
    if theme is None:
        return
    if not theme.question:
        theme = deciding.ask_decision(
            theme=theme,
            question=conversation.heading_for(by)[:LONGEST_QUESTION],
            decider=None,
            decide_by=theme.decide_by,
            function=theme.function,
            by=by,
            now=now,
        )
    deciding.decide(theme=theme, decision=decision.chosen, by=by, now=now, is_no=decision.is_no)


def _held(themes: QuerySet[Theme]) -> Theme | None:
    """The theme, if it is there, locked: what is true of it here is still true when it is written."""
    return themes.select_for_update(of=("self",)).first()


def _take_from_theme(decision: Decision, by: Person, now: datetime) -> None:
    """Let the theme's question be open again, where this decision answered it.

    Raises:
        NotYours: this person may not change themes.
    """
    context = decision.conversation.context
    if context.kind != "theme":
        return
    theme = _held(Theme.objects.filter(key=context.key, ended_at=None))
    if theme is None:
        return
    if theme.decided_at != decision.decided_at:
        deciding.let_go(theme=theme, decided_at=decision.decided_at)
        return
    if not may(by, Act.SORT):
        raise NotYours(_("It decides a theme, which you may not change. Ask a colleague who may."))
    deciding.take_decision_back(theme=theme, by=by, now=now)
