"""Another system that signs what it sends, as the standard's own library does."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.test import Client
from django.utils import timezone
from standardwebhooks import Webhook


class Sender:
    """Sends signed messages to a webhook's address."""

    def __init__(self, source: Any, secret: str) -> None:
        self.source, self.secret = source, secret
        self.path = f"/hooks/{source.key}/"
        self.client = Client(enforce_csrf_checks=True)

    def send(
        self,
        body: Any,
        message_id: str = "msg-1",
        *,
        at: datetime | None = None,
        secret: str = "",
        content_type: str = "application/json",
        headers: dict[str, str] | None = None,
    ) -> Any:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        at = at or timezone.now()
        signed = {
            "webhook-id": message_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(secret or self.secret).sign(message_id, at, raw.decode()),
        }
        return self.client.generic(
            "POST", self.path, raw, content_type=content_type, headers=signed | (headers or {})
        )

    def tallies(self) -> tuple[int, int, int, int]:
        """received, stored, duplicate and refused of the source."""
        self.source.refresh_from_db()
        return self.source.received, self.source.stored, self.source.duplicate, self.source.refused
