"""Keys for programs: made, recognised, and taken back.

A token carries 256 random bits and is shown once; the database keeps only its SHA-256, so that a stolen copy
of the database opens nothing. A program sends it as `Authorization: Bearer <token>`.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import Error, transaction
from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from interlock.fabric import journal
from interlock.fabric.models import ApiToken, Person

# Secret scanners of code hosts find a leaked token by its prefix.
PREFIX = "ilk_"
START_SHOWN = 10
LONGEST_NAME = 120
# One write a minute at most, however often a token is used.
USE_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class Scope:
    """One thing a token may be allowed to do."""

    code: str
    meaning: str | Promise


SIGNALS_WRITE, SIGNALS_READ, STATUS_READ = "signals:write", "signals:read", "status:read"
SCOPES = (
    Scope(SIGNALS_WRITE, gettext_lazy("send signals; they are counted under a source of the token's name")),
    Scope(
        SIGNALS_READ,
        gettext_lazy("see what became of a signal: of its own source, or of any if it may not send signals"),
    ),
    Scope(STATUS_READ, gettext_lazy("read the accounting and freshness of every source")),
)


class TokenError(Exception):
    """The text says what is wrong with a token, and what to do."""


class TokenRefused(TokenError):
    """No token came, or one that opens nothing (any more)."""


class ScopeMissing(TokenError):
    """The token is good, but not for this."""


@transaction.atomic
def make_token(
    *, name: str, scopes: Iterable[str], by: Person | None, now: datetime, expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """Make a token and return it with its text, which nobody can show again.

    Raises:
        TokenError: no name, no or unknown scopes, an end in the past, or a usable token of this name exists.
    """
    name, chosen = name.strip(), set(scopes)
    known = [scope.code for scope in SCOPES]
    if not name or len(name) > LONGEST_NAME:
        raise TokenError(_("A token needs a name of 1 to %(n)s characters.") % {"n": LONGEST_NAME})
    if not chosen or not chosen <= set(known):
        raise TokenError(
            _("A token needs one or more of these scopes: %(known)s.") % {"known": ", ".join(known)}
        )
    if expires_at is not None and expires_at <= now:
        raise TokenError(_("The token would end before it begins. Choose a later day."))
    if usable_tokens(now).filter(name__iexact=name).exists():
        raise TokenError(
            _("A token named “%(name)s” is in use. Revoke it first, or choose another name.") % {"name": name}
        )
    text = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        name=name,
        start=text[:START_SHOWN],
        digest=digest_of(text),
        scopes=[code for code in known if code in chosen],
        made_by=by,
        made_at=now,
        expires_at=expires_at,
    )
    journal.note(
        actor=by, verb="made a token", about=token, at=now, detail={"name": name, "scopes": token.scopes}
    )
    return token, text


def usable_tokens(now: datetime) -> QuerySet[ApiToken]:
    """Tokens that are neither revoked nor past their end."""
    return ApiToken.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now), revoked_at=None)


def token_of(header: str, now: datetime) -> ApiToken:
    """Return the token that an Authorization header carries. One query.

    Raises:
        TokenRefused: there is none, or it is unknown, revoked or past its end; the text says which.
    """
    scheme, _space, text = header.strip().partition(" ")
    if not header.strip():
        raise TokenRefused(_("No token came. Send the header “Authorization: Bearer <token>”."))
    if scheme.lower() != "bearer" or not text.strip():
        raise TokenRefused(_("The Authorization header is not of the form “Bearer <token>”."))
    digest = digest_of(text.strip())
    token = ApiToken.objects.filter(digest=digest).first()
    if token is None or not hmac.compare_digest(token.digest, digest):
        raise TokenRefused(
            _("This token is not known here. Check that it was copied whole, or make a new one.")
        )
    if token.revoked_at is not None:
        raise TokenRefused(_("This token was revoked. Ask whoever runs Interlock for a new one."))
    if token.expires_at is not None and token.expires_at <= now:
        raise TokenRefused(_("This token is past its end. Ask whoever runs Interlock for a new one."))
    return token


def require_scope(token: ApiToken, scope: str) -> None:
    """Refuse a token that is not made for this.

    Raises:
        ScopeMissing: names the scope that is missing.
    """
    if scope not in token.scopes:
        raise ScopeMissing(_("This token lacks the scope %(scope)s.") % {"scope": scope})


def note_use(token: ApiToken, now: datetime) -> None:
    """Remember that a token was used, at most once a minute."""
    if token.last_used_at is not None and now - token.last_used_at < USE_NOTED_EVERY:
        return
    try:
        with transaction.atomic():
            ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    except Error:
        return  # a full disk or a lost connection must not turn a read into an error


@transaction.atomic
def revoke_token(*, token: ApiToken, by: Person | None, now: datetime) -> ApiToken:
    """Take a token back; from the next request on it opens nothing. Revoking twice changes nothing."""
    locked = ApiToken.objects.select_for_update(no_key=True).get(pk=token.pk)
    if locked.revoked_at is None:
        locked.revoked_at = now
        locked.save(update_fields=["revoked_at"])
        journal.note(actor=by, verb="revoked a token", about=locked, at=now, detail={"name": locked.name})
    return locked


def digest_of(text: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(text.encode()).hexdigest()
