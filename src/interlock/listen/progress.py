"""How far is an import, and has anybody asked it to stop?

Written a few times a second at most, each time in a short transaction of its own: the import holds none
open while it reads, so that other people's work never waits for it. Open pages hear of it through the event stream.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from threading import get_ident

from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext as _

from interlock.fabric import events
from interlock.listen.errors import Stopped
from interlock.listen.models import Import

# A reader sees movement three times a second as live; more only costs commits.
SECONDS_BETWEEN_WRITES = 0.35

# A page that hears of movement loads a part of itself anew; more often would only cost requests.
SECONDS_BETWEEN_EVENTS = 2.0

OnProgress = Callable[[Import], None]


def tell(import_: Import, at: datetime) -> None:
    """Let open pages look at an import again: it moved, or came to its end."""
    events.tell(topic="imports", verb=import_.state, keys=[str(import_.pk)], at=at)


class Reporter:
    """Carries progress from the reader to the import's row, and the wish to stop back."""

    def __init__(
        self, import_: Import, clock: Callable[[], datetime], on_progress: OnProgress | None = None
    ) -> None:
        self.import_ = import_
        self.on_progress = on_progress
        self._clock = clock
        self._written_at = self._told_at = 0.0
        self._made_in = get_ident()

    def step(self, doing: str, total: int = 0) -> None:
        """Begin a part of the work, and say so at once."""
        self.import_.doing, self.import_.done, self.import_.total = doing[:200], 0, total
        self._write()

    def at(self, doing: str, done: int, total: int) -> None:
        """Tell how far a part is."""
        self.import_.doing, self.import_.done, self.import_.total = doing[:200], done, total
        self._write_sometimes()

    def more(self, rows: int) -> None:
        """Add rows to the part at hand."""
        self.import_.done += rows
        self._write_sometimes()

    def _write_sometimes(self) -> None:
        if time.monotonic() - self._written_at >= SECONDS_BETWEEN_WRITES:
            self._write()

    def _write(self) -> None:
        """Save the progress; a database that is busy at this moment only costs one step of the bar.

        Raises:
            Stopped: somebody asked for it.
        """
        self._written_at = time.monotonic()
        try:
            with transaction.atomic():
                _wait_little()
                asked = self._written()
        except OperationalError:
            return
        finally:
            # A thread of the engine ends when it likes, and would leave its connection open.
            if get_ident() != self._made_in:
                connection.close()
        if self.on_progress:
            self.on_progress(self.import_)
        if asked:
            raise Stopped(_("Stopped on request. Nothing was stored; the records are as they were."))

    def _written(self) -> bool | None:
        """Save how far it is; return whether somebody asked it to stop."""
        rows = Import.objects.filter(pk=self.import_.pk)
        rows.update(
            doing=self.import_.doing,
            done=self.import_.done,
            total=self.import_.total,
            rows_done=self.import_.rows_done,
        )
        asked = rows.values_list("stop_asked", flat=True).first()
        if self._written_at - self._told_at >= SECONDS_BETWEEN_EVENTS:
            self._told_at = self._written_at
            tell(self.import_, self._clock())
        return asked


def _wait_little() -> None:
    """Give up after a second of waiting for somebody's lock. SQLite gives up by itself.

    Rows are read by threads of the engine as well, each with a connection of its own: one of them waited for ever
    for a transaction that waited for it.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '1s'")
