"""Among whom is a theme heard more than elsewhere: which products, regions, channels, languages, kinds, and whose money?

The voices of everybody are counted in the background, so that a page only counts those of its theme. Each value is
tested exactly against its share of all voices, and of those shown one in ten may stand there by chance. It says what goes
with a theme, never what causes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import combinations

import numpy as np
from django.db import transaction
from django.db.models import Count, F, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import Combinable

from interlock.analytics.statistics.multiple import FALSE_SHARE, q_values
from interlock.analytics.statistics.shares import share_above, wilson
from interlock.listen.models import CustomerWorth, SegmentVoices, Theme, ThemedSignal
from interlock.listen.themes.bought import band_customers
from interlock.listen.themes.present import Weeks, quarter

# The filter of the list that shows the rows, and where the value stands.
COLUMNS: dict[str, Combinable] = {
    "product": F("signal__product_label"),
    "region": F("signal__region"),
    "channel": F("signal__channel"),
    "language": F("signal__understood__language"),
    "kind": F("signal__kind"),
    # How much the customer bought in a year, as a band (`bought.py`).
    "worth": Subquery(CustomerWorth.objects.filter(pk=OuterRef("customer")).values("band")),
}
# Fewer voices say nothing about a share.
FEWEST_VOICES = 5
MOST_VALUES, MOST_SHOWN = 200, 8
# Two values that share so many of their voices say the same.
ONE_FACT = 0.95
# While texts wait to be read, the languages told so far are those of the first ones and not everybody's.
LEAST_READ = 0.95
# The voices of all values of a column together, under no value.
ALL = ""


@dataclass(frozen=True)
class Segment:
    """Of n voices of a theme that name the column, x are of this value; of everybody's the share `usual` (0 to 1)."""

    column: str
    value: str
    x: int
    n: int
    usual: float
    low: float = 0.0
    high: float = 1.0
    also: tuple[tuple[str, str], ...] = ()
    """Other columns and values that the same voices have."""

    @property
    def share(self) -> float:
        return self.x / self.n


def count_segments(*, now: datetime) -> int:
    """Band the customers, and count everybody's voices by segment in the newest 13 weeks; return how many segments there are."""
    band_customers(now=now)
    rows, heard = [], quarter(now).of(ThemedSignal.objects.filter(cluster__isnull=False))
    for column in COLUMNS:
        counted = _voices(heard, column) if column != "language" or _are_read(heard) else {}
        rows += [
            SegmentVoices(column=column, value=value, voices=voices, counted_at=now)
            for value, voices in counted.items()
        ]
    with transaction.atomic():
        SegmentVoices.objects.all().delete()
        SegmentVoices.objects.bulk_create(rows, batch_size=500)
    return len(rows)


def heard_more_among(theme: Theme) -> list[Segment]:
    """The segments in which a theme is heard more than elsewhere, the greatest number of voices first. Sixteen queries at most."""
    everybody: dict[str, dict[str, int]] = {}
    for column, value, voices in SegmentVoices.objects.values_list("column", "value", "voices"):
        everybody.setdefault(column, {})[value] = voices
    weeks = weeks_counted()
    if weeks is None:
        return []
    own = weeks.of(ThemedSignal.objects.filter(cluster__theme=theme))
    tested = [
        segment
        for column, usual in everybody.items()
        if column in COLUMNS
        for segment in _compared(column, _voices(own, column), usual)
    ]
    return _once(own, standing_out(tested))


def weeks_counted() -> Weeks | None:
    """The quarter in which everybody's voices were counted last; None before. Two queries."""
    at = counted_at()
    return quarter(at) if at else None


def counted_at() -> datetime | None:
    """When everybody's voices were counted last. One query."""
    at: datetime | None = SegmentVoices.objects.aggregate(at=Max("counted_at"))["at"]
    return at


def _are_read(heard: QuerySet[ThemedSignal]) -> bool:
    """Whether the language of nearly all signals was looked at. One query."""
    counted = heard.aggregate(all=Count("pk"), read=Count("signal__understood"))
    return counted["read"] >= LEAST_READ * counted["all"]


def _once(own: QuerySet[ThemedSignal], segments: list[Segment]) -> list[Segment]:
    """One fact once: reviews of one survey by mail are one line, not one for its kind and one for its channel. One query."""
    pairs = list(combinations(range(len(segments)), 2))
    alike = [
        (one, other)
        for one, other in pairs
        if min(segments[one].x, segments[other].x) >= ONE_FACT * max(segments[one].x, segments[other].x)
        and segments[one].column != segments[other].column
    ]
    if not alike:
        return segments
    is_in = [Q(**{f"as_{one.column}": one.value}) for one in segments]
    named = own.annotate(**{f"as_{column}": COLUMNS[column] for column in {one.column for one in segments}})
    both = {
        f"both_{one}_{other}": Count("voice", distinct=True, filter=is_in[one] & is_in[other])
        for one, other in alike
    }
    counted, gone = named.aggregate(**both), set()
    for one, other in alike:
        if one not in gone and counted[f"both_{one}_{other}"] >= ONE_FACT * max(
            segments[one].x, segments[other].x
        ):
            said = segments[one]
            segments[one] = replace(said, also=(*said.also, (segments[other].column, segments[other].value)))
            gone.add(other)
    return [one for place, one in enumerate(segments) if place not in gone]


def standing_out(tested: list[Segment]) -> list[Segment]:
    """Those above their usual share by more than chance, of all that were tested; with the interval of their share."""
    if not tested:
        return []
    x, n, usual = (
        np.array([getattr(one, name) for one in tested], dtype=float) for name in ("x", "n", "usual")
    )
    believed = q_values(share_above(x, n, usual)) <= FALSE_SHARE
    low, high = wilson(x, n)
    found = [
        Segment(one.column, one.value, one.x, one.n, one.usual, float(low[place]), float(high[place]))
        for place, one in enumerate(tested)
        if believed[place] and one.x >= FEWEST_VOICES
    ]
    return sorted(found, key=lambda one: (-one.x, one.column, one.value))[:MOST_SHOWN]


def _voices(signals: QuerySet[ThemedSignal], column: str) -> dict[str, int]:
    """Voices by value, the most frequent first, and those of all values together. Two queries."""
    named = signals.annotate(value=COLUMNS[column]).filter(value__gt="")
    counted = named.values_list("value").annotate(voices=Count("voice", distinct=True))
    values = dict(counted.order_by("-voices", "value")[:MOST_VALUES])
    return {ALL: named.aggregate(voices=Count("voice", distinct=True))["voices"], **values} if values else {}


def _compared(column: str, own: Mapping[str, int], usual: Mapping[str, int]) -> list[Segment]:
    """Every value that the theme names and that is known of everybody; nothing where all say the same value."""
    n, total = own.get(ALL, 0), usual.get(ALL, 0)
    if n < FEWEST_VOICES or not total:
        return []
    return [
        Segment(column, value, x, n, min(1.0, usual[value] / total))
        for value, x in own.items()
        if value != ALL and 0 < usual.get(value, 0) < total
    ]
