"""Asking a source for what is new: one asking at a time, page by page, until nothing is left or its time is over.

Whoever asks holds a lease on the source, taken and kept by compare and set. Each page is stored together with
the place where the next one goes on, so an asking that is killed at any moment loses nothing and stores nothing
twice: when its lease has run out, the next asking goes on from the last stored page. What goes wrong is kept on
the source as a sentence; it never fails the task, so that one broken system costs the others nothing.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched
from pathlib import Path
from traceback import format_exception

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from interlock.connectors.live import (
    Answers,
    Http,
    ImportingConnector,
    Interrupted,
    LiveConnector,
    NotTaken,
    Page,
    Reach,
    TryLater,
    Unauthorised,
)
from interlock.connectors.live_registry import AnyConnector
from interlock.fabric import events, journal
from interlock.fabric.secrets import SealBroken
from interlock.listen import inbox, live_imports
from interlock.listen.errors import ListenError
from interlock.listen.inbox import Offer, Offered, Refusal, Taken
from interlock.listen.keeping import keeping
from interlock.listen.live_sources import answers_of, without_secrets
from interlock.listen.models import Arrival, Source

logger = logging.getLogger(__name__)

# A source that has much to tell lets the others have its thread in between.
SLICE = timedelta(seconds=120)
# Longer than one request may take (30 s), with room for a machine that is busy.
LEASE = timedelta(seconds=120)
# An import is read whole, by a database that may think for ten minutes.
IMPORT_SLICE, IMPORT_LEASE = timedelta(hours=2), timedelta(seconds=900)
# A pause is noticed, and the lease kept, this often while a connector waits.
LOOK_EVERY = timedelta(seconds=10)
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 30.0, 3600.0
LONGEST_PATIENCE_SECONDS = 24 * 3600.0
BUSY_SECONDS = 30.0
# One transaction; SQLite's only write lock is held for about a tenth of a second.
ROWS_AT_ONCE = 1_000


@dataclass(frozen=True)
class Outside:
    """The world as an asking sees it."""

    connectors: Mapping[str, AnyConnector]
    http: Callable[[], AbstractContextManager[Http]]
    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    rng: random.Random
    folders: tuple[Path, ...] = ()
    private_hosts: frozenset[str] = frozenset()

    def reach(self, source: Source, http: Http, wait: Callable[[float], None]) -> Reach:
        """What the connector of this source may touch."""
        return keeping(Reach(http, self.now, wait, self.folders, self.private_hosts), source)


@dataclass(frozen=True)
class Outcome:
    """How an asking ended: when the next one is due (None: not before a person acts), and what went wrong."""

    wait: float | None
    error: str = ""
    failed: bool = False
    refused_credentials: bool = False
    goes_on: bool = False
    rows: int = 0


class LeaseLost(Interrupted):
    """Somebody else asks this source now, or it was removed; nothing more may be stored by this asking."""


def due_sources(now: datetime) -> QuerySet[Source]:
    """Sources whose time has come and whom nobody asks. One query."""
    free = Q(asked_until=None) | Q(asked_until__lte=now)
    return Source.objects.filter(free, removed_at=None, paused_at=None, ask_at__lte=now).order_by("ask_at")


def ask(*, source_id: int, by: str, outside: Outside) -> Outcome | None:
    """Ask one source under the name `by`, which no other asking has; None when it is not due or is asked already."""
    source = _lease(source_id, by, outside)
    if source is None:
        return None
    asking = Asking(source, by, outside)
    outcome = _outcome(asking)
    _end(asking, outcome)
    return outcome


class Asking:
    """One asking under way: its lease, its slice of time, and what it has read."""

    def __init__(self, source: Source, by: str, outside: Outside) -> None:
        self.source, self.by, self.outside = source, by, outside
        self.connector = outside.connectors.get(source.kind)
        self.answers: Answers = {}
        imports = isinstance(self.connector, ImportingConnector)
        self.lease = IMPORT_LEASE if imports else LEASE
        self.began = self.looked_at = outside.now()
        self.until = self.began + (IMPORT_SLICE if imports else SLICE)
        self.goes_on_after: float | None = None
        self.rows = 0

    @property
    def held(self) -> QuerySet[Source]:
        """The source, as long as this asking holds it."""
        return Source.objects.filter(pk=self.source.pk, asked_by=self.by, removed_at=None)

    def wait(self, seconds: float) -> None:
        """Wait, keep the lease, and look for the stop sign. Raises Interrupted."""
        resumed_at = self.outside.now() + timedelta(seconds=seconds)
        if resumed_at > self.until:
            self.goes_on_after = seconds
            raise Interrupted("The time of this asking is over; the next one goes on.")
        while True:
            now = self.outside.now()
            if now - self.looked_at >= LOOK_EVERY:
                self.keep(now)
            if now >= resumed_at:
                return
            self.outside.sleep(min((resumed_at - now).total_seconds(), LOOK_EVERY.total_seconds()))

    def keep(self, now: datetime) -> None:
        """Renew the lease; raise Interrupted when the source was paused, LeaseLost when it is another's."""
        if not self.held.filter(paused_at=None).update(asked_until=now + self.lease):
            if self.held.exists():
                raise Interrupted("The source was paused.")
            raise LeaseLost("The source is asked by somebody else, or was removed.")
        self.looked_at = now

    def store(self, page: Page) -> None:
        """Store a page with the place where the next one begins. Raises LeaseLost: then nothing is stored."""
        now = self.outside.now()
        rows, refused = _checked(page, now)
        self.rows += len(rows) + len(refused) + len(page.answered)
        parts = [list(part) for part in batched(rows, ROWS_AT_ONCE)] or [[]]
        for part in parts[:-1]:
            self._take_in(part, [], lambda _taken: self._go_on(self.source.cursor, now), now)
        if parts[-1] or refused or page.answered:
            self._take_in(parts[-1], refused, lambda _taken: self._end_page(page, now), now)
        else:
            self._go_on(page.cursor, now)
        self.source.cursor = page.cursor

    def _end_page(self, page: Page, now: datetime) -> None:
        """Keep the mails that answer ours for the room above that wrote them, and go on behind this page."""
        self._go_on(page.cursor, now)
        if page.answered:
            import_string(settings.MAIL_ANSWERED_TO)(page.answered, source=self.source, now=now)

    def _take_in(
        self, rows: list[Offered], refused: list[Refusal], within: Callable[[Taken], None], now: datetime
    ) -> None:
        inbox.take_in([Offer(self.source, rows, refused, within=within)], now=now)

    def _go_on(self, cursor: str, now: datetime) -> None:
        if not self.held.update(cursor=cursor, asked_until=now + self.lease):
            raise LeaseLost("The source is asked by somebody else, or was removed.")


def _lease(source_id: int, by: str, outside: Outside) -> Source | None:
    """Take the source, unless somebody else has it or it is not due any more."""
    now = outside.now()
    kind = Source.objects.filter(pk=source_id).values_list("kind", flat=True).first() or ""
    lease = IMPORT_LEASE if isinstance(outside.connectors.get(kind), ImportingConnector) else LEASE
    if not due_sources(now).filter(pk=source_id).update(asked_by=by, asked_until=now + lease):
        return None
    return Source.objects.get(pk=source_id)


def _outcome(asking: Asking) -> Outcome:
    """Ask, and put whatever happens into words."""
    try:
        asking.answers = answers_of(asking.source)
        _read(asking)
        return Outcome(asking.source.ask_every, rows=asking.rows)
    except Interrupted:
        return Outcome(asking.goes_on_after or 0, goes_on=True, rows=asking.rows)
    except TryLater as error:
        wait = min(max(error.seconds, 1.0), LONGEST_PATIENCE_SECONDS)
        return Outcome(wait, _words(asking, error), goes_on=True, rows=asking.rows)
    except (Unauthorised, SealBroken) as error:
        words = _("%(error)s It is not asked again until somebody does.") % {"error": _words(asking, error)}
        return Outcome(None, words, failed=True, refused_credentials=True, rows=asking.rows)
    except ListenError as error:  # the inbox is busy or full; the other system is well
        return Outcome(BUSY_SECONDS, _words(asking, error), rows=asking.rows)
    except Exception as error:  # also what a stranger's connector raises: it must cost its own source only
        return Outcome(_back_off(asking), _words(asking, error), failed=True, rows=asking.rows)


def _read(asking: Asking) -> None:
    connector, outside = asking.connector, asking.outside
    if connector is None:
        raise ListenError(
            _("There is no connector “%(kind)s” in this installation. Install its package again.")
            % {"kind": asking.source.kind}
        )
    with outside.http() as http:
        reach = outside.reach(asking.source, http, asking.wait)
        if isinstance(connector, LiveConnector):
            for page in connector.pages(asking.answers, asking.source.cursor, reach):
                asking.store(page)
                asking.wait(0)
        else:
            asking.rows = live_imports.read_due(asking.source, connector, asking.answers, reach, asking.held)


def _checked(page: Page, now: datetime) -> tuple[list[Offered], list[Refusal]]:
    rows, refused = [], [as_refusal(one) for one in page.refused]
    for one in page.rows:
        result = inbox.checked(one.table, one.row, place=one.place, now=now, route=one.route)
        (rows if isinstance(result, Offered) else refused).append(result)  # type: ignore[arg-type]  # told apart just before
    return rows, refused


def as_refusal(one: NotTaken) -> Refusal:
    """What a connector could not take, as the inbox keeps it."""
    return Refusal(one.place[:200], one.reason[:400], one.field[:60], one.payload[:64_000])


def _back_off(asking: Asking) -> float:
    """Seconds until the next asking: doubled with each failure up to an hour, and spread."""
    full = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2 ** min(asking.source.failures, 16))
    return full * (0.5 + asking.outside.rng.random() / 2)


def _words(asking: Asking, error: Exception) -> str:
    """The error as a sentence without any secret; one that nobody foresaw goes to the log as well."""
    if type(error).__module__.startswith("interlock.") and str(error):
        return without_secrets(str(error), asking.source, asking.answers)
    trace = without_secrets("".join(format_exception(error)), asking.source, asking.answers)
    logger.error("asking %s failed unexpectedly: %s", asking.source.key, trace)
    return _(
        "The connector “%(kind)s” failed unexpectedly (%(error)s); the log tells where. What came before is stored."
    ) % {
        "kind": asking.source.kind,
        "error": without_secrets(f"{type(error).__name__}: {error}", asking.source, asking.answers)[:200],
    }


@transaction.atomic
def _end(asking: Asking, outcome: Outcome) -> None:
    """Close the batches, let go of the source, and say when it is asked next. Nothing if it is another's now."""
    now, before = asking.outside.now(), asking.source
    wait = outcome.wait
    if wait is not None and not outcome.error and not outcome.goes_on:
        wait = max(0.0, wait - (now - asking.began).total_seconds())  # the rhythm counts from begin to begin
    well = not outcome.error
    held = asking.held.update(
        asked_by="",
        asked_until=None,
        last_tried_at=now,
        ask_at=None if wait is None else now + timedelta(seconds=wait),
        error=outcome.error,
        failures=F("failures") + 1 if outcome.failed else 0 if well else F("failures"),
        last_ok_at=now if well else before.last_ok_at,
    )
    if not held:
        return
    if not outcome.goes_on:
        _close_batches(asking, now)
    if outcome.refused_credentials:
        journal.note(
            actor=None, verb="stopped asking", about=before, at=now, detail={"because": outcome.error[:300]}
        )
    if outcome.rows or outcome.error != before.error:
        events.tell(topic="sources", verb="asked", keys=[before.key], at=now)


def _close_batches(asking: Asking, now: datetime) -> None:
    """An asking is one batch. One that was cut off stays open, so that the next asking finishes it."""
    for arrival in Arrival.objects.filter(source=asking.source, closed_at=None, by=None):
        inbox.close_arrival(arrival=arrival, now=now)


def pages_until(
    connector: LiveConnector, answers: Answers, reach: Reach, rows: int
) -> Iterator[tuple[list[Offered], list[Refusal]]]:
    """Records from the beginning, checked and not stored, until this many were seen."""
    seen = 0
    for page in connector.pages(answers, "", reach):
        good, refused = _checked(page, reach.now())
        yield good, refused
        seen += len(good) + len(refused)
        if seen >= rows:
            return
        reach.wait(0)
