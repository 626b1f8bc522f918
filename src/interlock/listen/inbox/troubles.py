"""What a database says when it cannot store, in the words of this room: busy, or full."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import InterfaceError, OperationalError, connection
from django.utils.translation import gettext as _

from interlock.listen.errors import InboxBusy, InboxFull

POSTGRESQL_DISK_FULL = "53100"
# A deadlock, or rows that changed meanwhile: the server itself advises to try again.
POSTGRESQL_TRY_AGAIN = {"40P01", "40001"}


@contextmanager
def plainly() -> Iterator[None]:
    """Turn a database that is locked, away or full into an error that a sender can act on.

    Raises:
        InboxBusy: nothing was stored; trying again may work at once.
        InboxFull: nothing was stored; somebody must make room.
    """
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        # A connection that broke is opened anew by the next one who asks.
        connection.close_if_unusable_or_obsolete()
        if _is_full(error):
            raise InboxFull(
                _("The disk of the database is full. Nothing was stored; make room and send it again.")
            ) from error
        raise InboxBusy(
            _("The database did not take it in time (%(reason)s). Nothing was stored; send it again.")
            % {"reason": str(error).strip().partition("\n")[0][:200]}
        ) from error


def _is_full(error: Exception) -> bool:
    cause = error.__cause__
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL
    return getattr(cause, "sqlstate", None) == POSTGRESQL_DISK_FULL


def is_worth_another_try(error: InboxBusy) -> bool:
    """Whether two transactions stood in each other's way, so that one of them was sent back."""
    cause = error.__cause__.__cause__ if error.__cause__ else None
    return getattr(cause, "sqlstate", None) in POSTGRESQL_TRY_AGAIN
