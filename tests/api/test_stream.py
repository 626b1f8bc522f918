"""The event stream delivers each event once, in order, only to those who may hear it, and lets nobody hold it up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from interlock.api.stream.application import StreamApplication
from interlock.api.stream.hub import Frame, Hub, Pass, Refused
from interlock.config import asgi

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
INES = Pass(1, "owner", "session-1", frozenset({"signals", "work"}))
OMAR = Pass(2, "contributor", "session-2", frozenset({"signals"}))
HOLDERS = {"ines": INES, "omar": OMAR}


def frames(*numbers: int, topic: str = "signals") -> list[Frame]:
    return [Frame(n, topic, f"id: {n}\nevent: {topic}\ndata: {{}}\n\n".encode()) for n in numbers]


class Line:
    """A browser's end of one request to the application."""

    def __init__(self, application: StreamApplication, path: str, headers: dict[str, str], method: str):
        self.said: list[dict] = []
        self.incoming: asyncio.Queue[dict] = asyncio.Queue()
        self.incoming.put_nowait({"type": "http.request", "body": b"", "more_body": False})
        self.stuck = False
        path, _, query = path.partition("?")
        scope = {
            "type": "http",
            "path": path,
            "method": method,
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        }
        self.task = asyncio.create_task(application(scope, self.incoming.get, self._send))

    async def _send(self, message: dict) -> None:
        if self.stuck:
            await asyncio.sleep(3600)
        self.said.append(message)

    @property
    def status(self) -> int:
        return self.said[0]["status"]

    @property
    def text(self) -> str:
        return b"".join(message.get("body", b"") for message in self.said).decode()

    @property
    def ids(self) -> list[int]:
        return [int(line[4:]) for line in self.text.splitlines() if line.startswith("id: ")]

    def header(self, name: str) -> str:
        return dict(self.said[0]["headers"]).get(name.encode(), b"").decode()


def read(token: str) -> Pass:
    if token not in HOLDERS:
        raise Refused("This pass is no longer good.")
    return HOLDERS[token]


async def settled() -> None:
    for _turn in range(20):
        await asyncio.sleep(0)


class Server:
    def __init__(self, hub: Hub, silence: float) -> None:
        self.hub, self.away = hub, set()

        async def admit(holder: Pass) -> bool:
            return holder not in self.away

        async def nothing() -> None:
            return None

        self.application = StreamApplication(
            hub, read=read, admit=admit, allows=asgi.allows, start=nothing, stop=nothing, silence=silence
        )

    async def ask(self, path: str, method: str = "GET", **headers: str) -> Line:
        line = Line(
            self.application, path, {name.replace("_", "-"): text for name, text in headers.items()}, method
        )
        await settled()
        return line


@asynccontextmanager
async def serving(remembered: int = 100, most: int = 20, silence: float = 15) -> AsyncIterator[Server]:
    server = Server(Hub(remembered, most), silence)
    yield server
    for reader in list(server.hub.readers):
        reader.task.cancel()
    await settled()


def plays(story: Callable) -> Callable:
    """Run an async test; the tests need no more of asyncio than this."""

    def test() -> None:
        asyncio.run(story())

    test.__name__, test.__doc__ = story.__name__, story.__doc__
    return test


@plays
async def test_readers_hear_their_topics_in_order():
    async with serving() as server:
        ines, omar = await server.ask("/events?token=ines"), await server.ask("/events?token=omar")
        server.hub.publish(frames(1) + frames(2, topic="work") + frames(3))
        await settled()

        assert (ines.status, ines.header("content-type")) == (200, "text/event-stream; charset=utf-8")
        assert ines.header("connection") == "close", (
            "kept alive, the line would stay for seconds after its stream"
        )
        assert (ines.ids, omar.ids) == ([1, 2, 3], [1, 3])


@plays
async def test_a_reader_who_comes_back_gets_what_it_missed_by_header_or_address():
    async with serving() as server:
        server.hub.publish(frames(1, 2, 3, 4))
        by_header = await server.ask("/events?token=ines&after=1", last_event_id="2")
        by_address = await server.ask("/events?token=ines&after=1")
        fresh = await server.ask("/events?token=ines")
        odd = await server.ask("/events?token=ines", last_event_id="-7; drop")

        assert [line.ids for line in (by_header, by_address, fresh, odd)] == [[3, 4], [2, 3, 4], [], []]


@plays
async def test_a_gap_beyond_memory_says_reload_and_goes_on():
    async with serving(remembered=2) as server:
        server.hub.begin(frames(8, 9), 9)
        old, future = (
            await server.ask("/events?token=ines&after=5"),
            await server.ask("/events?token=ines&after=99"),
        )
        server.hub.publish(frames(10))
        await settled()

        for line in (old, future):
            assert 'id: 9\nevent: reload\ndata: {"why": "missed"}' in line.text
            assert line.ids == [9, 10]


@plays
async def test_memory_is_bounded():
    async with serving(remembered=10) as server:
        for number in range(1, 1000):
            server.hub.publish(frames(number))

        assert len(server.hub._frames) <= 20
        assert len(server.hub.after(999 - 10, INES.topics)) == 10


@plays
async def test_a_reader_that_takes_nothing_holds_nobody_up_and_is_dropped():
    async with serving() as server:
        slow, quick = await server.ask("/events?token=omar"), await server.ask("/events?token=ines")
        slow.stuck = True
        for number in (1, 2, 3):
            server.hub.publish(frames(number))
            await settled()
        server.hub.close_bearers([OMAR.bearer], "signed out")
        await settled()
        assert quick.ids == [1, 2, 3]
        assert len(server.hub.readers) == 2

        server.hub.close_bearers([OMAR.bearer], "signed out")
        await settled()
        assert [reader.holder for reader in server.hub.readers] == [INES]


@plays
async def test_a_stream_ends_when_its_bearer_is_gone():
    async with serving() as server:
        ines, omar = await server.ask("/events?token=ines"), await server.ask("/events?token=omar")
        server.hub.close_bearers([OMAR.bearer], "signed out")
        await settled()

        assert omar.text.endswith('event: closed\ndata: {"why": "signed out"}\n\n')
        assert (omar.said[-1]["more_body"], omar.task.done(), ines.task.done()) == (False, True, False)


@plays
async def test_the_oldest_of_too_many_streams_gives_way():
    async with serving(most=3) as server:
        lines = [await server.ask("/events?token=ines") for _n in range(5)]

        assert [line.task.done() for line in lines] == [True, True, False, False, False]
        assert '"why": "full"' in lines[0].text


@plays
async def test_silence_is_broken_by_comments_and_a_closed_page_is_noticed():
    async with serving(silence=0.02) as server:
        staying, leaving = await server.ask("/events?token=ines"), await server.ask("/events?token=omar")
        leaving.incoming.put_nowait({"type": "http.disconnect"})
        for _beat in range(3):
            await asyncio.sleep(0.03)
            server.hub.wake_all()
            await settled()

        assert staying.text.count(":\n\n") >= 2
        assert [reader.holder for reader in server.hub.readers] == [INES]


@plays
async def test_who_may_not_come_in_is_told_why():
    async with serving() as server:
        server.away.add(OMAR)
        asked = [
            await server.ask("/events?token=forged"),
            await server.ask("/events"),
            await server.ask("/events?token=omar"),
            await server.ask("/events?token=ines", origin="https://evil.example"),
            await server.ask("/events?token=ines", "POST"),
            await server.ask("/elsewhere"),
        ]

        assert [line.status for line in asked] == [403, 403, 403, 403, 405, 404]
        assert asked[3].header("access-control-allow-origin") == ""
        assert server.hub.readers == set()


@plays
async def test_only_pages_of_this_installation_may_read():
    async with serving() as server:
        own = await server.ask("/events?token=ines", origin="http://localhost:8000")

        assert own.header("access-control-allow-origin") == "http://localhost:8000"
        assert [
            asgi.allows(origin)
            for origin in (
                "http://localhost:8000",
                "http://evil.example",
                "https://localhost",
                "null",
                "",
                "http://[",
            )
        ] == [True, False, False, False, False, False]
