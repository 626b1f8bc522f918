"""Fifty requests with one Idempotency-Key at the same moment, round after round: one effect, one answer, each time.

Each round has a key and a signal of its own. Fifty connections send it together to the real server, whose
processes and threads race; every one must get the same answer, all but one of them marked as given again.
The control sends the same without the key: there the accounting counts every one.
"""

from __future__ import annotations

import http.client
import json
import sys
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crash import ledger
from crash.installation import Installation

AT_ONCE = 50
CONTROL_ROUNDS = 5
TRIES = 200


@dataclass
class Outcome:
    """What came of all rounds; `several` are rounds whose answers were not one answer, told to fifty."""

    rounds: int
    seconds: float
    several: int = 0
    unanswered: int = 0
    asked_again: int = 0
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def well(self) -> bool:
        exact = all(self.counts[name] == self.rounds for name in ("inbox", "source_received"))
        return exact and not self.several and not self.unanswered

    def line(self) -> str:
        return (
            f"{self.rounds} rounds of {AT_ONCE} at once in {self.seconds:.0f} s: {self.several} with several"
            f" answers, {self.unanswered} requests unanswered, {self.asked_again} asked to come again;"
            f" stored {self.counts['inbox']}, counted as received {self.counts['source_received']}"
        )


def run(home: Path, database_url: str, *, rounds: int, with_key: bool = True) -> Outcome:
    """Let them race so often on one installation."""
    installation = Installation(home, database_url)
    token = installation.prepare()
    outcome = Outcome(rounds, 0.0)
    try:
        installation.start()
        began = time.monotonic()
        racers = [_Racer(installation.port, token) for _number in range(AT_ONCE)]
        for number in range(1, rounds + 1):
            _race(racers, outcome, with_key)
            if number % 100 == 0:
                print(f"{number} rounds", file=sys.stderr, flush=True)
        outcome.seconds = time.monotonic() - began
    finally:
        installation.stop()
    outcome.counts = ledger.tallies(installation)
    return outcome


def _race(racers: list[_Racer], outcome: Outcome, with_key: bool) -> None:
    one = {"signal_id": f"race:{uuid.uuid4()}", "kind": "praise", "body": "🚲"}
    body = json.dumps([one | {"occurred_at": datetime.now(UTC).isoformat()}]).encode()
    key, start = str(uuid.uuid4()) if with_key else "", threading.Barrier(AT_ONCE)
    _together([lambda racer=racer: racer.ask(body, key, start) for racer in racers])
    answers = [racer.answer for racer in racers]
    outcome.unanswered += answers.count(None)
    outcome.asked_again += sum(racer.again for racer in racers)
    first = [answer for answer in answers if answer and not answer[2]]
    outcome.several += len({answer[:2] for answer in answers if answer}) != 1 or len(first) != 1


def _together(acts: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=act) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class _Racer:
    """One connection; `answer` is status, body, and whether it was given before."""

    def __init__(self, port: int, token: str) -> None:
        self.port = port
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self.connection: http.client.HTTPConnection | None = None
        self.answer: tuple[int, bytes, bool] | None = None
        self.again = 0

    def ask(self, body: bytes, key: str, start: threading.Barrier) -> None:
        headers = self.headers | ({"Idempotency-Key": key} if key else {})
        self.answer, self.again = None, -1
        start.wait()
        while self.answer is None and self.again < TRIES:
            self.again += 1
            self.answer = self._once(body, headers)

    def _once(self, body: bytes, headers: dict[str, Any]) -> tuple[int, bytes, bool] | None:
        try:
            self.connection = self.connection or http.client.HTTPConnection(
                "127.0.0.1", self.port, timeout=60
            )
            self.connection.request("POST", "/api/v1/signals", body, headers)
            response = self.connection.getresponse()
            said = response.read()
        except (OSError, http.client.HTTPException):
            self.connection = None
            return None
        if response.status == 503:  # busy, as it says: nothing was stored
            time.sleep(float(response.headers.get("Retry-After", "1")))
            return None
        return response.status, said, response.headers.get("Idempotent-Replayed") == "true"
