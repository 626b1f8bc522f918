"""Are those who read still signed in, still here, and still in the role their pass was made for?

A thread of its own asks the database: at once for somebody new, many together; every two seconds for all.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable, Coroutine, Iterable
from itertools import batched

from django.contrib.sessions.models import Session
from django.db import DatabaseError, connection
from django.utils import timezone

from interlock.api.stream.hub import Bearer, Pass
from interlock.converse.queries import talks_of_guests
from interlock.fabric.models import STAFF_ROLES, Person

logger = logging.getLogger(__name__)
# Whoever signs out or leaves is gone from the stream within five seconds; this leaves time for the question.
ASK_EVERY_SECONDS = 2.0
AT_ONCE = 1_000


class Doorkeeper(threading.Thread):
    """Keeps the set of bearers who were here at the last look."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        bearers: Callable[[], Coroutine[None, None, set[Bearer]]],
        close: Callable[[set[Bearer]], None],
    ) -> None:
        super().__init__(name="doorkeeper", daemon=True)
        self._loop, self._bearers, self._close = loop, bearers, close
        self._questions: queue.SimpleQueue[tuple[Bearer, asyncio.Future[bool]] | None] = queue.SimpleQueue()
        self._known: set[Bearer] = set()
        self._ended = False

    async def admit(self, holder: Pass) -> bool:
        """Whether this bearer may come in."""
        if holder.bearer in self._known:
            return True
        answer: asyncio.Future[bool] = self._loop.create_future()
        self._questions.put((holder.bearer, answer))
        return await answer

    def end(self) -> None:
        self._ended = True
        self._questions.put(None)

    def run(self) -> None:
        due = time.monotonic() + ASK_EVERY_SECONDS
        while not self._ended:
            asked = self._gather(max(0.0, due - time.monotonic()))
            try:
                if asked:
                    self._answer(asked)
                if time.monotonic() >= due:
                    self._look_round()
                    due = time.monotonic() + ASK_EVERY_SECONDS
            except DatabaseError:
                logger.exception("Nobody can be checked now; trying again.")
                connection.close()
                self._say({answer: False for _, answer in asked})
                time.sleep(0.5)
        connection.close()

    def _gather(self, seconds: float) -> list[tuple[Bearer, asyncio.Future[bool]]]:
        """Wait for a question, then take all that came meanwhile."""
        asked = []
        try:
            one = self._questions.get(timeout=seconds) if seconds else self._questions.get_nowait()
            while True:
                if one is not None:
                    asked.append(one)
                one = self._questions.get_nowait()
        except queue.Empty:
            return asked

    def _answer(self, asked: list[tuple[Bearer, asyncio.Future[bool]]]) -> None:
        here = still_here({bearer for bearer, _ in asked})
        self._known |= here
        self._say({answer: bearer in here for bearer, answer in asked})

    def _look_round(self) -> None:
        try:
            inside = asyncio.run_coroutine_threadsafe(self._bearers(), self._loop).result(ASK_EVERY_SECONDS)
        except TimeoutError:  # the loop is busy or ending; the next look is soon
            return
        self._known = still_here(inside)
        if gone := inside - self._known:
            self._loop.call_soon_threadsafe(self._close, gone)

    def _say(self, answers: dict[asyncio.Future[bool], bool]) -> None:
        def say() -> None:
            for future, answer in answers.items():
                if not future.done():
                    future.set_result(answer)

        self._loop.call_soon_threadsafe(say)


def still_here(bearers: Iterable[Bearer]) -> set[Bearer]:
    """Those whose session lives, whose person has neither left nor changed role, and guests still of their talks.

    Two queries a thousand, three where guests read talks.
    """
    here: set[Bearer] = set()
    for some in batched(bearers, AT_ONCE):
        people = Person.objects.filter(
            pk__in={one.person for one in some}, left_at=None, user__is_active=True
        )
        roles = dict(people.values_list("pk", "role"))
        live = Session.objects.filter(
            session_key__in={one.session for one in some}, expire_date__gt=timezone.now()
        )
        sessions = set(live.values_list("session_key", flat=True))
        guests = {one.person for one in some if one.talks and one.role not in STAFF_ROLES}
        talks = talks_of_guests(guests) if guests else {}
        here |= {
            one
            for one in some
            if roles.get(one.person) == one.role
            and one.session in sessions
            and (one.person not in guests or one.talks <= talks.get(one.person, set()))
        }
    return here
