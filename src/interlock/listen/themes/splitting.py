"""Which signals of a theme are like these examples? What a split takes along, and where a moved signal goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import batched

import numpy as np
from django.utils.translation import gettext as _

from interlock.listen.errors import EditRefused
from interlock.listen.models import Cluster, PlacedSignal, Signal, SignalVector, Theme, ThemedSignal
from interlock.listen.themes.vectors import Vectors, centre_bytes, centres_of, unit, unpacked

# After the second round a split hardly moves: on banking77 under 1 in 100 signals.
ROUNDS = 2
# Of those a group was made of, this share may lie beyond its reach.
BEYOND_REACH = 0.05
AT_ONCE = 5_000


@dataclass(frozen=True)
class Like:
    """Signals like the examples, by number, with the centre and reach of the group they make."""

    signals: list[int]
    centre: bytes
    reach: float
    began_at: datetime


def like_these(theme: Theme, examples: Sequence[Signal]) -> Like:
    """What of this theme is more like the examples than like the groups it is in.

    Raises:
        EditRefused: no examples, one that is not in the theme, none in words, or all of the theme is like them.
    """
    if not examples:
        raise EditRefused(
            _("Choose at least one signal as an example of the new theme. Nothing was changed.")
        )
    rows = list(
        ThemedSignal.objects.filter(cluster__theme=theme, signal__vector__isnull=False)
        .order_by("signal_id")
        .values_list("signal_id", "cluster_id", "occurred_at", "signal__vector__bytes")
    )
    numbers = np.array([row[0] for row in rows], dtype=np.int64)
    chosen = np.isin(numbers, [one.pk for one in examples])
    if chosen.sum() < len(examples):
        raise EditRefused(
            _(
                "An example is not in “%(name)s”, or says nothing in words. Choose others; nothing was changed."
            )
            % {"name": theme.name}
        )
    vectors = unpacked([row[3] for row in rows])
    own = _likeness_to_own(vectors, [row[1] for row in rows])
    stay = _placed_elsewhere(theme, examples)
    fixed = chosen.copy()
    movable = ~np.isin(numbers, stay) | fixed
    for _round in range(ROUNDS):
        centre = unit(vectors[chosen].mean(axis=0))
        likeness = vectors @ centre
        chosen = fixed | (movable & (likeness > own))
    if chosen.all():
        raise EditRefused(
            _(
                "All of “%(name)s” is like these examples, so nothing would be left. Rename it, or choose fewer."
            )
            % {"name": theme.name}
        )
    return Like(
        signals=numbers[chosen].tolist(),
        centre=centre_bytes(centre),
        reach=float(np.quantile(likeness[chosen], BEYOND_REACH)),
        began_at=min(row[2] for row, is_chosen in zip(rows, chosen, strict=True) if is_chosen),
    )


def hand_over(signals: Sequence[int], cluster: Cluster) -> None:
    """Let these signals belong to another group."""
    for some in batched(signals, AT_ONCE, strict=False):
        ThemedSignal.objects.filter(signal__in=some).update(cluster=cluster)


def nearest_within(theme: Theme, signals: Sequence[Signal]) -> dict[int, Cluster]:
    """Of each signal the group of this theme that it is most like; the largest one for what has no words."""
    clusters = list(Cluster.objects.filter(theme=theme).order_by("-weight", "pk"))
    if not clusters:
        raise EditRefused(
            _("“%(name)s” holds nothing yet to be like. Choose another theme.") % {"name": theme.name}
        )
    homes = dict.fromkeys([one.pk for one in signals], clusters[0])
    spoken = list(SignalVector.objects.filter(signal__in=homes).values_list("signal_id", "bytes"))
    if spoken:
        likeness = unpacked([row for _pk, row in spoken]) @ centres_of(one.centre for one in clusters).T
        homes |= {
            pk: clusters[best] for (pk, _row), best in zip(spoken, likeness.argmax(axis=1), strict=True)
        }
    return homes


def _likeness_to_own(vectors: Vectors, clusters: Sequence[int]) -> np.ndarray:
    own = dict(Cluster.objects.filter(pk__in=set(clusters)).values_list("pk", "centre"))
    centres = centres_of(own.values())
    place = {number: row for row, number in enumerate(own)}
    return np.einsum("nd,nd->n", vectors, centres[[place[number] for number in clusters]])


def _placed_elsewhere(theme: Theme, examples: Sequence[Signal]) -> list[int]:
    """Signals that somebody placed in this theme: a split by other examples does not take them away."""
    keys = PlacedSignal.objects.filter(cluster__theme=theme).exclude(
        signal_key__in=[one.key for one in examples]
    )
    return list(Signal.objects.filter(key__in=keys.values("signal_key")).values_list("pk", flat=True))
