"""How many open pages can one process of the event stream serve, and how late is what they hear?

9,000 readers over real sockets: connect rate, memory a reader, fan-out of single events from commit to the last
byte read, and 1,000 lines that break in the middle of it and come back with Last-Event-ID. Beside it a Django
streaming view under the same server, with fewer readers because it cannot open so many in the time.

Limits held in this run: everybody let in, everything delivered once and in order, p99 of a fan-out below 2 s,
40 kB a reader, the revoked and nobody else out within 5 s. `--readers N` for another number.
"""

from __future__ import annotations

import argparse
import http.client
import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
from installation import environment  # noqa: E402
from readers import Account, Readers  # noqa: E402

EVENTS, BROKEN, WHILE_BROKEN, PEERS = 12, 1_000, 20, 1_000
LONGEST_P99, MOST_KB, LONGEST_CLOSING = 2.0, 40.0, 5.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--readers", type=int, default=9_000)
    parser.add_argument("--full", action="store_true", help="accepted for convenience")
    asked = parser.parse_args()
    number = min(asked.readers, resource.getrlimit(resource.RLIMIT_NOFILE)[1] - 500)
    with tempfile.TemporaryDirectory(prefix="interlock-stream-") as folder:
        os.environ.update(environment(Path(folder)))
        well = product(number)
    peer(min(PEERS, number))
    return 0 if well else 1


def product(number: int) -> bool:
    paths = prepared(number)
    port = free_port()
    from interlock.cli.serving import stream_command  # after the set-up

    with served(stream_command("127.0.0.1", port), port, "/health") as server:
        readers = Readers(port)
        try:
            return measured(readers, server, paths)
        finally:
            readers.end()


def prepared(number: int) -> list[str]:
    """An installation with people, each with a session and up to twenty open pages; the paths they read."""
    import django  # the settings read INTERLOCK_HOME when they are imported

    django.setup()
    from django.contrib.sessions.models import Session

    from interlock.api.stream.hub import MOST_A_PERSON
    from interlock.api.stream.passes import make_pass
    from interlock.cli.serving import prepare_database
    from interlock.fabric.models import Person, User

    prepare_database()
    tomorrow, paths = datetime.now(UTC) + timedelta(days=1), []
    for one in range(-(-number // MOST_A_PERSON)):
        user = User.objects.create(email=f"{one}@example.com")
        person = Person.objects.create(user=user, name=f"Reader {one}", role="contributor")
        session = Session.objects.create(
            session_key=f"session{one:024}", session_data="", expire_date=tomorrow
        )
        paths += [f"/events?token={make_pass(person, session.session_key, ['signals'])}"] * MOST_A_PERSON
    return paths[:number]


def measured(readers: Readers, server: psutil.Process, paths: list[str]) -> bool:
    before = server.memory_info().rss
    seconds, let_in = readers.open(paths)
    time.sleep(1)
    each = (server.memory_info().rss - before) / 1024 / len(paths)
    print(f"  {let_in:,} of {len(paths):,} readers let in, {len(paths) / seconds:,.0f} a second")
    print(f"  {each:.1f} kB a reader ({server.memory_info().rss / 1e6:.0f} MB in all)")

    moments = [told(readers) for _event in range(EVENTS)]
    broken = readers.drop(BROKEN)
    moments += [tell() for _event in range(WHILE_BROKEN)]
    back_seconds, back = readers.come_back()
    moments += [told(readers) for _event in range(2)]
    account = readers.account(1, len(moments))

    print(
        f"  {broken:,} lines broke for {WHILE_BROKEN} events; {back:,} were back after {back_seconds:.1f} s"
    )
    p99 = late("fan-out, event by event", account, moments[:EVENTS], 1)
    late(
        f"{WHILE_BROKEN} events in a row, with {len(paths) - broken:,} readers",
        account,
        moments[EVENTS:-2],
        EVENTS + 1,
        most=len(paths) - broken,
    )
    delivered = sum(map(len, account.arrived.values()))
    print(
        f"  delivered {delivered:,} of {len(paths) * len(moments):,}, in order; {len(account.faults)} readers with a gap or a double"
    )
    for fault in account.faults[:3]:
        print(f"    {fault}")
    closing = revoked(readers, len(paths))
    return verdict({
        "everybody let in": let_in == len(paths) and back == broken,
        "everything delivered once": not account.faults and account.open == len(paths),
        f"p99 below {LONGEST_P99:g} s": p99 < LONGEST_P99,
        f"below {MOST_KB:g} kB a reader": each < MOST_KB,
        f"the revoked and nobody else out within {LONGEST_CLOSING:g} s": closing < LONGEST_CLOSING,
    })  # fmt: skip


def revoked(readers: Readers, number: int) -> float:
    """Take away the access of every second person: half by signing out, half by leaving. The seconds until the last is out.

    Infinite where others are out, or not all of them.
    """
    from django.contrib.sessions.models import Session  # after the set-up

    from interlock.api.stream.hub import MOST_A_PERSON
    from interlock.fabric.models import Person

    people = list(Person.objects.order_by("pk").values_list("pk", flat=True))
    signed_out, left = people[0::4], people[2::4]
    sessions = [f"session{place:024}" for place in range(0, len(people), 4)]
    Person.objects.filter(pk__in=left).update(left_at=datetime.now(UTC))
    out, _ = Session.objects.filter(session_key__in=sessions).delete()
    moment = time.monotonic()
    theirs = sum(
        min(MOST_A_PERSON, number - place * MOST_A_PERSON) for place in range(len(people)) if place % 2 == 0
    )
    lost = readers.lost(theirs, 4 * LONGEST_CLOSING)
    time.sleep(1)  # for others who should not be among them
    lost = readers.lost(theirs, 0)
    first, last = min(lost, default=moment) - moment, max(lost, default=moment) - moment
    print(
        f"  {len(left):,} people left and {out:,} were signed out: {len(lost):,} of their {theirs:,} lines closed,"
        f" the first {first:.2f} s and the last {last:.2f} s after the commit"
    )
    return last if len(lost) == theirs and out == len(signed_out) else float("inf")


def tell() -> float:
    """Commit one event, and return when it was committed."""
    from interlock.fabric import events  # after the set-up

    number = events.last_number() + 1
    events.tell(topic="signals", verb="came in", keys=[f"signal-{number}"], at=datetime.now(UTC))
    return time.monotonic()


def told(readers: Readers) -> float:
    """Commit one event and wait until everybody has had it."""
    from interlock.fabric import events  # after the set-up

    moment = tell()
    readers.wait(events.last_number(), 20)
    return moment


def late(what: str, account: Account, moments: list[float], first: int, most: int | None = None) -> float:
    """Print how long after its commit the readers had an event, and return the 99th percentile."""
    delays = sorted(
        arrived - moment
        for number, moment in enumerate(moments, start=first)
        # Those who came back late had these events late, which is no delay of the stream.
        for arrived in sorted(account.arrived.get(number, []))[:most]
    )
    if not delays:
        print(f"  {what}: nothing arrived")
        return float("inf")
    p50, p99 = (delays[min(len(delays) - 1, int(len(delays) * share))] for share in (0.5, 0.99))
    print(f"  {what}: p50 {p50:.2f} s, p99 {p99:.2f} s, last {delays[-1]:.2f} s after the commit")
    return p99


def peer(number: int) -> None:
    """The same readers before a Django streaming view; without Last-Event-ID, which it does not know."""
    port = free_port()
    command = [
        *(
            sys.executable,
            "-m",
            "uvicorn",
            "plain_django:application",
            "--app-dir",
            str(HERE),
            "--port",
            str(port),
        ),
        *("--log-level", "error", "--no-access-log", "--timeout-graceful-shutdown", "1", "--lifespan", "off"),
    ]
    print("  Django alone, a streaming view under the same server, without sessions or checks:")
    with served(command, port, "/nothing") as server:
        readers = Readers(port)
        before = server.memory_info().rss
        seconds, let_in = readers.open(["/events"] * number)
        time.sleep(1)
        each = (server.memory_info().rss - before) / 1024 / number
        print(
            f"    {let_in:,} of {number:,} readers let in, {number / seconds:,.0f} a second, {each:.1f} kB a reader"
        )
        moments = [peer_told(port, readers, event) for event in range(1, 6)]
        print("  ", end="")
        late("fan-out, event by event", readers.account(1, 5), moments, 1)
        readers.end()


def peer_told(port: int, readers: Readers, event: int) -> float:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    moment = time.monotonic()
    line.request("GET", "/tell")
    line.getresponse().read()
    readers.wait(event, 20)
    return moment


def verdict(limits: dict[str, bool]) -> bool:
    for limit, held in limits.items():
        print(f"  {'held' if held else 'MISSED'}: {limit}")
    return all(limits.values())


@contextmanager
def served(command: list[str], port: int, path: str) -> Iterator[psutil.Process]:
    process = subprocess.Popen(command, preexec_fn=_many_files)
    try:
        wait_until(lambda: answers(port, path))
        yield psutil.Process(process.pid)
    finally:
        process.kill()
        process.wait(10)


def _many_files() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def answers(port: int, path: str) -> bool:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        line.request("GET", path)
        return line.getresponse().status < 500
    except OSError:
        return False


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit("The server did not start within a minute.")
        time.sleep(0.1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


if __name__ == "__main__":
    sys.exit(main())
