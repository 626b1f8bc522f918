"""One request, one effect: the answer given under an Idempotency-Key is kept and given again.

The answer is written in the transaction that stores the signals, so that neither exists without the other.
Of two requests with one key at once, the second finds the key taken, leaves nothing, and gets the first's answer.
Answers are kept for seven days. A request that was refused as a whole keeps none: mended, it may use its key again.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from interlock.api.models import SeenMessage, StoredResponse
from interlock.api.problems import Problem
from interlock.fabric.models import ApiToken

LONGEST_KEY = 255
# Stripe keeps keys for at least a day; a sender that was down over a long weekend still finds its answers.
# Standard Webhooks repeats a message for up to 75.6 hours.
KEPT = timedelta(days=7)


class KeyTaken(Exception):
    """Another request used this key first; everything of this one is taken back."""


@dataclass(frozen=True)
class GivenAnswer:
    """A status and body as they were or will be given."""

    status: int
    body: str


@dataclass(frozen=True)
class Repeatable:
    """The key of one request, and what it must be the same as."""

    token: ApiToken
    key: str
    digest: str

    def earlier(self) -> GivenAnswer | None:
        """Return the answer given before to the same request. One query.

        Raises:
            Problem: 409, the key was used for another body.
        """
        kept = StoredResponse.objects.filter(token=self.token, key=self.key).first()
        if kept is None:
            return None
        if kept.body_digest != self.digest:
            raise Problem(
                409,
                "key_reused",
                _("This Idempotency-Key was used for another body."),
                _("Give every new request a key of its own, such as a UUID."),
                counted=True,
            )
        return GivenAnswer(kept.status, kept.body)

    def keep(self, answer: GivenAnswer, now: datetime) -> None:
        """Keep an answer inside the caller's transaction.

        Raises:
            KeyTaken: another request was first; the caller's transaction must be taken back.
        """
        try:
            with transaction.atomic():
                StoredResponse.objects.create(
                    token=self.token,
                    key=self.key,
                    body_digest=self.digest,
                    status=answer.status,
                    body=answer.body,
                    at=now,
                )
        except IntegrityError as error:
            raise KeyTaken from error


def repeatable(request: HttpRequest, token: ApiToken, body: bytes) -> Repeatable | None:
    """Return the request's key with the digest of what was asked; None without the header.

    Raises:
        Problem: 400, the key is empty or too long.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not key.strip() or len(key) > LONGEST_KEY:
        raise Problem(
            400,
            "bad_key",
            _("The Idempotency-Key is empty or longer than %(n)s characters.") % {"n": LONGEST_KEY},
            _("Use a UUID."),
            counted=True,
        )
    asked = f"{request.method} {request.path}\n".encode()
    return Repeatable(token, key, hashlib.sha256(asked + body).hexdigest())


def forget_old(now: datetime) -> int:
    """Remove answers and message numbers past their week; return how many."""
    answers, _kinds = StoredResponse.objects.filter(at__lt=now - KEPT).delete()
    messages, _kinds = SeenMessage.objects.filter(at__lt=now - KEPT).delete()
    return answers + messages
