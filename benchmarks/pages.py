"""How long does each page take with a big company loaded, alone and with 32 readers at once?

Makes an installation with 1 million order lines and 300,000 signals (kept in --home, else in a temporary
folder), serves it with `interlock serve`, signs in, and reads every page: by one reader alone, then by 32
at once that each ask for the next page as soon as they have one. Beside it stands a bare Django page under
the same server with the same settings. `first` is the slowest of the first requests after the start, when
nothing is kept in memory yet; `CPU` is the processor time of one page, alone. The limit holds for the median alone; the exit code is 1 when it is missed.

    python benchmarks/pages.py [--small] [--home FOLDER] [--only WORD]
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from urllib.parse import urlencode

from installation import EMAIL, PASSWORD, environment

HERE = Path(__file__).parent
LINES, SMALL_LINES = 1_000_000, 100_000
LIMIT_MS, READERS = 200, 32
ALONE_REQUESTS, TOGETHER_REQUESTS = 16, 96
FIRST_REQUESTS = 4  # two for each of the two web processes
STARTING_SECONDS = 240  # five processes load the product at once; on a busy machine that takes minutes


class Reader:
    """One browser: a kept connection and the cookies of a signed-in person."""

    def __init__(self, port: int, cookies: dict[str, str] | None = None) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.cookies = dict(cookies or {})

    def ask(self, method: str, address: str, body: str = "") -> tuple[int, bytes]:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, address, body or None, headers)
        answer = self.connection.getresponse()
        content = answer.read()
        for line in answer.msg.get_all("Set-Cookie") or []:
            name, _equals, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer.status, content

    def sign_in(self) -> None:
        _status, page = self.ask("GET", "/account/login/")
        token = re.search(rb'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token, "the sign-in page has no form"
        fields = {"csrfmiddlewaretoken": token[1].decode(), "login": EMAIL, "password": PASSWORD}
        status, page = self.ask("POST", "/account/login/", urlencode(fields))
        assert status == 302, f"signing in was answered with {status}: {page[:500]!r}"

    def milliseconds(self, address: str) -> float:
        started = time.perf_counter()
        status, _content = self.ask("GET", address)
        taken = 1000 * (time.perf_counter() - started)
        if status != 200:
            raise SystemExit(f"{address} was answered with {status}.")
        return taken


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def serving(command: list[str], port: int, environ: dict[str, str], folder: Path) -> Iterator[int]:
    """Run a server until the block ends; yields its process number once it answers."""
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(command, env=environ, stdout=log, stderr=log, cwd=HERE)
    try:
        deadline = time.monotonic() + STARTING_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit((folder / "server.log").read_text()) from None
                time.sleep(0.2)
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def alone(port: int, cookies: dict[str, str], addresses: list[str]) -> tuple[float, list[float]]:
    """The slowest of the first four requests, and the times of the others, one after the other."""
    reader = Reader(port, cookies)
    first = max(reader.milliseconds(addresses[number % len(addresses)]) for number in range(FIRST_REQUESTS))
    asked = (
        addresses[number % len(addresses)]
        for number in range(FIRST_REQUESTS, FIRST_REQUESTS + ALONE_REQUESTS)
    )
    return first, [reader.milliseconds(address) for address in asked]


def together(port: int, cookies: dict[str, str], addresses: list[str]) -> tuple[list[float], float]:
    """The times of a bounded number of requests by many readers at once, and the requests a second."""
    numbers, taken, faults = count(), [], []

    def read() -> None:
        reader = Reader(port, cookies)
        try:
            while (number := next(numbers)) < TOGETHER_REQUESTS:
                taken.append(reader.milliseconds(addresses[number % len(addresses)]))
        except (OSError, http.client.HTTPException, SystemExit) as fault:
            faults.append(str(fault) or repr(fault))

    readers = [threading.Thread(target=read) for _ in range(READERS)]
    started = time.perf_counter()
    for thread in readers:
        thread.start()
    for thread in readers:
        thread.join()
    if faults:
        raise SystemExit(faults[0])
    return taken, len(taken) / (time.perf_counter() - started)


def quantile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def measured(name: str, port: int, pid: int, cookies: dict[str, str], addresses: list[str]) -> bool:
    """Print one line of the table; true when the page keeps to the limit."""
    before = worked_seconds(pid)
    first, single = alone(port, cookies, addresses)
    worked = 1000 * (worked_seconds(pid) - before) / (ALONE_REQUESTS + FIRST_REQUESTS)
    many, rate = together(port, cookies, addresses)
    median = quantile(single, 0.5)
    kept = median <= LIMIT_MS
    print(
        f"{name:<24}{first:>8.0f}{worked:>8.0f}{median:>9.1f}{quantile(single, 0.99):>9.1f}"
        f"{quantile(many, 0.5):>10.0f}{quantile(many, 0.99):>9.0f}{rate:>9.0f}{'' if kept else '   too slow'}",
        flush=True,
    )
    return kept


def worked_seconds(pid: int) -> float:
    """Processor time of a server and its workers so far: what a page takes when others use the machine too."""
    ticks = 0
    for one in below(pid):
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def below(pid: int) -> list[int]:
    """A process and all that it started."""
    children: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            parent = int(re.search(r"PPid:\s+(\d+)", status.read_text())[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(status.parent.name))
    found, waiting = [], [pid]
    while waiting:
        found.append(waiting.pop(0))
        waiting += children.get(found[-1], [])
    return found


def peak_megabytes(pid: int) -> list[tuple[str, float]]:
    """The most memory that each process below this one has taken so far, with what it is."""
    peaks = []
    for one in below(pid):
        peak = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{one}/status").read_text())
        words = Path(f"/proc/{one}/cmdline").read_bytes().split(b"\0")
        name = next(
            (word for word in (b"worker", b"interlock.cli.web_server", b"serve") if word in words), words[0]
        ).decode()
        peaks.append((name, int(peak[1]) / 1024 if peak else 0.0))
    return peaks


def bare_page(command: list[str], folder: Path) -> None:
    port = free_port()
    environ = environment(folder) | {"BARE_DATABASE": str(folder / "bare.sqlite3"), "PYTHONPATH": str(HERE)}
    subprocess.run([sys.executable, "-c", "import bare; bare.fill()"], env=environ, check=True, cwd=HERE)
    command = [
        "bare:application" if word == "interlock.config.wsgi:application" else word for word in command
    ]
    command[command.index("--port") + 1] = str(port)
    with serving(command, port, environ, folder) as pid:
        measured("Bare Django page", port, pid, {}, ["/"])
    (folder / "bare.sqlite3").unlink()


def compare(home: Path, lines: int, only: str) -> bool:
    environ = environment(home)
    print(f"Installation with {lines:,} order lines and about {3 * lines // 10:,} signals.", flush=True)
    subprocess.run([sys.executable, HERE / "installation.py", home, str(lines)], env=environ, check=True)
    pages = json.loads((home / "addresses.json").read_text())["pages"]
    print(f"\n{'':<24}{'':>8}{'':>8}{'alone, ms':>18}{f'{READERS} readers, ms':>19}{'':>9}")
    print(f"{'':<24}{'first':>8}{'CPU':>8}{'p50':>9}{'p99':>9}{'p50':>10}{'p99':>9}{'pages/s':>9}")
    show = "import django; django.setup(); from interlock.cli.serving import web_command as c; print(*c('127.0.0.1', 1), sep='\\n')"
    shown = subprocess.run(
        [sys.executable, "-c", show], env=environ, check=True, capture_output=True, text=True
    )
    bare_page(shown.stdout.split("\n")[:-1], home)
    port = free_port()
    with serving(
        [sys.executable, "-m", "interlock", "serve", "--port", str(port)], port, environ, home
    ) as pid:
        reader = Reader(port)
        reader.sign_in()
        asked = {name: found for name, found in pages.items() if only.lower() in name.lower()}
        kept = [measured(name, port, pid, reader.cookies, found) for name, found in asked.items()]
        print(f"\nLimit: {LIMIT_MS} ms p50 alone. {sum(kept)} of {len(kept)} pages keep to it.")
        print("Most memory: " + ", ".join(f"{name} {taken:.0f} MB" for name, taken in peak_megabytes(pid)))
    return all(kept)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--small", action="store_true", help="100,000 lines in place of 1 million")
    parser.add_argument("--full", action="store_true", help="the same as without")
    parser.add_argument("--home", type=Path, help="keep the installation here for the next run")
    parser.add_argument("--only", default="", help="only pages whose name holds this")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        lines = SMALL_LINES if asked.small else LINES
        home = (asked.home or Path(folder)).resolve() / f"company-{lines}"
        return 0 if compare(home, lines, asked.only) else 1


if __name__ == "__main__":
    sys.exit(main())
