"""Writers of SQLite take turns."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import OperationalError

from interlock.config.sqlite.base import DatabaseWrapper

pytestmark = pytest.mark.django_db  # connections of its own are opened, to a file of its own

SETTINGS = {
    "ENGINE": "interlock.config.sqlite",
    "TIME_ZONE": None,
    "CONN_MAX_AGE": 0,
    "CONN_HEALTH_CHECKS": False,
    "AUTOCOMMIT": True,
    "ATOMIC_REQUESTS": False,
    "USER": "", "PASSWORD": "", "HOST": "", "PORT": "",
}  # fmt: skip


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "one.sqlite3"
    with sqlite3.connect(found) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE said (words)")
    connection.close()
    return found


@pytest.fixture
def holder(path: Path) -> Iterator[sqlite3.Connection]:
    """Somebody who writes, and has not ended."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("BEGIN IMMEDIATE")
    yield connection
    connection.close()


def writer(path: Path, timeout: float) -> DatabaseWrapper:
    options = {"transaction_mode": "IMMEDIATE", "timeout": timeout}
    return DatabaseWrapper(SETTINGS | {"NAME": str(path), "OPTIONS": options}, "of its own")


def write(one: DatabaseWrapper) -> None:
    one.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    one.cursor().execute("INSERT INTO said VALUES ('mine')")
    one.commit()
    one.set_autocommit(True)


def said(path: Path) -> int:
    connection = sqlite3.connect(path)
    try:
        return connection.execute("SELECT count(*) FROM said").fetchone()[0]
    finally:
        connection.close()


def test_who_waits_writes_once_the_other_has_ended(path, holder):
    asked = threading.Event()

    def wait_and_write() -> None:
        one = writer(path, timeout=120)
        one.ensure_connection()
        asked.set()
        write(one)
        one.close()

    waiting = threading.Thread(target=wait_and_write)
    waiting.start()
    assert asked.wait(60)
    holder.execute("COMMIT")
    waiting.join(120)

    assert said(path) == 1


def test_who_waited_long_enough_is_told_so_and_may_try_again(path, holder):
    one = writer(path, timeout=0.05)

    with pytest.raises(OperationalError, match="database is locked"):
        write(one)
    one.close()
    holder.execute("COMMIT")
    write(one)

    assert said(path) == 1
    one.close()


def test_writes_outside_a_transaction_wait_as_before(path):
    one = writer(path, timeout=20)

    write(one)

    assert one.cursor().execute("PRAGMA busy_timeout").fetchone() == (20_000,)
    one.close()


def test_what_is_no_lock_is_not_waited_for(path):
    one = writer(path, timeout=120)
    one.ensure_connection()
    one.connection.execute("BEGIN IMMEDIATE")

    with pytest.raises(OperationalError, match="within a transaction"):
        one._start_transaction_under_autocommit()

    one.connection.execute("ROLLBACK")
    one.close()
