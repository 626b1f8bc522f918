"""Workers in processes of their own: prompt, ended politely, and killed in the middle of a task."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from cli.conftest import environment

pytestmark = pytest.mark.long

HERE = Path(__file__).parent


@dataclass
class Installation:
    """A home folder, on PostgreSQL a database of its own, and the workers started for it."""

    variables: dict[str, str]
    log: Path
    inside: subprocess.Popen[str]
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as out:
            command = [sys.executable, "-m", "interlock", "prompt-worker"]
            worker = subprocess.Popen(command, env=self.variables, stdout=out, stderr=out)
        self.workers.append(worker)
        return worker

    def script(self, *words: str) -> Any:
        """Let the script in the installation ask for work or show what became of it."""
        self.inside.stdin.write(f"{' '.join(words)}\n")
        self.inside.stdin.flush()
        return json.loads(self.inside.stdout.readline())

    def wait_until_begun(self, number: int) -> None:
        """Wait until so many tasks were begun, ended ones included."""
        file, deadline = Path(self.variables["INTERLOCK_HOME"]) / "begun.txt", time.monotonic() + 120
        while not file.exists() or len(file.read_text().split()) < number:
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)

    def wait_until(self, condition, seconds: float = 120) -> dict:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = self.script("show")
            if condition(found):
                return found
            time.sleep(0.05)
        raise TimeoutError(f"{found}\n{self.log.read_text()}")


@pytest.fixture
def installation(tmp_path, migrated_home) -> Iterator[Installation]:
    variables = environment(tmp_path, 1) | {"PYTHONPATH": str(HERE)} | migrated_home(tmp_path)
    inside = subprocess.Popen(
        [sys.executable, str(HERE / "work_to_do.py")],
        env=variables,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    made = Installation(variables, tmp_path / "log.txt", inside)
    yield made
    with inside:  # closes its pipes, upon which it ends
        inside.stdin.close()
    for worker in made.workers:
        worker.kill()
        worker.wait(120)


def test_a_killed_worker_s_task_is_done_once_more_and_exactly_accounted(installation):
    """The whole life of a worker in one test, since each start takes a second."""
    first = installation.start()
    installation.script("ask", "a", "b", "c")
    found = installation.wait_until(lambda found: found["states"] == ["SUCCESSFUL"] * 3)
    assert sorted(found["begun"]) == ["a", "b", "c"]

    installation.script("ask", "d")  # the worker is warm now
    found = installation.wait_until(lambda found: found["states"] == ["SUCCESSFUL"] * 4)
    assert found["workers"] == [1, 1, 1, 1]

    installation.script("ask", "slow")
    installation.wait_until_begun(5)
    first.send_signal(signal.SIGKILL)
    first.wait(120)
    assert "slow" not in installation.script("show")["delivered"]

    second = installation.start()
    found = installation.wait_until(lambda found: found["states"] == ["SUCCESSFUL"] * 5)
    assert found["delivered"] == ["a", "b", "c", "d", "slow"]
    assert found["states"] == ["SUCCESSFUL"] * 5
    assert found["workers"] == [1, 1, 1, 1, 2]
    assert sorted(found["begun"]) == ["a", "b", "c", "d", "slow", "slow"]

    installation.script("ask", "slow")
    installation.wait_until_begun(7)
    second.send_signal(signal.SIGTERM)
    assert second.wait(120) == 0
    found = installation.script("show")
    assert found["states"] == ["SUCCESSFUL"] * 6, "a worker that is told to stop finishes its task"
