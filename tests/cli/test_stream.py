"""The event stream as it is served: a process of its own, real sockets, a real database."""

from __future__ import annotations

import http.client
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cli.conftest import environment
from ports import free_port

HERE = Path(__file__).parent


@dataclass
class Stream:
    """The stream's process, and the script that plays the pages."""

    port: int
    process: subprocess.Popen[bytes]
    pages: subprocess.Popen[str]
    opened: list[http.client.HTTPConnection | http.client.HTTPResponse] = field(default_factory=list)

    def act(self, line: str) -> str:
        self.pages.stdin.write(f"{line}\n")
        self.pages.stdin.flush()
        return self.pages.stdout.readline().strip()

    def read(self, token: str, **headers: str) -> http.client.HTTPResponse:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        self.opened.append(line)
        sent = {name.replace("_", "-"): text for name, text in headers.items()}
        line.request("GET", f"/events?token={token}", headers=sent)
        answer = line.getresponse()
        self.opened.append(answer)
        return answer


def blocks(answer: http.client.HTTPResponse, until: str) -> list[str]:
    """What comes until a line with these words, without the empty lines."""
    found: list[str] = []
    while line := answer.readline().decode():
        found.append(line.strip())
        if until in line:
            break
    return [line for line in found if line and not line.startswith(("retry", ":"))]


@pytest.fixture
def stream(tmp_path, migrated_home) -> Iterator[Stream]:
    port = free_port()
    variables = environment(tmp_path, 1) | migrated_home(tmp_path)
    command = [sys.executable, "-m", "interlock", "stream", "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(command, env=variables)
    pages = subprocess.Popen(
        [sys.executable, str(HERE / "stream_to_hear.py")],
        env=variables,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    made = Stream(port, process, pages)
    wait_until_up(made)
    yield made
    for line in made.opened:
        line.close()
    pages.stdin.close()
    pages.stdout.close()
    pages.wait(120)
    process.kill()
    process.wait(120)


def wait_until_up(stream: Stream) -> None:
    deadline = time.monotonic() + 120
    while True:
        try:
            assert stream.read("none").status == 403
            return
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_events_arrive_are_replayed_and_end_with_the_session(stream):
    """One life of the process in one test, since each start takes a second."""
    owner = stream.act("pass owner")
    ines = stream.read(owner)
    assert (ines.status, ines.getheader("content-type")) == (200, "text/event-stream; charset=utf-8")

    for line in ("tell signals s-1", "tell work w-1", "tell signals s-2"):
        stream.act(line)
    assert [line for line in blocks(ines, '"s-2"') if line.startswith(("id", "event"))] == [
        "id: 1", "event: signals", "id: 2", "event: work", "id: 3", "event: signals",
    ]  # fmt: skip
    again = stream.read(owner, last_event_id="2")
    assert blocks(again, "s-2")[0] == "id: 3"

    contributor = stream.read(stream.act("pass contributor"))
    stream.act("tell work w-2")
    stream.act("tell signals s-3")
    assert blocks(contributor, "s-3")[:2] == ["id: 5", "event: signals"], "work is not theirs to hear of"

    for role, act in (("owner", "sign-out"), ("lead", "leave"), ("lead", "demote")):
        token = stream.act(f"pass {role}")
        reader, begun = stream.read(token), time.monotonic()
        stream.act(act)
        assert blocks(reader, "why")[-2:] == ["event: closed", 'data: {"why": "signed out"}']
        assert time.monotonic() - begun < 60  # five seconds, on a machine that has the time
        assert reader.read().strip() == b""
        assert stream.read(token).status == 403

    stream.process.send_signal(signal.SIGTERM)
    assert blocks(contributor, "why")[-1] == 'data: {"why": "renew"}'
    assert stream.process.wait(120) == 0, "open streams do not keep the process alive"
