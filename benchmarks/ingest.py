"""How many signals a second are acknowledged after their commit, beside what the database takes alone?

Eight connections send batches of 1, 10, 100 and 1,000 signals to the real server, as `interlock serve` starts
it: web processes, workers that settle what came in, and all. Beside it, in the same run, stands the database
alone: one connection, the same table with its indexes, the same rows and one commit a batch, by executemany on
SQLite (synchronous=FULL) and by COPY on PostgreSQL; it runs before and after, and the mean counts, since disks and
neighbours change. The target is 60 % of that; the exit code is 1 when it is missed. Sender, server and peer share
two processors. `inside` is one process that takes the same bodies in one after the other without HTTP, `settled`
the time from the last answer until every signal was on the list.

    python benchmarks/ingest.py [--small] [--database sqlite|postgresql] [--batch N]
"""

from __future__ import annotations

import argparse
import json
import os
import random
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import count
from pathlib import Path
from statistics import fmean

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))

from crash import ledger  # noqa: E402 - beside the server that ./do crash kills
from crash.installation import Installation, postgresql  # noqa: E402

CONNECTIONS, TARGET = 8, 0.6
ACCOUNTS = 20_000
# A batch of its own for the database alone, apart from those of the server.
ARRIVAL = 1_000_000
# Batch size: requests, and requests of --small.
REQUESTS = {1: (2_000, 300), 10: (1_500, 200), 100: (600, 80), 1000: (120, 20)}
INSERT = 'INSERT INTO listen_inboxrow (source_id, "table", key, digest, arrival_id, payload, received_at, settled, flushed)'
WORDS = "The bike came three weeks late, the bell is missing, and nobody told me when it would be here. "


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--database", choices=["sqlite", "postgresql"])
    parser.add_argument("--batch", type=int, choices=list(REQUESTS))
    parser.add_argument("--inside", type=int, help=argparse.SUPPRESS)  # how this script starts itself
    asked, _rest = parser.parse_known_args()
    if asked.inside:
        print(inside(asked.batch, asked.inside))
        return 0
    sizes = [asked.batch] if asked.batch else list(REQUESTS)
    print(
        f"{'database':<12}{'batch':>6}{'signals/s':>11}{'p50 ms':>9}{'p99 ms':>9}{'settled s':>11}{'inside/s':>10}{'alone/s':>10}{'share':>8}"
    )
    kept = True
    with tempfile.TemporaryDirectory(prefix="interlock-ingest-") as folder:
        Path(folder).chmod(0o755)
        for database in [asked.database] if asked.database else ["sqlite", "postgresql"]:
            for size in sizes:
                kept &= measure(Path(folder) / f"{database}-{size}", database, size, asked.small)
    return 0 if kept else 1


def measure(folder: Path, database: str, size: int, small: bool) -> bool:
    """Print one line; true when the target is kept."""
    requests = REQUESTS[size][small]
    with ExitStack() as stack:
        url = stack.enter_context(postgresql(folder / "server")) if database == "postgresql" else ""
        installation = Installation(folder / "home", url)
        token = installation.prepare()
        measure_alone = postgresql_alone if url else sqlite_alone
        alone = [measure_alone(installation, size, requests)]
        installation.start()
        try:
            rate, taken = through_http(installation.port, token, size, requests)
            settled = seconds_to_settle(installation)
        finally:
            installation.stop()
        alone.append(measure_alone(installation, size, requests))
        without_http = taken_inside(installation, size, requests)
    taken.sort()
    share = rate / fmean(alone)
    print(
        f"{database:<12}{size:>6}{rate:>11,.0f}{1000 * taken[len(taken) // 2]:>9.1f}"
        f"{1000 * taken[int(len(taken) * 0.99)]:>9.1f}{settled:>11.1f}{without_http:>10,.0f}{fmean(alone):>10,.0f}"
        f"{share:>8.0%}{'' if share >= TARGET else '   missed'}",
        flush=True,
    )
    return share >= TARGET


def signals(size: int) -> list[dict[str, object]]:
    now = datetime.now(UTC).isoformat()
    return [
        {
            "signal_id": f"shop:{uuid.uuid4()}", "kind": "review", "occurred_at": now, "account_id": f"A{random.randrange(ACCOUNTS)}",
            "channel": "web", "lang": "en", "rating": 2, "rating_max": 5, "title": "Late again", "body": WORDS,
        }
        for number in range(size)
    ]  # fmt: skip


def through_http(port: int, token: str, size: int, requests: int) -> tuple[float, list[float]]:
    """Send from eight connections at once; return signals a second and the seconds of each request."""
    for body in bodies(size, CONNECTIONS * 4):  # every thread of the server has its connections now
        Sender(port, token).send(body)
    waiting = list(bodies(size, requests))
    numbers, taken, faults = count(), [], []

    def send() -> None:
        sender = Sender(port, token)
        while (number := next(numbers)) < requests:
            started = time.perf_counter()
            status = sender.send(waiting[number])
            taken.append(time.perf_counter() - started)
            if status != 202:
                faults.append(status)

    threads = [threading.Thread(target=send) for _ in range(CONNECTIONS)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - started
    if faults:
        raise SystemExit(f"{len(faults)} requests were answered with {faults[0]}.")
    return requests * size / seconds, taken


def bodies(size: int, requests: int) -> Iterator[bytes]:
    for _ in range(requests):
        yield json.dumps(signals(size)).encode()


def seconds_to_settle(installation: Installation) -> float:
    started = time.perf_counter()
    while ledger.unsettled(installation):
        time.sleep(0.1)
    return time.perf_counter() - started


def taken_inside(installation: Installation, size: int, requests: int) -> float:
    """Signals a second of one process that takes them in one batch after the other, without HTTP."""
    command = [sys.executable, str(Path(__file__)), "--batch", str(size), "--inside", str(requests)]
    done = subprocess.run(
        command, env=installation.environment, stdout=subprocess.PIPE, text=True, check=True
    )
    return float(done.stdout)


def inside(size: int, requests: int) -> float:
    """What `taken_inside` runs: in this process, in the installation that the environment names."""
    import django  # only here

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "interlock.config.settings")
    django.setup()
    from interlock.api import taking  # after the settings
    from interlock.listen.models import Source

    source = Source.objects.exclude(token=None).get()
    waiting = list(bodies(size, requests + 1))
    taking.take_body(source=source, body=waiting.pop(), now=datetime.now(UTC))  # opens the connection
    started = time.perf_counter()
    for body in waiting:
        taking.take_body(source=source, body=body, now=datetime.now(UTC))
    return requests * size / (time.perf_counter() - started)


class Sender:
    """One kept connection that spends as little as possible on HTTP, since it shares the processors."""

    def __init__(self, port: int, token: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.head = (
            f"POST /api/v1/signals HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
            "Content-Type: application/json\r\nContent-Length: "
        ).encode()

    def send(self, body: bytes) -> int:
        self.socket.sendall(self.head + f"{len(body)}\r\n\r\n".encode() + body)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self.socket.recv(65536)
        head, _, rest = answer.partition(b"\r\n\r\n")
        length = next(
            int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
        )
        while len(rest) < length:
            rest += self.socket.recv(65536)
        return int(head[9:12])


def rows(size: int) -> list[tuple[object, ...]]:
    """The rows that the server would make of a batch, made before the clock starts."""
    made = []
    for signal in signals(size):
        payload = json.dumps(signal)
        digest = uuid.UUID(bytes=blake2b(payload.encode(), digest_size=16).digest())
        made.append(
            (1, "signals", signal["signal_id"], digest, ARRIVAL, payload, datetime.now(UTC), False, False)
        )
    return made


def sqlite_alone(installation: Installation, size: int, requests: int) -> float:
    """Signals a second of executemany with one commit a batch, into a copy of the same database."""
    path = installation.home / "alone.sqlite3"
    with sqlite3.connect(installation.home / "interlock.sqlite3") as source, sqlite3.connect(path) as copied:
        source.backup(copied)
    database = sqlite3.connect(path, isolation_level=None)
    database.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536;")
    database.execute(
        "INSERT INTO listen_arrival VALUES (?, '2026-01-01', NULL, NULL, NULL, 0, 0, 0, 0, 0, NULL, 1)",
        [ARRIVAL],
    )

    def write(batch: list[tuple[object, ...]]) -> None:
        database.execute("BEGIN IMMEDIATE")
        database.executemany(f"{INSERT} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", batch)
        database.execute("COMMIT")

    plain = [
        [(*row[:3], row[3].hex, *row[4:6], row[6].isoformat(), 0, 0) for row in rows(size)]
        for _ in range(requests)
    ]
    rate = timed(write, plain, size)
    database.close()
    path.unlink()
    return rate


def postgresql_alone(installation: Installation, size: int, requests: int) -> float:
    """Signals a second of COPY with one commit a batch, into the same table; emptied afterwards."""
    import psycopg  # only this database needs it

    with psycopg.connect(installation.database_url) as database:
        database.execute(
            "INSERT INTO listen_arrival (id, source_id, opened_at, received, stored, updated, duplicate, refused)"
            " VALUES (%s, 1, now(), 0, 0, 0, 0, 0)",
            [ARRIVAL],
        )
        database.commit()

        def write(batch: list[tuple[object, ...]]) -> None:
            columns = INSERT[INSERT.index("(") :]
            with database.cursor().copy(f"COPY listen_inboxrow {columns} FROM STDIN") as copy:
                for row in batch:
                    copy.write_row(row)
            database.commit()

        rate = timed(write, [rows(size) for _ in range(requests)], size)
        database.execute("DELETE FROM listen_inboxrow WHERE arrival_id = %s", [ARRIVAL])
        database.execute("DELETE FROM listen_arrival WHERE id = %s", [ARRIVAL])
        database.commit()
    return rate


def timed(
    write: Callable[[list[tuple[object, ...]]], None], batches: list[list[tuple[object, ...]]], size: int
) -> float:
    started = time.perf_counter()
    for batch in batches:
        write(batch)
    return len(batches) * size / (time.perf_counter() - started)


if __name__ == "__main__":
    sys.exit(main())
