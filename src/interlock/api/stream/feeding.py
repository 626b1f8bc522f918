"""Brings events from the database to the hub, in a thread of its own, a fifth of a second after their commit.

SQLite is asked ten times a second whether anything was committed; PostgreSQL wakes us by NOTIFY.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any

from django.db import DatabaseError, connection

from interlock.api.stream.hub import Frame
from interlock.fabric import events
from interlock.fabric.changes import Lookout
from interlock.fabric.models import Event

logger = logging.getLogger(__name__)
LOOK_SECONDS = 0.1
AT_ONCE = 500


class Feed(threading.Thread):
    """Reads on from where it stands, and survives a database that goes away for a while."""

    def __init__(self, publish: Callable[[Sequence[Frame]], None], last: int) -> None:
        super().__init__(name="event feed", daemon=True)
        self._publish, self._last = publish, last
        self._ended = threading.Event()
        self._lookout = Lookout()

    def run(self) -> None:
        listening = False
        while not self._ended.is_set():
            try:
                if connection.vendor == "postgresql" and not listening:
                    with connection.cursor() as cursor:
                        cursor.execute(f"LISTEN {events.CHANNEL}")
                    listening = True
                self._read_on()
                self._wait()
            except DatabaseError:
                logger.exception("Events cannot be read; trying again.")
                listening = False
                connection.close()
                self._ended.wait(1)
        connection.close()

    def end(self) -> None:
        self._ended.set()

    def _read_on(self) -> None:
        while new := events.events_after(self._last, AT_ONCE):
            self._last = new[-1].number
            self._publish([frame(event) for event in new])

    def _wait(self) -> None:
        if connection.vendor == "postgresql":
            # At most a second, to notice the end of this process and a notification that got lost.
            # The driver is asked past Django, and a server that went away must be told as Django tells it.
            with connection.wrap_database_errors:
                for _notice in connection.connection.notifies(timeout=1, stop_after=1):
                    pass
            return
        while not self._ended.wait(LOOK_SECONDS):
            if self._lookout.changed():
                return


def remembered(most: int) -> tuple[list[Frame], int]:
    """The latest events that the database holds, and the number they end with."""
    latest = list(Event.objects.order_by("-number")[:most])
    if not latest:
        return [], events.last_number()
    return [frame(event) for event in reversed(latest)], latest[0].number


def frame(event: Event) -> Frame:
    content: dict[str, Any] = {"verb": event.verb, "key": event.about_key, "at": event.at.isoformat()}
    text = json.dumps(content | event.detail, separators=(",", ":"))
    return Frame(
        event.number, event.topic, f"id: {event.number}\nevent: {event.topic}\ndata: {text}\n\n".encode()
    )
