"""SQLite, where everybody who waits to write asks again as often as everybody else.

SQLite lets who waits longest ask least: its pauses grow to a tenth of a second, so that under many writers one waited
for seconds while others wrote ten times. Of 16 writers of replies the slowest hundredth waited 2 to 4 s, with even
pauses 0.7 s.
"""

from __future__ import annotations

import sqlite3
import time

from django.db import OperationalError
from django.db.backends.sqlite3 import base

# Much shorter than what a writer holds, so that hardly any time is lost between two of them.
PAUSE_SECONDS = 0.002


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's SQLite; only the wait at the beginning of a transaction is another one."""

    def _start_transaction_under_autocommit(self) -> None:
        patience = self.get_connection_params().get("timeout", 5.0)
        until = time.monotonic() + patience
        self.connection.execute("PRAGMA busy_timeout = 0")
        try:
            super()._start_transaction_under_autocommit()
        except OperationalError as error:
            if not _is_busy(error.__cause__):
                raise
            self._ask_again(until)
        finally:
            self.connection.execute(f"PRAGMA busy_timeout = {int(1000 * patience)}")

    def _ask_again(self, until: float) -> None:
        while True:
            time.sleep(PAUSE_SECONDS)
            try:
                self.connection.execute(f"BEGIN {self.transaction_mode or ''}")
                return
            except sqlite3.OperationalError as error:
                if not _is_busy(error):
                    raise
                if time.monotonic() >= until:
                    raise OperationalError(*error.args) from error


def _is_busy(error: BaseException | None) -> bool:
    # The lowest byte is the kind; the others say which lock it was.
    return isinstance(error, sqlite3.Error) and error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
