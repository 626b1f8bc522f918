"""An OpenAI-compatible endpoint on this machine, which keeps what it is asked and misbehaves as it is told to."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class LanguageModel:
    """`answers` are given in their order, then `usual`: a text is a name, bytes a whole body, a number a status."""

    port: int = 0
    usual: Any = "Late parcels"
    answers: list[Any] = field(default_factory=list)
    hangs: threading.Event | None = None
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://localhost:{self.port}/v1"

    def told(self) -> list[dict[str, Any]]:
        """What each question said of its theme."""
        return [json.loads(one["messages"][1]["content"]) for one in self.asked]


@contextmanager
def running_model() -> Iterator[LanguageModel]:
    model = LanguageModel()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            model.asked.append(json.loads(body))
            model.keys.append(self.headers.get("authorization", ""))
            model.paths.append(self.path)
            if model.hangs:
                model.hangs.wait(120)
                return
            answer = model.answers.pop(0) if model.answers else model.usual
            status, body = _reply(answer)
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("location", "https://example.com/")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing of it belongs into the output of tests."""

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:
                """Whoever asked hung up before the huge answer was through."""

    server = ThreadingHTTPServer(("localhost", 0), Handler)
    model.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield model
    finally:
        if model.hangs:
            model.hangs.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _reply(answer: Any) -> tuple[int, bytes]:
    if isinstance(answer, bytes):
        return 200, answer
    if isinstance(answer, int):
        return answer, b"{}"
    said = answer[0] if isinstance(answer, tuple) else answer
    return 200, json.dumps({"choices": [{"message": {"role": "assistant", "content": said}}]}).encode()
