"""One-time links that make accounts: the only way in.

The link carries 256 random bits; the database keeps only their hash. Opening the link uses nothing up, since
mail scanners open links too; the account is made when the form is sent. Somebody who chose a passkey and did
not finish may open the link again until a password or a passkey exists.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from interlock.fabric import journal
from interlock.fabric.models import Invitation, Person, Role, User

VALID_FOR = timedelta(days=7)


class InvitationUnusable(Exception):
    """The link is unknown, used or out of date; the text says which, and what to do."""


class AddressTaken(Exception):
    """Somebody already signs in with this e-mail address."""


def first_owner_link(*, now: datetime) -> str | None:
    """Return a fresh token for the owner's account, or None when there is an owner who can sign in already.

    After an archive was restored nobody has a password: then it is the token of the owner who was first.
    Earlier unused tokens for the first owner stop working, so that only the latest printed link opens.
    """
    owners = list(Person.objects.filter(role=Role.OWNER, left_at=None, user__isnull=False).order_by("pk"))
    if any(_has_credentials(owner.user) for owner in owners):
        return None
    if owners:
        return renew(person=owners[0], by=None, now=now)
    Invitation.objects.filter(invited_by=None, role=Role.OWNER, used_at=None).delete()
    return _make(email="", role=Role.OWNER, functions=[], by=None, now=now)


@transaction.atomic
def invite(
    *, email: str, role: str, functions: Sequence[str], by: Person, now: datetime, account_key: str = ""
) -> str:
    """Make an invitation and return its token, which is shown once and never again.

    Raises:
        AddressTaken: the address belongs to somebody who is already here.
    """
    if email and User.objects.filter(email__iexact=email).exists():
        raise AddressTaken(
            _("%(email)s already has an account; nothing was sent or changed.") % {"email": email}
        )
    token = _make(email=email, role=role, functions=functions, by=by, now=now, account_key=account_key)
    journal.note(
        actor=by, verb="invited", about=by, at=now, detail={"role": role, "functions": list(functions)}
    )
    return token


def open_invitation(token: str, *, now: datetime) -> Invitation:
    """Return the invitation behind a token without using it up.

    Raises:
        InvitationUnusable: with the reason in words.
    """
    return _usable(Invitation.objects.filter(token_hash=_hash(token)), now)


def _usable(found: QuerySet[Invitation], now: datetime) -> Invitation:
    invitation = found.select_related("used_by__user").first()
    if invitation is None:
        raise InvitationUnusable(
            _("This link is not known here. It may have been replaced by a newer one; ask for a new link.")
        )
    if invitation.expires_at < now:
        raise InvitationUnusable(
            _("This link was valid for seven days. Ask the person who sent it for a new one.")
        )
    if invitation.used_by and _has_credentials(invitation.used_by.user):
        raise InvitationUnusable(_("This link has been used. Sign in with the account it made."))
    return invitation


@transaction.atomic
def accept(
    *, token: str, name: str, email: str, password: str | None, now: datetime, function: str = ""
) -> Person:
    """Make the account, or go on with one that has no password and no passkey yet.

    `password` None means that a passkey follows at once; `function` is what the person says to work in,
    taken where the invitation names none.

    Raises:
        InvitationUnusable: see `open_invitation`.
        AddressTaken: somebody else signs in with this address.
    """
    # Locked before it is judged: of two forms sent at once, the second finds the link used.
    locked = Invitation.objects.select_for_update(of=("self",)).filter(token_hash=_hash(token))
    invitation = _usable(locked, now)
    email = (invitation.email or email).strip().lower()
    functions = invitation.functions or [code for code in [function] if code]
    person = invitation.used_by or _new_person(invitation, functions, name=name, email=email, now=now)
    user = person.user
    if user is None:
        raise InvitationUnusable(_("This account has been closed. Ask the owner for a new link."))
    if password is None:
        user.set_unusable_password()
    else:
        user.set_password(password)
    user.save(update_fields=["password"])
    return person


@transaction.atomic
def renew(*, person: Person, by: Person | None, now: datetime) -> str:
    """Take away somebody's lost password and passkeys, and return the token of a link to set new ones.

    Open sessions end, since a lost password may be in other hands.

    Raises:
        InvitationUnusable: the person has left; nothing was changed.
    """
    if person.user is None or person.left_at is not None:
        raise InvitationUnusable(
            _("%(name)s has left. Send a new invitation instead.") % {"name": person.name}
        )
    person.user.set_unusable_password()
    person.user.save(update_fields=["password"])
    Authenticator.objects.filter(user=person.user).delete()
    token = secrets.token_urlsafe(32)
    fields = {"token_hash": _hash(token), "made_at": now, "expires_at": now + VALID_FOR, "used_at": now}
    Invitation.objects.update_or_create(
        used_by=person,
        defaults=fields,
        create_defaults=fields | {"email": person.user.email, "role": person.role, "invited_by": by},
    )
    journal.note(actor=by, verb="renewed the sign-in of", about=person, at=now)
    return token


def _new_person(
    invitation: Invitation, functions: Sequence[str], *, name: str, email: str, now: datetime
) -> Person:
    if User.objects.filter(email__iexact=email).exists():
        raise AddressTaken(_("%(email)s already has an account. Sign in instead.") % {"email": email})
    user = User.objects.create_user(email)
    # The invitation reached the person, so the address needs no second proof.
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    person = Person.objects.create(
        user=user,
        name=name.strip(),
        role=invitation.role,
        functions=list(functions),
        account_key=invitation.account_key,
    )
    invitation.used_at, invitation.used_by = now, person
    invitation.save(update_fields=["used_at", "used_by"])
    journal.note(actor=person, verb="joined", about=person, at=now, detail={"role": person.role})
    return person


def _make(
    *,
    email: str,
    role: str,
    functions: Sequence[str],
    by: Person | None,
    now: datetime,
    account_key: str = "",
) -> str:
    token = secrets.token_urlsafe(32)
    Invitation.objects.create(
        token_hash=_hash(token),
        email=email.strip().lower(),
        role=role,
        functions=list(functions),
        account_key=account_key,
        invited_by=by,
        made_at=now,
        expires_at=now + VALID_FOR,
    )
    return token


def _has_credentials(user: User | None) -> bool:
    if user is None:
        return True
    passkeys = Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN)
    return user.has_usable_password() or passkeys.exists()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
