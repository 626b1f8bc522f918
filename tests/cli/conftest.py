"""A running installation of its own, as `interlock serve` starts it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from ports import free_port


@dataclass
class Served:
    """A served installation: its process, address, home folder and what it has printed."""

    process: subprocess.Popen[str]
    address: str
    home: Path
    log: Path

    def get(self, path: str) -> int:
        with urllib.request.urlopen(f"{self.address}{path}", timeout=60) as answer:
            return answer.status

    def wait_until_up(self, seconds: float = 300) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                if self.get("/account/login/") == 200:
                    return
            except OSError:
                time.sleep(0.05)
        raise TimeoutError(self.log.read_text())

    def children(self, word: str) -> list[psutil.Process]:
        """Direct children whose command line holds this word; `/worker` is a word that begins so."""
        family = [child for child in psutil.Process(self.process.pid).children() if alive(child)]
        return [child for child in family if any(word in f"/{part}" for part in child.cmdline())]

    def owner_link(self, seconds: float = 300) -> str:
        """It is printed a moment after the first answer."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if found := re.search(r"http://\S+/welcome/\S+/", self.log.read_text()):
                return found.group(0)
            time.sleep(0.05)
        raise TimeoutError(self.log.read_text())


def alive(process: psutil.Process) -> bool:
    """Whether a process runs; one that ended and was not yet waited for does not."""
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def environment(home: Path, port: int) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("INTERLOCK_", "DJANGO_", "DATABASE_"))
    }
    return kept | {"INTERLOCK_HOME": str(home), "INTERLOCK_PORT": str(port), "INTERLOCK_WORKERS": "1"}


@pytest.fixture
def served(tmp_path, migrated_home) -> Iterator[Served]:
    """A home that is migrated; tests/wheel/ serves one that is empty."""
    database = migrated_home(tmp_path / "home")
    (tmp_path / "home").mkdir(exist_ok=True)
    port, log = free_port(), tmp_path / "log.txt"
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "interlock", "serve"],
            env=environment(tmp_path / "home", port) | database,
            stdout=out,
            stderr=out,
            text=True,
        )
    running = Served(process, f"http://127.0.0.1:{port}", tmp_path / "home", log)
    try:
        running.wait_until_up()
        yield running
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(120)
