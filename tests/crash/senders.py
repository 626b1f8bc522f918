"""Eight programs that send signals and do not rest until each request was acknowledged.

Every request has signals that no other has, and of four senders three give an Idempotency-Key. A request that
fails in any way is sent again, byte for byte, until it is answered with a 2xx: with a key the first answer comes
again, without one what was stored already is told to be a duplicate.
"""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime

PAUSE_SECONDS = 0.05
MOST_SIGNALS = 5
# One without a key in four: such requests take the short way past Django's stack.
KEYLESS_EVERY = 4


@dataclass
class Account:
    """What the senders know, all of them together."""

    acknowledged: dict[str, str] = field(default_factory=dict)  # signal -> its words
    requests: int = 0
    keyed: int = 0
    retried: int = 0
    replayed: int = 0
    wrong: list[str] = field(default_factory=list)
    last_at: float = 0.0


class Senders:
    """Threads that send until they are told to stop; each then ends with its request acknowledged."""

    def __init__(self, port: int, token: str, *, threads: int = 8, seed: int = 1) -> None:
        self.port, self.token = port, token
        self.account = Account()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(
                target=self._send, args=(number, random.Random(seed * 1000 + number)), daemon=True
            )
            for number in range(threads)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self, timeout: float) -> bool:
        """Let each end its request; say whether all did in time."""
        self._stop.set()
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def wait_for_one(self, since: float, timeout: float) -> float:
        """Wait for an acknowledgement after that moment; return the seconds from then.

        Raises:
            SystemExit: there was none.
        """
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            with self._lock:
                at = self.account.last_at
            if at > since:
                return at - since
            time.sleep(0.005)
        raise SystemExit(f"Nothing was acknowledged for {timeout:.0f} s.")

    def _send(self, number: int, rng: random.Random) -> None:
        connection = None
        while not self._stop.is_set():
            words = {
                f"crash:{uuid.uuid4()}": f"Words {rng.random()} 🚲"
                for _ in range(rng.randint(1, MOST_SIGNALS))
            }
            body = json.dumps([_signal(key, body) for key, body in words.items()])
            key, tries = (str(uuid.uuid4()) if number % KEYLESS_EVERY else ""), 0
            while True:
                tries += 1
                try:
                    connection = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
                    answered = self._ask(connection, key, body)
                except (OSError, http.client.HTTPException):
                    answered = None
                if answered and 200 <= answered[0] < 300:
                    self._note(words, answered, tries, keyed=bool(key))
                    break
                if answered and answered[0] not in {429, 500, 502, 503, 504, 507}:
                    self._wrong(f"answered {answered[0]}: {answered[1][:200]!r}")
                    break
                if connection:
                    connection.close()
                connection = None
                time.sleep(PAUSE_SECONDS)
        if connection:
            connection.close()

    def _ask(self, connection: http.client.HTTPConnection, key: str, body: str) -> tuple[int, bytes, bool]:
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
        } | ({"Idempotency-Key": key} if key else {})
        connection.request("POST", "/api/v1/signals", body.encode(), headers)
        response = connection.getresponse()
        return response.status, response.read(), response.headers.get("Idempotent-Replayed") == "true"

    def _note(
        self, words: dict[str, str], answered: tuple[int, bytes, bool], tries: int, *, keyed: bool
    ) -> None:
        said = json.loads(answered[1])
        counts = (said["received"], said["stored"], said["duplicate"], said["refused"])
        again = not keyed and tries > 1
        if counts != (len(words), len(words), 0, 0) and not (
            again and counts == (len(words), 0, len(words), 0)
        ):
            self._wrong(f"{len(words)} new signals were accounted for as {counts}")
        with self._lock:
            self.account.acknowledged.update(words)
            self.account.requests += 1
            self.account.keyed += keyed
            self.account.retried += tries > 1
            self.account.replayed += answered[2]
            self.account.last_at = time.monotonic()

    def _wrong(self, text: str) -> None:
        with self._lock:
            self.account.wrong.append(text)


def _signal(key: str, words: str) -> dict[str, str]:
    return {"signal_id": key, "kind": "praise", "occurred_at": datetime.now(UTC).isoformat(), "body": words}
