"""The event stream delivers each event once, in order, only to those who may hear it, and lets nobody hold it up."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.core import signing
from django.db import connection
from django.test import override_settings

from interlock.api.stream import feeding, passes
from interlock.api.stream.application import StreamApplication
from interlock.api.stream.doorkeeping import ASK_EVERY_SECONDS, Doorkeeper, still_here
from interlock.api.stream.hub import Bearer, Frame, Hub, Pass, Refused
from interlock.config import asgi
from interlock.fabric import events, people

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
            for origin in ("http://localhost:8000", "http://evil.example", "https://localhost", "null", "")
        ] == [True, False, False, False, False]


@pytest.fixture
def session(db) -> str:
    store = SessionStore()
    store.create()
    return store.session_key


def test_a_pass_says_who_reads_what_and_hides_the_session(person, session):
    owner, contributor = person("owner"), person("contributor")

    token = passes.make_pass(owner, session, ["signals", "work"])

    assert passes.read_pass(token) == Pass(owner.pk, "owner", session, frozenset({"signals", "work"}))
    assert session not in token
    assert session not in json.dumps(signing.loads(token, salt="interlock.stream"))
    assert passes.read_pass(passes.make_pass(contributor, session, ["signals", "work"])).topics == {"signals"}


def test_nobody_gets_a_pass_for_what_they_may_not_hear(person, session):
    assert passes.make_pass(person("customer"), session, ["signals", "work"]) == ""
    assert passes.make_pass(person("owner"), "", ["signals"]) == ""
    with pytest.raises(KeyError):
        passes.make_pass(person("owner"), session, ["gossip"])


@pytest.mark.parametrize("spoil", ["", "x", "{}", "flip"])
def test_a_forged_pass_is_refused(person, session, spoil):
    token = passes.make_pass(person("owner"), session, ["signals"])
    forged = token[:-1] + ("a" if token[-1] != "a" else "b") if spoil == "flip" else spoil

    with pytest.raises(Refused, match="Load the page again"):
        passes.read_pass(forged)


def test_an_old_pass_and_one_of_another_key_are_refused(person, session, monkeypatch):
    token = passes.make_pass(person("owner"), session, ["signals"])
    with override_settings(SECRET_KEY="x" * 40), pytest.raises(Refused):
        passes.read_pass(token)
    monkeypatch.setattr(passes, "GOOD_FOR_SECONDS", -1)

    with pytest.raises(Refused):
        passes.read_pass(token)


def test_who_left_signed_out_or_changed_role_is_no_longer_here(person, session, django_assert_num_queries):
    here, left, demoted, out, idle = (person("lead") for _n in range(5))
    bearers = {Bearer(one.pk, "lead", session) for one in (here, left, demoted, idle)}
    bearers.add(Bearer(out.pk, "lead", "gone"))
    type(left).objects.filter(pk=left.pk).update(left_at=NOON)
    type(demoted).objects.filter(pk=demoted.pk).update(role="observer")
    type(idle.user).objects.filter(pk=idle.user.pk).update(is_active=False)

    with django_assert_num_queries(2):
        assert still_here(bearers) == {Bearer(here.pk, "lead", session)}


@pytest.mark.parametrize("role", ["contributor", "partner", "customer"])
def test_the_round_of_every_three_seconds_closes_whoever_has_left(person, session, role):
    """The mechanism behind "within five seconds": one round asks for all who read, and closes those who are gone."""
    gone, staying = person(role), person("owner")
    inside = {Bearer(gone.pk, role, session), Bearer(staying.pk, "owner", session)}
    loop, closed = asyncio.new_event_loop(), []

    async def bearers() -> set[Bearer]:
        return inside

    keeper = Doorkeeper(loop, bearers, closed.append)
    keeper._known = set(inside)
    people.end_access(person=gone, by=staying, now=NOON)
    _rounds(loop, keeper)
    loop.close()

    assert closed == [{Bearer(gone.pk, role, session)}]
    assert keeper._known == {Bearer(staying.pk, "owner", session)}, "and a new stream is refused"
    assert ASK_EVERY_SECONDS <= 4, "a round of 9,000 readers takes less than the second that is left"


def _rounds(loop: asyncio.AbstractEventLoop, keeper: Doorkeeper) -> None:
    """Let the loop answer the doorkeeper, who asks from where the database is, once."""
    answering = threading.Thread(target=loop.run_forever)
    answering.start()
    keeper._look_round()
    loop.call_soon_threadsafe(loop.stop)
    answering.join()


def test_the_address_leads_to_the_streams_own_port_or_to_the_proxy(person, session, settings):
    settings.STREAM_PORT, settings.STREAM_URL = 8001, ""
    events.tell(topic="signals", verb="came in", keys=["s-1"], at=NOON)
    owner = person("owner")

    def address(host: str) -> str:
        return passes.stream_address(owner, session, ["signals"], host)

    assert address("localhost:8000").startswith("http://localhost:8001/events?token=")
    assert address("[::1]:8000").startswith("http://[::1]:8001/events?")
    assert address("localhost:8000").endswith(f"&{urlencode({'after': events.last_number()})}")
    settings.STREAM_PORT = 0
    assert address("localhost:8000") == ""
    settings.STREAM_URL = "/events"
    assert address("interlock.example.com").startswith("/events?token=")


@pytest.mark.django_db
def test_an_event_goes_over_the_line_as_one_block():
    event = events.tell(
        topic="signals", verb="came in", keys=["a\nid: 99\n\nevent: evil"], at=NOON, detail={"source": "shop"}
    )

    block = feeding.frame(event)

    assert block.content.count(b"\n") == 4
    assert json.loads(block.content.decode().split("data: ")[1]) == {
        "verb": "came in",
        "key": "a\nid: 99\n\nevent: evil",
        "at": "2026-03-02T12:00:00+00:00",
        "source": "shop",
        "n": 1,
        "keys": ["a\nid: 99\n\nevent: evil"],
    }


@pytest.mark.django_db
def test_the_hub_begins_with_what_the_database_remembers():
    assert feeding.remembered(10) == ([], 0)
    made = [events.tell(topic="signals", verb="came in", keys=[str(n)], at=NOON) for n in range(5)]

    found, last = feeding.remembered(3)

    assert (found, last) == ([feeding.frame(event) for event in made[2:]], made[-1].number)


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite is a file and never goes away")
@pytest.mark.django_db(transaction=True)
def test_the_feed_goes_on_when_the_server_broke_its_connection_off():
    heard: list[Frame] = []
    feed = feeding.Feed(heard.extend, events.last_number())
    feed.start()
    try:
        _until(lambda: _break_off_listeners() > 0)
        event = events.tell(topic="signals", verb="came in", keys=["a"], at=NOON)
        _until(lambda: bool(heard))
    finally:
        feed.end()
        feed.join(5)

    assert [each.number for each in heard] == [event.number]


def _break_off_listeners() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'idle'"
        )
        return cursor.fetchone()[0]


def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end, "it took more than 10 s"
        time.sleep(0.05)
