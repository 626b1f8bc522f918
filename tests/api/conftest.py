"""Programs with tokens, and what they send."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from api.webhook_sender import Sender


def signal(key: str = "s-1", **fields: Any) -> dict[str, Any]:
    """A signal as a shop would send it."""
    return {
        "signal_id": key,
        "kind": "complaint",
        "occurred_at": "2026-03-02T11:00:00Z",
        "body": "The parcel came a week late.",
    } | fields


class Program:
    """A client that sends JSON with its token."""

    def __init__(self, token: str, source: Any) -> None:
        self.token, self.source = token, source
        self.client = Client(enforce_csrf_checks=True)

    def post(
        self,
        body: Any,
        path: str = "/api/v1/signals",
        *,
        content_type: str = "application/json",
        **headers: str,
    ) -> Any:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"Authorization": f"Bearer {self.token}"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        return self.client.generic("POST", path, raw, content_type=content_type, headers=sent)

    def get(self, path: str) -> Any:
        return self.client.get(path, headers={"Authorization": f"Bearer {self.token}"})

    def tallies(self) -> tuple[int, int, int, int]:
        """received, stored, duplicate and refused of the program's source."""
        self.source.refresh_from_db()
        return self.source.received, self.source.stored, self.source.duplicate, self.source.refused

    def reasons(self) -> list[str]:
        """Why records of this source were refused, in their order."""
        from interlock.listen.models import RefusedRow  # Django must be set up before rooms are imported

        rows = RefusedRow.objects.filter(arrival__source=self.source).order_by("pk")
        return list(rows.values_list("reason", flat=True))


@pytest.fixture
def program(db, home) -> Callable[..., Program]:
    """Make a program: `program("shop", "signals:write")`."""
    from interlock.api import services  # see above

    def make(name: str = "shop", *scopes: str) -> Program:
        chosen = scopes or ("signals:write", "signals:read")
        token, text = services.give_token(name=name, scopes=chosen, by=None, now=timezone.now())
        return Program(text, getattr(token, "source", None))

    return make


@pytest.fixture
def shop(program) -> Program:
    """A shop that may send signals and ask what became of them."""
    return program()


@pytest.fixture
def webhook(db, home) -> Callable[..., Sender]:
    """Make a webhook with its sender: `webhook({"body": "data.text"})`."""
    from interlock.listen import pushing  # see above

    def make(fields: dict[str, str] | None = None, name: str = "Help desk") -> Sender:
        source, secret = pushing.open_webhook(name=name, fields=fields or {}, by=None, now=timezone.now())
        return Sender(source, secret)

    return make
