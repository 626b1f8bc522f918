"""Sources that send by themselves, and how each is known: an API client by its token, a webhook by its secret.

A webhook's secret may be changed without a gap: the old one stays good for a day beside the new one.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from interlock.fabric import journal
from interlock.fabric.models import ApiToken, Person
from interlock.fabric.secrets import SealBroken, opened, sealed
from interlock.listen import queries, services
from interlock.listen.errors import WrongState
from interlock.listen.models import Source, SourceKind

EARLIER_GOOD_FOR = timedelta(hours=24)
# Standard Webhooks asks for 24 to 64 bytes.
SECRET_BYTES = 32


@transaction.atomic
def open_api_source(*, token: ApiToken, by: Person | None, now: datetime) -> Source:
    """Make the source under which a token's signals are counted, or give one of this name its new token.

    Raises:
        WrongState: the name belongs to a source of another kind, or its token is still in use.
    """
    source = _named(token.name, SourceKind.API, now)
    former = source.token
    if (
        former is not None
        and former.revoked_at is None
        and (former.expires_at is None or former.expires_at > now)
    ):
        raise WrongState(
            _("The token of “%(name)s” is still in use. Revoke it first.") % {"name": source.name}
        )
    source.token = token
    source.save(update_fields=["token"])
    journal.note(actor=by, verb="opened a source", about=source, at=now, detail={"kind": SourceKind.API})
    return source


@transaction.atomic
def open_webhook(
    *, name: str, fields: Mapping[str, str], by: Person | None, now: datetime
) -> tuple[Source, str]:
    """Make a source that another system sends to, and return it with its secret, which is shown once.

    `fields` say which part of a foreign message becomes which field of a signal.

    Raises:
        WrongState: a source of this name exists.
    """
    if Source.objects.filter(name__iexact=name.strip(), removed_at=None).exists():
        raise WrongState(
            _("There is a source “%(name)s” already. Choose another name.") % {"name": name.strip()}
        )
    source, secret = _named(name, SourceKind.WEBHOOK, now), _new_secret()
    source.connection = {"fields": dict(fields)}
    source.secrets = sealed(json.dumps({"secret": secret}))
    source.save(update_fields=["connection", "secrets"])
    journal.note(actor=by, verb="opened a source", about=source, at=now, detail={"kind": SourceKind.WEBHOOK})
    return source, secret


@transaction.atomic
def change_secret(*, source: Source, by: Person | None, now: datetime) -> str:
    """Return a new secret for a webhook; the old one is good for a day more, so that its sender can change over."""
    locked = Source.objects.select_for_update(of=("self",), no_key=True).get(
        pk=source.pk, kind=SourceKind.WEBHOOK
    )
    kept = {"secret": _new_secret()}
    try:
        earlier = json.loads(opened(locked.secrets))["secret"]
    except SealBroken:
        pass  # the installation's key changed, and with it the old secret is lost: the new one mends that
    else:
        kept |= {"earlier": earlier, "earlier_until": (now + EARLIER_GOOD_FOR).isoformat()}
    locked.secrets = sealed(json.dumps(kept))
    locked.save(update_fields=["secrets"])
    journal.note(actor=by, verb="changed the secret of", about=locked, at=now)
    return kept["secret"]


@transaction.atomic
def change_fields(*, source: Source, fields: Mapping[str, str], by: Person | None, now: datetime) -> None:
    """Say anew which part of a webhook's messages becomes which field of a signal."""
    locked = Source.objects.select_for_update(of=("self",), no_key=True).get(
        pk=source.pk, kind=SourceKind.WEBHOOK
    )
    locked.connection = {**locked.connection, "fields": dict(fields)}
    locked.save(update_fields=["connection"])
    journal.note(
        actor=by, verb="changed the fields of", about=locked, at=now, detail={"fields": dict(fields)}
    )


def webhook_of(key: str) -> Source | None:
    """The webhook of this address, unless it was removed. One query."""
    return Source.objects.filter(key=key, kind=SourceKind.WEBHOOK, removed_at=None).first()


def webhooks_visible_to(person: Person | None) -> QuerySet[Source]:
    """The webhooks this person may see. One query."""
    return queries.sources_visible_to(person).filter(kind=SourceKind.WEBHOOK)


def good_secrets(source: Source, now: datetime) -> list[str]:
    """The secrets that sign a webhook's messages now: one, or two for a day after a change."""
    kept = json.loads(opened(source.secrets))
    until = kept.get("earlier_until")
    return [kept["secret"], *([kept["earlier"]] if until and now < datetime.fromisoformat(until) else [])]


def trouble_of(source: Source) -> str:
    """Why no message of this webhook can be checked, and what to do, as a sentence; empty when all is well."""
    if source.kind != SourceKind.WEBHOOK or not source.secrets:
        return ""
    try:
        opened(source.secrets)
    except SealBroken:
        return _(
            "Its messages are turned away: the secret key of this installation changed, so the secret that signs "
            "them cannot be read. Make a new one under Sources > Tokens and webhooks and give it to the sender, or "
            "put the earlier secret key back."
        )
    return ""


@lru_cache(maxsize=1)
def nobodys_webhook() -> Source:
    """A webhook that is not stored and whose secret nobody knows."""
    return Source(secrets=sealed(json.dumps({"secret": _new_secret()})))


def _new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def _named(name: str, kind: str, now: datetime) -> Source:
    """Find the source of this name and kind, locked, or make it."""
    source = services.name_source(name=name, kind=kind, now=now)
    if source.kind != kind:
        raise WrongState(
            _("“%(name)s” is the name of another kind of source. Choose another.") % {"name": source.name}
        )
    return source
