"""Signals that were noticed as something new become a theme at once, and it takes in what is said like them.

The theme, its groups and the line of its lineage are written together, so that a person can say that it is no theme of
its own: then all goes home to the theme most of it came from, and stays there. Learning anew moves none of it.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from interlock.analytics.themes.edits import micros_for
from interlock.analytics.themes.quantise import nearest_row
from interlock.fabric import events, journal
from interlock.listen.models import (
    ChangeKind,
    Cluster,
    PlacedSignal,
    Signal,
    SignalVector,
    Theme,
    ThemeChange,
    ThemedSignal,
)
from interlock.listen.themes import naming
from interlock.listen.themes.vectors import Vectors, centre_bytes, centres_of, unpacked

# Fewer that are left, because people placed the others, are no theme.
FEWEST = 4


@dataclass(frozen=True)
class Founding:
    """What is worked out before anything is written: signals, the groups they make, where they were and a name."""

    signals: NDArray[np.int64]
    vectors: Vectors
    centres: Vectors
    reach: NDArray[np.float32]
    origin: Theme
    named: naming.Found
    homes: frozenset[int]
    """The themes they were in."""


def prepared(signals: Sequence[int]) -> Founding | None:
    """What these signals become; None where people placed nearly all of them, or they were taken out."""
    numbers, vectors, themes = _free(signals)
    if len(numbers) < FEWEST:
        return None
    origin = _origin(themes, vectors)
    centres, reach = micros_for(vectors, seed=1)
    homes = frozenset(theme for theme in themes if theme is not None) | {origin.pk}
    return Founding(numbers, vectors, centres, reach, origin, naming.name_of(numbers.tolist()), homes)


def found(founding: Founding, *, looked_to: int, now: datetime) -> Theme:
    """Write a new theme, inside the caller's transaction."""
    origin, named = founding.origin, founding.named
    began = Signal.objects.filter(pk__in=founding.signals.tolist()).order_by("occurred_at")
    first = began.values_list("occurred_at", flat=True).first()
    born = Theme.objects.create(
        key=str(uuid.uuid4()),
        parent_id=origin.parent_id,
        name=named.name,
        words=named.words,
        quotes=named.quotes,
        began_at=first or now,
        found_at=now,
    )
    clusters = _grouped(born, founding.signals, founding.vectors, founding.centres, founding.reach)
    # Taken back, its groups go home with whatever joined them meanwhile.
    steps = [["theme", born.pk, {"ended_at": [now.isoformat(), None], "became_id": [origin.pk, None]}]]
    steps += [_step(cluster, origin, born) for cluster in clusters]
    change = ThemeChange.objects.create(
        kind=ChangeKind.NOTICED, theme=born, other=origin, at=now, signals=len(founding.signals), steps=steps,
        said={"from": origin.name, "into": born.name, "looked_to": looked_to},
    )  # fmt: skip
    detail = {"change": change.pk, "kind": change.kind, "signals": change.signals, **change.said}
    journal.note(actor=None, verb="noticed a new theme", about=born, at=now, detail=detail)
    events.tell(topic="themes", verb="changed", keys=[born.key, origin.key], at=now)
    return born


def take_in(theme_id: int, signals: Sequence[int]) -> set[int]:
    """Let a new theme take these signals in, inside the caller's transaction, unless people ended it.

    Returns the themes whose signals changed: this one, and those they were in.
    """
    theme = Theme.objects.select_for_update(of=("self",)).filter(pk=theme_id, ended_at=None).first()
    if theme is None:
        return set()
    numbers, vectors, themes = _free(signals)
    outside = np.array([own != theme_id for own in themes], dtype=bool)
    if not outside.any():
        return set()
    numbers, vectors = numbers[outside], vectors[outside]
    clusters = _grouped(theme, numbers, vectors, *micros_for(vectors, seed=1))
    change = ThemeChange.objects.filter(kind=ChangeKind.NOTICED, theme=theme, undone_at=None).first()
    if change and change.other:
        change.steps += [_step(cluster, change.other, theme) for cluster in clusters]
        change.signals += len(numbers)
        change.save(update_fields=["steps", "signals"])
    return {theme_id} | {own for own in themes if own is not None}


def clusters_noticed() -> set[int]:
    """Groups of every theme that was noticed as new, whatever became of it: none of them moves by itself."""
    steps = ThemeChange.objects.filter(kind=ChangeKind.NOTICED).values_list("steps", flat=True)
    return {number for some in steps for kind, number, _values in some if kind == "cluster"}


def _free(signals: Sequence[int]) -> tuple[NDArray[np.int64], Vectors, list[int | None]]:
    """Those of these signals that no person placed: numbers, vectors and the themes they are in. Two queries."""
    rows = list(
        SignalVector.objects.filter(pk__in=signals, signal__themed__isnull=False)
        .order_by("pk")
        .values_list("pk", "bytes", "signal__themed__cluster__theme", "signal__key")
    )
    placed = set(
        PlacedSignal.objects.filter(signal_key__in=[row[3] for row in rows]).values_list(
            "signal_key", flat=True
        )
    )
    rows = [row for row in rows if row[3] not in placed]
    numbers = np.array([row[0] for row in rows], dtype=np.int64)
    return numbers, unpacked([row[1] for row in rows]), [row[2] for row in rows]


def _origin(themes: Sequence[int | None], vectors: Vectors) -> Theme:
    """The theme that most of the signals were in; where they were in none, the one whose groups are most like them."""
    held = Counter(theme for theme in themes if theme is not None)
    if held:
        return Theme.objects.get(pk=held.most_common(1)[0][0])
    rows = list(Cluster.objects.filter(theme__ended_at=None).order_by("pk").values_list("theme", "centre"))
    nearest = centres_of(row[1] for row in rows) @ vectors.mean(axis=0)
    return Theme.objects.get(pk=rows[int(nearest.argmax())][0])


def _grouped(
    theme: Theme, numbers: NDArray[np.int64], vectors: Vectors, centres: Vectors, reach: NDArray[np.float32]
) -> list[Cluster]:
    """Make groups of the theme and put each signal into the one it is most like."""
    nearest = nearest_row(vectors, centres)
    sizes = np.bincount(nearest, minlength=len(centres))
    clusters = [
        Cluster.objects.create(
            key=str(uuid.uuid4()),
            theme=theme,
            centre=centre_bytes(centre),
            weight=float(size),
            reach=float(near),
        )
        for centre, size, near in zip(centres, sizes, reach, strict=True)
    ]
    likeness = np.einsum("nd,nd->n", vectors, centres[nearest])
    rows = ThemedSignal.objects.select_for_update(of=("self",)).in_bulk(numbers.tolist())
    for number, group, like in zip(numbers.tolist(), nearest, likeness, strict=True):
        if number in rows:
            rows[number].cluster, rows[number].likeness = clusters[group], float(like)
    ThemedSignal.objects.bulk_update(rows.values(), ["cluster", "likeness"], batch_size=500)
    return clusters


def _step(cluster: Cluster, origin: Theme, born: Theme) -> list[object]:
    return ["cluster", cluster.pk, {"theme_id": [origin.pk, born.pk]}]
