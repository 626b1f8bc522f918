"""A choice is put down, with its reason, and looked at again on its day. About a theme, it answers the theme's question."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
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
    chosen: str,
    because: str,
    now: datetime,
    instead_of: str = "",
    revisit_on: date | None = None,
    audience: str = Audience.STAFF,
) -> Decision:
    """Put down what was chosen and why. Only after both sides wrote, and by somebody of the house in the talk.

    In a talk about a theme that nobody has decided, it is the theme's decision too.
    """
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
    _decide_theme(decision, by, now)
    telling.tell_talk(conversation, now, decision.audience)
    tell_others(conversation)
    return decision


@transaction.atomic
def look_again(*, decision: Decision, by: Person, now: datetime, revisit_on: date | None = None) -> None:
    """Say that a decision, looked at again, still holds, and when it is looked at next, if it is.

    Raises:
        WrongState: its day has not come, somebody was first, or the next day is not to come.
    """
    conversation = locked(decision.conversation)
    require_host(conversation, by)
    decision, today = conversation.decisions.get(pk=decision.pk), timezone.localdate(now)
    if decision.revisit_on is None or decision.revisit_on > today:
        raise WrongState(_("It is not yet due to be looked at again, or somebody was first."))
    if revisit_on and revisit_on <= today:
        raise WrongState(_("Give a day that is still to come, or none. Nothing was changed."))
    detail = {
        "decision": decision.pk, "was_due": str(decision.revisit_on), "next": str(revisit_on or ""),
    }  # fmt: skip
    decision.revisit_on = revisit_on
    decision.save(update_fields=["revisit_on"])
    journal.note(actor=by, verb="looked again at a decision", about=conversation, at=now, detail=detail)
    telling.tell_talk(conversation, now, decision.audience)


def _decide_theme(decision: Decision, by: Person, now: datetime) -> None:
    """Let the theme that the talk is about be decided by it, unless it is decided already or has ended.

    A theme without a question takes the one of the talk.
    """
    conversation = decision.conversation
    if conversation.context.kind != "theme" or not may(by, Act.SORT):
        return
    theme = Theme.objects.filter(key=conversation.context.key, ended_at=None, decided_at=None).first()
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
    deciding.decide(theme=theme, decision=decision.chosen, by=by, now=now)
