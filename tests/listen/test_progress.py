"""How far an import is, said without ever standing in anybody's way."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction

from interlock.listen.models import Import
from interlock.listen.progress import Reporter
from listen.small import NOON

pytestmark = pytest.mark.django_db(transaction=True)


def step_of_another_thread(import_: Import, doing: str) -> threading.Thread:
    """The engine reads rows, and so tells of them, by threads with connections of their own."""

    reporter = Reporter(import_, lambda: NOON)
    thread = threading.Thread(target=lambda: reporter.step(doing))
    thread.start()
    return thread


def test_a_step_is_written_from_any_thread(waiting):
    import_ = waiting()

    step_of_another_thread(import_, "Storing signals").join(120)

    assert Import.objects.get().doing == "Storing signals"


@pytest.mark.skipif(connection.vendor == "sqlite", reason="a database in memory is never closed")
def test_a_thread_of_the_engine_leaves_no_connection_open(waiting):
    reporter, left = Reporter(waiting(), lambda: NOON), []

    def step() -> None:
        reporter.step("Storing signals")
        left.append(connection.connection)

    thread = threading.Thread(target=step)
    thread.start()
    thread.join(120)

    assert left == [None]


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite gives up waiting by itself")
def test_a_step_is_given_up_when_somebody_holds_the_row(waiting):
    import_ = waiting()

    with transaction.atomic():
        Import.objects.select_for_update().get(pk=import_.pk)
        thread = step_of_another_thread(import_, "Storing signals")
        thread.join(120)

        assert not thread.is_alive()
    assert Import.objects.get().doing == ""
