"""Worker processes: `interlock worker` for long work, `interlock prompt-worker` for what must not wait.

The first thread claims work and hands it to the threads of each queue; it also asks for what repeats and takes
up the work of dead workers. SIGTERM lets running tasks finish; whatever is cut off is taken up by another worker.
"""

from __future__ import annotations

import logging
import os
import queue
import random
import signal
import threading
import time
from collections.abc import Callable, Mapping
from types import FrameType
from uuid import UUID

import click
from django.conf import settings
from django.db import DatabaseError, OperationalError, close_old_connections, connection
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from interlock.fabric.changes import Lookout
from interlock.fabric.work import dying, liveness, repeating
from interlock.fabric.work.claiming import claim
from interlock.fabric.work.trying import carry_out

logger = logging.getLogger(__name__)

# A prompt task begins within this time and the moment it takes to claim it.
LOOK_SECONDS = 0.1
# Also without a commit work may become due: retries, and tasks for later.
SURE_SECONDS = 0.5
TICK_SECONDS = 1.0
WATCH_SECONDS = 2.0
# Less than the supervisor's grace, so that a worker ends by itself.
FINISH_SECONDS = 12.0

LONG = {"default": 1}
# Two, so that a slow delivery does not keep new signals waiting.
PROMPT_THREADS = 2
# A third of the share of a web process where both want the same processor: somebody waits for a page or an
# acknowledgement. Not less, since a worker that holds SQLite's one write lock keeps the web processes waiting.
NICENESS = 5


class Worker:
    """One process that carries out the work of some queues, `threads` of each at a time."""

    def __init__(self, kind: str, threads: Mapping[str, int]) -> None:
        self.name = liveness.new_name(kind)
        self.threads = dict(threads)
        self.busy: set[UUID] = set()
        self._waiting = {name: queue.SimpleQueue[DBTaskResult]() for name in threads}
        self._free = dict(threads)
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._freed = threading.Event()
        self._rng = random.Random()  # noqa: S311 - spreads waits, guards nothing
        self._lookout = Lookout()
        self._duties = [
            _Duty(TICK_SECONDS, self._tick),
            _Duty(WATCH_SECONDS, self._look_for_the_dead),
            _Duty(SURE_SECONDS, self._freed.set),
        ]
        self._watch = dying.Watch(self.name)
        self._held = liveness.Held(self.name)

    def run(self) -> None:
        """Work until told to stop, then let what runs finish."""
        for name, number in self.threads.items():
            for _n in range(number):
                threading.Thread(target=self._carry_out, args=[name], daemon=True).start()
        while not self._stopping.is_set():
            try:
                self._step()
            except (
                OperationalError
            ) as error:  # locked or out of reach: nothing that a traceback would explain
                logger.warning("The database did not answer (%s); the worker tries again.", error)
                connection.close()
                self._stopping.wait(1)
            except DatabaseError:
                logger.exception("The database did not answer; the worker tries again.")
                connection.close()
                self._stopping.wait(1)
        self._finish()

    def stop(self, number: int = 0, frame: FrameType | None = None) -> None:
        if self._stopping.is_set():  # asked twice: at once
            os._exit(1)
        self._stopping.set()

    def _step(self) -> None:
        close_old_connections()
        for duty in self._duties:
            duty.fulfil()
        if self._lookout.changed() or self._freed.is_set():
            self._freed.clear()
            if any(self._hand_out(name) for name in self.threads):
                self._freed.set()
        if self._freed.is_set():
            return
        self._stopping.wait(LOOK_SECONDS)

    def _hand_out(self, name: str) -> bool:
        """Claim as much as there are free threads; return whether there was anything."""
        with self._lock:
            free = self._free[name]
        rows = claim(name, free, worker=self.name, now=timezone.now()) if free else []
        with self._lock:
            self.busy.update(row.pk for row in rows)
            self._free[name] -= len(rows)
        for row in rows:
            self._waiting[name].put(row)
        return bool(rows)

    def _carry_out(self, name: str) -> None:
        while True:
            row = self._waiting[name].get()
            try:
                close_old_connections()
                carry_out(row, rng=self._rng)
            except Exception:  # its end could not be written down: the watch takes it up
                logger.exception("%s ended, but this could not be noted.", row.task_path)
                connection.close()
            finally:
                with self._lock:
                    self.busy.discard(row.pk)
                    self._free[name] += 1
                self._freed.set()

    def _tick(self) -> None:
        repeating.tick(now=timezone.now())

    def _look_for_the_dead(self) -> None:
        self._held.keep()
        with self._lock:
            busy = set(self.busy)
        if self._watch.look(busy=busy, rng=self._rng, now=timezone.now()):
            self._freed.set()

    def _finish(self) -> None:
        deadline = time.monotonic() + FINISH_SECONDS
        while self.busy and time.monotonic() < deadline:
            time.sleep(0.05)
        self._held.let_go()
        if self.busy:
            logger.warning("%d tasks were cut off; another worker takes them up.", len(self.busy))
        # Threads that still work, or wait in a library, must not keep the process alive.
        logging.shutdown()
        os._exit(0)


class _Duty:
    """Something to be done every so many seconds."""

    def __init__(self, every: float, act: Callable[[], object]) -> None:
        self.every, self.act, self.due = every, act, 0.0

    def fulfil(self) -> None:
        if time.monotonic() >= self.due:
            self.due = time.monotonic() + self.every
            self.act()


def _run(kind: str, threads: Mapping[str, int]) -> None:
    if hasattr(os, "nice"):  # not on Windows
        os.nice(NICENESS)
    worker = Worker(kind, threads)
    signal.signal(signal.SIGTERM, worker.stop)
    signal.signal(signal.SIGINT, worker.stop)
    worker.run()


@click.command(hidden=True)
def worker() -> None:
    """Run long work, one task at a time; `interlock serve` starts this."""
    _run("worker", LONG)


@click.command("prompt-worker", hidden=True)
def prompt_worker() -> None:
    """Run what must not wait, and ask the sources; `interlock serve` starts this."""
    sources = settings.ENVIRONMENT["INTERLOCK_SOURCE_THREADS"]
    _run("prompt worker", {"prompt": PROMPT_THREADS, "sources": sources})


COMMANDS = [worker, prompt_worker]
