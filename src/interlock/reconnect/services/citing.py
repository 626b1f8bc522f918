"""Which themes are evidence of a disconnect? Those of which customers behind its rows speak more than others do.

The signals about the rows with harm are found by their own key or by the order they name; they are counted as voices,
so that one customer who writes fifty times is one. A theme is cited when its share of them is above its share of all
voices of that time, with an exact test; of all that are cited one in ten may be so by chance (q-values over every
theme of every disconnect).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from itertools import batched

import numpy as np
from django.db import transaction
from django.db.models import Count, Q

from interlock.analytics.statistics.multiple import FALSE_SHARE, q_values
from interlock.analytics.statistics.shares import share_above, wilson
from interlock.listen.models import Signal, ThemedSignal
from interlock.listen.themes.weeks import week_of
from interlock.reconnect.errors import RowsGone
from interlock.reconnect.models import CitedTheme, Disconnect, State
from interlock.reconnect.record_rows import named_by_hits

# Fewer voices say nothing about a share; more rows than these say nothing new about one.
FEWEST_VOICES, MOST_ROWS = 5, 20_000
MOST_CITED = 5
AT_ONCE = 2_000
Named = Callable[[Disconnect, str, int], list[str]]


@dataclass(frozen=True)
class Share:
    """Of n voices about one disconnect's rows, x belong to one theme; of all voices of that time the share `usual`."""

    disconnect: Disconnect
    theme: int
    x: int
    n: int
    usual: float


def cite_themes(*, now: datetime, named: Named = named_by_hits) -> int:
    """Write anew which themes each open disconnect cites; return how many are cited in all.

    `named` reads what a column of a disconnect's rows with harm names, at most so many.
    """
    shares = [share for one in _open() for share in _shares(one, named)]
    found = cited(shares)
    rows = [
        CitedTheme(disconnect=one.disconnect, theme_id=one.theme, x=one.x, n=one.n, usual=one.usual,
                   low=float(low), high=float(high), counted_at=now)
        for one in found
        for low, high in [wilson(one.x, one.n)]
    ]  # fmt: skip
    with transaction.atomic():
        CitedTheme.objects.all().delete()
        CitedTheme.objects.bulk_create(rows)
    return len(rows)


def cited(shares: Sequence[Share]) -> list[Share]:
    """Those that are above their usual share by more than chance, at most five a disconnect, the most voices first."""
    x, n, usual = (
        np.array([getattr(one, name) for one in shares], dtype=float) for name in ("x", "n", "usual")
    )
    believed = q_values(share_above(x, n, usual)) <= FALSE_SHARE if len(shares) else []
    kept: dict[int, list[Share]] = {}
    for one, is_believed in zip(shares, believed, strict=True):
        if is_believed and one.x >= FEWEST_VOICES:
            kept.setdefault(one.disconnect.pk, []).append(one)
    return [
        share
        for several in kept.values()
        for share in sorted(several, key=lambda one: (-one.x, one.theme))[:MOST_CITED]
    ]


def _open() -> Iterable[Disconnect]:
    closed = [State.DISMISSED, State.FADED, State.RESOLVED]
    return Disconnect.objects.filter(records_gone_at=None).exclude(state__in=closed).order_by("pk")


def _shares(disconnect: Disconnect, named: Named) -> list[Share]:
    """Every theme that is heard about these rows, also where it is heard no more than elsewhere: a test is a test."""
    try:
        numbers = _signals_about(disconnect, named)
    except RowsGone:
        return []
    voices: dict[int, set[int]] = {}
    for some in batched(numbers, AT_ONCE, strict=False):
        rows = ThemedSignal.objects.filter(pk__in=some, cluster__isnull=False)
        for theme, voice in rows.values_list("cluster__theme", "voice"):
            voices.setdefault(theme, set()).add(voice)
    n = len(set().union(*voices.values()))
    if n < FEWEST_VOICES:
        return []
    usual = _usual(week_of(datetime.combine(disconnect.window_from, time(), UTC)))
    total = sum(usual.values())
    return [
        Share(disconnect, theme, len(said), n, usual.get(theme, 0) / total)
        for theme, said in sorted(voices.items())
        if usual.get(theme)
    ]


def _signals_about(disconnect: Disconnect, named: Named) -> list[int]:
    """Numbers of the signals that the rows with harm are, or that name their orders; about the line, where they name one."""
    own = named(disconnect, "signal_id", MOST_ROWS)
    if own:
        return _numbers(Q(key__in=some) for some in batched(own, AT_ONCE, strict=False))
    orders = named(disconnect, "order_id", MOST_ROWS)
    lines = set(named(disconnect, "line_id", MOST_ROWS))
    found = []
    for some in batched(orders, AT_ONCE, strict=False):
        for number, line in Signal.objects.filter(order_key__in=some).values_list("pk", "line_key"):
            if not line or not lines or line in lines:
                found.append(number)
    return found


def _numbers(questions: Iterable[Q]) -> list[int]:
    return [number for one in questions for number in Signal.objects.filter(one).values_list("pk", flat=True)]


def _usual(since: int) -> dict[int, int]:
    """Voices of each theme from that week on."""
    rows = ThemedSignal.objects.filter(week__gte=since, cluster__isnull=False).values_list("cluster__theme")
    return dict(rows.annotate(voices=Count("voice", distinct=True)).order_by())
