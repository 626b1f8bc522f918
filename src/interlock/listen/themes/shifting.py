"""Has what is said in a theme shifted? Each hour the newest four weeks of every theme are compared with the quarter before.

People are counted, not rows, and of the shifts shown one in ten may be chance. The theme stays one until somebody splits it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.db import transaction
from django.db.models import Count, QuerySet
from django.db.models.functions import Coalesce
from numpy.typing import NDArray

from interlock.analytics.statistics.multiple import FALSE_SHARE, q_values
from interlock.analytics.themes.shift import FEWEST_BEFORE, FEWEST_NEW, Shift, sayings, shift_of
from interlock.listen.models import Cluster, ThemedSignal, ThemeShift
from interlock.listen.themes.present import present_week
from interlock.listen.themes.vectors import centres_of
from interlock.listen.themes.weeks import WEEKS_COUNTED, monday_of

WEEKS_NEW = 4
# A saying that grew by less is a nuance that no reader would see, however sure.
LEAST_GROWN = 0.1
FEWEST_VOICES = 5
EXAMPLES = 6
People = Mapping[int, Mapping[int, int]]  # of each group in each week, the newest week being WEEKS - 1
_WEEKS = WEEKS_COUNTED + WEEKS_NEW


@dataclass(frozen=True)
class _Looked:
    """One theme that was looked at: its shift, and the groups of each saying."""

    theme: int
    shift: Shift
    clusters: NDArray[np.int64]
    saying: NDArray[np.int64]

    def groups(self, saying: int) -> list[int]:
        return [int(number) for number in self.clusters[self.saying == saying]]


def find_shifts(*, now: datetime) -> int:
    """Write anew which themes have shifted; return how many."""
    latest = present_week(now)
    looked = _looked(latest)
    q = q_values(np.array([one.shift.chance for one in looked]))
    rows = [
        row
        for one, share in zip(looked, q, strict=True)
        if share <= FALSE_SHARE and one.shift.grown >= LEAST_GROWN
        if (row := _told(one, float(share), latest, now))
    ]
    with transaction.atomic():
        ThemeShift.objects.all().delete()
        ThemeShift.objects.bulk_create(rows)
    return len(rows)


def _looked(latest: int) -> list[_Looked]:
    """Every theme with people enough, shifted or not: a look is a look."""
    people = {theme: said for theme, said in _people(latest).items() if _is_enough(said)}
    centres = _centres(people)
    found = []
    for theme, said in people.items():
        clusters = np.array([number for number in centres[theme] if number in said], dtype=np.int64)
        saying = sayings(centres_of(centres[theme][number] for number in clusters.tolist()))
        table = np.zeros((int(saying.max(initial=-1)) + 1, _WEEKS))
        for number, place in zip(clusters.tolist(), saying, strict=True):
            for week, counted in said[number].items():
                table[place, week] += counted
        shift = shift_of(table[:, :WEEKS_COUNTED], table[:, WEEKS_COUNTED:])
        if shift is not None:
            found.append(_Looked(theme, shift, clusters, saying))
    return found


def _people(latest: int) -> dict[int, People]:
    """People by theme, group and week; who is not known is taken for one who spoke once. One query, along one index."""
    first = latest - _WEEKS + 1
    rows = (
        ThemedSignal.objects.filter(week__gte=first, week__lte=latest, cluster__isnull=False)
        .filter(cluster__theme__ended_at=None)  # which is empty, too, for what is like no theme
        .values_list("cluster__theme", "cluster", "week")
        .annotate(people=Count(Coalesce("customer", "voice"), distinct=True))
        .order_by()
    )
    found: dict[int, dict[int, dict[int, int]]] = defaultdict(lambda: defaultdict(dict))
    for theme, cluster, week, people in rows:
        found[theme][cluster][week - first] = people
    return dict(sorted(found.items()))


def _is_enough(said: People) -> bool:
    newest = sum(n for weeks in said.values() for week, n in weeks.items() if week >= WEEKS_COUNTED)
    return (
        newest >= FEWEST_NEW and sum(sum(weeks.values()) for weeks in said.values()) - newest >= FEWEST_BEFORE
    )


def _centres(themes: Collection[int]) -> Mapping[int, dict[int, bytes]]:
    found: dict[int, dict[int, bytes]] = defaultdict(dict)
    rows = Cluster.objects.filter(theme__in=themes).order_by("pk").values_list("theme", "pk", "centre")
    for theme, number, centre in rows:
        found[theme][number] = centre
    return found


def _told(one: _Looked, q: float, latest: int, now: datetime) -> ThemeShift | None:
    """The shift in voices, as a reader would count them, with a quote of each saying; None where too few say what rose."""
    own = ThemedSignal.objects.filter(cluster__theme=one.theme, week__lte=latest)
    turned = latest - WEEKS_NEW
    newest = own.filter(week__gt=turned)
    before = own.filter(week__lte=turned, week__gt=latest - _WEEKS)
    rose, fell = ({"cluster__in": one.groups(place)} for place in (one.shift.rose, one.shift.fell))
    risen = _voices(newest.filter(**rose))
    if risen < FEWEST_VOICES:
        return None
    examples = newest.filter(**rose, signal__vector__isnull=False).order_by("-occurred_at", "-pk")
    return ThemeShift(
        theme_id=one.theme,
        since=monday_of(turned + 1),
        q=q,
        newest=_voices(newest),
        before=_voices(before),
        rose={
            "quote": _likest(newest.filter(**rose)),
            "x": risen,
            "before": _voices(before.filter(**rose)),
            "examples": list(examples.values_list("pk", flat=True)[:EXAMPLES]),
        },
        fell={
            "quote": _likest(before.filter(**fell)),
            "x": _voices(newest.filter(**fell)),
            "before": _voices(before.filter(**fell)),
        },
        found_at=now,
    )


def _voices(signals: QuerySet[ThemedSignal]) -> int:
    counted: int = signals.aggregate(voices=Count("voice", distinct=True))["voices"]
    return counted


def _likest(signals: QuerySet[ThemedSignal]) -> str:
    """The key of the signal in words that is nearest to its group."""
    spoken = signals.filter(signal__vector__isnull=False).order_by("-likeness", "pk")
    return spoken.values_list("signal__key", flat=True).first() or ""
