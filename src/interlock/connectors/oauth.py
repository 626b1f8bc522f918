"""OAuth 2.0 as connectors need it: a person consents once in a browser, then tokens are renewed and kept.

Sources: RFC 6749 (sections 4.1 code, 4.4 client credentials, 6 refresh), RFC 7636 (PKCE). A system may void a refresh
token the moment it hands out the next one (RFC 6749, section 6), so that one is kept before anything else is done.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Protocol, runtime_checkable
from urllib.parse import urlencode, urlsplit

from .errors import ConnectorError
from .fields import text_of
from .live import Answers, HttpReply, Reach, Unauthorised
from .replies import System, ask_json

# A token that runs out sooner is renewed first: one asking may last two minutes.
MARGIN = timedelta(minutes=3)
# Two processes may renew at the same moment: the one that came second waits for what the first one keeps.
_LOOKS = (0.0, 1.0, 3.0)


@dataclass(frozen=True)
class Grant:
    """How one system hands out tokens to the application that the administrator registered there.

    `consent_url` is empty where nobody has to consent; then the application signs in by itself. `as_json`: the
    system wants JSON instead of a form. `extra` goes along with the request for consent.
    """

    system: System
    consent_url: str
    token_url: str
    client_id: str
    client_secret: str
    scope: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)
    as_json: bool = False
    by_itself: bool = False


@runtime_checkable
class ConsentingConnector(Protocol):
    """A connector to which a person may have to give access in a browser."""

    def grant(self, answers: Answers) -> Grant | None:
        """Where to ask for consent with these answers; None where none is needed.

        Raises:
            ConnectorError: an answer that is needed for asking is missing or wrong.
        """
        ...


def consent_address(grant: Grant, *, redirect: str, state: str, verifier: str) -> str:
    """The page of the other system on which a person consents; it then leads back to `redirect` with a code.

    Raises:
        ConnectorError: its address is none that a browser may be sent to.
    """
    parts = urlsplit(grant.consent_url)
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        raise ConnectorError(
            "The address for consent is no web address. Write it as https://example.com/path."
        )
    digest = hashlib.sha256(verifier.encode()).digest()
    query = {
        "response_type": "code",
        "client_id": grant.client_id,
        "redirect_uri": redirect,
        "scope": grant.scope,
        "state": state,
        "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
        "code_challenge_method": "S256",
        **grant.extra,
    }
    joint = "&" if parts.query else "?"
    return f"{grant.consent_url}{joint}{urlencode({name: value for name, value in query.items() if value})}"


def exchange(grant: Grant, *, code: str, redirect: str, verifier: str, reach: Reach) -> dict[str, str]:
    """The secrets that a consent is worth, to be kept by the caller.

    Raises:
        Unauthorised: the code, the application or its secret is refused.
        ConnectorError: no refresh token came, so that access would end within the hour.
    """
    asked = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect}
    secrets = _tokens(grant, asked | {"code_verifier": verifier}, reach)
    if "refresh_token" not in secrets:
        raise ConnectorError(
            f"{grant.system.name} gave access for a short time only (no refresh token). Allow the application "
            f"lasting access {grant.system.renew}, then consent again."
        )
    return secrets


class Tokens:
    """The access token of one source: kept while it is good, renewed and kept anew when it is not."""

    def __init__(self, grant: Grant, answers: Answers, reach: Reach) -> None:
        self._grant, self._reach = grant, reach
        self._secrets: Answers = {name: answers.get(name, "") for name in _KEPT}

    def access(self) -> str:
        """A token that is good for some minutes. Raises as `renew`."""
        if not self._is_good():
            self._look_again()
        return self._secrets["access_token"] if self._is_good() else self.renew()

    def renew(self) -> str:
        """A new token; its refresh token is kept before it is used.

        Raises:
            Unauthorised: the refresh token or the application is refused, or nobody has consented yet.
        """
        self._look_again()
        try:
            renewed = _tokens(self._grant, self._asked(), self._reach)
        except Unauthorised:
            if not self._renewed_by_another():
                raise
        else:
            self._secrets = {**self._secrets, **renewed}
            self._reach.keep(renewed)
        return self._secrets["access_token"]

    def _asked(self) -> dict[str, str]:
        if self._secrets["refresh_token"]:
            return {"grant_type": "refresh_token", "refresh_token": self._secrets["refresh_token"]}
        if self._grant.by_itself:
            return {"grant_type": "client_credentials"}
        raise Unauthorised(
            f"Nobody has given access to {self._grant.system.name} yet. Open this source and choose Give access."
        )

    def _is_good(self) -> bool:
        until = self._secrets["access_until"]
        if not self._secrets["access_token"] or not until:
            return bool(self._secrets["access_token"])
        return datetime.fromisoformat(until) - self._reach.now() > MARGIN

    def _look_again(self) -> bool:
        """Take over what was kept meanwhile; tell whether it is something else."""
        before = self._secrets["refresh_token"]
        kept = self._reach.kept()
        self._secrets = {name: kept.get(name, value) for name, value in self._secrets.items()}
        return self._secrets["refresh_token"] != before

    def _renewed_by_another(self) -> bool:
        for pause in _LOOKS if self._secrets["refresh_token"] else ():
            self._reach.wait(pause)
            if self._look_again():
                return True
        return False


_KEPT = ("refresh_token", "access_token", "access_until")


def _tokens(grant: Grant, asked: Mapping[str, str], reach: Reach) -> dict[str, str]:
    """Ask for tokens; only what came is among the secrets."""
    body = {"client_id": grant.client_id, "client_secret": grant.client_secret, **asked}
    if grant.scope and asked["grant_type"] != "authorization_code":
        body["scope"] = grant.scope
    body = {name: value for name, value in body.items() if value}
    sent: dict[str, Any] = {"json": body} if grant.as_json else {"form": body}
    found = ask_json(
        replace(reach, http=refusing(grant.system, reach)), grant.system, "POST", grant.token_url, **sent
    )
    token, refresh = found.get("access_token"), found.get("refresh_token")
    if not isinstance(token, str) or not token:
        raise ConnectorError(f"{grant.system.name} signed in without giving a token.")
    seconds = found.get("expires_in")
    until = ""
    if isinstance(seconds, int | float) and not isinstance(seconds, bool) and 0 < seconds < 1e9:
        until = (reach.now() + timedelta(seconds=seconds)).isoformat()
    lasts = {"refresh_token": refresh} if isinstance(refresh, str) and refresh else {}
    return {"access_token": token, "access_until": until, **lasts}


def refusing(system: System, reach: Reach) -> Any:
    """The outbound function, which tells a refused sign-in from a faulty request: RFC 6749 (5.2) says 400 to both."""

    def http(method: str, url: str, **more: Any) -> HttpReply:
        reply = reach.http(method, url, **more)
        if reply.status == 400:
            raise Unauthorised(
                f"{system.name} refused the sign-in ({_reason(reply)}). Check the application {system.renew}, then "
                "give access again."
            )
        return reply

    return http


def _reason(reply: HttpReply) -> str:
    """The code of a refusal: one word of the system's own, never more of its answer."""
    try:
        found = json.loads(reply.body)
    except ValueError:
        return "no reason given"
    code = text_of(found.get("error")) if isinstance(found, dict) else ""
    return code[:40] if code and code.replace("_", "").isalnum() else "no reason given"
