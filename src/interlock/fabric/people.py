"""Changes to who somebody is here: role, functions, leaving, and own preferences."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from allauth.account.models import EmailAddress
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from interlock.fabric import journal
from interlock.fabric.access import ACTS, Act, may
from interlock.fabric.models import Function, Person, Role, User


class LastOwner(Exception):
    """An installation keeps at least one owner."""


@transaction.atomic
def join_as_customer(*, email: str, name: str, now: datetime) -> Person:
    """Make the account of a customer who has shown that this address is theirs; it has no password."""
    user = User.objects.create_user(email)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    person = Person.objects.create(user=user, name=name.strip(), role=Role.CUSTOMER)
    journal.note(actor=person, verb="joined", about=person, at=now, detail={"role": person.role})
    return person


def bring_in_customer(*, name: str, email: str, account: str) -> Person:
    """Make the account of a customer whom another system names; whoever gets mail there comes in by a code.

    Without an address, or with one that somebody here has, nobody signs in as them. The import notes itself.
    """
    user = None
    if email and not User.objects.filter(email__iexact=email).exists():
        user = User.objects.create_user(email)
        EmailAddress.objects.create(user=user, email=user.email, verified=False, primary=True)
    return Person.objects.create(user=user, name=name, role=Role.CUSTOMER, account_key=account)


def people_visible_to(person: Person) -> QuerySet[Person]:
    """Colleagues for staff, oneself for everybody else. One query."""
    everybody = Person.objects.select_related("user", "team", "stand_in")
    return everybody if person.is_staff_side else everybody.filter(pk=person.pk)


@transaction.atomic
def change_person(
    *, person: Person, role: str, functions: Sequence[str], by: Person, now: datetime
) -> Person:
    """Give somebody another role or other functions.

    Raises:
        LastOwner: the change would leave the installation without an owner.
    """
    if role != Role.OWNER:
        _keep_an_owner(person)
    before = {"role": person.role, "functions": person.functions}
    person.role = Role(role).value
    person.functions = [Function(code).value for code in functions]
    person.save(update_fields=["role", "functions"])
    after = {"role": person.role, "functions": person.functions}
    journal.note(actor=by, verb="changed", about=person, at=now, detail={"before": before, "after": after})
    return person


@transaction.atomic
def end_access(*, person: Person, by: Person, now: datetime) -> Person:
    """Close somebody's account at once; what they wrote stays, under their name.

    Raises:
        LastOwner: the person is the only owner.
    """
    _keep_an_owner(person)
    person.left_at = now
    person.save(update_fields=["left_at"])
    if person.user:
        person.user.is_active = False
        person.user.save(update_fields=["is_active"])
        _end_sessions(person.user.pk, now)
    journal.note(actor=by, verb="ended access", about=person, at=now)
    return person


@transaction.atomic
def erase(*, person: Person, now: datetime) -> None:
    """Leave nothing of a person but the number that the journal names: no name, no address, no way in.

    Raises:
        LastOwner: the person is the only owner.
    """
    end_access(person=person, by=person, now=now)
    user, person.user = person.user, None
    person.name, person.account_key = _("Somebody who left"), ""
    person.save(update_fields=["user", "name", "account_key"])
    if user:
        user.delete()  # addresses, passkeys and codes hang on it
    journal.note(actor=None, verb="erased", about=person, at=now)


class NoStandIn(Exception):
    """Somebody cannot stand in for this person."""


@transaction.atomic
def set_away(
    *, person: Person, until: datetime | None, stand_in: Person | None, by: Person, now: datetime
) -> Person:
    """Say until when somebody is away and who answers meanwhile. Until when empty: here, with this stand-in.

    Raises:
        NoStandIn: somebody would stand in for themselves, or the stand-in has left or may not answer customers.
    """
    if stand_in and (stand_in.pk == person.pk or not may(stand_in, Act.ANSWER)):
        raise NoStandIn(
            _(
                "%(name)s cannot stand in here. Choose a colleague who may answer customers; nothing was changed."
            )
            % {"name": stand_in.name}
        )
    person.away_until, person.stand_in = until, stand_in
    person.save(update_fields=["away_until", "stand_in"])
    detail = {"until": until, "stand_in": stand_in.pk if stand_in else None}
    journal.note(actor=by, verb="said who stands in", about=person, at=now, detail=detail)
    return person


def stand_ins_for(person: Person) -> QuerySet[Person]:
    """Colleagues who may answer customers while this person is away. One query."""
    roles = [role for role, acts in ACTS.items() if Act.ANSWER in acts]
    return Person.objects.filter(left_at=None, user__isnull=False, role__in=roles).exclude(pk=person.pk)


def choose_theme(*, person: Person, theme: str) -> None:
    """Keep somebody's own choice of theme; nobody else's business, so no journal line."""
    person.theme = theme
    person.save(update_fields=["theme"])


def choose_shortcuts(*, person: Person, on: bool) -> None:
    """Keep whether single-letter keys work for somebody."""
    person.shortcuts = on
    person.save(update_fields=["shortcuts"])


def _keep_an_owner(person: Person) -> None:
    # All owners are locked, so that two who leave at the same moment do not each count on the other.
    owners = Person.objects.select_for_update(of=("self",), no_key=True).filter(
        role=Role.OWNER, left_at=None, user__isnull=False
    )
    if {owner.pk for owner in owners} == {person.pk}:
        raise LastOwner(
            _("%(name)s is the only owner. Make somebody else owner first; nothing was changed.")
            % {"name": person.name}
        )


def _end_sessions(user_id: int, now: datetime) -> None:
    for session in Session.objects.filter(expire_date__gt=now).iterator():
        if session.get_decoded().get("_auth_user_id") == str(user_id):
            session.delete()
