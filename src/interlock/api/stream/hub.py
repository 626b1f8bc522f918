"""Who reads, and what have they not had yet? Plain asyncio: no Django, no database, no clock of its own.

The latest events lie once in memory, and each reader remembers the number it has had. So a reader costs little,
a reconnecting one gets what it missed, and one that is too slow falls off the end and is told to load its page
again: it can never make the process keep anything for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

# About 5 MB. A page that missed more than this many events is better loaded again.
REMEMBERED = 20_000
# More open pages than anybody looks at; the oldest gives way.
MOST_A_PERSON = 20


class Refused(Exception):
    """Somebody does not come in; the text says why, and the status says it in HTTP."""

    def __init__(self, text: str, status: int = 403) -> None:
        super().__init__(text)
        self.status = status


class Frame(NamedTuple):
    """One event as it goes over the line."""

    number: int
    topic: str
    content: bytes


class Bearer(NamedTuple):
    """Who reads, as far as it can end while the page is open: gone, in another role, or asked out of a talk."""

    person: int
    role: str
    session: str
    talks: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Pass:
    """What a token says about its bearer."""

    person: int
    role: str
    session: str
    topics: frozenset[str]

    @property
    def bearer(self) -> Bearer:
        return Bearer(self.person, self.role, self.session, self.talks)

    @property
    def talks(self) -> frozenset[int]:
        """The talks of which this page hears."""
        return frozenset(int(topic.split("-")[1]) for topic in self.topics if topic.startswith("talk-"))


class Reader:
    """One open page. `closing` says why its stream is to end."""

    __slots__ = ("closing", "holder", "position", "task", "waiter")

    def __init__(self, holder: Pass, position: int) -> None:
        self.holder = holder
        self.position = position
        self.closing = ""
        self.waiter: asyncio.Future[None] | None = None
        self.task: asyncio.Task[None] | None = None

    async def wait(self) -> None:
        """Return when there may be something to do."""
        self.waiter = asyncio.get_running_loop().create_future()
        await self.waiter

    def wake(self) -> None:
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_result(None)


class Hub:
    """All readers of this process, and the latest events. Everything here runs in the loop's thread."""

    def __init__(self, remembered: int = REMEMBERED, most_a_person: int = MOST_A_PERSON) -> None:
        self.remembered, self.most_a_person = remembered, most_a_person
        self.readers: set[Reader] = set()
        self.last = 0
        self._frames: list[Frame] = []
        self._of_person: dict[int, list[Reader]] = {}

    def begin(self, frames: Sequence[Frame], last: int) -> None:
        """Start with the events that the database remembers, which end at `last`."""
        self._frames, self.last = list(frames), last

    def publish(self, frames: Iterable[Frame]) -> None:
        """Remember new events, which follow each other in number, and wake those who read their topics."""
        topics = set()
        for frame in frames:
            self._frames.append(frame)
            self.last = frame.number
            topics.add(frame.topic)
        if len(self._frames) > 2 * self.remembered:
            del self._frames[: -self.remembered]
        for reader in self.readers:
            if topics & reader.holder.topics:
                reader.wake()

    def after(self, position: int, topics: frozenset[str]) -> list[bytes] | None:
        """What came after a position; None when some of it is no longer remembered, or never was."""
        if position == self.last:
            return []
        missing = self.last - position
        if not 0 <= missing <= len(self._frames):
            return None
        new = self._frames[len(self._frames) - missing :]
        return [frame.content for frame in new if frame.topic in topics]

    def enter(self, reader: Reader) -> None:
        """Let a reader in. If the person has too many streams, the oldest is asked to go."""
        self.readers.add(reader)
        own = self._of_person.setdefault(reader.holder.person, [])
        own.append(reader)
        staying = [each for each in own if not each.closing]
        if len(staying) > self.most_a_person:
            self.close(staying[0], "full")

    def leave(self, reader: Reader) -> None:
        self.readers.discard(reader)
        own = self._of_person.get(reader.holder.person, [])
        if reader in own:
            own.remove(reader)
        if not own:
            self._of_person.pop(reader.holder.person, None)

    def close(self, reader: Reader, why: str) -> None:
        """End one stream: politely where its line is free, at once where it is stuck."""
        if reader.closing:  # asked before and still here: its line takes nothing
            if reader.task is not None:
                reader.task.cancel()
            return
        reader.closing = why
        reader.wake()

    def close_bearers(self, bearers: Iterable[Bearer], why: str) -> None:
        gone = set(bearers)
        for reader in [each for each in self.readers if each.holder.bearer in gone]:
            self.close(reader, why)

    def close_all(self, why: str) -> None:
        for reader in list(self.readers):
            self.close(reader, why)

    def bearers(self) -> set[Bearer]:
        return {reader.holder.bearer for reader in self.readers}

    def wake_all(self) -> None:
        for reader in self.readers:
            reader.wake()
