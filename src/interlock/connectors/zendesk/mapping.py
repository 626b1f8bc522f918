"""What of Zendesk becomes which column of the contract.

Sources (developer.zendesk.com): ticketing/tickets/tickets, ticket_metrics, ticketing/ticket-management/
satisfaction_ratings, ticketing/organizations/organizations, ticketing/users/users. Names and mail addresses of people
are never read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from ..html_text import clean_text
from ..live import Incoming, NotTaken, Route

Json = Mapping[str, Any]
_SETTLED = {"solved", "closed"}
# The customer's own word; `offered` and `unoffered` are Zendesk's.
_SCORES = {"good": 1.0, "bad": 0.0}


class Account:
    """Makes records of one account: its name is part of every key and link."""

    def __init__(self, account: str, address: str) -> None:
        self._prefix = f"zd:{account}"
        self._address = address

    def records_of(self, content: Json) -> Iterator[Incoming | NotTaken]:
        """Every record of one page of the ticket export, accounts and contacts before the tickets that name them."""
        users = _by_number(_objects(content, "users"), "id")
        metrics = _by_number(_objects(content, "metric_sets"), "ticket_id")
        for organization in _by_number(_objects(content, "organizations"), "id").values():
            yield self.account(organization)
        for user in users.values():
            if user.get("role", "end-user") == "end-user":
                yield self.contact(user)
        for ticket in _objects(content, "tickets"):
            metric = _part(ticket, "metric_set") or metrics.get(_number(ticket.get("id")), {})
            yield self.ticket(ticket, metric, users.get(_number(ticket.get("requester_id")), {}))

    def account(self, organization: Json) -> Incoming:
        number = organization["id"]
        row = {
            "account_id": f"{self._prefix}:org:{number}",
            "name": _text(organization.get("name")),
            "since": (_moment(organization.get("created_at")) or "")[:10],
            "url": f"{self._address}/agent/organizations/{number}",
        }
        return Incoming("accounts", _filled(row), place=f"organization {number}")

    def contact(self, user: Json) -> Incoming:
        row = {
            "contact_id": f"{self._prefix}:user:{user['id']}",
            "account_id": self._key("org", user.get("organization_id")),
            "lang": _language(user.get("locale")),
        }
        return Incoming("contacts", _filled(row), place=f"user {user['id']}")

    def ticket(self, ticket: Json, metric: Json, requester: Json) -> Incoming | NotTaken:
        number = _number(ticket.get("id"))
        if not number:
            return NotTaken("a ticket without number", "it has no id", "signal_id", repr(ticket)[:1_000])
        created = _moment(ticket.get("created_at"))
        if created is None:
            came = str(ticket.get("created_at"))
            return NotTaken(f"ticket {number}", "its created_at is no time", "occurred_at", came[:1_000])
        status = str(ticket.get("status"))
        deleted = status == "deleted"
        row = {
            "signal_id": f"{self._prefix}:{number}",
            "kind": "ticket",
            "occurred_at": created,
            "account_id": self._key("org", ticket.get("organization_id")),
            "contact_id": self._key("user", ticket.get("requester_id")),
            "channel": _text(_part(ticket, "via").get("channel")),
            "lang": _language(requester.get("locale")),
            "title": _text(ticket.get("subject")),
            "body": _text(ticket.get("description")),
            "reason": _text(ticket.get("type")),
            "resolution": "deleted in Zendesk" if deleted else "",
            "first_reply_at": _first_reply(created, metric),
            "resolved_at": _settled(ticket, metric, deleted),
            "reopened": _count(metric.get("reopens")),
            "team_id": self._key("group", ticket.get("group_id")),
            "url": f"{self._address}/agent/tickets/{number}",
        }
        route = None if deleted or status == "closed" else Route(thread=str(number))
        return Incoming("signals", _filled(row), place=f"ticket {number}", route=route)

    def rating(self, rating: Json) -> Incoming | NotTaken | None:
        """A customer's rating of how a ticket was handled; None for one that was only offered."""
        score = _SCORES.get(str(rating.get("score")))
        number, ticket = _number(rating.get("id")), _number(rating.get("ticket_id"))
        if score is None or not number:
            return None
        created = _moment(rating.get("created_at"))
        if created is None:
            came = str(rating.get("created_at"))
            return NotTaken(f"rating {number}", "its created_at is no time", "occurred_at", came[:1_000])
        row = {
            "signal_id": f"{self._prefix}:rating:{number}",
            "kind": "survey",
            "occurred_at": created,
            "contact_id": self._key("user", rating.get("requester_id")),
            "channel": "satisfaction rating",
            "rating": score,
            "rating_max": 1.0,
            "body": _text(rating.get("comment")),
            "reason": _text(rating.get("reason")),
            "team_id": self._key("group", rating.get("group_id")),
            "url": f"{self._address}/agent/tickets/{ticket}" if ticket else "",
        }
        route = Route(thread=str(ticket)) if ticket else None
        return Incoming("signals", _filled(row), place=f"rating {number}", route=route)

    def _key(self, kind: str, number: Any) -> str:
        return f"{self._prefix}:{kind}:{number}" if _number(number) else ""


def _filled(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value not in ("", None)}


def _objects(content: Json, name: str) -> list[Json]:
    found = content.get(name)
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def _part(content: Json, name: str) -> Json:
    """An object inside another; empty when it is missing or of another kind."""
    found = content.get(name)
    return found if isinstance(found, Mapping) else {}


def _number(value: Any) -> int:
    """A number of Zendesk; 0 for what is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _by_number(objects: list[Json], name: str) -> dict[int, Json]:
    return {number: one for one in objects if (number := _number(one.get(name)))}


def _text(value: Any) -> str:
    return clean_text(value) if isinstance(value, str) else ""


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _moment(value: Any) -> str | None:
    """A time of Zendesk (2009-07-20T22:55:29Z) as UTC, to the second."""
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return f"{aware.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _first_reply(created: str, metric: Json) -> str:
    """Zendesk says how many minutes the customer waited, nights and weekends included, not when it was answered."""
    minutes = _part(metric, "reply_time_in_minutes").get("calendar")
    if not isinstance(minutes, int | float) or isinstance(minutes, bool) or not 0 <= minutes < 10**7:
        return ""
    return f"{datetime.fromisoformat(created) + timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%SZ}"


def _settled(ticket: Json, metric: Json, deleted: bool) -> str:
    """When the ticket was solved, unless it was opened again since."""
    if str(ticket.get("status")) in _SETTLED:
        return _moment(metric.get("solved_at")) or _moment(ticket.get("updated_at")) or ""
    return (_moment(ticket.get("updated_at")) or "") if deleted else ""


def _language(locale: Any) -> str:
    found = re.match(r"[A-Za-z]{2}(?![A-Za-z])", locale) if isinstance(locale, str) else None
    return found.group().lower() if found else ""
