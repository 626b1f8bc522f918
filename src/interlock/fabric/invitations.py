"""One-time links that make accounts: the only way in.

The link carries 256 random bits; the database keeps only their hash. Opening the link uses nothing up, since
mail scanners open links too; the account is made when the form is sent. Somebody who chose a passkey and did
not finish may open the link again until a password or a passkey exists.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later

from interlock.connectors.imap_mailbox.notices import Note, PostOffice, post
from interlock.connectors.live import NotSent, PerhapsSent
from interlock.fabric import company, journal, no_mail, organisations, work
from interlock.fabric.access import Act, may
from interlock.fabric.models import Invitation, Person, Role, User

VALID_FOR = timedelta(days=7)


class InvitationUnusable(Exception):
    """The link is unknown, used or out of date; the text says which, and what to do."""


class AddressTaken(Exception):
    """Somebody already signs in with this e-mail address, or is asked in with it."""


class NotYourRole(Exception):
    """Somebody asks in people of a role they may not give."""


def first_owner_link(*, now: datetime) -> str | None:
    """Return a fresh token for the owner's account, or None when there is an owner who can sign in already.

    After an archive was restored nobody has a password: then it is the token of the owner who was first.
    Earlier unused tokens for the first owner stop working, so that only the latest printed link opens.
    """
    owners = list(Person.objects.filter(role=Role.OWNER, left_at=None, user__isnull=False).order_by("pk"))
    if any(
        _has_credentials(owner.user) or (settings.SSO and owner.user.sign_ons.exists()) for owner in owners
    ):
        return None
    if owners:
        return renew(person=owners[0], by=None, now=now)
    Invitation.objects.filter(invited_by=None, role=Role.OWNER, used_at=None).delete()
    token = secrets.token_urlsafe(32)
    Invitation.objects.create(**_fresh(token, now), role=Role.OWNER)
    return token


def roles_to_invite(person: Person) -> list[str]:
    """Whom somebody may ask in: owners everybody, leads all but owners, others who answer customers those."""
    if may(person, Act.OWN):
        return list(Role.values)
    if may(person, Act.INVITE):
        return [role for role in Role.values if role != Role.OWNER]
    return [Role.CUSTOMER.value] if may(person, Act.ANSWER) else []


def pending_visible_to(person: Person) -> QuerySet[Invitation]:
    """Invitations that were not taken up: all for those who may ask anybody in, one's own for others. Newest first."""
    pending = Invitation.objects.filter(used_at=None, closed_at=None, invited_by__isnull=False)
    mine = pending if may(person, Act.INVITE) else pending.filter(invited_by=person)
    known = mine.filter(role__in=roles_to_invite(person))
    return known.select_related("invited_by").order_by("-made_at", "-pk")


@transaction.atomic
def invite(
    *,
    email: str,
    role: str,
    functions: Sequence[str],
    by: Person,
    now: datetime,
    organisation: str = "",
    by_mail: bool = False,
) -> str:
    """Make an invitation and return its token, which is shown once and never again; nothing where it is mailed.

    Raises:
        AddressTaken: the address belongs to somebody who is already here, or is asked in already.
        NotYourRole: this person may not ask in somebody of this role.
        NotOne: no organisation, or more than one, answers to the name given.
    """
    if role not in roles_to_invite(by):
        raise NotYourRole(_("Only an owner can invite an owner, and only a lead colleagues and partners."))
    if email and User.objects.filter(email__iexact=email).exists():
        raise AddressTaken(
            _("%(email)s already has an account; nothing was sent or changed.") % {"email": email}
        )
    waiting = Invitation.objects.filter(email__iexact=email, used_at=None, closed_at=None, expires_at__gt=now)
    if email and waiting.exists():
        raise AddressTaken(
            _("%(email)s is asked in already. Renew or withdraw that invitation; nothing was sent.")
            % {"email": email}
        )
    token = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        **_fresh(token, now),
        email=email.strip().lower(),
        role=role,
        functions=list(functions),
        account_key=organisations.key_of(role, organisation),
        invited_by=by,
        by_mail=by_mail,
    )
    detail = {"role": role, "functions": list(functions)}
    journal.note(actor=by, verb="invited", about=by, at=now, detail=detail)
    return _mailed(invitation) if by_mail else token


@transaction.atomic
def renew_invitation(*, invitation: Invitation, by: Person, now: datetime, by_mail: bool) -> str:
    """Give a pending invitation a new link and seven more days; the link before opens nothing. As `invite`.

    Raises:
        InvitationUnusable: it was taken up or withdrawn meanwhile.
    """
    token = secrets.token_urlsafe(32)
    pending = Invitation.objects.filter(pk=invitation.pk, used_at=None, closed_at=None)
    if not pending.update(**_fresh(token, now), by_mail=by_mail, mailed_at=None):
        raise InvitationUnusable(_("It was taken up or withdrawn meanwhile; nothing was changed."))
    journal.note(actor=by, verb="renewed an invitation", about=by, at=now, detail={"role": invitation.role})
    return _mailed(invitation) if by_mail else token


@transaction.atomic
def withdraw(*, invitation: Invitation, by: Person, now: datetime) -> None:
    """Let a pending invitation open nothing any more."""
    invitation.closed_at = now
    invitation.save(update_fields=["closed_at"])
    journal.note(actor=by, verb="withdrew an invitation", about=by, at=now, detail={"role": invitation.role})


def _new_link(invitation_id: int, now: datetime) -> tuple[Invitation, str] | None:
    """A pending invitation with a token made now, for the mail that carries it; None when nothing is to be sent."""
    pending = Invitation.objects.filter(pk=invitation_id, by_mail=True, used_at=None, closed_at=None)
    invitation = pending.filter(expires_at__gt=now).select_related("invited_by").first()
    if invitation is None:
        return None
    token = secrets.token_urlsafe(32)
    invitation.token_hash = _hash(token)
    invitation.save(update_fields=["token_hash"])
    return invitation, token


@work.task(queue="prompt", attempts=6, first_wait=5, title=later("Mail somebody an invitation"))
def send_invitation(invitation_id: int) -> None:
    """Mail the link. A second try makes another one, so that none is ever written down."""
    now = timezone.now()
    found = _new_link(invitation_id, now)
    if found is None or not settings.MAIL_SERVER:
        return
    invitation, token = found
    if not no_mail.may_mail(invitation.email):
        raise work.GiveUp(_("This address wants no mail from here. Hand the link over instead."))
    about = str(company.company())
    inviter = invitation.invited_by.name if invitation.invited_by else about
    told = {
        "name": inviter,
        "company": about,
        "day": date_format(timezone.localtime(invitation.expires_at), "j F"),
    }
    said = _("%(name)s asks you to take part at %(company)s. Make your account with this link:") % told
    ends = _("It is good for one account, until %(day)s. If you expected nothing, do nothing.") % told
    link = f"{settings.PAGES_URL}{reverse('web:welcome', args=[token])}"
    note = Note(
        invitation.email,
        _("%(name)s asks you in: %(company)s") % told,
        f"{said}\n\n{link}\n\n{ends}\n",
        f"invitation-{invitation.pk}-{now:%H%M%S%f}",
        author=about,
    )
    try:
        post(PostOffice(**settings.MAIL_SERVER), note, now=now, wait=time.sleep)
    except PerhapsSent:
        pass  # it may have arrived: a second mail would close the first one's link
    except NotSent as error:
        if error.for_good:
            raise work.GiveUp(_("The mail server does not take this address.")) from None
        raise
    Invitation.objects.filter(pk=invitation.pk).update(mailed_at=now)


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
    if invitation.closed_at and not invitation.used_at:
        raise InvitationUnusable(
            _("This invitation was withdrawn. Ask the person who sent it if that was a mistake.")
        )
    if invitation.expires_at < now:
        raise InvitationUnusable(
            _("This link was valid for seven days. Ask the person who sent it for a new one.")
        )
    if invitation.used_by and (invitation.closed_at or _has_credentials(invitation.used_by.user)):
        raise InvitationUnusable(_("This link has been used. Sign in with the account it made."))
    return invitation


@transaction.atomic
def accept(
    *,
    token: str,
    name: str,
    email: str,
    password: str | None,
    now: datetime,
    function: str = "",
    by_code: bool = False,
) -> Person:
    """Make the account, or go on with one that has no password and no passkey yet.

    `password` None means that a passkey follows at once, or with `by_code` that a customer comes in by mailed codes;
    `function` is what the person says to work in, taken where the invitation names none.

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
    if by_code:
        invitation.closed_at = (
            now  # nothing else would ever close the link of somebody without password and passkey
        )
        invitation.save(update_fields=["closed_at"])
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
    if by:  # whoever was in with the lost password may have connected an account of their own
        person.user.sign_ons.all().delete()
    token = secrets.token_urlsafe(32)
    fields = {**_fresh(token, now), "used_at": now, "closed_at": None}
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


def _fresh(token: str, now: datetime) -> dict[str, Any]:
    return {"token_hash": _hash(token), "made_at": now, "expires_at": now + VALID_FOR}


def _mailed(invitation: Invitation) -> str:
    """Have the link mailed; the token that was made is replaced by one that only the mail knows."""
    work.ask(send_invitation, invitation.pk)
    return ""


def _has_credentials(user: User | None) -> bool:
    if user is None:
        return True
    passkeys = Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN)
    return user.has_usable_password() or passkeys.exists()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
