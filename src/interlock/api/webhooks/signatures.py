"""Is this message from whom it says, whole, and of now? Standard Webhooks 1.0, symmetric signatures (v1).

Every secret is tried against every signature whatever was found before, so that the time it takes tells nothing.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from standardwebhooks import Webhook

TOLERANCE = timedelta(minutes=5)
LONGEST_ID = 255
# Two secrets during a rotation and a few of a sender's own; more is an attempt to have us compute.
MOST_SIGNATURES = 10
LONGEST_TIMESTAMP = 12


@dataclass(frozen=True)
class Signed:
    """What a message says about itself in its headers."""

    message_id: str
    timestamp: str
    signatures: str

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> Signed:
        return cls(
            headers.get("webhook-id", ""),
            headers.get("webhook-timestamp", ""),
            headers.get("webhook-signature", ""),
        )


def is_genuine(signed: Signed, body: bytes, secrets: Iterable[str], now: datetime) -> bool:
    """Whether one of the secrets signed this body under this id within five minutes of now."""
    moment = _moment(signed.timestamp)
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return False
    # Compared as texts: Base64 has spare bits, so that several texts decode to the same signature.
    given = [one.encode() for one in signed.signatures.split()[:MOST_SIGNATURES]]
    genuine = False
    for secret in secrets:
        expected = Webhook(secret).sign(signed.message_id, moment or now, text).encode()
        for signature in given:
            genuine |= hmac.compare_digest(expected, signature)
    is_fresh = moment is not None and abs(now - moment) <= TOLERANCE
    return genuine and is_fresh and 0 < len(signed.message_id) <= LONGEST_ID


def _moment(timestamp: str) -> datetime | None:
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > LONGEST_TIMESTAMP:
        return None
    try:
        return datetime.fromtimestamp(int(timestamp), UTC)
    except (OverflowError, ValueError, OSError):
        return None
