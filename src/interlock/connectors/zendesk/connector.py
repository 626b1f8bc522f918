"""Zendesk Support as a live connector: the cursor-based ticket export, then new ratings; replies by ticket update.

Sources (developer.zendesk.com): ticketing/ticket-management/incremental_exports (cursor-based, 10 requests a minute,
deleted tickets included, `include=users,organizations,metric_sets`), ticketing/ticket-management/satisfaction_ratings,
ticketing/tickets/tickets (update with a public comment and `metadata`), ticketing/tickets/ticket_audits (where that
metadata is found again), introduction/security-and-auth (API token, OAuth), ticketing/oauth/grant_type_tokens
(`POST /oauth/tokens`; a refresh voids both tokens before it; clients made after 30 April 2026 get tokens of 30 minutes
and 30 days, support.zendesk.com/hc/en-us/articles/9182123625370).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from ..errors import ConnectorError
from ..live import Answers, Incoming, Letter, NotTaken, Page, PerhapsSent, Question, Reach, Route, Sent
from ..oauth import Grant
from .site import Site, grant_of

PAGE_SIZE = 500
# Ten exports a minute are allowed; seven seconds leave one for a person who tries something.
PAUSE = 7.0
# A customer may change a rating; ratings of the last days are compared again.
RATINGS_AGAIN = timedelta(days=3)
# The export holds nothing of the last minute.
_TOO_FRESH = timedelta(minutes=2)
_MARK = "interlock_reference"
_MOST_AUDIT_PAGES = 60


@dataclass
class _Place:
    """The cursor: where the ticket export stands, since when ratings are read, and those of the last days."""

    tickets: str = ""
    since: int = 0
    page: str = ""
    ratings: dict[str, list[str]] = field(default_factory=dict)
    # Ratings of the reading under way; they become `ratings` when it is through.
    fresh: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def read(cls, cursor: str) -> _Place:
        return cls(**json.loads(cursor)) if cursor else cls()

    def written(self) -> str:
        return json.dumps(self.__dict__, separators=(",", ":"))


class ZendeskConnector:
    """Zendesk Support."""

    kind = "zendesk"
    title = "Zendesk"
    purpose = "Tickets of customers with their answers, and how customers rated them."
    ask_every = 300
    questions = (
        Question("address", "Address", kind="address", help="Such as https://acme.zendesk.com"),
        Question(
            "email",
            "Mail address of the token's owner",
            required=False,
            help="For an API token. Leave it empty for an OAuth access token.",
        ),
        Question(
            "token",
            "API token or OAuth access token",
            kind="secret",
            required=False,
            help="Of an administrator. Leave it empty where an OAuth client is given.",
        ),
        Question(
            "client_id",
            "OAuth client",
            required=False,
            help="Its identifier, instead of a token. Its tokens run out and are renewed.",
        ),
        Question("client_secret", "Secret of the OAuth client", kind="secret", required=False),
        Question(
            "refresh_token",
            "Refresh token",
            kind="secret",
            required=False,
            renewed=True,
            help="Comes by itself when access is given in the browser. Without one the client signs in by itself.",
        ),
        Question(
            "since",
            "Tickets changed since",
            required=False,
            help="A day such as 2026-01-01; empty: the last 365 days",
        ),
        Question(
            "ratings",
            "Read satisfaction ratings",
            kind="choice",
            default="yes",
            choices=(("yes", "Yes"), ("no", "No, this account has none")),
        ),
    )

    def grant(self, answers: Answers) -> Grant | None:
        """Consent is asked for an OAuth client only."""
        return grant_of(answers)

    def check(self, answers: Answers, reach: Reach) -> str:
        """Say who the token belongs to and how many tickets there are."""
        site = Site(answers, reach)
        user = site.get("/api/v2/users/me.json").get("user")
        role = user.get("role") if isinstance(user, dict) else None
        if role not in {"admin", "agent", "end-user"} or role == "end-user":
            raise ConnectorError(
                "Zendesk knows this token as nobody in service. Take one of an administrator."
            )
        counted = site.get("/api/v2/tickets/count.json").get("count")
        number = counted.get("value") if isinstance(counted, dict) else None
        tickets = f"{number:,} tickets" if isinstance(number, int) else "tickets"
        if role == "agent":
            return f"{site.host} holds {tickets}, but the token is an agent's: only administrators may export them."
        return f"{site.host} holds {tickets}; the token is an administrator's."

    def pages(self, answers: Answers, cursor: str, reach: Reach) -> Iterator[Page]:
        """Hand over tickets in the order of their last change, then ratings that are new or changed."""
        site = Site(answers, reach)
        place = _Place.read(cursor)
        yield from _tickets(site, place, answers, reach)
        if answers.get("ratings", "yes") != "no":
            yield from _ratings(site, place, answers, reach)

    def send(self, answers: Answers, route: Route, letter: Letter, reach: Reach) -> Sent:
        """Add a public comment; its audit carries the reference."""
        site = Site(answers, reach)
        text = letter.text if letter.author in letter.text else f"{letter.text}\n\n{letter.author}"
        ticket = {"comment": {"body": text, "public": True}, "metadata": {_MARK: letter.reference}}
        content = site.put(f"/api/v2/tickets/{_number(route)}.json", {"ticket": ticket})
        audit = content.get("audit")
        if not isinstance(audit, dict) or "id" not in audit:
            raise PerhapsSent("Zendesk took the answer but did not say as what.")
        return site.sent(route, audit)

    def find(self, answers: Answers, route: Route, letter: Letter, reach: Reach) -> Sent | None:
        """Look through the ticket's audits for the reference, page by page."""
        site = Site(answers, reach)
        query = {"page[size]": "100"}
        for _ in range(_MOST_AUDIT_PAGES):
            content = site.get(f"/api/v2/tickets/{_number(route)}/audits.json", query)
            audits = content.get("audits")
            if not isinstance(audits, list):
                raise PerhapsSent("Zendesk did not show the history of the ticket.")
            for audit in audits:
                if _reference(audit) == letter.reference:
                    return site.sent(route, audit)
            meta = _meta(content)
            if not meta.get("has_more"):
                return None
            query = {"page[size]": "100", "page[after]": str(meta.get("after_cursor"))}
        raise PerhapsSent("The history of the ticket is too long to be looked through.")


def _meta(content: dict[str, Any]) -> dict[str, Any]:
    """Where a page stands among the others."""
    meta = content.get("meta")
    return meta if isinstance(meta, dict) else {}


def _reference(audit: Any) -> str:
    """The mark that our answers carry."""
    metadata = audit.get("metadata") if isinstance(audit, dict) else None
    custom = metadata.get("custom") if isinstance(metadata, dict) else None
    return str(custom.get(_MARK, "")) if isinstance(custom, dict) else ""


def _number(route: Route) -> int:
    return int(route.thread)


def _tickets(site: Site, place: _Place, answers: Answers, reach: Reach) -> Iterator[Page]:
    more = True
    while more:
        reach.wait(PAUSE if place.tickets else 0)
        query = {"per_page": str(PAGE_SIZE), "include": "users,organizations,metric_sets"}
        if place.tickets:
            query["cursor"] = place.tickets
        else:
            query["start_time"] = str(_start(answers, reach.now()))
        content = site.get("/api/v2/incremental/tickets/cursor.json", query)
        after = content.get("after_cursor")
        if not isinstance(content.get("tickets"), list) or not (after is None or isinstance(after, str)):
            raise ConnectorError("Zendesk answered without tickets or cursor. Check the address.")
        more = not content.get("end_of_stream", True) and after not in {None, place.tickets}
        place.tickets = after or place.tickets
        yield _page(site.account.records_of(content), place)


def _ratings(site: Site, place: _Place, answers: Answers, reach: Reach) -> Iterator[Page]:
    place.since = place.since or _start(answers, reach.now())
    more = True
    while more:
        reach.wait(0)
        query = {"score": "received", "start_time": str(place.since), "page[size]": "100"}
        if place.page:
            query["page[after]"] = place.page
        content = site.get("/api/v2/satisfaction_ratings.json", query)
        found = content.get("satisfaction_ratings")
        if not isinstance(found, list):
            raise ConnectorError(
                "Zendesk shows no ratings. If the account uses none, say so in the source's settings."
            )
        meta = _meta(content)
        more = bool(meta.get("has_more")) and bool(meta.get("after_cursor"))
        news = list(_news(site, place, found))
        place.page = str(meta.get("after_cursor")) if more else ""
        if not more:
            _turn_over(place)
        yield _page(iter(news), place)


def _news(site: Site, place: _Place, found: list[Any]) -> Iterator[Incoming | NotTaken]:
    """Ratings that are new or were changed by the customer."""
    for rating in found:
        record = site.account.rating(rating) if isinstance(rating, dict) else None
        if record is None:
            continue
        number = str(rating["id"])
        mark = [str(rating.get("created_at")), str(rating.get("updated_at"))]
        place.fresh[number] = mark
        if place.ratings.get(number) != mark:
            yield record


def _turn_over(place: _Place) -> None:
    """All ratings are read: the next reading begins some days before the newest, and knows those since."""
    known = place.ratings | place.fresh
    times = {number: _seconds(mark[0]) for number, mark in known.items()}
    newest = max(times.values(), default=0)
    place.since = max(place.since, newest - int(RATINGS_AGAIN.total_seconds()))
    place.ratings = {number: known[number] for number, at in times.items() if at >= place.since}
    place.fresh = {}


def _seconds(text: str) -> int:
    try:
        return int(datetime.fromisoformat(text).timestamp())
    except ValueError:
        return 0


def _page(records: Iterator[Incoming | NotTaken], place: _Place) -> Page:
    rows: list[Incoming] = []
    refused: list[NotTaken] = []
    for record in records:
        if isinstance(record, Incoming):
            rows.append(record)
        else:
            refused.append(record)
    return Page(tuple(rows), place.written(), tuple(refused))


def _start(answers: Answers, now: datetime) -> int:
    """Seconds since 1970 from which the first reading begins."""
    text = answers.get("since", "").strip()
    if not text:
        return int((now - timedelta(days=365)).timestamp())
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise ConnectorError("“Tickets changed since” is no day. Write it as 2026-01-01.") from error
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return int(min(start, now - _TOO_FRESH).timestamp())
