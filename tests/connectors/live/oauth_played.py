"""Put before a played system: an OAuth client whose refresh tokens turn, and access tokens that die after some uses."""

from __future__ import annotations

from interlock.connectors.conformance import Answer, Api, Asked

CLIENT, SECRET, FIRST = "interlock", "client-secret-0af3", "refresh-token-0"


class Rotating:
    """`let_in` puts the credentials that the system itself knows in place of a good access token.

    A refresh voids both tokens before it: at once when `strict`, else when the new access token is first used, so that
    an answer may get lost. Without `refreshing` the client signs in by itself.
    """

    def __init__(
        self,
        system: Api,
        token_path: str,
        let_in: str,
        *,
        uses: int = 1_000,
        refreshing: bool = True,
        strict: bool = False,
    ) -> None:
        self.system, self.token_path, self.let_in = system, token_path, let_in
        self.uses, self.refreshing, self.strict = uses, refreshing, strict
        self.turn = self.void_below = 0
        self.left = 0

    def __call__(self, asked: Asked) -> Answer:
        if asked.path == self.token_path:
            return self.token(asked.json())
        if asked.headers.get("authorization") != f"Bearer access-token-{self.turn}" or not self.left:
            return Answer({"error": "invalid_token"}, 401)
        self.left -= 1
        self.void_below = self.turn
        headers = {**asked.headers, "authorization": self.let_in}
        return self.system(Asked(asked.method, asked.path, asked.raw_query, asked.query, headers, asked.body))

    def token(self, body: dict) -> Answer:
        if (body["client_id"], body["client_secret"]) != (CLIENT, SECRET):
            return Answer({"error": "invalid_client"}, 401)
        if self.refreshing:
            assert body["grant_type"] == "refresh_token"
            oldest = self.turn if self.strict else self.void_below
            if body["refresh_token"] not in {f"refresh-token-{n}" for n in range(oldest, self.turn + 1)}:
                return Answer({"error": "invalid_grant"}, 400)
        else:
            assert body["grant_type"] == "client_credentials"
        self.turn += 1
        self.left = self.uses
        found = {"access_token": f"access-token-{self.turn}", "expires_in": 1800, "token_type": "bearer"}
        return Answer(found | ({"refresh_token": f"refresh-token-{self.turn}"} if self.refreshing else {}))
