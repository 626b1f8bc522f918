"""Has anybody committed anything since the last look? Cheap enough to ask ten times a second.

SQLite tells by a counter that changes with every commit of another connection. PostgreSQL has no such counter;
there the caller looks each time, or is woken by NOTIFY (see `api/stream`).
"""

from __future__ import annotations

from django.db import connection


class Lookout:
    """Belongs to one thread, since the counter belongs to that thread's connection."""

    def __init__(self) -> None:
        self._version: int | None = None

    def changed(self) -> bool:
        """Whether there was a commit since the last call; always true where that cannot be told."""
        if connection.vendor != "sqlite":
            return True
        with connection.cursor() as cursor:
            (version,) = cursor.execute("PRAGMA data_version").fetchone()
        before, self._version = self._version, version
        return version != before
