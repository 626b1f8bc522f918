"""Who takes part: colleagues and guests are asked into a talk, and a guest can be asked out of it again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from interlock.converse import queries, services
from interlock.converse.errors import NotYours, TooMany, WrongState
from interlock.converse.models import Audience, Conversation, Participant
from interlock.converse.talks import telling
from interlock.fabric import journal
from interlock.fabric.access import Act, may
from interlock.fabric.models import STAFF_ROLES, Function, Person, Role


def colleagues_to_ask(conversation: Conversation) -> QuerySet[Person]:
    """Those of the house who could take part and do not yet, by name."""
    writers = [role for role in STAFF_ROLES if role != Role.OBSERVER]
    return Person.objects.filter(role__in=writers, left_at=None).exclude(
        participations__conversation=conversation
    )


def by_function(people: Iterable[Person]) -> list[tuple[str, list[Person]]]:
    """People under the first function each speaks for, in the order of functions; those of none at the end."""
    found: dict[str, list[Person]] = {}
    for person in people:
        found.setdefault((person.functions or [""])[0], []).append(person)
    named = [(str(one.label), found[one]) for one in Function if one in found]
    return [*named, (_("Of no function"), found[""])] if "" in found else named


def by_side(participants: Iterable[Participant]) -> list[tuple[str, list[Participant]]]:
    """Who takes part, under the side each is on: the house, partners, customers."""
    names = {Role.PARTNER: _("Shop"), Role.CUSTOMER: _("Customers")}
    sides: dict[str, list[Participant]] = {side: [] for side in (_("Staff"), *names.values())}
    for one in participants:
        sides[names.get(Role(one.person.role), _("Staff"))].append(one)
    return [(side, there) for side, there in sides.items() if there]


def guest_called(words: str) -> Person | None:
    """The one customer or partner of this e-mail or name; None when there is nobody, or more than one.

    Names count only for accounts we know: whoever comes to the community by themselves writes any name they like.
    """
    guests = Person.objects.filter(role__in=queries.GUESTS, left_at=None)
    known = Q(name__iexact=words.strip()) & ~Q(account_key="")
    found = guests.filter(known | Q(user__email__iexact=words.strip()))[:2]
    return found[0] if len(found) == 1 else None


@transaction.atomic
def ask_in(*, conversation: Conversation, person: Person, by: Person, now: datetime) -> Participant:
    """Ask somebody into a talk, for their first function.

    Raises:
        NotYours: a guest asks, or the asker is not of the talk.
        TooMany: a colleague is in two open conversations already.
        WallStands: somebody of another partner organisation is in the talk.
        WrongState: a guest is asked into a talk without a question.
    """
    _require_asker(conversation, by)
    if not person.is_staff_side and not conversation.question:
        # Its title is a line of staff; a guest's page is headed by the question.
        raise WrongState(_("Say first what question this talk answers; a guest reads it above the lines."))
    if (
        person.is_staff_side
        and person != by
        and queries.open_convenings().get(person.pk, 0) >= queries.MOST_CONVENINGS
    ):
        raise TooMany(
            _("%(name)s is in two open conversations already. Ask somebody else.") % {"name": person.name}
        )
    function = (person.functions or [_seat(person)])[0]
    telling.tell_talk(conversation, now, Audience.CUSTOMER)
    return services.invite(conversation=conversation, person=person, function=function, by=by, now=now)


@transaction.atomic
def ask_out(*, participant: Participant, by: Person, now: datetime) -> None:
    """End a guest's part in a talk: they no longer see it, and what they wrote stays.

    Raises:
        NotYours: a guest asks, or the person is of the house, who may look in anyway.
    """
    conversation = participant.conversation
    _require_asker(conversation, by)
    if participant.person.is_staff_side:
        raise NotYours(_("Colleagues may read every conversation; only guests can be asked out."))
    participant.delete()
    detail = {"person": participant.person_id}
    journal.note(actor=by, verb="asked out", about=conversation, at=now, detail=detail)
    telling.tell_talk(conversation, now, Audience.CUSTOMER)


def leave_talks(*, person: Person, was: str, by: Person, now: datetime) -> None:
    """After a change of role, end somebody's part in talks that they would otherwise take behind a wall.

    Whoever belonged to the house and is a guest now leaves all they were in as a colleague; whoever became a
    partner leaves those in which another partner organisation takes part. What they wrote stays.
    """
    if person.is_staff_side or person.role == was:
        return
    theirs = Participant.objects.filter(person=person).select_related("conversation")
    if was not in STAFF_ROLES:
        others = Participant.objects.filter(person__role=Role.PARTNER).exclude(person=person)
        if person.account_key:
            others = others.exclude(person__account_key=person.account_key)
        theirs = theirs.filter(conversation__in=others.values("conversation"))
        theirs = theirs if person.role == Role.PARTNER else theirs.none()
    for one in theirs:
        detail = {"person": person.pk, "because": "their side changed"}
        journal.note(actor=by, verb="asked out", about=one.conversation, at=now, detail=detail)
        telling.tell_talk(one.conversation, now, Audience.CUSTOMER)
        one.delete()


def _require_asker(conversation: Conversation, by: Person) -> None:
    is_in = conversation.participants.filter(person=by).exists()
    if not (by.is_staff_side and may(by, Act.CONVENE) and is_in):
        raise NotYours(_("Only colleagues in this conversation ask others in or out. Write a line first."))


def _seat(person: Person) -> str:
    seats = {Role.PARTNER: Function.PARTNER, Role.CUSTOMER: Function.CUSTOMER}
    return seats.get(Role(person.role), Function.CUSTOMER)
