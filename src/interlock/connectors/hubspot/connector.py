"""HubSpot as a live connector: the CRM search of each kind of object, ordered by the time of the last change.

A search shows 10,000 results at most, and pages by position: a record that changes meanwhile would push another one
past the reader. So no position is used: each request asks for what changed from the last record on; where more records
share one moment than a page holds, these are read in the order of their numbers.

Documentation: developers.hubspot.com/docs/api-reference/crm (search, objects, associations v4), usage guidelines.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from ..errors import ConnectorError
from ..fields import listed, milliseconds_of, text_of
from ..live import Answers, Http, HttpReply, Incoming, NotTaken, Page, Question, Reach, TryLater
from ..place import Place
from ..replies import System, ask_json, retry_after
from .records import KINDS, Kind, Links, row_of

API = "https://api.hubapi.com"
PAGE = 100
# Five searches a second are allowed for an account; others use it too.
PAUSE = 0.25
# HubSpot names the limit that was reached, often without saying how long to wait.
_PATIENCE = {"SECONDLY": 1.0, "TEN_SECONDLY_ROLLING": 10.0, "DAILY": 3_600.0}
_SYSTEM = System("HubSpot", "in HubSpot under Settings > Integrations > Private Apps")


class HubSpotConnector:
    """Companies, deals, tickets and survey answers of one HubSpot account."""

    kind = "hubspot"
    title = "HubSpot"
    purpose = "Tickets and survey answers of customers, with the companies and deals they belong to."
    ask_every = 300
    questions = (
        Question(
            "token",
            "Access token",
            "secret",
            "Of a private app with the rights crm.objects.companies.read, crm.objects.deals.read, "
            "crm.objects.contacts.read and tickets.",
        ),
        Question(
            "surveys",
            "Answers to surveys",
            "choice",
            "Reading them needs Service Hub and the right crm.objects.feedback_submissions.read.",
            required=False,
            default="no",
            choices=(("no", "Leave out"), ("yes", "Read")),
        ),
        Question(
            "rival_property",
            "Deal property that names the competitor",
            "text",
            "Its internal name, if you have one.",
            required=False,
        ),
    )

    def check(self, answers: Answers, reach: Reach) -> str:
        """Ask which account this is and how many tickets it has."""
        reach = _patient(reach)
        account = _account(answers, reach)
        found = _search(answers, reach, KINDS[2], {"limit": 1})
        total = found.get("total")
        count = f"{total:,}" if isinstance(total, int) else "no number of"
        return f"HubSpot account {account} answers and holds {count} tickets."

    def pages(self, answers: Answers, cursor: str, reach: Reach) -> Iterator[Page]:
        """Companies first, then what belongs to them."""
        reach = _patient(reach)
        kept = json.loads(cursor) if cursor else {}
        account = kept.get("account") or _account(answers, reach)
        places = {kind.name: Place.read(kept.get(kind.name)) for kind in KINDS}
        for kind in KINDS:
            if kind.name == "feedback_submissions" and answers.get("surveys") != "yes":
                continue
            for rows, refused in _changes(answers, reach, kind, places[kind.name], account):
                state = {name: place.written() for name, place in places.items()}
                yield Page(rows, json.dumps({"account": account, **state}), refused)


def _changes(
    answers: Answers, reach: Reach, kind: Kind, place: Place, account: str
) -> Iterator[tuple[tuple[Incoming, ...], tuple[NotTaken, ...]]]:
    """Page after page of what changed; `place` stands behind each when it is handed over."""
    at_end = False
    while not at_end:
        reach.wait(PAUSE)
        found = _search(answers, reach, kind, _wanted(answers, kind, place))
        records = listed(found, "results", "HubSpot")
        more = bool(found.get("paging")) and bool(records)
        at_end = not more and not place.after_id
        fresh, refused = _fresh(records, place)
        if records and len(refused) == len(records):
            raise ConnectorError(
                f"HubSpot sends {kind.name} without a number or a time of their last change."
            )
        links = _links(answers, reach, kind, [str(record["id"]) for record in fresh])
        rows, faulty = _rows(fresh, kind, account, answers, links)
        before = (place.since, place.after_id)
        _step(place, records, more)
        if more and (place.since, place.after_id) == before:
            raise ConnectorError(f"HubSpot sends the same {kind.name} again and again. Tell its support.")
        yield tuple(rows), (*refused, *faulty)


def _wanted(answers: Answers, kind: Kind, place: Place) -> dict[str, Any]:
    """What to search for: all that changed from a moment on, or the rest of what changed at one moment."""
    changed = {"propertyName": "hs_lastmodifieddate", "operator": "GTE", "value": str(place.since)}
    filters, order = [changed], "hs_lastmodifieddate"
    if place.after_id:
        filters = [
            {**changed, "operator": "EQ"},
            {"propertyName": "hs_object_id", "operator": "GT", "value": place.after_id},
        ]
        order = "hs_object_id"
    properties = [*kind.properties, "hs_lastmodifieddate"]
    if kind.name == "deals" and answers.get("rival_property"):
        properties.append(answers["rival_property"])
    return {
        "filterGroups": [{"filters": filters}],
        "sorts": [{"propertyName": order, "direction": "ASCENDING"}],
        "properties": properties,
        "limit": PAGE,
    }


def _step(place: Place, records: Sequence[dict[str, Any]], more: bool) -> None:
    """Move on behind a page."""
    if place.after_id:
        if more:
            place.after_id = str(records[-1].get("id") or place.after_id)
        else:
            place.since, place.after_id = place.since + 1, ""
    elif more and place.reached > place.since:
        place.since = place.reached
    elif more:
        place.after_id = "0"
    else:
        place.begin_again()
        return
    place.forget_old()


def _fresh(
    records: Sequence[dict[str, Any]], place: Place
) -> tuple[list[dict[str, Any]], tuple[NotTaken, ...]]:
    """The records that were not handed over before, and those that cannot be placed in time."""
    fresh, refused = [], []
    for record in records:
        try:
            changed = milliseconds_of(_property(record, "hs_lastmodifieddate") or record.get("updatedAt"))
            if not text_of(record.get("id")):
                raise ValueError("it has no id")
        except ValueError as error:
            refused.append(NotTaken(f"record {record.get('id')}", str(error), payload=json.dumps(record)))
            continue
        if place.takes(str(record["id"]), changed):
            fresh.append(record)
    return fresh, tuple(refused)


def _property(record: dict[str, Any], name: str) -> Any:
    properties = record.get("properties")
    return properties.get(name) if isinstance(properties, dict) else None


def _rows(
    records: Sequence[dict[str, Any]], kind: Kind, account: str, answers: Answers, links: Links
) -> tuple[list[Incoming], list[NotTaken]]:
    rows, refused = [], []
    for record in records:
        place = f"{kind.name} {record['id']}"
        try:
            row = row_of(kind, record, account, links, answers.get("rival_property", ""))
            rows.append(Incoming(kind.table, row, place))
        except ValueError as error:
            refused.append(NotTaken(place, str(error), payload=json.dumps(record)))
    return rows, refused


def _links(answers: Answers, reach: Reach, kind: Kind, ids: Sequence[str]) -> Links:
    """The companies and contacts that records belong to, by the records' ids; the first one of each."""
    links: Links = {}
    for other in kind.linked if ids else ():
        url = f"{API}/crm/v4/associations/{kind.name}/{other}/batch/read"
        body = {"inputs": [{"id": one} for one in ids]}
        found = ask_json(reach, _SYSTEM, "POST", url, headers=_headers(answers), json=body)
        for result in listed(found, "results", "HubSpot"):
            to = result.get("to")
            first = to[0] if isinstance(to, list) and to else None
            record = result.get("from")
            if isinstance(first, dict) and isinstance(record, dict):
                links[other, str(record.get("id"))] = str(first.get("toObjectId") or first.get("id"))
    return links


def _search(answers: Answers, reach: Reach, kind: Kind, body: dict[str, Any]) -> dict[str, Any]:
    url = f"{API}/crm/v3/objects/{kind.name}/search"
    return ask_json(reach, _SYSTEM, "POST", url, headers=_headers(answers), json=body)


def _account(answers: Answers, reach: Reach) -> str:
    found = ask_json(reach, _SYSTEM, "GET", f"{API}/account-info/v3/details", headers=_headers(answers))
    account = text_of(found.get("portalId"))
    if not account:
        raise ConnectorError("HubSpot did not say which account this token belongs to.")
    return account


def _headers(answers: Answers) -> dict[str, str]:
    return {"authorization": f"Bearer {answers['token']}"}


def _patient(reach: Reach) -> Reach:
    """The same reach, which understands by which limit HubSpot refuses a request."""

    def http(method: str, url: str, **more: Any) -> HttpReply:
        reply = reach.http(method, url, **more)
        if reply.status == 429 and retry_after(reply, reach.now()) is None:
            policy = _policy(reply)
            seconds = _PATIENCE.get(policy, 10.0)
            limit = policy.replace("_", " ").lower() or "request"
            raise TryLater(f"HubSpot's {limit} limit is reached; it goes on by itself.", seconds)
        return reply

    patient: Http = http
    return replace(reach, http=patient)


def _policy(reply: HttpReply) -> str:
    try:
        found = json.loads(reply.body)
    except ValueError:
        return ""
    return str(found.get("policyName") or "")[:40] if isinstance(found, dict) else ""
