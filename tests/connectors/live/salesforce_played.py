"""Salesforce as documented: OAuth token, SOQL over REST in parts of two, the limit header, and its words for refusals."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path

from interlock.connectors.conformance import Answer, Asked, Case
from interlock.connectors.salesforce import connector

RECORDED = json.loads((Path(__file__).parent / "recorded" / "salesforce.json").read_text())
LOGIN, INSTANCE = "https://acme.my.salesforce.com", "https://acme--x.sandbox.my.salesforce.com"
SECRET, REFRESH = "sf-secret-88E1", "5Aep861-refresh-77C2"
ANSWERS = {
    "address": LOGIN,
    "client_id": "3MVG9.acme",
    "client_secret": SECRET,
    "refresh_token": REFRESH,
    "rival_field": "MainCompetitor__c",
    "loss_field": "Loss_Reason__c",
}
SIZE = 2
ORG = "00D5g000000AbCdEAK"
USED = {"Sforce-Limit-Info": "api-usage=18/5000"}


class Salesforce:
    """One organisation. `token` is the only one it takes; each sign-in makes a new one."""

    def __init__(
        self, recorded: dict, *, first_token: str = "", person_accounts: bool = True, rotates: bool = False
    ) -> None:
        self.rotates = rotates
        self.refresh = REFRESH
        self.recorded = copy.deepcopy(recorded)
        self.person_accounts = person_accounts
        self.signed_in = 0
        self.first_token = first_token
        self.left: dict[str, list[dict]] = {}
        self.used = USED

    def __call__(self, asked: Asked) -> Answer:
        if asked.path == "/services/oauth2/token":
            return self.sign_in(asked.form())
        if asked.headers.get("authorization") != f"Bearer {self.token}":
            return self.refusal(401, "INVALID_SESSION_ID", "Session expired or invalid")
        if asked.path == "/services/data/v62.0/query":
            return self.query(asked.query["q"])
        locator = asked.path.removeprefix("/services/data/v62.0/query/")
        if locator in self.left:
            return self.part(self.left.pop(locator), 0)
        return self.refusal(404, "NOT_FOUND", "The requested resource does not exist")

    @property
    def token(self) -> str:
        return f"00D!token-{self.signed_in}"

    def sign_in(self, form: dict) -> Answer:
        if form.get("client_secret") != SECRET or form.get("refresh_token", self.refresh) != self.refresh:
            return Answer(
                {"error": "invalid_grant", "error_description": "expired access/refresh token"}, 400
            )
        assert form["grant_type"] in {"refresh_token", "client_credentials"}
        self.signed_in += 1
        stale = self.first_token if self.signed_in == 1 else ""
        if self.rotates:
            self.refresh = f"5Aep861-turned-{self.signed_in}"
        return Answer(
            ({"refresh_token": self.refresh} if self.rotates else {})
            | {
                "access_token": stale or self.token,
                "signature": "x",
                "instance_url": INSTANCE,
                "id": f"https://login.salesforce.com/id/{ORG}/0055g00000EeAAK",
                "token_type": "Bearer",
                "issued_at": "1795000000000",
            }
        )

    def query(self, soql: str) -> Answer:
        if soql == "SELECT COUNT() FROM Case":
            return Answer(
                {"totalSize": len(self.recorded["Case"]), "done": True, "records": []}, headers=self.used
            )
        fields, name = re.fullmatch(r"SELECT (.+?) FROM (\w+).*", soql).groups()
        for field in fields.split(", "):
            missing = field not in self.recorded[name][0] or (
                field == "IsPersonAccount" and not self.person_accounts
            )
            if missing:
                text = f"\nSELECT {field}\n^\nERROR at Row:1:Column:8\nNo such column '{field}' on entity '{name}'. If..."
                return self.refusal(400, "INVALID_FIELD", text)
        if soql.endswith("LIMIT 1"):
            return Answer(
                {"totalSize": 1, "done": True, "records": self.recorded[name][:1]}, headers=self.used
            )
        found = [record for record in self.recorded[name] if _passes(record, soql)]
        found.sort(key=lambda record: (record["SystemModstamp"], record["Id"]))
        wanted = {"attributes", *fields.split(", ")}
        return self.part([{k: v for k, v in one.items() if k in wanted} for one in found], len(found))

    def part(self, records: list[dict], total: int) -> Answer:
        answer: dict = {"totalSize": total, "done": len(records) <= SIZE, "records": records[:SIZE]}
        if not answer["done"]:
            locator = f"01g5g00000Q{len(self.left)}-{SIZE}"
            self.left[locator] = records[SIZE:]
            answer["nextRecordsUrl"] = f"/services/data/v62.0/query/{locator}"
        return Answer(answer, headers=self.used)

    @staticmethod
    def refusal(status: int, code: str, message: str) -> Answer:
        return Answer([{"message": message, "errorCode": code}], status)


def _passes(record: dict, soql: str) -> bool:
    stamp = record["SystemModstamp"].replace("+0000", "Z")
    if found := re.search(r"SystemModstamp >= (\S+)", soql):
        return stamp >= found[1]
    moment, number = re.search(r"SystemModstamp = (\S+) AND Id > '(\w+)'", soql).groups()
    return stamp > moment or (stamp == moment and record["Id"] > number)


def later() -> Salesforce:
    """A case was closed, and one shows late that was changed a moment before the last one seen."""
    recorded = copy.deepcopy(RECORDED)
    recorded["Case"][1] |= {
        "Status": "Closed",
        "IsClosed": True,
        "ClosedDate": "2026-10-20T07:00:00.000+0000",
        "SystemModstamp": "2026-10-20T07:00:00.000+0000",
    }
    late = copy.deepcopy(recorded["Case"][2])
    late |= {"Id": "5005g00000C1adAAAR", "Subject": "Late", "SystemModstamp": "2026-10-08T06:59:00.000+0000"}
    recorded["Case"].append(late)
    return Salesforce(recorded)


def key(number: str) -> str:
    return f"sf:{ORG}:{number}"


def account(number: str, **columns):
    fixed = {"account_id": key(number), "url": f"{INSTANCE}/{number}"}
    return ("accounts", key(number)), {**fixed, **columns}


def case(number: str, **columns):
    return ("signals", key(number)), {"signal_id": key(number), "url": f"{INSTANCE}/{number}", **columns}


SEAT = {
    "kind": "idea",
    "occurred_at": "2026-10-07T07:00:00Z",
    "account_id": key("0015g00000A1abAAAR"),
    "channel": "Web",
    "title": "Child seat",
    "reason": "Feature Request",
}
INVOICE = {
    "kind": "ticket",
    "occurred_at": "2026-10-08T07:00:00Z",
    "channel": "case",
    "body": "Invoice came twice",
}
EXPECTED = dict(
    [
        account(
            "0015g00000A1aaAAAR",
            name="Harbour Cycles",
            segment="Retail",
            region="Germany",
            since="2025-03-04",
        ),
        account("0015g00000A1abAAAR", name="Person abAAAR", region="Bremen", since="2025-05-06"),
        account(
            "0015g00000A1acAAAR", name="Westend Ltd", segment="Partner", region="Ireland", since="2025-07-06"
        ),
        (
            ("deals", key("0065g00000B1aaAAAR")),
            {
                "deal_id": key("0065g00000B1aaAAAR"),
                "account_id": key("0015g00000A1aaAAAR"),
                "created_at": "2026-08-01T08:00:00Z",
                "closed_at": "2026-09-30T00:00:00Z",
                "outcome": "lost",
                "amount": "12000.5",
                "rival": "Veloria",
                "loss_reason_rep": "Delivery date too late",
            },
        ),
        (
            ("deals", key("0065g00000B1abAAAR")),
            {"deal_id": key("0065g00000B1abAAAR"), "created_at": "2026-09-01T08:00:00Z", "outcome": "open"},
        ),
        case(
            "5005g00000C1aaAAAR",
            kind="complaint",
            occurred_at="2026-10-05T07:00:00Z",
            account_id=key("0015g00000A1aaAAAR"),
            contact_id=key("0035g00000D1aaAAAR"),
            channel="Email",
            title="Wheel rattles",
            body="It rattles since Monday.",
            reason="Breakdown",
            resolution="Closed",
            resolved_at="2026-10-06T09:30:00Z",
        ),
        case("5005g00000C1abAAAR", **SEAT),
        case("5005g00000C1acAAAR", title="Case 00001028", **INVOICE),
    ]
)
LATER = dict(
    [
        case("5005g00000C1abAAAR", **SEAT, resolution="Closed", resolved_at="2026-10-20T07:00:00Z"),
        case("5005g00000C1adAAAR", title="Late", **INVOICE),
    ]
)
CASE = Case(
    connector=connector,
    answers=ANSWERS,
    origins=(LOGIN, INSTANCE),
    api=lambda: Salesforce(RECORDED),
    expected=EXPECTED,
    secrets=(SECRET, REFRESH, "00D!token-1"),
    optional=("Description", "Origin", "Type", "Reason", "ContactId", "signature", "totalSize"),
    later=later,
    expected_later=LATER,
    expired=lambda: Salesforce(RECORDED, first_token="00D!of-yesterday"),
    rotating=lambda: Salesforce(RECORDED, rotates=True),
)
