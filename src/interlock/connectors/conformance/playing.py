"""A server on this machine that plays another system's API, well-behaved or not.

An `Api` is a plain function from a request to an answer, written after the system's documentation. The server speaks
real HTTP over a real socket, so that broken answers are broken the way networks break them.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Asked:
    """One request as the other system sees it. Header names in lower case; `query` and `form` keep the last value."""

    method: str
    path: str
    raw_query: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode()))


@dataclass(frozen=True)
class Answer:
    """What the other system says. A `body` that is not bytes is written as JSON."""

    body: Any = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()

    def is_json(self) -> bool:
        return not isinstance(self.body, bytes)


Api = Callable[[Asked], Answer]
# Sends an answer in some broken way; the connection is closed afterwards.
Breakage = Callable[["Connection", Answer], None]
Connection = BaseHTTPRequestHandler


class System:
    """An API and what was asked of it."""

    name = ""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.asked: list[Asked] = []

    def answer(self, asked: Asked) -> Answer:
        """What the system says; one that cannot make sense of a request says so."""
        self.asked.append(asked)
        try:
            return self.api(asked)
        except (AssertionError, KeyError, TypeError, ValueError, IndexError) as error:
            return Answer({"error": type(error).__name__}, 400)


class Played(System):
    """A system on a port of this machine; a breakage spoils its answers from one request on."""

    def __init__(self, api: Api) -> None:
        super().__init__(api)
        self.breakage: Breakage | None = None
        self.spoil_from = 0
        self.spoil_times = 1_000_000
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        self.name = f"127.0.0.1:{self.port}"
        # Ending is looked for every 10 ms: the suite starts hundreds of servers.
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def spoil(self, breakage: Breakage, *, at: int = 0, times: int = 1_000_000) -> None:
        """Break `times` answers, beginning with the one to request number `at` from now on."""
        self.breakage, self.spoil_from, self.spoil_times = breakage, len(self.asked) + at, times

    def heal(self) -> None:
        self.breakage = None

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def played(api: Api) -> Iterator[Played]:
    server = Played(api)
    try:
        yield server
    finally:
        server.close()


def _handler(server: Played) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def answer(self) -> None:
            number = len(server.asked)
            reply = server.answer(_asked(self))
            spoilt = server.spoil_from <= number < server.spoil_from + server.spoil_times
            if server.breakage and spoilt:
                self.close_connection = True
                server.breakage(self, reply)
            else:
                send(self, reply)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815 - the server looks for these names

        def log_message(self, *arguments: Any) -> None:
            """Keep the test's output free of access logs."""

    return Handler


def _asked(connection: Connection) -> Asked:
    url = urlsplit(connection.path)
    length = int(connection.headers.get("content-length") or 0)
    return Asked(
        method=connection.command,
        path=url.path,
        raw_query=url.query,
        query=dict(parse_qsl(url.query, keep_blank_values=True)),
        headers={name.lower(): value for name, value in connection.headers.items()},
        body=connection.rfile.read(length),
    )


def send(connection: Connection, answer: Answer, length: int | None = None) -> None:
    """Send an answer; `length` may promise another length than comes."""
    body = answer.content()
    connection.send_response(answer.status)
    given = {name.lower() for name in answer.headers}
    if answer.is_json() and "content-type" not in given:
        connection.send_header("Content-Type", "application/json")
    for name, value in answer.headers.items():
        connection.send_header(name, value)
    if connection.close_connection:
        connection.send_header("Connection", "close")
    connection.send_header("Content-Length", str(len(body) if length is None else length))
    connection.end_headers()
    connection.wfile.write(body)
    connection.wfile.flush()


# ---- ways to break an answer


def says(status: int, headers: Mapping[str, str] | None = None, body: Any = None) -> Breakage:
    """Answer with this status instead."""

    def breakage(connection: Connection, answer: Answer) -> None:
        send(connection, Answer(body if body is not None else {"error": "no"}, status, headers or {}))

    return breakage


def cut_in_the_middle(connection: Connection, answer: Answer) -> None:
    """Promise the whole body, send half of it, hang up."""
    body = answer.content() or b"{}"
    send(connection, Answer(body[: len(body) // 2], answer.status, answer.headers), length=len(body))


def truncated(connection: Connection, answer: Answer) -> None:
    """Send half a body as if it were whole."""
    body = answer.content() or b"{}"
    send(connection, Answer(body[: len(body) // 2], answer.status, answer.headers))


def a_web_page(connection: Connection, answer: Answer) -> None:
    """A proxy's sign-in page, with status 200."""
    page = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Sign in</body></html>"
    send(connection, Answer(page, 200, {"Content-Type": "text/html"}))


def another_json(connection: Connection, answer: Answer) -> None:
    """JSON of another shape than documented."""
    send(connection, Answer([1, "two", None], 200))


def drip(connection: Connection, answer: Answer) -> None:
    """Send the body so slowly that it takes minutes."""
    body = answer.content() + b" " * 1_000
    connection.send_response(answer.status)
    connection.send_header("Content-Length", str(len(body)))
    connection.end_headers()
    try:
        for at in range(len(body)):
            connection.wfile.write(body[at : at + 1])
            connection.wfile.flush()
            time.sleep(0.1)
    except OSError:
        return


def huge(connection: Connection, answer: Answer) -> None:
    """Send megabytes of blanks around the answer."""
    connection.send_response(200)
    connection.send_header("Content-Length", str(50_000_000))
    connection.end_headers()
    try:
        for _ in range(50):
            connection.wfile.write(b" " * 1_000_000)
    except OSError:
        return


def hang_up(connection: Connection, answer: Answer) -> None:
    """Take the request, do what it asks, and answer nothing."""
