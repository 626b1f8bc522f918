"""An OpenID Connect provider of this machine: discovery, keys, tokens that it signs, and what it says of people."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "interlock", "a secret & more"


class Provider:
    """One provider. `claims` go into the next token, `faults` change it after the rules."""

    def __init__(self, port: int) -> None:
        self.issuer = f"http://127.0.0.1:{port}"
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.signs_with: Any = self.key
        self.algorithm = "RS256"
        self.claims: dict[str, Any] = {}
        self.faults: dict[str, Any] = {}
        self.userinfo: dict[str, Any] = {}
        self.calls_itself = self.issuer
        self.codes: dict[str, dict[str, str]] = {}
        self.asked: list[str] = []

    def sign_on(self, address: str, **claims: Any) -> dict[str, str]:
        """What the browser brings back after somebody with these claims signed on at this address."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert query["response_type"] == "code"
        assert query["client_id"] == CLIENT
        code = f"code-{len(self.codes)}"
        self.codes[code] = query
        self.claims = claims
        return {"code": code, "state": query["state"]}

    def answer(self, path: str, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        self.asked.append(path)
        if path == "/.well-known/openid-configuration":
            names = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys",
                     "userinfo_endpoint": "userinfo"}  # fmt: skip
            return 200, {
                "issuer": self.calls_itself,
                **{name: f"{self.issuer}/{path}" for name, path in names.items()},
            }
        if path == "/keys":
            return 200, {
                "keys": [
                    json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
                    | {"kid": "1", "use": "sig"}
                ]
            }
        if path == "/userinfo":
            return 200, self.userinfo
        return self._token(form, authorization)

    def _token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        begun = self.codes.pop(form.get("code", ""), None)
        pair = base64.b64encode(f"{CLIENT}:a%20secret%20%26%20more".encode()).decode()
        if begun is None or authorization != f"Basic {pair}" or form["redirect_uri"] != begun["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != begun["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "nonce": begun["nonce"], "iat": now, "exp": now + 300}
        claims |= self.claims | self.faults
        token = jwt.encode(
            {name: value for name, value in claims.items() if value is not None},
            self.signs_with, algorithm=self.algorithm, headers={"kid": "1"},
        )  # fmt: skip
        return 200, {"access_token": "a", "token_type": "Bearer", "id_token": token}


@contextmanager
def running() -> Iterator[Provider]:
    """A provider that answers until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer({})

        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._answer({name: values[0] for name, values in parse_qs(text).items()})

        def _answer(self, form: dict[str, str]) -> None:
            status, said = provider.answer(self.path, form, self.headers.get("Authorization", ""))
            body = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        provider = Provider(server.server_port)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield provider
        server.shutdown()
        thread.join()
