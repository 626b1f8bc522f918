"""What does one hanging source cost the others? Twenty feeds of a local server; one of them hangs in half of the rounds.

`python hanging_source.py [--rounds N]`: a worker process of the product asks all twenty in each round. In half of the
rounds the first one's answer does not come until the round is over, in the others it comes at once. Compared is the time
from when a source was due until its news were stored, of the other nineteen. Limit: 5 % at the 95th percentile. At the
end the hanging one is healed, and every entry must be here exactly once.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

SOURCES, LIMIT = 20, 0.05
# Sources are due at different moments. Twenty that are asked every minute, as often as may be, are one in three
# seconds; this is six times as dense.
SPACING_SECONDS = 0.5
ANSWER_SECONDS = 0.05
NEWS = 3


class Feeds:
    """Twenty feeds that grow; the first one waits while `hanging` is set."""

    def __init__(self) -> None:
        self.entries = [0] * SOURCES
        self.hanging = threading.Event()
        self.released = threading.Event()
        feeds = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                number = int(urlsplit(self.path).path.strip("/"))
                if number == 0 and feeds.hanging.is_set():
                    feeds.released.wait(60)
                time.sleep(ANSWER_SECONDS)
                body = feeds.document(number)
                self.send_response(200)
                self.send_header("content-type", "application/atom+xml")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Nothing: the figures are the output."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.name = f"127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def document(self, number: int) -> bytes:
        newest = self.entries[number]
        entries = "".join(
            f"<entry><id>{number}-{n}</id><title>Bike {n}</title><updated>2026-03-01T10:00:00Z</updated>"
            f"<content>The bike {n} of shop {number} came late again, and nobody said so.</content></entry>"
            for n in range(newest, max(0, newest - 200), -1)
        )
        return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>{number}</title>{entries}</feed>'.encode()


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=24)
    parser.add_argument("--full", action="store_true", help="100 rounds")
    asked = parser.parse_args()
    rounds = 100 if asked.full else asked.rounds
    home, feeds = Path(tempfile.mkdtemp(prefix="interlock-hanging-")), Feeds()
    os.environ.update(
        {
            "INTERLOCK_HOME": str(home),
            "INTERLOCK_PRIVATE_HOSTS": "127.0.0.1",
            "INTERLOCK_LOG": "error",
            "DJANGO_SETTINGS_MODULE": "interlock.config.settings",
        }
    )
    import django  # the settings read the environment when they are imported

    django.setup()
    from interlock.cli.serving import prepare_database

    prepare_database()
    worker = subprocess.Popen([sys.executable, "-m", "interlock", "prompt-worker"])
    try:
        return measure(feeds, rounds)
    finally:
        worker.terminate()
        worker.wait(30)
        shutil.rmtree(home, ignore_errors=True)


def measure(feeds: Feeds, rounds: int) -> int:
    from interlock.listen.models import Source

    sources = connect(feeds)
    ask_round(feeds, sources)  # warm: the worker is up, the connections are open
    times: dict[bool, list[list[float]]] = {True: [], False: []}
    for number in range(rounds):
        hangs = number % 4 in (0, 3)  # hang, well, well, hang: what drifts cancels out
        feeds.released.clear()
        if hangs:
            feeds.hanging.set()
        times[hangs].append(ask_round(feeds, sources))
        feeds.hanging.clear()
        feeds.released.set()
        wait_until_free(sources)
    ask_round(feeds, sources)  # healed
    wait_until_free(sources)
    gaps, doubles = accounted(feeds, sources)
    with_it, without = (np.percentile(times[hangs], [50, 95]) * 1000 for hangs in (True, False))
    change = with_it[1] / without[1] - 1
    low, high = interval(times[True], times[False])
    print(
        f"{SOURCES} sources, {rounds} rounds, {len(times[True]) * (SOURCES - 1)} askings of the others with a hanging one"
    )
    print(f"  due to stored, none hangs   p50 {without[0]:7.0f} ms   p95 {without[1]:7.0f} ms")
    print(f"  due to stored, one hangs    p50 {with_it[0]:7.0f} ms   p95 {with_it[1]:7.0f} ms")
    print(f"  p95 changes by {change:+.1%} (90 in 100: {low:+.1%} to {high:+.1%}); limit {LIMIT:+.0%}")
    print(f"  after healing: {gaps} gaps, {doubles} duplicates in {sum(feeds.entries)} entries")
    print(f"  the hanging source failed {Source.objects.get(pk=sources[0]).failures} times at the end")
    # Missed when it is above the limit by more than chance: a busy machine moves a 95th percentile by itself.
    return int(low > LIMIT or gaps > 0 or doubles > 0)


def interval(with_it: list[list[float]], without: list[list[float]]) -> tuple[float, float]:
    """Where the change of the 95th percentile lies when whole rounds are drawn anew, 90 times in 100."""
    rng = np.random.default_rng(7)

    def drawn(rounds: list[list[float]]) -> float:
        return float(np.percentile([rounds[at] for at in rng.integers(len(rounds), size=len(rounds))], 95))

    changes = [drawn(with_it) / drawn(without) - 1 for _ in range(2_000)]
    low, high = np.percentile(changes, [5, 95])
    return float(low), float(high)


def connect(feeds: Feeds) -> list[int]:
    from interlock.connectors.live_registry import live_connectors
    from interlock.listen import live_sources

    now, made = datetime.now(UTC), []
    for number in range(SOURCES):
        source = live_sources.make_source(
            connector=live_connectors()["feed"],
            terms=live_sources.Terms(name=f"Feed {number}", ask_every=604_800),
            answers={"address": f"http://{feeds.name}/{number}", "signal_kind": "post"},
            by=None,
            now=now,
        )
        live_sources.resume_source(source=source, by=None, now=now)
        made.append(source.pk)
    return made


def ask_round(feeds: Feeds, sources: list[int]) -> list[float]:
    """Let each source be due once, the hanging one first; seconds from due to stored of the other nineteen."""
    from interlock.fabric import work
    from interlock.listen import asking_tasks
    from interlock.listen.models import Source

    due: dict[int, float] = {}
    done: dict[int, float] = {}
    began = time.time()
    for place, pk in enumerate(sources):
        time.sleep(max(0.0, began + place * SPACING_SECONDS - time.time()))
        feeds.entries[place] += NEWS
        now = datetime.now(UTC)
        Source.objects.filter(pk=pk).update(ask_at=now)
        work.ask(asking_tasks.ask_source, pk)
        due[pk] = now.timestamp()
    while len(done) < SOURCES - 1 and time.time() < began + 90:
        time.sleep(0.05)
        told = Source.objects.filter(pk__in=sources[1:]).values_list("pk", "last_tried_at")
        for pk, at in told:
            if at and at.timestamp() >= due[pk]:
                done.setdefault(pk, at.timestamp() - due[pk])
    if len(done) < SOURCES - 1:
        raise SystemExit(f"Only {len(done)} of {SOURCES - 1} sources were asked within 90 s.")
    return list(done.values())


def wait_until_free(sources: list[int]) -> None:
    from interlock.listen.models import Source

    deadline = time.time() + 60
    while Source.objects.filter(pk__in=sources).exclude(asked_by="").exists() and time.time() < deadline:
        time.sleep(0.05)


def accounted(feeds: Feeds, sources: list[int]) -> tuple[int, int]:
    """Entries that are missing, and those that came more than once."""
    from interlock.listen.models import InboxRow, Source

    gaps = doubles = 0
    for place, pk in enumerate(sources):
        source = Source.objects.get(pk=pk)
        here = InboxRow.objects.filter(source=source).count()
        gaps += feeds.entries[place] - here
        doubles += source.received - here
    return gaps, doubles


if __name__ == "__main__":
    sys.exit(main())
