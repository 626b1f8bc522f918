"""Keys given to programs: a token, and for one that sends signals the source that counts them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from interlock.fabric import tokens
from interlock.fabric.models import ApiToken, Person
from interlock.listen import pushing


@transaction.atomic
def give_token(
    *, name: str, scopes: Iterable[str], by: Person | None, now: datetime, expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """Make a token and return it with its text, which is shown once.

    Raises:
        TokenError: see `fabric.tokens.make_token`.
        WrongState: the name belongs to a source of another kind.
    """
    token, text = tokens.make_token(name=name, scopes=scopes, by=by, now=now, expires_at=expires_at)
    if tokens.SIGNALS_WRITE in token.scopes:
        pushing.open_api_source(token=token, by=by, now=now)
    return token, text
