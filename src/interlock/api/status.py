"""Is everything accounted for, and does every source still speak? Per source and in total.

The database itself is asked whether received = stored + duplicate + refused, in one question that also holds
each source's tallies against the sums of its batches and against the refused records that are kept. Whatever
does not agree is a fault and is said aloud.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

import msgspec
from django.db.models import (
    BooleanField,
    Case,
    Count,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from interlock.fabric.work.looking import failed_count
from interlock.listen import pushing
from interlock.listen.freshness import Freshness, State, freshness_of
from interlock.listen.live_sources import kinds_read_as_imports
from interlock.listen.models import Arrival, InboxRow, RefusedRow, Source
from interlock.listen.source_page import sums_of_imports

REASONS_SHOWN = 10
NAMES = ("received", "stored", "duplicate", "refused")


class Tallies(msgspec.Struct):
    """received = stored + duplicate + refused."""

    received: int
    stored: int
    duplicate: int
    refused: int


class RefusalReason(msgspec.Struct):
    """Why records were refused, and how many; the last one may sum up the rest."""

    reason: str
    refused: int


class Silence(msgspec.Struct):
    """How fresh a source is, as a sentence and for machines.

    Beyond `limit_seconds`, set by somebody or learnt, it is late; empty while nobody can say.
    """

    state: str
    sentence: str
    silent_seconds: int | None
    usual_gap_seconds: int | None
    gaps: int
    limit_seconds: int | None = None


class SourceStatus(msgspec.Struct):
    """One source: its tallies, why records were refused, its silence, and what went wrong last."""

    key: str
    name: str
    kind: str
    adds_up: bool
    tallies: Tallies
    reasons: list[RefusalReason]
    freshness: Silence
    error: str
    id: int = 0


class Waiting(msgspec.Struct):
    """What is received and not yet done: to be made readable, to be written to the records; and failed work."""

    unsettled: int
    unflushed: int
    failed_work: int


class Status(msgspec.Struct):
    """The whole installation's accounting at one moment: what came in live, and beside it what was imported by hand."""

    at: datetime
    adds_up: bool
    faults: list[str]
    totals: Tallies
    imported: Tallies
    sources: list[SourceStatus]
    waiting: Waiting


def status(now: datetime) -> Status:
    """The accounting of all live sources. Eight queries, however many sources there are."""
    sources = list(_tallied())
    silences, reasons = freshness_of(sources, now), _reasons()
    lines = [_line(source, silences[source.pk], reasons[source.pk]) for source in sources]
    imports = sums_of_imports(Source.objects.filter(removed_at=None)).values()
    faults = [_fault(source) for source in sources if not source.adds_up]
    return Status(
        at=now,
        adds_up=not faults,
        faults=faults,
        totals=Tallies(*(sum(getattr(line.tallies, name) for line in lines) for name in NAMES)),
        imported=Tallies(*(sum(one[name] for one in imports) for name in NAMES)),
        sources=lines,
        waiting=_waiting(),
    )


def _tallied() -> QuerySet[Source]:
    """Live sources, each with `adds_up`: its own sum, the sums of its batches and its kept refusals agree."""
    of_source = Arrival.objects.filter(source=OuterRef("pk")).order_by().values("source")
    batches = {f"batches_{name}": _number(of_source.annotate(n=Sum(name)).values("n")) for name in NAMES}
    kept = (
        RefusedRow.objects.filter(arrival__source=OuterRef("pk"))
        .order_by()
        .values("arrival__source")
        .annotate(n=Count("pk"))
        .values("n")
    )
    agrees = Q(received=F("stored") + F("duplicate") + F("refused")) & (
        Q(kept_refusals=F("refused"), **{f"batches_{name}": F(name) for name in NAMES})
        | Q(kind__in=kinds_read_as_imports())  # each of those has its own accounting
    )
    return (
        Source.objects.filter(
            Q(received__gt=0) | Q(token__isnull=False) | Q(ask_every__isnull=False) | ~Q(secrets="")
        )
        .filter(Q(removed_at=None) | Q(received__gt=0))
        .annotate(**batches, kept_refusals=_number(kept))
        .annotate(
            adds_up=Case(When(agrees, then=Value(True)), default=Value(False), output_field=BooleanField())
        )
    )


def _number(query: QuerySet[Arrival] | QuerySet[RefusedRow]) -> Coalesce:
    return Coalesce(Subquery(query, output_field=IntegerField()), 0)


def _reasons() -> dict[int, list[RefusalReason]]:
    """Why records were refused, by source, the most frequent first; what is rarer is summed up."""
    counted = (
        RefusedRow.objects.order_by()
        .values_list("arrival__source", "reason")
        .annotate(n=Count("pk"))
        .order_by("-n", "reason")
    )
    found: dict[int, list[RefusalReason]] = defaultdict(list)
    rest: dict[int, int] = defaultdict(int)
    for source_id, reason, number in counted.iterator(chunk_size=2_000):
        if len(found[source_id]) < REASONS_SHOWN:
            found[source_id].append(RefusalReason(reason, number))
        else:
            rest[source_id] += number
    for source_id, number in rest.items():
        found[source_id].append(RefusalReason(_("for rarer reasons"), number))
    return found


def _line(source: Source, silence: Freshness, reasons: list[RefusalReason]) -> SourceStatus:
    return SourceStatus(
        key=source.key,
        name=source.name,
        kind=source.kind,
        adds_up=source.adds_up,
        tallies=Tallies(source.received, source.stored, source.duplicate, source.refused),
        reasons=reasons,
        freshness=Silence(
            silence.state.value,
            silence.sentence,
            int(silence.silent_for.total_seconds()) if silence.silent_for is not None else None,
            int(silence.usual_gap.total_seconds()) if silence.usual_gap is not None else None,
            silence.n,
            int(silence.limit.total_seconds()) if silence.limit is not None else None,
        ),
        error=source.error or pushing.trouble_of(source),
        id=source.pk,
    )


def _fault(source: Source) -> str:
    return _(
        "%(name)s does not add up: received %(received)s, stored %(stored)s, duplicate %(duplicate)s, refused "
        "%(refused)s; its batches say %(batches)s received, and %(kept)s refused records are kept. "
        "Keep the database as it is and compare it with a backup."
    ) % {
        "name": source.name,
        **{name: getattr(source, name) for name in NAMES},
        "batches": source.batches_received,
        "kept": source.kept_refusals,
    }


def _waiting() -> Waiting:
    return Waiting(
        unsettled=InboxRow.objects.filter(settled=False).count(),
        unflushed=InboxRow.objects.filter(flushed=False).count(),
        failed_work=failed_count(),
    )


def late(found: Status) -> list[SourceStatus]:
    """The sources that are silent for longer than is usual for them, or than somebody allowed."""
    return [line for line in found.sources if line.freshness.state == State.LATE]
