"""Live records of the tests: a pushing source, checked signals, offers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from interlock.listen.inbox import Offer, Offered, checked
from interlock.listen.models import Source

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def source(name: str = "shop") -> Source:
    made = {"name": name.title(), "kind": "api", "made_at": NOON}
    return Source.objects.get_or_create(key=name, defaults=made)[0]


def ticket(number: int, **more: Any) -> dict[str, Any]:
    return {
        "signal_id": f"t{number}",
        "kind": "ticket",
        "occurred_at": "2026-03-02T08:00:00Z",
        "account_id": "a1",
        "body": f"The bike {number} came late",
        **more,
    }


def offered(number: int, table: str = "signals", **more: Any) -> Offered:
    row = checked(table, ticket(number, **more), place=f"row {number}", now=NOON)
    assert isinstance(row, Offered), row
    return row


def offer(*rows: Any, of: str = "shop", **more: Any) -> Offer:
    return Offer(source(of), rows, **more)
