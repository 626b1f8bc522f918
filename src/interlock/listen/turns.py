"""Writers of SQLite take turns: who waits is woken, instead of asking again after ever longer pauses.

SQLite lets one process write; the others try again after 1, 2, 5 ... 100 ms, which leaves the disk idle and
lets the unlucky wait for half a second. Those who write often wait here first. The operating system holds the
lock, so that it falls with its holder. PostgreSQL needs none of this.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from threading import local

from django.conf import settings
from django.db import connection

_mine = local()


@contextmanager
def turn() -> Iterator[None]:
    """Hold the turn to write while the block runs. A thread that holds it already just goes on."""
    if connection.vendor != "sqlite" or getattr(_mine, "held", False):
        yield
        return
    with (settings.HOME / "writing").open("w") as mark:
        fcntl.flock(mark, fcntl.LOCK_EX)
        _mine.held = True
        try:
            yield
        finally:
            _mine.held = False
