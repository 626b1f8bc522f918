"""One account of Zendesk: its address, and how we are let in - by an API token, an access token or an OAuth client."""

from __future__ import annotations

import base64
import re
from typing import Any
from urllib.parse import urlsplit

from ..errors import ConnectorError
from ..live import Answers, NotSent, Reach, Route, Sent, TryLater, Unauthorised, Unreachable
from ..oauth import Grant, Tokens
from ..replies import System, ask_json, send_json
from .mapping import Account

SYSTEM = System("Zendesk", "in Zendesk's Admin Center under Apps and integrations > APIs")
# Tickets, ratings and organisations are read; an answer writes a ticket.
SCOPE = "read tickets:write"


class Site:
    """Asks one account; a token that runs out on the way is renewed once for each request."""

    def __init__(self, answers: Answers, reach: Reach) -> None:
        self.address, self.host = _address(answers["address"])
        name = self.host.removesuffix(".zendesk.com").replace(":", "-")
        self.account = Account(name, self.address)
        self._reach = reach
        self._answers = answers
        grant = grant_of(answers)
        self._tokens = Tokens(grant, answers, reach) if grant else None

    def get(self, path: str, query: dict[str, str] | None = None) -> dict[str, Any]:
        url = f"{self.address}{path}"
        headers = self._headers()
        try:
            return ask_json(self._reach, SYSTEM, "GET", url, headers=headers, query=query)
        except Unauthorised:
            if self._tokens is None:
                raise
        headers = _bearer(self._tokens.renew())
        return ask_json(self._reach, SYSTEM, "GET", url, headers=headers, query=query)

    def put(self, path: str, content: dict[str, Any]) -> dict[str, Any]:
        """Hand over once; where the token alone was refused, nothing was taken, and a new one is tried.

        Raises:
            NotSent, PerhapsSent: as `replies.send_json`.
        """
        url = f"{self.address}{path}"
        try:
            headers = self._headers()
        except ConnectorError as error:
            raise _not_sent(error) from error
        try:
            return send_json(self._reach, SYSTEM, "PUT", url, headers=headers, json=content)
        except NotSent as refused:
            if self._tokens is None or not isinstance(refused.__cause__, Unauthorised):
                raise
            try:
                headers = _bearer(self._tokens.renew())
            except ConnectorError as error:
                raise _not_sent(error) from error
        return send_json(self._reach, SYSTEM, "PUT", url, headers=headers, json=content)

    def sent(self, route: Route, audit: dict[str, Any]) -> Sent:
        return Sent(str(audit["id"]), f"{self.address}/agent/tickets/{route.thread}")

    def _headers(self) -> dict[str, str]:
        if self._tokens:
            return _bearer(self._tokens.access())
        token, email = self._answers.get("token", "").strip(), self._answers.get("email", "").strip()
        if not token:
            raise ConnectorError("Give an API token, an access token, or the identifier of an OAuth client.")
        basic = base64.b64encode(f"{email}/token:{token}".encode()).decode()
        return {"authorization": f"Basic {basic}"} if email else _bearer(token)


def _not_sent(error: ConnectorError) -> NotSent:
    """Not let in, so nothing was handed over; whether trying again helps is up to what kept us out."""
    return NotSent(str(error), for_good=not isinstance(error, TryLater | Unauthorised | Unreachable))


def _bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def grant_of(answers: Answers) -> Grant | None:
    """The OAuth client of the account, where one is given.

    Raises:
        ConnectorError: its secret or the address is missing.
    """
    client = answers.get("client_id", "").strip()
    if not client:
        return None
    if not answers.get("client_secret"):
        raise ConnectorError("The secret of the OAuth client is missing. Enter it, then test again.")
    address, _ = _address(answers["address"])
    return Grant(
        SYSTEM,
        f"{address}/oauth/authorizations/new",
        f"{address}/oauth/tokens",
        client,
        answers["client_secret"],
        SCOPE,
        as_json=True,
        by_itself=True,
    )


def _address(text: str) -> tuple[str, str]:
    """Address and host; `acme` alone means acme.zendesk.com."""
    text = text.strip().rstrip("/")
    if re.fullmatch(r"[\w-]+", text):
        text = f"https://{text}.zendesk.com"
    url = urlsplit(text if "://" in text else f"https://{text}")
    if not url.hostname:
        raise ConnectorError("The address of Zendesk names no host. Write it as https://acme.zendesk.com.")
    return f"{url.scheme}://{url.netloc}", url.netloc.lower()
