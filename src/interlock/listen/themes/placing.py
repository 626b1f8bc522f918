"""Which theme does a signal belong to? Found within a second of its arrival, and again when its words change.

What a person placed stays where they put it. A signal whose words are unlike every group keeps its vector and waits
without a theme, until enough others say the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import batched

import numpy as np
from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from numpy.typing import NDArray

from interlock.fabric import events, work
from interlock.listen.bulk_rows import upsert
from interlock.listen.models import (
    Cluster,
    PlacedSignal,
    Signal,
    SignalVector,
    ThemedSignal,
    ThemesLearnt,
)
from interlock.listen.themes import noticing
from interlock.listen.themes.encoding import COLUMNS, Said, encoder_called, encoder_mark, said
from interlock.listen.themes.vectors import Vectors, centres_of, packed
from interlock.listen.themes.weeks import week_of
from interlock.listen.turns import turn

# A transformer takes three milliseconds a text: half a second, then whoever else waits has a turn.
PLACED_AT_ONCE = 200
WRITTEN_AT_ONCE = 2_000
THEMED = (
    "signal", "cluster", "occurred_at", "likeness", "week", "customer", "voice", "let_down", "copy_hash",
)  # fmt: skip


@dataclass(frozen=True)
class Groups:
    """The groups in force: numbers, centres (m, d) and reach of each, read once for a batch."""

    encoder: str
    numbers: NDArray[np.int64]
    centres: Vectors
    reach: NDArray[np.float32]


@work.task(queue="prompt", key="place", attempts=3, title=_("Find the themes of new signals"))
def place_signals() -> int:
    """Place what came in and look whether it is new; half a second's worth at a time, so that others have their turn."""
    placed = place(new_signals(), now=timezone.now())
    looked_at = noticing.notice(now=timezone.now(), most=PLACED_AT_ONCE)
    if PLACED_AT_ONCE in (placed, looked_at):
        work.ask(place_signals)
    return placed


def groups_in_force() -> Groups | None:
    """The groups that signals are compared with; None before the first learning. Two queries."""
    learnt = ThemesLearnt.objects.order_by("-pk").first()
    if learnt is None:
        return None
    rows = list(
        Cluster.objects.filter(theme__ended_at=None).order_by("pk").values_list("pk", "centre", "reach")
    )
    return Groups(
        learnt.encoder,
        np.array([row[0] for row in rows], dtype=np.int64),
        centres_of(row[1] for row in rows),
        np.array([row[2] for row in rows], dtype=np.float32),
    )


def new_signals() -> QuerySet[Signal]:
    """Signals that came after the last one that was placed."""
    last = ThemedSignal.objects.aggregate(last=Max("signal_id"))["last"] or 0
    return Signal.objects.filter(pk__gt=last).order_by("pk")


def changed_signals() -> QuerySet[Signal]:
    """Signals that were never placed, or whose words changed since. Reads all signals, so not for each arrival."""
    fresh = Q(themed=None) | ~Q(themed__copy_hash=F("copy_hash"))
    return Signal.objects.filter(fresh).order_by("pk")


def place(signals: QuerySet[Signal], *, now: datetime, most: int = PLACED_AT_ONCE) -> int:
    """Find the groups of the first of these signals, at most `most`; return how many were looked at."""
    groups = groups_in_force()
    if groups is None:
        return 0
    found = list(signals.only(*COLUMNS)[:most])
    if not found:
        return 0
    try:
        encoder = encoder_called(groups.encoder)
    except (
        LookupError
    ):  # it was changed or taken away: themes are about to be learnt anew, and place these too
        return 0
    spoken = [said(one) for one in found]
    vectors = encoder.encode([one.text for one in spoken])
    likeness, nearest = _nearest(groups, vectors)
    own = _placed_by_hand([one.key for one in found])
    rows = [
        themed_row(one, words, own.get(one.key, int(group) if group >= 0 else None), float(like), words.voice)
        for one, words, group, like in zip(found, spoken, nearest, likeness, strict=True)
    ]
    store(rows)
    store_vectors([one.pk for one in found], vectors, groups.encoder)
    _tell(rows, now)
    return len(found)


def themed_row(
    signal: Signal, words: Said, cluster: int | None, likeness: float, voice: int
) -> tuple[object, ...]:
    """One row of ThemedSignal, in the order of THEMED."""
    at = signal.occurred_at
    return (
        signal.pk, cluster, at, likeness, week_of(at), words.customer, voice, words.let_down, signal.copy_hash,
    )  # fmt: skip


def store(rows: Sequence[tuple[object, ...]]) -> None:
    """Write where signals belong, in transactions that nobody waits long for; rows are in the order of THEMED."""
    for some in batched(rows, WRITTEN_AT_ONCE, strict=False):
        with turn(), transaction.atomic():
            upsert(ThemedSignal, THEMED, some)


def store_vectors(numbers: Sequence[int], vectors: Vectors, encoder: str) -> None:
    """Keep what these signals say; those without words have no vector."""
    mark, has_words = encoder_mark(encoder), vectors.any(axis=1)
    kept = [
        (number, row, mark)
        for number, row, has in zip(numbers, packed(vectors), has_words, strict=True)
        if has
    ]
    for some in batched(kept, WRITTEN_AT_ONCE, strict=False):
        with turn(), transaction.atomic():
            upsert(SignalVector, ("signal", "bytes", "encoder"), some)


def forget_gone() -> int:
    """Drop the places and vectors of signals that were taken out; return how many."""
    gone = ~Exists(Signal.objects.filter(pk=OuterRef("pk")))
    with transaction.atomic():
        SignalVector.objects.filter(gone)._raw_delete(SignalVector.objects.db)
        themed = ThemedSignal.objects.filter(gone)
        number = themed.count()
        themed._raw_delete(ThemedSignal.objects.db)
    return number


def _nearest(groups: Groups, vectors: Vectors) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Likeness to the nearest group and its number, -1 where the words are beyond its reach or there are none."""
    if not len(groups.numbers):
        return np.zeros(len(vectors), np.float32), np.full(len(vectors), -1)
    likeness = vectors @ groups.centres.T
    best = likeness.argmax(axis=1)
    like = likeness[np.arange(len(vectors)), best]
    belongs = vectors.any(axis=1) & (like >= groups.reach[best])
    return like, np.where(belongs, groups.numbers[best], -1)


def _placed_by_hand(keys: Sequence[str]) -> dict[str, int]:
    placed = PlacedSignal.objects.filter(signal_key__in=keys)
    return dict(placed.values_list("signal_key", "cluster_id"))


def _tell(rows: Sequence[tuple[object, ...]], now: datetime) -> None:
    groups = {row[1] for row in rows} - {None}
    themes = Cluster.objects.filter(pk__in=groups).values_list("theme__key", flat=True)
    keys = sorted(set(themes))
    if keys:
        with transaction.atomic():
            events.tell(topic="themes", verb="grew", keys=keys, at=now)
