"""Who asks: the token of a request, and the source its signals are counted under."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest
from django.utils.translation import gettext as _

from interlock.api.problems import Problem
from interlock.fabric import tokens
from interlock.fabric.models import ApiToken
from interlock.listen.models import Source

RETRY_PAUSED = "300"


@dataclass(frozen=True)
class Caller:
    """A program with a good token; `source` is None for one that may not send signals."""

    token: ApiToken
    source: Source | None


def caller_of(request: HttpRequest, scope: str, now: datetime) -> Caller:
    """Return the program behind a request. Two queries.

    Raises:
        Problem: 401 without a usable token, 403 without this scope.
    """
    try:
        token = tokens.token_of(request.headers.get("Authorization", ""), now)
    except tokens.TokenRefused as error:
        asked = 'Bearer realm="Interlock"'
        raise Problem(
            401,
            "no_token",
            str(error),
            _("Make a token with “interlock token create NAME --scope %(scope)s”, or under Sources.")
            % {"scope": scope},
            headers={"WWW-Authenticate": asked},
        ) from error
    try:
        tokens.require_scope(token, scope)
    except tokens.ScopeMissing as error:
        asked = f'Bearer realm="Interlock", error="insufficient_scope", scope="{scope}"'
        raise Problem(
            403,
            "scope_missing",
            str(error),
            _("Make a token that also has --scope %(scope)s; nothing was done.") % {"scope": scope},
            headers={"WWW-Authenticate": asked},
        ) from error
    return Caller(token, Source.objects.filter(token=token).first())


def sending_source(caller: Caller) -> Source:
    """Return the source that takes this program's signals.

    Raises:
        Problem: 403 without a source or with a removed one, 503 while it is paused.
    """
    source = caller.source
    if source is None or source.removed_at is not None:
        raise Problem(
            403,
            "no_source",
            _("The source of this token was removed."),
            _("Make a new token to send signals again; nothing was stored."),
        )
    refuse_while_paused(source)
    return source


def refuse_while_paused(source: Source) -> None:
    """Ask a sender to come back when its source goes on.

    Raises:
        Problem: 503.
    """
    if source.paused_at is not None:
        raise Problem(
            503,
            "source_paused",
            _("The source %(name)s is paused; nothing was stored.") % {"name": source.name},
            _("Send it again later; whoever runs Interlock can let it go on under Sources."),
            headers={"Retry-After": RETRY_PAUSED},
        )
