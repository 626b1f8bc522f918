"""HubSpot as documented: the search of CRM objects with filters and one order, and associations by batch."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from pathlib import Path

from interlock.connectors.conformance import Answer, Asked, Case
from interlock.connectors.hubspot import connector

RECORDED = json.loads((Path(__file__).parent / "recorded" / "hubspot.json").read_text())
TOKEN = "pat-eu1-6c0ffee0-0000"
ANSWERS = {"token": TOKEN, "surveys": "yes", "rival_property": "competitor"}
SIZE = 2
APP = "https://app.hubspot.com/contacts/62515"


class HubSpot:
    """One account. A page holds two records."""

    def __init__(self, recorded: dict) -> None:
        self.recorded = copy.deepcopy(recorded)

    def __call__(self, asked: Asked) -> Answer:
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return Answer(
                {
                    "status": "error",
                    "message": "Authentication credentials not found.",
                    "category": "INVALID_AUTHENTICATION",
                },
                401,
            )
        parts = asked.path.strip("/").split("/")
        if asked.path == "/account-info/v3/details":
            return Answer(self.recorded["account"])
        if parts[:3] == ["crm", "v3", "objects"] and parts[-1] == "search":
            return self.search(parts[3], asked.json())
        if parts[:3] == ["crm", "v4", "associations"]:
            return self.associations(f"{parts[3]}/{parts[4]}", asked.json())
        return Answer({"status": "error", "message": "resource not found"}, 404)

    def search(self, name: str, body: dict) -> Answer:
        assert body["limit"] <= 200
        found = self.recorded[name]
        for one in body.get("filterGroups", [{"filters": []}])[0]["filters"]:
            found = [record for record in found if _passes(record, one)]
        for order in body.get("sorts", []):
            found = sorted(found, key=lambda record: _number(record, order["propertyName"]))
        page = [self.shown(record, body.get("properties", [])) for record in found[:SIZE]]
        answer: dict = {"total": len(found), "results": page}
        if len(found) > SIZE:
            answer["paging"] = {"next": {"after": str(SIZE), "link": "?after=2"}}
        return Answer(answer)

    @staticmethod
    def shown(record: dict, wanted: list[str]) -> dict:
        always = {"hs_object_id", "hs_lastmodifieddate", "createdate"}
        given = {name: value for name, value in record["properties"].items() if name in always | set(wanted)}
        return {**record, "properties": given}

    def associations(self, name: str, body: dict) -> Answer:
        known = self.recorded["associations"][name]
        results = [
            {
                "from": {"id": one["id"]},
                "to": [
                    {
                        "toObjectId": int(other),
                        "associationTypes": [{"category": "HUBSPOT_DEFINED", "typeId": 339, "label": None}],
                    }
                    for other in known[one["id"]]
                ],
            }
            for one in body["inputs"]
            if one["id"] in known
        ]
        missing = [one["id"] for one in body["inputs"] if one["id"] not in known]
        answer: dict = {"status": "COMPLETE", "results": results}
        if missing:
            answer |= {
                "numErrors": len(missing),
                "errors": [{"status": "error", "category": "OBJECT_NOT_FOUND"}],
            }
        return Answer(answer, 207 if missing else 200)


def _number(record: dict, name: str) -> int:
    value = record["properties"][name]
    if name == "hs_object_id":
        return int(value)
    return round((datetime.fromisoformat(value) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1000)


def _passes(record: dict, one: dict) -> bool:
    have, want = _number(record, one["propertyName"]), int(one["value"])
    return {"GTE": have >= want, "GT": have > want, "EQ": have == want}[one["operator"]]


def later() -> HubSpot:
    """A ticket was solved, one came, and one was changed in the same second as the last of before."""
    recorded = copy.deepcopy(RECORDED)
    recorded["tickets"][1]["properties"] |= {
        "closed_date": "2026-10-20T07:00:00Z",
        "hs_lastmodifieddate": "2026-10-20T07:00:00Z",
    }
    late = copy.deepcopy(recorded["tickets"][2])
    late["id"] = late["properties"]["hs_object_id"] = "9004"
    late["properties"] |= {"subject": "Seen late", "hs_lastmodifieddate": "2026-10-08T06:59:30Z"}
    recorded["tickets"].append(late)
    return HubSpot(recorded)


def company(number: int, **columns):
    key = f"hs:62515:{number}"
    return ("accounts", key), {"account_id": key, "url": f"{APP}/company/{number}", **columns}


def ticket(number: int, **columns):
    key = f"hs:62515:ticket-{number}"
    return ("signals", key), {"signal_id": key, "kind": "ticket", "url": f"{APP}/ticket/{number}", **columns}


SEAT = {
    "kind": "idea",
    "occurred_at": "2026-10-07T07:00:00Z",
    "account_id": "hs:62515:5002",
    "channel": "form",
    "title": "Child seat",
    "body": "Could you make one?",
    "reason": "feature request",
}
INVOICE = {"occurred_at": "2026-10-08T07:00:00Z", "channel": "phone", "title": "Invoice twice"}
EXPECTED = dict(
    [
        company(5001, name="Harbour Cycles", segment="retail", region="Germany", since="2025-03-04"),
        company(5002, name="Nordwind GmbH", region="Bremen", since="2025-05-06"),
        company(5003, name="Südpol AG", segment="computer software", region="Austria", since="2025-06-06"),
        company(5004, name="Westend Ltd", region="Ireland", since="2025-07-06"),
        (
            ("deals", "hs:62515:deal-7001"),
            {
                "deal_id": "hs:62515:deal-7001",
                "account_id": "hs:62515:5001",
                "created_at": "2026-08-01T08:00:00Z",
                "closed_at": "2026-09-30T22:00:00Z",
                "outcome": "lost",
                "amount": "11050.25",
                "rival": "Veloria",
                "loss_reason_rep": "Delivery date too late",
            },
        ),
        (
            ("deals", "hs:62515:deal-7002"),
            {
                "deal_id": "hs:62515:deal-7002",
                "created_at": "2026-09-01T08:00:00Z",
                "outcome": "open",
                "amount": "500",
            },
        ),
        ticket(
            9001,
            occurred_at="2026-10-05T07:00:00Z",
            account_id="hs:62515:5001",
            contact_id="hs:62515:8801",
            channel="email",
            title="Wheel rattles",
            body="It rattles since Monday.\n\nPlease help.",
            reason="product issue",
            resolution="Replaced",
            first_reply_at="2026-10-05T11:00:00Z",
            resolved_at="2026-10-06T09:30:00Z",
        ),
        ticket(9002, **SEAT),
        ticket(9003, contact_id="hs:62515:8803", **INVOICE),
        (
            ("signals", "hs:62515:survey-3001"),
            {
                "signal_id": "hs:62515:survey-3001",
                "kind": "survey",
                "occurred_at": "2026-10-09T07:00:00Z",
                "contact_id": "hs:62515:8801",
                "channel": "email",
                "rating": 3.0,
                "rating_max": 10.0,
                "title": "Autumn",
                "body": "Too slow.",
                "reason": "detractor",
            },
        ),
    ]
)
LATER = dict(
    [
        ticket(9002, **SEAT, resolved_at="2026-10-20T07:00:00Z"),
        ticket(9004, **INVOICE | {"title": "Seen late"}),
    ]
)
CASE = Case(
    connector=connector,
    answers=ANSWERS,
    origins=("https://api.hubapi.com",),
    api=lambda: HubSpot(RECORDED),
    expected=EXPECTED,
    secrets=(TOKEN,),
    optional=(
        "hs_ticket_category",
        "content",
        "source_type",
        "closed_date",
        "hs_resolution",
        "errors",
        "total",
    ),
    later=later,
    expected_later=LATER,
)
