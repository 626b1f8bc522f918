"""What the database tells comes to the hub as blocks, and goes on coming when a connection broke."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.db import connection

from interlock.api.stream import feeding
from interlock.api.stream.hub import Frame
from interlock.fabric import events

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


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
        feed.join(120)

    assert [each.number for each in heard] == [event.number]


def _break_off_listeners() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'idle'"
        )
        return cursor.fetchone()[0]


def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not true():
        assert time.monotonic() < end, "it took more than two minutes"
        time.sleep(0.05)
