"""Thousands of readers of an event stream in one process, over plain sockets, that note when each event came.

`Readers` runs them in a process of its own, so that the server's share of the machine is not taken by what
measures it any more than it must be. Times are `time.monotonic()`, which all processes of a machine share.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import resource
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

AT_ONCE = 256


@dataclass
class Account:
    """What the readers had: times of arrival by event, and how many readers missed, doubled or disordered any."""

    arrived: dict[int, list[float]]
    open: int
    faults: list[str]


@dataclass
class _Reader(asyncio.Protocol):
    path: str
    had: list[int] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    transport: Any = None
    ready: Any = None
    rest: bytes = b""
    said: str = ""
    lost_at: float = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport, self.rest = transport, b""
        last = f"Last-Event-ID: {self.had[-1]}\r\n" if self.had else ""
        transport.write(f"GET {self.path} HTTP/1.1\r\nHost: localhost\r\n{last}\r\n".encode())

    def data_received(self, content: bytes) -> None:
        now = time.monotonic()
        if not self.ready.done():
            self.said = content[:12].decode("latin-1")
            self.ready.set_result(self.said.endswith("200"))
        # Blocks end with an empty line; the header and the sizes of chunks hold no "id: ".
        *whole, self.rest = (self.rest + content).split(b"\n\n")
        for block in whole:
            place = block.find(b"id: ")
            if place >= 0:
                self.had.append(int(block[place + 4 : block.index(b"\n", place)]))
                self.times.append(now)
            if b"event: reload" in block or b"event: closed" in block:
                self.said = block.decode("latin-1")

    def connection_lost(self, error: Exception | None) -> None:
        self.transport, self.lost_at = None, time.monotonic()
        if not self.ready.done():
            self.ready.set_result(False)


class Readers:
    """The other process, and what it can be told to do."""

    def __init__(self, port: int) -> None:
        self._pipe, other = multiprocessing.Pipe()
        context = multiprocessing.get_context("spawn")
        self._process = context.Process(target=_run, args=[other, port], daemon=True)
        self._process.start()

    def open(self, paths: list[str]) -> tuple[float, int]:
        """Open one reader a path; return the seconds and how many were let in."""
        return self._ask("open", paths)

    def drop(self, number: int) -> int:
        """Let the first of them lose their lines."""
        return self._ask("drop", number)

    def come_back(self) -> tuple[float, int]:
        """Let those without a line open one again, from where they were."""
        return self._ask("come_back", None)

    def wait(self, event: int, seconds: float) -> bool:
        """Wait until everybody has had this event."""
        return self._ask("wait", (event, seconds))

    def account(self, first: int, last: int) -> Account:
        return Account(*self._ask("account", (first, last)))

    def lost(self, number: int, seconds: float) -> list[float]:
        """Wait until the lines of so many are closed, and return when each was, whoever's it is."""
        return self._ask("lost", (number, seconds))

    def end(self) -> None:
        self._process.terminate()
        self._process.join(5)

    def _ask(self, what: str, how: Any) -> Any:
        self._pipe.send((what, how))
        return self._pipe.recv()


def _run(pipe: Connection, port: int) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    asyncio.run(_obey(pipe, port))


async def _obey(pipe: Connection, port: int) -> None:
    loop, readers = asyncio.get_running_loop(), []
    while True:
        what, how = await loop.run_in_executor(None, pipe.recv)
        if what == "open":
            new = [_Reader(path) for path in how]
            readers += new
            pipe.send(await _connect(new, port))
        elif what == "come_back":
            pipe.send(await _connect([each for each in readers if each.transport is None], port))
        elif what == "drop":
            for reader in readers[:how]:
                reader.transport.abort()
            await asyncio.sleep(0.5)
            pipe.send(sum(each.transport is None for each in readers))
        elif what == "wait":
            pipe.send(await _wait(readers, *how))
        elif what == "lost":
            pipe.send(await _lost(readers, *how))
        else:
            pipe.send(_account(readers, *how))


async def _connect(readers: list[_Reader], port: int) -> tuple[float, int]:
    loop, gate, started = asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE), time.monotonic()

    async def connect(reader: _Reader) -> bool:
        async with gate:
            reader.ready = loop.create_future()
            try:
                await loop.create_connection(lambda: reader, "127.0.0.1", port)
                async with asyncio.timeout(60):
                    return await reader.ready
            except (OSError, TimeoutError):
                return False

    let_in = sum(await asyncio.gather(*map(connect, readers)))
    return time.monotonic() - started, let_in


async def _wait(readers: list[_Reader], event: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if all(each.transport is None or (each.had and each.had[-1] >= event) for each in readers):
            return True
        await asyncio.sleep(0.05)
    return False


async def _lost(readers: list[_Reader], number: int, seconds: float) -> list[float]:
    deadline = time.monotonic() + seconds
    while True:
        lost = [each.lost_at for each in readers if each.transport is None]
        if len(lost) >= number or time.monotonic() > deadline:
            return lost
        await asyncio.sleep(0.05)


def _account(readers: list[_Reader], first: int, last: int) -> tuple[dict[int, list[float]], int, list[str]]:
    arrived: dict[int, list[float]] = {}
    faults: list[str] = []
    wanted = list(range(first, last + 1))
    for reader in readers:
        if reader.had != wanted:
            faults.append(f"{len(reader.had)} of {len(wanted)} events, {reader.said[:80]!r}")
        for number, moment in zip(reader.had, reader.times, strict=True):
            arrived.setdefault(number, []).append(moment)
    return arrived, sum(each.transport is not None for each in readers), faults
