"""Changes to who somebody is here: role, functions, leaving, and own preferences."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from interlock.fabric import journal, organisations
from interlock.fabric.access import ACTS, Act, may
from interlock.fabric.models import CustomerSide, Function, Person, Role, User


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


def user_at(address: str) -> User | None:
    """Who signs in with this address. PostgreSQL also finds those of letters that look alike, such as ı and i. One query."""
    found = User.objects.filter(email__iexact=address).select_related("person")
    return next((user for user in found if user.email.lower() == address.lower()), None)


@dataclass(frozen=True)
class Newcomer:
    """A customer whom another system names; `email` and `account` may be empty."""

    name: str
    email: str
    account: str


def bring_in_customers(newcomers: Sequence[Newcomer]) -> list[Person]:
    """Make the accounts of customers whom another system names; whoever gets mail there comes in by a code.

    Without an address, or with one that somebody here or a newcomer before has, nobody signs in as them. The import
    notes itself. Four queries.
    """
    addresses = {one.email.lower() for one in newcomers} - {""}
    there = User.objects.annotate(address=Lower("email")).filter(address__in=addresses)
    taken = set(there.values_list("address", flat=True))
    users = {address: User(email=address) for address in sorted(addresses - taken)}
    for user in users.values():
        user.set_unusable_password()
    User.objects.bulk_create(users.values())
    EmailAddress.objects.bulk_create(
        EmailAddress(user=user, email=user.email, verified=False, primary=True) for user in users.values()
    )
    return Person.objects.bulk_create(
        Person(
            user=users.pop(one.email.lower(), None),
            name=one.name,
            role=Role.CUSTOMER,
            account_key=one.account,
        )
        for one in newcomers
    )


@transaction.atomic
def take_back_customers(numbers: Collection[int]) -> None:
    """Take back accounts that an import made, which nobody came in to and no row names. The import notes itself."""
    users = list(Person.objects.filter(pk__in=numbers).exclude(user=None).values_list("user", flat=True))
    Person.objects.filter(pk__in=numbers, role=Role.CUSTOMER).delete()
    User.objects.filter(pk__in=users).delete()


class OtherOrganisation(Exception):
    """A partner stays with one organisation, or knowledge would pass a wall with them."""


def people_visible_to(person: Person) -> QuerySet[Person]:
    """Everybody for staff, one's own organisation for a partner, oneself for everybody else. One query."""
    everybody = Person.objects.select_related("user", "team", "stand_in")
    if person.is_staff_side:
        return everybody
    if person.role == Role.PARTNER and person.account_key:
        return everybody.filter(role=Role.PARTNER, account_key=person.account_key)
    return everybody.filter(pk=person.pk)


@transaction.atomic
def change_person(
    *, person: Person, role: str, functions: Sequence[str], by: Person, now: datetime, organisation: str = ""
) -> Person:
    """Give somebody another role, other functions, or another account; a partner's stays what it is.

    A customer who becomes something else stays a customer of the account they had.

    Raises:
        LastOwner: the change would leave the installation without an owner.
        OtherOrganisation: a partner of one organisation would become one of another.
        NotOne: no organisation, or more than one, answers to the name given.
    """
    account_key = _account_key(person, role, organisation)
    if role != Role.OWNER:
        _keep_an_owner(person)
    before = {"role": person.role, "functions": person.functions, "account": person.account_key}
    if person.role == role == Role.PARTNER and person.account_key not in {"", account_key}:
        raise OtherOrganisation(
            _("%(name)s is here for another organisation. End that access and invite them for the new one.")
            % {"name": person.name}
        )
    if person.role == Role.CUSTOMER != role:
        CustomerSide.objects.get_or_create(person=person, account_key=person.account_key)
    person.role = Role(role).value
    person.functions = [Function(code).value for code in functions]
    person.account_key = account_key
    person.save(update_fields=["role", "functions", "account_key"])
    after = {"role": person.role, "functions": person.functions, "account": person.account_key}
    journal.note(actor=by, verb="changed", about=person, at=now, detail={"before": before, "after": after})
    return person


@transaction.atomic
def make_customer_too(*, person: Person, account: str, by: Person, now: datetime) -> CustomerSide:
    """Note that somebody is a customer too, of the account of this name or key, or of none. Twice changes nothing.

    Raises:
        NotOne: the records hold no such account, or several.
    """
    account_key = organisations.customer_called(account) if account.strip() else ""
    side, made = CustomerSide.objects.get_or_create(person=person, account_key=account_key)
    if made:
        detail = {"account": account_key}
        journal.note(actor=by, verb="noted as customer too", about=person, at=now, detail=detail)
    return side


@transaction.atomic
def end_customer_side(*, side: CustomerSide, by: Person, now: datetime) -> None:
    """Take back that somebody is a customer too; what they said as one stays."""
    detail = {"account": side.account_key}
    journal.note(actor=by, verb="no longer customer too", about=side.person, at=now, detail=detail)
    side.delete()


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
    person.customer_sides.all().delete()
    if user:
        user.delete()  # addresses, passkeys and codes hang on it
    journal.note(actor=None, verb="erased", about=person, at=now)


class NoStandIn(Exception):
    """Somebody cannot stand in for this person."""


def has_passkey(person: Person) -> bool:
    """Whether somebody can come in with a passkey. One query."""
    return Authenticator.objects.filter(user=person.user, type=Authenticator.Type.WEBAUTHN).exists()


def can_be_away(person: Person) -> bool:
    """Whether anything falls to this person that somebody else could do: colleagues who answer, and partners."""
    return may(person, Act.ANSWER) or (person.role == Role.PARTNER and person.left_at is None)


@transaction.atomic
def set_away(
    *,
    person: Person,
    until: datetime | None,
    stand_in: Person | None,
    by: Person,
    now: datetime,
    since: datetime | None = None,
) -> Person:
    """Say from when until when somebody is away and who stands in. Until when empty: here, with this stand-in.

    Raises:
        NoStandIn: the stand-in is the person, has left, or is not of the same side.
    """
    if stand_in and not stand_ins_for(person).filter(pk=stand_in.pk).exists():
        raise NoStandIn(
            _("%(name)s cannot stand in here. Choose somebody of the same side who may; nothing was changed.")
            % {"name": stand_in.name}
        )
    person.away_from, person.away_until, person.stand_in = since if until else None, until, stand_in
    person.save(update_fields=["away_from", "away_until", "stand_in"])
    detail = {"from": since, "until": until, "stand_in": stand_in.pk if stand_in else None}
    journal.note(actor=by, verb="said who stands in", about=person, at=now, detail=detail)
    return person


def stand_ins_for(person: Person) -> QuerySet[Person]:
    """Who can stand in: colleagues who may answer customers, or those of the same partner. One query."""
    others = Person.objects.filter(left_at=None, user__isnull=False).exclude(pk=person.pk)
    if person.is_staff_side:
        return others.filter(role__in=[role for role, acts in ACTS.items() if Act.ANSWER in acts])
    same = others.filter(role=Role.PARTNER, account_key=person.account_key)
    return same if person.role == Role.PARTNER and person.account_key else same.none()


def _account_key(person: Person, role: str, words: str) -> str:
    """Where the name leads; what stands there already is kept, although several may have that name."""
    kept = person.account_key
    if kept and role == person.role and words.strip() in {kept, organisations.names_of([kept])[kept]}:
        return kept
    return organisations.key_of(role, words)


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
