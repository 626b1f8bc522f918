"""The statements of real acknowledgements: `take_in` run on a database file, and what it said to SQLite."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from crash.power import Commit

if TYPE_CHECKING:
    from interlock.listen.inbox import Offered
    from interlock.listen.models import Source

BEGAN = datetime(2026, 3, 2, 8, tzinfo=UTC)


def begin() -> None:
    """Make the source and the batch that all signals join, as they are there on most days."""
    from interlock.listen import inbox  # Django must be set up first

    inbox.take_in([inbox.Offer(_source(), [_row(0, 0, BEGAN)])], now=BEGAN)


def record(count: int, *, seed: int) -> list[Commit]:
    """Take signals in so often, one to four at a time, and return what was said to the database each time."""
    from interlock.listen import inbox  # as above

    rng = random.Random(seed)
    source = _source()
    commits = []
    for number in range(1, count + 1):
        now = BEGAN + timedelta(seconds=number)
        rows = [_row(number, place, now) for place in range(rng.randint(1, 4))]
        with _listening() as said:
            inbox.take_in([inbox.Offer(source, rows)], now=now)
        commits.append(Commit(tuple(said), tuple(row.key for row in rows)))
    return commits


def copy_of(path: Path) -> Path:
    """Copy the database of this process, whole and without a log beside it, to a file; return the file."""
    from django.db import connection  # as above

    with sqlite3.connect(path) as copied:
        connection.ensure_connection()
        connection.connection.backup(copied)
    copied.execute("PRAGMA journal_mode=WAL")
    copied.close()
    return path


def pragmas() -> str:
    """What the product says to every connection with SQLite."""
    from django.conf import settings  # as above

    return str(settings.DATABASES["default"]["OPTIONS"]["init_command"])


def _source() -> Source:
    from interlock.listen.models import Source  # as above

    made = {"name": "Power", "kind": "api", "made_at": BEGAN}
    return Source.objects.get_or_create(key="power", defaults=made)[0]


def _row(number: int, place: int, now: datetime) -> Offered:
    from interlock.listen import inbox  # as above

    row = {
        "signal_id": f"power-{number}-{place}",
        "kind": "praise",
        "occurred_at": now,
        "body": f"Signal {number} " * 20,
    }
    return inbox.checked("signals", row, place=str(place), now=now)


@contextmanager
def _listening() -> Iterator[list[str]]:
    from django.db import connection  # as above

    said: list[str] = []
    connection.ensure_connection()
    # Comments are what triggers do; they are done by the statements themselves.
    connection.connection.set_trace_callback(lambda text: text.startswith("--") or said.append(text))
    try:
        yield said
    finally:
        connection.connection.set_trace_callback(None)
