"""Salesforce as a live connector: SOQL over the REST interface, ordered by `SystemModstamp` and `Id`.

Large results are followed by `nextRecordsUrl`; since such a link lives for hours only, the cursor holds time and Id of
the last record instead, and a later asking begins a query of its own there. An access token is fetched for each
asking, renewed once when it runs out, and kept nowhere.

Documentation: developer.salesforce.com/docs (REST API: Query, Status Codes, Limit Info Header; OAuth flows).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from ..errors import ConnectorError
from ..fields import listed, milliseconds_of, moment_at, text_of
from ..live import Answers, Incoming, NotTaken, Page, Question, Reach, TryLater
from ..oauth import Grant
from ..place import Place
from .records import KINDS, Kind, row_of
from .session import Session, grant_of, open_session

# Other programs of the company live from the same daily allowance.
MOST_OF_ALLOWANCE = 0.9
AN_HOUR = 3_600.0
_FIELD = re.compile(r"[A-Za-z]\w{0,79}")


class SalesforceConnector:
    """Accounts, opportunities and cases of one Salesforce organisation."""

    kind = "salesforce"
    title = "Salesforce"
    purpose = "Cases of customers, with the accounts and opportunities they belong to."
    ask_every = 300
    questions = (
        Question(
            "address",
            "Address",
            "address",
            "My Domain, such as https://acme.my.salesforce.com",
        ),
        Question("client_id", "Consumer key", help="Of a connected app with the scope api."),
        Question("client_secret", "Consumer secret", "secret"),
        Question(
            "refresh_token",
            "Refresh token",
            "secret",
            "Only where the app signs in for a person, and comes by itself when access is given in the browser; without "
            "one the client credentials flow is used.",
            required=False,
            renewed=True,
        ),
        Question(
            "rival_field",
            "Opportunity field that names the competitor",
            help="Such as MainCompetitor__c, if you have one.",
            required=False,
        ),
        Question(
            "loss_field",
            "Opportunity field with the reason of a loss",
            help="Such as Loss_Reason__c, if you have one.",
            required=False,
        ),
    )

    def grant(self, answers: Answers) -> Grant | None:
        """The app, to which a person may give access instead of its signing in by itself."""
        return grant_of(answers)

    def check(self, answers: Answers, reach: Reach) -> str:
        """Sign in and count the cases."""
        _extra_fields(answers)
        session = open_session(answers, reach)
        found = session.ask(f"{session.data}/query", {"q": "SELECT COUNT() FROM Case"})
        total = found.get("totalSize")
        count = f"{total:,}" if isinstance(total, int) else "an unknown number of"
        return f"Salesforce organisation {session.organisation} answers and shows {count} cases."

    def pages(self, answers: Answers, cursor: str, reach: Reach) -> Iterator[Page]:
        """Accounts first, then what belongs to them."""
        kept = json.loads(cursor) if cursor else {}
        extra = _extra_fields(answers)
        session = open_session(answers, reach)
        places = {kind.name: Place.read(kept.get(kind.name)) for kind in KINDS}
        for kind in KINDS:
            for rows, refused in _changes(session, kind, places[kind.name], extra, reach):
                state = json.dumps({name: place.written() for name, place in places.items()})
                yield Page(rows, state, refused)
                _spare_allowance(session)


def _changes(
    session: Session, kind: Kind, place: Place, extra: dict[str, str], reach: Reach
) -> Iterator[tuple[tuple[Incoming, ...], tuple[NotTaken, ...]]]:
    """Page after page of what changed; `place` stands behind each when it is handed over."""
    query = {"q": _soql(kind, place, extra, has_people=_has_people(session, kind))}
    found = session.ask(f"{session.data}/query", query)
    while True:
        records = listed(found, "records", "Salesforce")
        following = found.get("nextRecordsUrl")
        rows, refused = _rows(records, kind, place, session, extra)
        if found.get("done") is not True and not isinstance(following, str):
            raise ConnectorError("Salesforce sent a part of its answer without saying where the rest is.")
        if isinstance(following, str) and records:
            place.since = max(place.reached, place.since)
            place.after_id = str(records[-1].get("Id") or "")
            place.forget_old()
        else:
            place.begin_again()
        yield rows, refused
        if not isinstance(following, str) or not records:
            return
        reach.wait(0)
        found = session.ask(f"{session.origin}{following}")


def _soql(kind: Kind, place: Place, extra: dict[str, str], *, has_people: bool) -> str:
    """All records of a kind from a moment on, or behind one record of that moment."""
    fields = ["Id", *kind.fields, "SystemModstamp"]
    if has_people:
        fields.append("IsPersonAccount")
    if kind.name == "Opportunity":
        fields += [field for field in dict.fromkeys(extra.values()) if field not in fields]
    since = moment_at(place.since)
    moment = f"{since:%Y-%m-%dT%H:%M:%S}.{since.microsecond // 1000:03d}Z"
    where = f"SystemModstamp >= {moment}"
    if place.after_id:
        where = f"SystemModstamp > {moment} OR (SystemModstamp = {moment} AND Id > '{place.after_id}')"
    return f"SELECT {', '.join(fields)} FROM {kind.name} WHERE {where} ORDER BY SystemModstamp, Id"


def _rows(
    records: Sequence[dict[str, Any]], kind: Kind, place: Place, session: Session, extra: dict[str, str]
) -> tuple[tuple[Incoming, ...], tuple[NotTaken, ...]]:
    rows, refused = [], []
    for record in records:
        where = f"{kind.name} {record.get('Id')}"
        try:
            if not re.fullmatch(r"\w{15,18}", str(record.get("Id"))):
                raise ValueError("it has no Id")
            if place.takes(str(record["Id"]), milliseconds_of(record.get("SystemModstamp"))):
                rows.append(Incoming(kind.table, row_of(kind, record, session, extra), where))
        except ValueError as error:
            refused.append(NotTaken(where, str(error), payload=json.dumps(record)))
    return tuple(rows), tuple(refused)


def _has_people(session: Session, kind: Kind) -> bool:
    """Whether accounts may be persons, whose names are not read. Salesforce knows the field only where they may."""
    if kind.name != "Account":
        return False
    return session.knows_field("Account", "IsPersonAccount")


def _extra_fields(answers: Answers) -> dict[str, str]:
    """The organisation's own fields that the administrator named.

    Raises:
        ConnectorError: a name is none.
    """
    named = {name: text_of(answers.get(name)) or "" for name in ("rival_field", "loss_field")}
    for field in named.values():
        if field and not _FIELD.fullmatch(field):
            raise ConnectorError(f"{field!r} is no name of a field. Write it such as MainCompetitor__c.")
    return {name: field for name, field in named.items() if field}


def _spare_allowance(session: Session) -> None:
    """Stop while other programs can still work.

    Raises:
        TryLater: nine tenths of the day's requests are used.
    """
    used, allowed = session.used_requests
    if allowed and used >= MOST_OF_ALLOWANCE * allowed:
        raise TryLater(
            f"{used:,} of {allowed:,} requests of Salesforce's daily allowance are used; the rest is left to others.",
            AN_HOUR,
        )
