"""Events are numbered in the order in which they become visible, and only with the change they tell of."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from interlock.fabric import events, journal
from interlock.fabric.models import Event, Team

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def tell(*keys: str, at: datetime = NOON) -> Event:
    return events.tell(topic="signals", verb="came in", keys=keys, at=at)


@pytest.mark.django_db
def test_events_are_numbered_and_name_things_only():
    tell("s-1")
    tell("s-2", "s-3")

    found = events.events_after(0, 10)
    assert [(e.number, e.about_key, e.detail) for e in found] == [
        (1, "s-1", {"n": 1, "keys": ["s-1"]}),
        (2, "", {"n": 2, "keys": ["s-2", "s-3"]}),
    ]
    assert [e.number for e in events.events_after(1, 10)] == [2]


@pytest.mark.django_db
def test_an_event_goes_with_its_transaction_and_leaves_no_gap():
    tell("s-1")
    with transaction.atomic():
        tell("s-2")
        transaction.set_rollback(True)
    tell("s-3")

    assert [(e.number, e.about_key) for e in events.events_after(0, 10)] == [(1, "s-1"), (2, "s-3")]


@pytest.mark.django_db
def test_many_keys_are_counted_and_the_first_named():
    event = tell(*(f"s-{n}" for n in range(500)))

    assert (event.detail["n"], len(event.detail["keys"])) == (500, events.MOST_KEYS)


@pytest.mark.django_db
def test_old_events_are_purged_and_the_numbers_go_on():
    assert events.last_number() == 0
    tell("s-1", at=NOON - timedelta(days=3))
    tell("s-2", at=NOON - timedelta(days=1))

    assert events.purge(now=NOON) == 1
    assert ([one.number for one in events.events_after(0, 9)], events.last_number()) == ([2], 2)
    events.purge(now=NOON + timedelta(days=9))
    assert (events.events_after(0, 9), events.last_number()) == ([], 2)


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite lets one writer in at a time by itself")
@pytest.mark.django_db(transaction=True)
def test_writers_at_the_same_moment_neither_overtake_nor_leave_gaps(home):
    """Eight threads, some noting in the journal first and some last; a reader follows meanwhile."""
    writers = [threading.Thread(target=_write, args=[number]) for number in range(8)]
    seen: list[int] = []

    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers) or len(seen) < events.last_number():
        seen += [event.number for event in events.events_after(seen[-1] if seen else 0, 100)]

    assert seen == list(range(1, 8 * 5 + 1))


def _write(number: int) -> None:
    try:
        for step in range(5):
            with transaction.atomic():
                team = Team.objects.create(key=f"{number}-{step}", name="North", function="sales")
                for act in (_note, _tell) if step % 2 else (_tell, _note):
                    act(team)
    finally:
        connection.close()


def _note(team: Team) -> None:
    journal.note(actor=None, verb="made", about=team, at=NOON)


def _tell(team: Team) -> None:
    tell(team.key)
