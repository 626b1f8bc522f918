"""Many requests, one commit: threads that wait for the same disk share what it does.

A commit costs some milliseconds, whatever it holds. So the first thread that finds nobody writing writes for
all who wait by then; who comes meanwhile waits for the next one. Nobody waits for a clock: alone, an offer is
written at once.
"""

from __future__ import annotations

from datetime import datetime
from threading import Lock

from django.utils.translation import gettext as _

from interlock.listen.errors import InboxBusy, InboxFull, NotDurable
from interlock.listen.inbox.offering import Offer, Taken
from interlock.listen.inbox.taking import take_in
from interlock.listen.turns import turn

MOST_ROWS = 5_000


class _Waiting:
    """One offer on its way, and what came of it."""

    def __init__(self, offer: Offer) -> None:
        self.offer = offer
        self.taken: Taken | None = None
        self.error: BaseException | None = None

    @property
    def done(self) -> bool:
        return self.taken is not None or self.error is not None


_mutex = Lock()
_writing = Lock()
_queue: list[_Waiting] = []


def take_in_batched(offer: Offer, *, now: datetime) -> Taken:
    """Store one offer, together with those of other threads that wait; return after the commit.

    Raises:
        InboxBusy: the database was locked or away; the offer may be sent again.
        InboxFull: the disk is full.
        Exception: what `take_in` raises, and what the offer's own `within` does.
    """
    waiting = _Waiting(offer)
    with _mutex:
        _queue.append(waiting)
    with _writing:
        try:
            while not waiting.done:
                with turn():  # first: who comes while another process writes joins this group
                    _write(_next_group(), now)
        finally:
            _leave(waiting)
    if waiting.error is not None:
        raise waiting.error
    assert waiting.taken is not None
    return waiting.taken


def _leave(waiting: _Waiting) -> None:
    """Whoever goes away with an error must not be stored by the next one."""
    with _mutex:
        if waiting in _queue:
            _queue.remove(waiting)


def _next_group() -> list[_Waiting]:
    """Those who wait longest, together at most MOST_ROWS records; the first one always."""
    with _mutex:
        rows, number = 0, 0
        for number, waiting in enumerate(_queue):
            rows += len(waiting.offer.rows)
            if number and rows > MOST_ROWS:
                break
        else:
            number = len(_queue)
        group = _queue[:number]
        del _queue[:number]
    return group


def _write(group: list[_Waiting], now: datetime) -> None:
    """Write a group together; if that fails, each alone, so that nobody fails because of a neighbour."""
    try:
        all_taken = take_in([waiting.offer for waiting in group], now=now)
        for waiting, taken in zip(group, all_taken, strict=True):
            waiting.taken = taken
    except Exception as error:
        # A database that is away is away for all; asking once for each would only make everybody wait.
        if len(group) == 1 or isinstance(error, InboxBusy | InboxFull | NotDurable):
            for waiting in group:
                waiting.error = error
        else:
            for waiting in group:
                _write([waiting], now)
    finally:
        for waiting in group:
            if not waiting.done:
                waiting.error = InboxBusy(_("The server was stopped. Nothing was stored; send it again."))
