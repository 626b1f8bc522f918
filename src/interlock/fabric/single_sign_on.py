"""Who comes in through the company's own sign-on? Only whom we know, whom somebody asked in, or whose domain is allowed.

An account elsewhere leads to one here by its issuer and subject, never by an address alone: an address that is not
verified counts for nothing, and a colleague's or partner's account is joined while they are signed in here.
"""

from __future__ import annotations

from datetime import datetime

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from interlock.connectors.openid import Told
from interlock.fabric import journal, people
from interlock.fabric.models import Invitation, Person, Role, SignOn, User


class NotLetIn(Exception):
    """Nobody came in; the text says why, and what to do."""


@transaction.atomic
def come_in(*, issuer: str, told: Told, now: datetime) -> Person:
    """The person behind an account of the sign-on; made when they were asked in, or their domain is allowed.

    Raises:
        NotLetIn: with the reason in words; nothing was changed.
    """
    known = SignOn.objects.filter(issuer=issuer, subject=told.subject).select_related("user__person").first()
    if known:
        return _still_here(known.user)
    if not told.email or not told.verified:
        raise NotLetIn(
            _(
                "The sign-on does not say that your address is verified, so nobody knows whose it is. Ask its operator."
            )
        )
    user = people.user_at(told.email)
    person = _joined(user) if user else _newcomer(told, now)
    _keep(issuer, told.subject, person, now)
    return person


@transaction.atomic
def connect(*, person: Person, issuer: str, told: Told, now: datetime) -> None:
    """Let somebody who is signed in here come in through the sign-on from now on.

    Raises:
        NotLetIn: that account leads to somebody else.
    """
    known = SignOn.objects.filter(issuer=issuer, subject=told.subject).first()
    if known and known.user_id != person.user_id:
        raise NotLetIn(_("That account of the sign-on leads to somebody else here. Nothing was changed."))
    if known is None:
        _keep(issuer, told.subject, person, now)


@transaction.atomic
def disconnect(*, person: Person, now: datetime) -> None:
    """Let nobody come in as this person through the sign-on any more.

    Raises:
        NotLetIn: they would have no other way in.
    """
    has_password = person.user is not None and person.user.has_usable_password()
    if not (has_password or person.role == Role.CUSTOMER or people.has_passkey(person)):
        raise NotLetIn(_("It is your only way in. Add a passkey first; nothing was changed."))
    SignOn.objects.filter(user=person.user).delete()
    journal.note(actor=person, verb="left the single sign-on", about=person, at=now)


def _still_here(user: User) -> Person:
    person = getattr(user, "person", None)
    if person is None or person.left_at or not user.is_active:
        raise NotLetIn(_("Your access has been ended. Ask whoever owns this installation."))
    return person


def _joined(user: User) -> Person:
    """Somebody who is here, by the verified address: customers as by a mailed code, colleagues of an allowed domain."""
    person = _still_here(user)
    by_domain = person.is_staff_side and _is_ours(user.email)
    if person.role != Role.CUSTOMER and not by_domain:
        raise NotLetIn(
            _(
                "You have an account here. Sign in with your password or passkey once, and connect the sign-on under Passkeys and codes."
            )
        )
    if person.role == Role.CUSTOMER and user.has_usable_password():
        raise NotLetIn(
            _(
                "You have a password here. Sign in with it once, and connect the sign-on under Passkeys and codes."
            )
        )
    EmailAddress.objects.filter(user=user, email__iexact=user.email).update(verified=True)
    return person


def _newcomer(told: Told, now: datetime) -> Person:
    """Somebody new: asked in, of an allowed domain, or a customer where those may come in so."""
    name = told.name or told.email.partition("@")[0]
    waiting = Invitation.objects.select_for_update(of=("self",)).filter(
        email__iexact=told.email, used_at=None, closed_at=None, expires_at__gte=now
    )
    invitation = waiting.order_by("-made_at", "-pk").first()
    if invitation:
        person = _person(told.email, name, invitation.role, now, invitation.functions, invitation.account_key)
        invitation.used_at = invitation.closed_at = now
        invitation.used_by = person
        invitation.save(update_fields=["used_at", "closed_at", "used_by"])
        return person
    if _is_ours(told.email):
        return _person(told.email, name, Role.CONTRIBUTOR, now)
    if settings.SSO["customers"]:
        return people.join_as_customer(email=told.email, name=name[:120], now=now)
    raise NotLetIn(
        _("Nobody asked %(email)s in. Ask a colleague who takes part for an invitation.")
        % {"email": told.email}
    )


def _person(
    email: str, name: str, role: str, now: datetime, functions: list[str] | None = None, account_key: str = ""
) -> Person:
    user = User.objects.create_user(email)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    person = Person.objects.create(
        user=user, name=name[:120], role=role, functions=functions or [], account_key=account_key
    )
    journal.note(actor=person, verb="joined", about=person, at=now, detail={"role": person.role})
    return person


def _keep(issuer: str, subject: str, person: Person, now: datetime) -> None:
    try:
        with transaction.atomic():
            SignOn.objects.create(issuer=issuer, subject=subject, user=person.user, made_at=now)
    except IntegrityError as error:  # two sign-ons of the same person at one moment
        raise NotLetIn(_("You are being signed on in another window. Begin again here.")) from error
    journal.note(actor=person, verb="joined the single sign-on", about=person, at=now)


def _is_ours(email: str) -> bool:
    return email.rpartition("@")[2].lower() in settings.SSO["domains"]
