"""One message of another system: its signature, whether it came before, and its records into the inbox."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from interlock.api import taking
from interlock.api.callers import RETRY_PAUSED
from interlock.api.models import SeenMessage
from interlock.api.problems import Problem
from interlock.api.taking import Accounting
from interlock.api.webhooks.signatures import Signed, is_genuine
from interlock.fabric.secrets import SealBroken
from interlock.listen import pushing
from interlock.listen.models import Source


class SeenBefore(Exception):
    """This message was taken in already; nothing is to be done."""


class Repeated(msgspec.Struct):
    """The answer to a message that came before."""

    source: str
    repeated: Literal[True]


def sender_of(request: HttpRequest, source_key: str, body: bytes, now: datetime) -> tuple[Source, str]:
    """Return the webhook that a message was signed for, and the message's id.

    Raises:
        Problem: 401, the same for an unknown webhook, a wrong signature and a message too old; 503 when the
            webhook's secret cannot be read, so that a good sender keeps its message and tries again.
    """
    source, signed = pushing.webhook_of(source_key), Signed.of(request.headers)
    # Where there is no such webhook, nobody's secret is opened and tried, so that the answer takes as long.
    try:
        good = pushing.good_secrets(source or pushing.nobodys_webhook(), now)
    except SealBroken as error:
        raise Problem(
            503,
            "secret_unreadable",
            _("The secret of this webhook cannot be read any more, so no message can be checked."),
            _("Ask whoever runs Interlock for a new secret, then send it again; nothing was stored."),
            headers={"Retry-After": RETRY_PAUSED},
        ) from error
    if not is_genuine(signed, body, good, now) or source is None:
        raise Problem(
            401,
            "not_genuine",
            _("This address does not know the signature of this message."),
            _("Check the address, the secret and the clock: a message is good for five minutes."),
        )
    return source, signed.message_id


def require_new(source: Source, message_id: str) -> None:
    """Stop a message that was taken in before.

    Raises:
        SeenBefore
    """
    if SeenMessage.objects.filter(source=source, message_id=message_id).exists():
        raise SeenBefore


def take_message(*, source: Source, message_id: str, records: list[object], now: datetime) -> Accounting:
    """Store the records of a message and remember it, in one transaction.

    A message of which nothing could be taken is not remembered: when its sender tries again after somebody
    mended the mapping, it is read anew.

    Raises:
        SeenBefore: the same message was faster; nothing of this one is stored.
    """

    def remember(accounting: Accounting) -> None:
        if accounting.refused == accounting.received:
            return
        try:
            with transaction.atomic():
                SeenMessage.objects.create(source=source, message_id=message_id, at=now)
        except IntegrityError as error:
            raise SeenBefore from error

    return taking.take(source=source, records=records, now=now, within=remember)
