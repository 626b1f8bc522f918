"""Zendesk as documented, from recorded answers: ticket export by cursor, ratings by pages, ticket updates and audits."""

from __future__ import annotations

import base64
import copy
import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from interlock.connectors.conformance import Answer, Asked, Case, Reply
from interlock.connectors.live import Route
from interlock.connectors.zendesk import connector

from .oauth_played import CLIENT, FIRST, SECRET, Rotating

RECORDED = json.loads((Path(__file__).parent / "recorded" / "zendesk.json").read_text())
TOKEN, EMAIL = "zd-token-Zf81ac0", "integration@acme.example"
BASIC = base64.b64encode(f"{EMAIL}/token:{TOKEN}".encode()).decode()
ANSWERS = {"address": "https://acme.zendesk.com", "email": EMAIL, "token": TOKEN, "since": "2026-09-01"}
SIZE = 2
URL = "https://acme.zendesk.com/agent/tickets"


class Zendesk:
    """One account. Cursors are `c` and how many changes were exported."""

    def __init__(self, recorded: dict) -> None:
        self.recorded = copy.deepcopy(recorded)
        self.audits: list[dict] = [
            {"id": number, "ticket_id": 35436, "metadata": {"system": {}, "custom": {}}, "events": []}
            for number in range(1, 4)
        ]

    def __call__(self, asked: Asked) -> Answer:
        if asked.headers.get("authorization") != f"Basic {BASIC}":
            return Answer({"error": "Couldn't authenticate you"}, 401)
        name = asked.path.removeprefix("/api/v2/").removesuffix(".json")
        plain = {"users/me": {"user": {"id": 1, "role": "admin", "name": "Ada"}}}
        plain["tickets/count"] = {"count": {"value": 5, "refreshed_at": "2026-11-22T11:00:00Z"}}
        if name in plain:
            return Answer(plain[name])
        if name == "incremental/tickets/cursor":
            return self.export(asked.query)
        if name == "satisfaction_ratings":
            return self.ratings(asked.query)
        if name.endswith("/audits"):
            return self.history(asked.query)
        if name.startswith("tickets/") and asked.method == "PUT":
            return self.update(asked.json()["ticket"])
        return Answer({"error": "RecordNotFound", "description": "Not found"}, 404)

    def export(self, query) -> Answer:
        if "cursor" not in query:
            assert query["start_time"] == "1788220800"
        start = int(query.get("cursor", "c0")[1:])
        tickets = self.recorded["tickets"][start : start + SIZE]
        after = f"c{start + len(tickets)}"
        wanted = query["include"].split(",")
        requesters = {ticket["requester_id"] for ticket in tickets} | {
            ticket["submitter_id"] for ticket in tickets
        }
        organizations = {ticket["organization_id"] for ticket in tickets}
        numbers = {ticket["id"] for ticket in tickets}
        sideloads = {
            "users": [one for one in self.recorded["users"] if one["id"] in requesters],
            "organizations": [one for one in self.recorded["organizations"] if one["id"] in organizations],
            "metric_sets": [one for one in self.recorded["metric_sets"] if one["ticket_id"] in numbers],
        }
        return Answer(
            {
                "tickets": tickets,
                "after_url": f"https://acme.zendesk.com/api/v2/incremental/tickets/cursor.json?cursor={after}",
                "after_cursor": after,
                "before_url": None,
                "before_cursor": None,
                "end_of_stream": start + SIZE >= len(self.recorded["tickets"]),
            }
            | {name: sideloads[name] for name in wanted}
        )

    def ratings(self, query) -> Answer:
        assert query["score"] == "received"
        start = int(query.get("page[after]", 0))
        since = int(query["start_time"])
        kept = [
            one
            for one in self.recorded["satisfaction_ratings"]
            if datetime.fromisoformat(one["created_at"]).timestamp() >= since
        ]
        page = kept[start : start + SIZE]
        more = start + SIZE < len(kept)
        meta = {"has_more": more, "after_cursor": str(start + SIZE) if more else None, "before_cursor": None}
        return Answer({"satisfaction_ratings": page, "meta": meta, "links": {"next": None, "prev": None}})

    def history(self, query) -> Answer:
        start = int(query.get("page[after]", 0))
        more = start + SIZE < len(self.audits)
        meta = {"has_more": more, "after_cursor": str(start + SIZE) if more else None}
        return Answer({"audits": self.audits[start : start + SIZE], "meta": meta})

    def update(self, ticket: dict) -> Answer:
        assert ticket["comment"]["public"] is True
        audit = {
            "id": 1000 + len(self.audits),
            "ticket_id": 35436,
            "metadata": {"system": {"client": "Interlock"}, "custom": ticket["metadata"]},
            "events": [{"id": 1, "type": "Comment", "public": True, "body": ticket["comment"]["body"]}],
        }
        self.audits.append(audit)
        return Answer({"ticket": {"id": 35436, "status": "open"}, "audit": audit})

    def replies(self) -> list[str]:
        return [event["body"] for audit in self.audits for event in audit["events"]]


def played_reply():
    zendesk = Zendesk(RECORDED)
    return zendesk, lambda: len(zendesk.replies())


def later() -> Zendesk:
    """The parcel was found, and a customer thought better of a rating."""
    recorded = copy.deepcopy(RECORDED)
    again = copy.deepcopy(recorded["tickets"][1]) | {"status": "solved", "updated_at": "2026-10-10T08:00:00Z"}
    recorded["tickets"].append(again)
    recorded["metric_sets"][1] |= {
        "reply_time_in_minutes": {"calendar": 60},
        "solved_at": "2026-10-10T08:00:00Z",
    }
    recorded["satisfaction_ratings"][1] |= {"score": "good", "updated_at": "2026-10-06T13:00:00Z"}
    return Zendesk(recorded)


def signal(number: int, **columns) -> tuple[tuple[str, str], dict]:
    key = f"zd:acme:{number}"
    return ("signals", key), {"signal_id": key, "kind": "ticket", "url": f"{URL}/{number}", **columns}


def rating(number: int, ticket: int, **columns) -> tuple[tuple[str, str], dict]:
    key = f"zd:acme:rating:{number}"
    fixed = {"signal_id": key, "kind": "survey", "channel": "satisfaction rating", "rating_max": 1.0}
    return ("signals", key), {**fixed, "url": f"{URL}/{ticket}", **columns}


PARCEL = {
    "occurred_at": "2026-10-03T18:15:30Z",
    "contact_id": "zd:acme:user:20978393",
    "channel": "web",
    "lang": "de",
    "title": "Wo ist mein Paket?",
    "body": "Bestellt am 20. September.",
    "reason": "question",
    "reopened": 0,
    "team_id": "zd:acme:group:98738",
}
EXPECTED = dict(
    [
        signal(
            35436,
            occurred_at="2026-10-01T09:30:00Z",
            account_id="zd:acme:org:509974",
            contact_id="zd:acme:user:20978392",
            channel="email",
            lang="en",
            title="Printer on fire",
            body="The fire is very colourful.\nPlease help.",
            reason="problem",
            first_reply_at="2026-10-01T11:05:00Z",
            resolved_at="2026-10-02T09:59:00Z",
            reopened=2,
            team_id="zd:acme:group:98738",
        ),
        signal(35437, **PARCEL),
        signal(
            35438,
            occurred_at="2026-10-05T11:00:00Z",
            account_id="zd:acme:org:509974",
            contact_id="zd:acme:user:20978392",
            channel="chat",
            lang="en",
            body="Chat: it says E17",
            first_reply_at="2026-10-05T11:04:00Z",
            resolved_at="2026-10-05T11:30:00Z",
            reopened=0,
        ),
        signal(
            35439,
            occurred_at="2026-10-06T07:00:00Z",
            account_id="zd:acme:org:509975",
            contact_id="zd:acme:user:20978394",
            channel="email",
            title="Wrong size",
            body="Ordered M, got S.",
            reason="incident",
            resolution="deleted in Zendesk",
            resolved_at="2026-10-07T07:30:00Z",
            team_id="zd:acme:group:98739",
        ),
        signal(
            35440,
            occurred_at="2026-10-08T07:00:00Z",
            account_id="zd:acme:org:509975",
            contact_id="zd:acme:user:20978394",
            channel="api",
            title="Call back",
            body="Please call me about the invoice.",
            reason="task",
            first_reply_at="2026-10-09T08:00:00Z",
            reopened=0,
            team_id="zd:acme:group:98739",
        ),
        rating(
            62,
            35436,
            occurred_at="2026-10-02T11:00:00Z",
            contact_id="zd:acme:user:20978392",
            rating=1.0,
            body="Great support!",
            team_id="zd:acme:group:98738",
        ),
        rating(
            63,
            35438,
            occurred_at="2026-10-05T13:00:00Z",
            contact_id="zd:acme:user:20978392",
            rating=0.0,
            reason="The issue took too long to resolve",
        ),
        (
            ("accounts", "zd:acme:org:509974"),
            {
                "account_id": "zd:acme:org:509974",
                "name": "Customer GmbH",
                "since": "2024-02-01",
                "url": "https://acme.zendesk.com/agent/organizations/509974",
            },
        ),
        (
            ("accounts", "zd:acme:org:509975"),
            {
                "account_id": "zd:acme:org:509975",
                "name": "Other Ltd",
                "since": "2025-03-04",
                "url": "https://acme.zendesk.com/agent/organizations/509975",
            },
        ),
        (
            ("contacts", "zd:acme:user:20978392"),
            {"contact_id": "zd:acme:user:20978392", "account_id": "zd:acme:org:509974", "lang": "en"},
        ),
        (("contacts", "zd:acme:user:20978393"), {"contact_id": "zd:acme:user:20978393", "lang": "de"}),
        (
            ("contacts", "zd:acme:user:20978394"),
            {"contact_id": "zd:acme:user:20978394", "account_id": "zd:acme:org:509975"},
        ),
    ]
)
OPTIONAL = (
    "via",
    "type",
    "organizations",
    "users",
    "metric_sets",
    "organization_id",
    "group_id",
    "requester_id",
    "locale",
    "role",
    "comment",
    "reason",
    "solved_at",
    "reply_time_in_minutes",
    "reopens",
    "links",
    "updated_at",
)


def case() -> Case:
    return Case(
        connector=connector,
        answers=ANSWERS,
        origins=("https://acme.zendesk.com",),
        api=lambda: Zendesk(RECORDED),
        expected=EXPECTED,
        secrets=(TOKEN, f"{EMAIL}/token:{TOKEN}"),
        optional=OPTIONAL,
        later=later,
        expected_later=dict(
            [
                signal(
                    35437, **PARCEL, first_reply_at="2026-10-03T19:15:30Z", resolved_at="2026-10-10T08:00:00Z"
                ),
                rating(
                    63,
                    35438,
                    occurred_at="2026-10-05T13:00:00Z",
                    contact_id="zd:acme:user:20978392",
                    rating=1.0,
                    reason="The issue took too long to resolve",
                ),
            ]
        ),
        reply=Reply(Route(thread="35436"), played_reply),
    )


def rotating(uses: int = 1_000, **more: bool) -> Rotating:
    """The account behind an OAuth client."""
    return Rotating(Zendesk(RECORDED), "/oauth/tokens", f"Basic {BASIC}", uses=uses, **more)


def case_of_client(*, refreshing: bool = True) -> Case:
    """The same account, asked by an OAuth client: for a person, or (without `refreshing`) by itself."""

    def reply():
        before = rotating(refreshing=refreshing)
        return before, lambda: len(before.system.replies())

    known = {"address": "https://acme.zendesk.com", "since": "2026-09-01"}
    secret = {"client_secret": SECRET} | ({"refresh_token": FIRST} if refreshing else {})
    return replace(
        case(),
        answers=known | {"client_id": CLIENT} | secret,
        secrets=tuple(secret.values()),
        api=lambda: rotating(refreshing=refreshing),
        later=None,
        # A token dies after three requests, so that several are renewed in one asking.
        expired=lambda: rotating(3, refreshing=refreshing),
        rotating=lambda: rotating(3, refreshing=refreshing, strict=True),
        reply=Reply(Route(thread="35436"), reply),
    )
