"""How many requests may a program send? Asked before Django's stack, so that a flood costs next to nothing.

Each good token and each webhook has a bucket of its own, so that a busy one takes nothing from another. All that
was never good shares the bucket of its address: guessing tokens, or forging signatures, ends there. A token
becomes good with its first answer other than 401, where an answer tells of it, and is a stranger again after the
next 401.
Buckets are kept by each web process for itself; nothing is shared, nothing is written.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from threading import Lock
from typing import Any

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
App = Callable[[Environ, StartResponse], Iterable[bytes]]

PATHS = ("/api/", "/hooks/")
OPEN_TO_ALL = "/api/v1/openapi.json"
BURST_SECONDS = 2
# 20,000 buckets are 5 MB; a botnet beyond that loses its oldest addresses, each of which is then full again.
MOST_BUCKETS = 20_000


@dataclass
class Buckets:
    """Token buckets of one size by key: `rate` a second for long, twice as many at once."""

    rate: float
    _levels: OrderedDict[bytes, tuple[float, float]] = field(default_factory=OrderedDict)

    def take(self, key: bytes, now: float) -> float:
        """Take one; return 0, or the seconds until there is one again."""
        most = self.rate * BURST_SECONDS
        level, at = self._levels.pop(key, (most, now))
        level = min(most, level + max(0.0, now - at) * self.rate)
        wait = 0.0 if level >= 1 else (1 - level) / self.rate
        self._levels[key] = (level - 1 if level >= 1 else level, now)
        if len(self._levels) > MOST_BUCKETS:
            self._levels.popitem(last=False)
        return wait


class Throttle:
    """A WSGI application around another one that refuses what comes too fast, with 429 and Retry-After."""

    def __init__(
        self,
        app: App,
        *,
        rate: float,
        stranger_rate: float,
        clock: Callable[[], float],
        behind_proxy: bool = False,
    ) -> None:
        self._app, self._clock, self._behind_proxy = app, clock, behind_proxy
        self._good = Buckets(rate)
        self._strangers = Buckets(stranger_rate)
        self._known: OrderedDict[bytes, None] = OrderedDict()
        self._lock = Lock()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if not environ.get("PATH_INFO", "").startswith(PATHS):
            return self._app(environ, start_response)
        name = self._name(environ)
        wait = self._wait(name, environ)
        if wait:
            return _refused(wait, start_response)

        def watched(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            if _tells_of_sender(environ["PATH_INFO"], status):
                self._learn(name, status)
            return start_response(status, headers, *rest)

        return self._app(environ, watched)

    def _wait(self, name: bytes | None, environ: Environ) -> float:
        with self._lock:
            if name is not None and name in self._known:
                self._known.move_to_end(name)
                return self._good.take(name, self._clock())
            return self._strangers.take(self._address(environ).encode(), self._clock())

    def _learn(self, name: bytes | None, status: str) -> None:
        if name is None:
            return
        with self._lock:
            if status.startswith("401"):
                self._known.pop(name, None)
                return
            self._known[name] = None
            if len(self._known) > MOST_BUCKETS:
                self._known.popitem(last=False)

    def _name(self, environ: Environ) -> bytes | None:
        """What the sender claims to be: its token, or a webhook together with the address it is sent from."""
        claim = environ.get("HTTP_AUTHORIZATION", "")
        if environ["PATH_INFO"].startswith("/hooks/"):
            claim = f"{environ['PATH_INFO']} {self._address(environ)}"
        # Hashed, so that no token stays in memory.
        return hashlib.blake2b(claim.encode(), digest_size=16).digest() if claim else None

    def _address(self, environ: Environ) -> str:
        """The sender's address; behind the TLS proxy it is the last one that the proxy added."""
        forwarded = environ.get("HTTP_X_FORWARDED_FOR", "") if self._behind_proxy else ""
        return forwarded.rpartition(",")[2].strip() or environ.get("REMOTE_ADDR", "")


def _tells_of_sender(path: str, status: str) -> bool:
    """Whether this answer could only be given after the token or the signature was looked at."""
    if path == OPEN_TO_ALL or status.startswith(("404", "405", "5")):
        return False
    # A webhook's body is read before its signature: too large a one is refused whoever sent it.
    return not path.startswith("/hooks/") or status.startswith(("2", "401", "422"))


def _refused(wait: float, start_response: StartResponse) -> Iterable[bytes]:
    """The problem of `problems.py`, written by hand: no translation and no setting is touched out here."""
    status, seconds = HTTPStatus.TOO_MANY_REQUESTS, max(1, math.ceil(wait))
    body = json.dumps(
        {
            "title": status.phrase,
            "status": status.value,
            "code": "too_fast",
            "detail": "More requests came than this installation takes; this one was not looked at.",
            "remedy": f"Send it again after {seconds} s; arrays of up to 5,000 signals need fewer requests.",
        }
    ).encode()
    headers = [
        ("Content-Type", "application/problem+json"),
        ("Content-Length", str(len(body))),
        ("Retry-After", str(seconds)),
        ("Cache-Control", "no-store"),
    ]
    start_response(f"{status.value} {status.phrase}", headers)
    return [body]
