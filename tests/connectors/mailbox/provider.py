"""A provider of OAuth 2.0 as RFC 6749 and 7636 describe it: codes with PKCE, refresh tokens that turn at each use."""

from __future__ import annotations

import base64
import hashlib
from urllib.parse import parse_qs, urlsplit

from interlock.connectors.conformance import Answer, Asked

CLIENT, SECRET = "interlock-at-provider", "app-secret-51c0"
REDIRECT = "https://interlock.example/sources/access/"


class Provider:
    """One user. A refresh voids both tokens before it; `lifetime` is that of access tokens in seconds."""

    def __init__(self, email: str, *, lifetime: int = 3600, rotates: bool = True) -> None:
        self.email, self.lifetime, self.rotates = email, lifetime, rotates
        self.turn = 0
        self.codes: dict[str, dict[str, str]] = {}
        self.refreshed = 0

    @property
    def access(self) -> str:
        return f"access-{self.turn}-9ac1"

    @property
    def refresh(self) -> str:
        return f"refresh-{self.turn if self.rotates else 0}-77d2"

    def consent(self, address: str) -> tuple[str, str]:
        """What a browser does: open the consent page, agree, and be led back; gives code and state."""
        asked = {name: values[-1] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code"
        assert (asked["client_id"], asked["code_challenge_method"]) == (CLIENT, "S256")
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return code, asked["state"]

    def __call__(self, asked: Asked) -> Answer:
        if asked.path == "/token":
            return self.token(asked.form())
        if asked.path == "/userinfo":
            mine = asked.headers.get("authorization") == f"Bearer {self.access}"
            body = {"email": self.email, "active": "true"} if mine else {"error": "invalid_token"}
            return Answer(body, 200 if mine else 401)
        return Answer({"error": "not_found"}, 404)

    def token(self, form: dict[str, str]) -> Answer:
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT, SECRET):
            return Answer({"error": "invalid_client"}, 401)
        if form["grant_type"] == "authorization_code":
            begun = self.codes.pop(form["code"], {})
            digest = hashlib.sha256(form["code_verifier"].encode()).digest()
            challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
            if begun.get("code_challenge") != challenge or begun.get("redirect_uri") != form["redirect_uri"]:
                return Answer({"error": "invalid_grant"}, 400)
        elif form.get("refresh_token") != self.refresh:
            return Answer({"error": "invalid_grant", "error_description": "the token was used"}, 400)
        else:
            self.refreshed += 1
        self.turn += 1
        tokens = {"access_token": self.access, "token_type": "Bearer", "expires_in": self.lifetime}
        return Answer(tokens | {"refresh_token": self.refresh})
