"""The ASGI application that uvicorn serves: the event stream, and nothing else."""

from __future__ import annotations

import asyncio
import os
import resource
from urllib.parse import urlsplit

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "interlock.config.settings")
django.setup()

# Models load only after django.setup().
from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.http.request import validate_host  # noqa: E402

from interlock.api.stream import feeding  # noqa: E402
from interlock.api.stream.application import StreamApplication  # noqa: E402
from interlock.api.stream.doorkeeping import Bearer, Doorkeeper  # noqa: E402
from interlock.api.stream.hub import Frame, Hub, Pass  # noqa: E402
from interlock.api.stream.passes import read_pass  # noqa: E402


class Stream:
    """The parts of the event stream, started and ended together."""

    def __init__(self) -> None:
        self.hub = Hub()
        self.feed: feeding.Feed | None = None
        self.doorkeeper: Doorkeeper | None = None

    async def start(self) -> None:
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # one file a reader
        loop = asyncio.get_running_loop()
        frames, last = await asyncio.to_thread(_remembered)
        self.hub.begin(frames, last)
        self.feed = feeding.Feed(lambda new: loop.call_soon_threadsafe(self.hub.publish, new), last)
        self.doorkeeper = Doorkeeper(
            loop, self._bearers, lambda gone: self.hub.close_bearers(gone, "signed out")
        )
        self.feed.start()
        self.doorkeeper.start()

    async def stop(self) -> None:
        for part in (self.feed, self.doorkeeper):
            if part:
                part.end()
                await asyncio.to_thread(part.join, 2)

    async def _bearers(self) -> set[Bearer]:
        return self.hub.bearers()

    async def admit(self, holder: Pass) -> bool:
        return self.doorkeeper is not None and await self.doorkeeper.admit(holder)


def _remembered() -> tuple[list[Frame], int]:
    try:
        return feeding.remembered(Hub().remembered)
    finally:
        connection.close()


def allows(origin: str) -> bool:
    """Whether a page of this origin is one of ours."""
    try:
        parts = urlsplit(origin)
    except ValueError:  # such as http://[
        return False
    scheme = "https" if settings.ENVIRONMENT["INTERLOCK_HTTPS"] else "http"
    return parts.scheme == scheme and validate_host(parts.hostname or "", settings.ALLOWED_HOSTS)


stream = Stream()
application = StreamApplication(
    stream.hub, read=read_pass, admit=stream.admit, allows=allows, start=stream.start, stop=stream.stop
)
