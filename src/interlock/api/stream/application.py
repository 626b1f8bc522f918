"""The HTTP of the event stream: `GET /events?token=...`, answered with events for as long as the page is open.

A raw ASGI application, because Django's request stack cannot open thousands of streams on two cores
(`benchmarks/stream.py` shows it). What a reader missed is sent first: after `Last-Event-ID`, or `after` in the
address. Every 15 s of silence a comment keeps the line open.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

from interlock.api.stream.hub import Hub, Pass, Reader, Refused
from interlock.fabric.numbers import number_of

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

SILENCE_SECONDS = 15.0
# Then the page comes back with a new pass, so that no stream outlives what its pass was made from by long.
LONGEST_SECONDS = 3600.0
# A line that takes nothing for so long is given up.
STUCK_SECONDS = 30.0
_RETRY = b"retry: 3000\n\n"


class StreamApplication:
    """Speaks ASGI. `read` checks a token, `admit` asks whether its bearer is still here, `allows` knows our origins."""

    def __init__(
        self,
        hub: Hub,
        *,
        read: Callable[[str], Pass],
        admit: Callable[[Pass], Awaitable[bool]],
        allows: Callable[[str], bool],
        start: Callable[[], Awaitable[None]],
        stop: Callable[[], Awaitable[None]],
        silence: float = SILENCE_SECONDS,
    ) -> None:
        self.hub, self.silence = hub, silence
        self._read, self._admit, self._allows = read, admit, allows
        self._start, self._stop = start, stop
        self._beat: asyncio.Task[None] | None = None

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await self._start()
        self._beat = asyncio.create_task(self._keep_lines_open())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self._beat.cancel()
        await self._stop()
        await send({"type": "lifespan.shutdown.complete"})

    async def _keep_lines_open(self) -> None:
        """Wake everybody now and then: they send a comment, and notice when their page is closed."""
        while True:
            await asyncio.sleep(self.silence)
            self.hub.wake_all()

    async def _answer(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        query = {
            name: values[0] for name, values in parse_qs(scope["query_string"].decode("latin-1")).items()
        }
        origin = headers.get(b"origin", "")
        if scope["path"] == "/health":
            await _say(send, 200, f"{len(self.hub.readers)} readers")
            return
        try:
            self._check(scope, origin)
            holder = self._read(query.get("token", ""))
            if not await self._admit(holder):
                raise Refused("You are signed out. Sign in and load the page again.")
        except Refused as refused:
            await _say(send, refused.status, str(refused), origin if self._allows(origin) else "")
            return
        after = headers.get(b"last-event-id") or query.get("after", "")
        reader = Reader(holder, self.hub.last if (last := number_of(after)) is None else last)
        await send({"type": "http.response.start", "status": 200, "headers": _stream_headers(origin)})
        await self._serve(reader, receive, send)

    def _check(self, scope: Mapping[str, Any], origin: str) -> None:
        if scope["path"] != "/events":
            raise Refused("There is only /events here.", 404)
        if scope["method"] != "GET":
            raise Refused("Events are only read.", 405)
        if origin and not self._allows(origin):
            raise Refused("Only pages of this installation may read its events.")

    async def _serve(self, reader: Reader, receive: Receive, send: Send) -> None:
        reader.task = asyncio.current_task()
        self.hub.enter(reader)
        try:
            await receive()  # the request itself
            await send(_body(_RETRY))
            await self._follow(reader, receive, send)
            await send(_body(_named("closed", reader.closing), more=False))
        except (asyncio.CancelledError, TimeoutError):  # the line is stuck: nothing more can be said on it
            return
        finally:
            self.hub.leave(reader)

    async def _follow(self, reader: Reader, receive: Receive, send: Send) -> None:
        loop = asyncio.get_running_loop()
        begun = spoken = loop.time()
        while not reader.closing:
            new, last = self.hub.after(reader.position, reader.holder.topics), self.hub.last
            if new is None:
                new = [_named("reload", "missed", last)]
            reader.position = last
            now = loop.time()
            if not new and now - spoken >= self.silence * 0.9:
                if await _is_gone(receive):
                    reader.closing = "gone"
                    return
                new = [b":\n\n"]
            if now - begun > LONGEST_SECONDS:
                reader.closing = "renew"
            if new:
                async with asyncio.timeout(STUCK_SECONDS):
                    await send(_body(b"".join(new)))
                spoken = now
            elif not reader.closing:
                await reader.wait()


async def _is_gone(receive: Receive) -> bool:
    """Whether the browser has closed the line; asks without waiting."""
    try:
        async with asyncio.timeout(0):
            return (await receive())["type"] == "http.disconnect"
    except TimeoutError:
        return False


def _named(event: str, why: str, number: int | None = None) -> bytes:
    place = "" if number is None else f"id: {number}\n"
    return f'{place}event: {event}\ndata: {{"why": "{why}"}}\n\n'.encode()


def _body(content: bytes, *, more: bool = True) -> Message:
    return {"type": "http.response.body", "body": content, "more_body": more}


def _stream_headers(origin: str) -> list[tuple[bytes, bytes]]:
    return [
        (b"content-type", b"text/event-stream; charset=utf-8"),
        (b"cache-control", b"no-store"),
        (b"x-accel-buffering", b"no"),  # nginx would else keep events back
        # Whoever is sent away is off the line at once; the server would keep it for another request for seconds.
        (b"connection", b"close"),
        *_origin_headers(origin),
    ]


def _origin_headers(origin: str) -> list[tuple[bytes, bytes]]:
    if not origin:
        return []
    return [(b"access-control-allow-origin", origin.encode("latin-1")), (b"vary", b"Origin")]


async def _say(send: Send, status: int, text: str, origin: str = "") -> None:
    content = text.encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(content)).encode()),
        *_origin_headers(origin),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send(_body(content, more=False))
