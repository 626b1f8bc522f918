"""Access to another system that a person gives in a browser: the other system's page, and what comes back from it.

Only whoever began may finish: what proves it (state, PKCE verifier) lies in their session until then.
"""

from __future__ import annotations

import json
from collections.abc import MutableMapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_urlsafe
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from interlock.connectors import oauth
from interlock.connectors.live import Reach
from interlock.connectors.live_registry import AnyConnector
from interlock.connectors.oauth import ConsentingConnector, Grant
from interlock.fabric import journal
from interlock.fabric.models import Person
from interlock.fabric.secrets import opened, sealed
from interlock.listen.errors import WrongState
from interlock.listen.live_sources import answers_of
from interlock.listen.models import Source

_IN_SESSION = "access_begun"
# Whoever registers an application at the provider first comes back later than this seldom.
LASTS = timedelta(hours=1)
MOST_BEGUN = 5


@dataclass(frozen=True)
class Begun:
    """A consent under way."""

    source_id: int
    verifier: str
    redirect: str


def grant_of(source: Source, connector: AnyConnector | None) -> Grant | None:
    """What a person is asked to consent to; None where this source needs no consent.

    Raises:
        ConnectorError: an answer that is needed for asking is missing or wrong.
        SealBroken: kept secrets cannot be opened any more.
    """
    return connector.grant(answers_of(source)) if isinstance(connector, ConsentingConnector) else None


def begin(
    session: MutableMapping[str, Any], *, source: Source, grant: Grant, redirect: str, now: datetime
) -> str:
    """The address of the other system's page on which the person consents.

    Raises:
        ConnectorError: it is none that a browser may be sent to.
    """
    state, verifier = token_urlsafe(32), token_urlsafe(48)
    address = oauth.consent_address(grant, redirect=redirect, state=state, verifier=verifier)
    begun = {
        "source": source.pk,
        "verifier": verifier,
        "redirect": redirect,
        "until": (now + LASTS).timestamp(),
    }
    newest = sorted(session.get(_IN_SESSION, {}).items(), key=lambda one: -one[1]["until"])
    session[_IN_SESSION] = dict([(state, begun), *newest][:MOST_BEGUN])
    return address


def take_up(session: MutableMapping[str, Any], *, state: str, now: datetime) -> Begun | None:
    """The consent that comes back with this state, once; None when this person began none, or long ago."""
    kept = dict(session.get(_IN_SESSION, {}))
    begun = kept.pop(state, None)
    session[_IN_SESSION] = kept
    if begun is None or begun["until"] < now.timestamp():
        return None
    return Begun(begun["source"], begun["verifier"], begun["redirect"])


def finish(
    *, source: Source, grant: Grant, begun: Begun, code: str, reach: Reach, by: Person, now: datetime
) -> None:
    """Exchange the code for tokens and keep them; a source that had stopped is asked again.

    Raises:
        ConnectorError: the other system refused, or gave access for a moment only; nothing is kept.
        WrongState: the source was removed meanwhile.
    """
    secrets = oauth.exchange(grant, code=code, redirect=begun.redirect, verifier=begun.verifier, reach=reach)
    _keep(source, secrets, by, now)


@transaction.atomic
def _keep(source: Source, secrets: dict[str, str], by: Person, now: datetime) -> None:
    locked = Source.objects.select_for_update(of=("self",), no_key=True).get(pk=source.pk)
    if locked.removed_at is not None:
        raise WrongState(_("“%(name)s” was removed.") % {"name": locked.name})
    stored = json.loads(opened(locked.secrets)) if locked.secrets else {}
    locked.secrets = sealed(json.dumps({**stored, **secrets}))
    locked.failures, locked.error = 0, ""
    if locked.paused_at is None:
        locked.ask_at = now
    locked.save(update_fields=["secrets", "failures", "error", "ask_at"])
    journal.note(actor=by, verb="gave access to", about=locked, at=now)
