"""A chat's webhook on this machine, which keeps what it is told and misbehaves as it is told to."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Chat:
    """What the next posts are answered with: statuses in their order, then 200. `hangs` seconds come before that."""

    port: int = 0
    answers: list[int] = field(default_factory=list)
    location: str = ""
    body: bytes = b""
    hangs: threading.Event | None = None
    said: list[dict[str, str]] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://localhost:{self.port}/hooks/the-secret-part"


@contextmanager
def running_chat() -> Iterator[Chat]:
    chat = Chat()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            status = chat.answers.pop(0) if chat.answers else 200
            if 200 <= status < 300 or chat.hangs:
                chat.said.append(json.loads(body))
            if chat.hangs:
                chat.hangs.wait(120)
                return
            self.send_response(status)
            if chat.location:
                self.send_header("location", chat.location)
            self.send_header("content-length", str(len(chat.body)))
            self.end_headers()
            self.wfile.write(chat.body)

        def log_message(self, *_: object) -> None:
            """Nothing of it belongs into the output of tests."""

    server = ThreadingHTTPServer(("localhost", 0), Handler)
    chat.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield chat
    finally:
        if chat.hangs:
            chat.hangs.set()
        server.shutdown()
        server.server_close()
        thread.join()
