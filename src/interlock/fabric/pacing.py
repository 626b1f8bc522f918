"""How much of a large piece of work goes into one transaction, so that nobody else who writes waits long."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import connection, transaction

# While one process holds SQLite no other can write; a page that stores something may take this much longer.
HELD_SECONDS = 0.2
LEAST_ROWS, MOST_ROWS = 50, 500
# A single statement waits for SQLite by looking every 100 ms: in a shorter gap it would miss the end of each transaction.
GAP_SECONDS = 0.12


class Pace:
    """So many `rows` a transaction as lately took HELD_SECONDS, whatever else the machine does meanwhile; `least` are never too many."""

    def __init__(self, least: int = LEAST_ROWS) -> None:
        self.least = least
        self.begin_small()

    def begin_small(self) -> None:
        """Before rows of another kind: nobody knows yet what one of them costs."""
        self.rows = min(2 * self.least, MOST_ROWS)

    @contextmanager
    def transaction(self, rows: int) -> Iterator[None]:
        """A transaction for these many rows; after it others may write."""
        with transaction.atomic():
            begun = time.monotonic()  # the wait for others to end is not ours
            yield
        held = time.monotonic() - begun
        fitting = round(rows * HELD_SECONDS / max(held, 0.001))
        # By steps, since one batch makes hundreds of accounts and the next one none.
        self.rows = min(max(fitting, self.rows // 4, min(self.least, MOST_ROWS)), 2 * self.rows, MOST_ROWS)
        let_others_write()


def let_others_write() -> None:
    """Leave SQLite to whoever waits for it, between two transactions."""
    if connection.vendor == "sqlite":
        time.sleep(GAP_SECONDS)


def with_gaps[T](things: Iterable[T]) -> Iterator[T]:
    """The same, each with short transactions of its own; others may write whenever they took HELD_SECONDS together."""
    begun = time.monotonic()
    for one in things:
        yield one
        if time.monotonic() - begun >= HELD_SECONDS:
            let_others_write()
            begun = time.monotonic()
