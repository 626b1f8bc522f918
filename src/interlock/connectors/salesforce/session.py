"""Signs in to Salesforce and asks with the token, which is renewed once when it has run out."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from ..errors import ConnectorError
from ..fields import text_of
from ..live import Answers, HttpReply, Reach, TryLater, Unauthorised
from ..oauth import Grant, refusing
from ..replies import System, ask_json

VERSION = "v62.0"
AN_HOUR = 3_600.0
SYSTEM = System("Salesforce", "in Salesforce under Setup > App Manager")
# Where Salesforce itself may send the asking on to.
_OWN_DOMAINS = (".salesforce.com", ".force.com", ".cloudforce.com", ".salesforce.mil")
_MISSING_FIELD = re.compile(r"No such column '(\w+)' on (?:entity|sobject of type) '?(\w+)", re.IGNORECASE)
_USED = re.compile(r"api-usage=(\d+)/(\d+)")


class UnknownField(ConnectorError):
    """Salesforce does not know a field, or hides it from this user."""


@dataclass
class Session:
    """A signed-in session. `origin` is the instance that answers, `organisation` its own number."""

    answers: Answers
    reach: Reach
    origin: str = ""
    token: str = ""
    organisation: str = ""
    used_requests: tuple[int, int] = (0, 0)
    renewed: bool = False
    known: dict[str, bool] = field(default_factory=dict)

    @property
    def data(self) -> str:
        return f"{self.origin}/services/data/{VERSION}"

    def ask(self, url: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Ask for a JSON object; a token that has run out is renewed once.

        Raises:
            UnknownField: the query names a field that is not there.
            TryLater, Unauthorised, ConnectorError: as `replies.ask`.
        """
        try:
            return self._ask(url, query)
        except Unauthorised:
            if self.renewed:
                raise
        self.renewed = True
        sign_in(self)
        return self._ask(url, query)

    def knows_field(self, kind: str, name: str) -> bool:
        """Whether this organisation has a field."""
        if name not in self.known:
            try:
                self.ask(f"{self.data}/query", {"q": f"SELECT {name} FROM {kind} LIMIT 1"})
                self.known[name] = True
            except UnknownField:
                self.known[name] = False
        return self.known[name]

    def _ask(self, url: str, query: Mapping[str, str] | None) -> dict[str, Any]:
        reach = replace(self.reach, http=self._http)
        headers = {"authorization": f"Bearer {self.token}"}
        return ask_json(reach, SYSTEM, "GET", url, headers=headers, query=query)

    def _http(self, method: str, url: str, **more: Any) -> HttpReply:
        """The outbound function, which understands Salesforce's own words for a refusal."""
        reply = self.reach.http(method, url, **more)
        used = _USED.search(reply.headers.get("sforce-limit-info", ""))
        if used:
            self.used_requests = int(used[1]), int(used[2])
        code, message = _refusal(reply)
        if code == "REQUEST_LIMIT_EXCEEDED":
            raise TryLater(
                "The daily allowance of requests of this Salesforce organisation is used up.", AN_HOUR
            )
        if code == "INVALID_FIELD":
            missing = _MISSING_FIELD.search(message)
            name = f"{missing[2]}.{missing[1]}" if missing else "a field that is asked for"
            raise UnknownField(
                f"Salesforce does not show {name} to this user. Give the user the right to read it, or correct "
                "its name."
            )
        return reply


def open_session(answers: Answers, reach: Reach) -> Session:
    """Sign in.

    Raises:
        Unauthorised: the app or its token is refused.
    """
    session = Session(answers, reach)
    sign_in(session)
    return session


def sign_in(session: Session) -> None:
    """Fetch an access token. Raises as `open_session`."""
    answers = session.answers
    address = _address(answers["address"])
    form = {
        "grant_type": "client_credentials",
        "client_id": answers["client_id"],
        "client_secret": answers["client_secret"],
    }
    refresh = {**answers, **session.reach.kept()}.get("refresh_token", "")
    if refresh:
        form |= {"grant_type": "refresh_token", "refresh_token": refresh}
    reach = replace(session.reach, http=refusing(SYSTEM, session.reach))
    found = ask_json(reach, SYSTEM, "POST", f"{address}/services/oauth2/token", form=form)
    next_refresh = found.get("refresh_token")
    if isinstance(next_refresh, str) and next_refresh not in {"", refresh}:
        # Where the app rotates its refresh tokens, the one just used is void.
        session.reach.keep({"refresh_token": next_refresh})
    token, instance = text_of(found.get("access_token")), text_of(found.get("instance_url"))
    if not token or not instance:
        raise ConnectorError("Salesforce signed in without giving a token.")
    host = urlsplit(instance).hostname or ""
    if instance != address and not (instance.startswith("https://") and host.endswith(_OWN_DOMAINS)):
        raise ConnectorError(
            f"Salesforce sent the asking on to {host[:80]}, which is not its own; nothing was asked."
        )
    session.token, session.origin = token, instance.rstrip("/")
    session.organisation = _organisation(found.get("id")) or host.partition(".")[0]


def grant_of(answers: Answers) -> Grant:
    """The app to which a person may give access. Raises ConnectorError where the address is not that of My Domain."""
    address = f"{_address(answers['address'])}/services/oauth2"
    scope = "api refresh_token"
    client, secret = answers["client_id"], answers["client_secret"]
    return Grant(SYSTEM, f"{address}/authorize", f"{address}/token", client, secret, scope, by_itself=True)


def _address(given: str) -> str:
    address = given.strip().rstrip("/")
    if not urlsplit(address).hostname or urlsplit(address).path:
        raise ConnectorError("The address must be that of My Domain, such as https://acme.my.salesforce.com")
    return address


def _organisation(identity: Any) -> str:
    """The organisation's number from the identity link https://login.salesforce.com/id/ORGANISATION/USER."""
    found = re.search(r"/id/(\w{15,18})/", str(identity))
    return found[1] if found else ""


def _refusal(reply: HttpReply) -> tuple[str, str]:
    """Code and message of a refusal; Salesforce sends a list of them."""
    if 200 <= reply.status < 300:
        return "", ""
    try:
        found = json.loads(reply.body)
    except ValueError:
        return "", ""
    first = found[0] if isinstance(found, list) and found else {}
    return (str(first.get("errorCode")), str(first.get("message"))) if isinstance(first, dict) else ("", "")


def _object(reply: HttpReply) -> dict[str, Any]:
    try:
        found = json.loads(reply.body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
