"""How much is each theme said, by how many, what does it touch, and is it above its limit?

Counted in the background along one index, for all themes or for those that changed, and kept, so that a list of
2,000 themes over a million signals opens at once. "Now" is the week of the newest signal: exports are old.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

import ibis
import numpy as np
import pyarrow as pa
from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet
from ibis import _ as row

from interlock.analytics.feelings.letdown import LetDown
from interlock.analytics.statistics.trends import weekly_limit
from interlock.listen.models import (
    Alarm,
    Clock,
    Stage,
    StreamKind,
    Theme,
    ThemedSignal,
    ThemeFigures,
    ThemeState,
)
from interlock.listen.themes import letdown, ranking
from interlock.listen.themes.bought import bought_until
from interlock.listen.themes.deciding import ASKS_ANEW
from interlock.listen.themes.weeks import WEEKS_COUNTED, monday_of

WEEKS_KEPT = 26
FEWEST_VOICES, FEWEST_IN_WEEKS = 5, 4
_TOLD = (Stage.ANSWERED, Stage.ACTED, Stage.CONFIRMED, Stage.SILENT)
NOBODY = LetDown(0.0, 0, 0.0, 1.0)
Weeks = dict[int, tuple[int, int, int]]  # week: signals, voices, customers


@dataclass(frozen=True)
class _Sums:
    signals: int
    voices: int
    customers: int


def count(*, now: datetime, only: Collection[int] | None = None) -> int:
    """Count these themes, or all that have not ended; return how many were counted.

    The rank compares themes with one another, so it is set for all whenever one of them moved.
    """
    themes = Theme.objects.filter(ended_at=None, is_broad=False)
    if only is not None:
        themes = themes.filter(pk__in=only)
    themes_by_number = themes.in_bulk()
    latest = ThemedSignal.objects.aggregate(week=Max("week"))["week"]
    if latest is None or not themes_by_number:
        return 0
    numbers = list(themes_by_number)
    weeks, exposure = _weeks(numbers, latest), _exposure(latest)
    usual = float(exposure[:-1][exposure[:-1] > 0].mean()) if exposure[:-1].any() else 0.0
    sums, kinds, loops = _sums(numbers, latest), _kinds(numbers, latest), _loops(numbers, latest)
    let_down = letdown.by_theme(_counted(numbers, latest - WEEKS_COUNTED))
    (revenue, currency), last = _revenue(numbers, latest), _last_at(numbers)
    figures, above = [], set()
    for number in numbers:
        limit_now = _limit(weeks[number], exposure, latest, float(exposure[-1]))
        if limit_now is not None and weeks[number].get(latest, (0, 0, 0))[1] > limit_now:
            above.add(number)
        summed, harmed = sums.get(number, _Sums(0, 0, 0)), let_down.get(number, NOBODY)
        figures.append(
            ThemeFigures(
                theme_id=number,
                counted_at=now,
                last_at=last.get(number),
                weeks=_listed(weeks[number], latest),
                limit=_limit(weeks[number], exposure, latest, usual),
                signals=summed.signals,
                voices=summed.voices,
                customers=summed.customers,
                let_down=harmed.expected,
                judged=harmed.judged,
                let_down_low=harmed.low,
                let_down_high=harmed.high,
                revenue=revenue.get(number),
                currency=currency,
                kinds=kinds[number],
                loop={"heard": summed.signals, **loops[number]},
            )
        )
    _store(figures)
    ranking.rank_all()
    _judge(themes_by_number, figures, above, now)
    return len(figures)


def _counted(numbers: Collection[int], since: int) -> QuerySet[ThemedSignal]:
    return ThemedSignal.objects.filter(cluster__theme__in=numbers, week__gt=since)


def _weeks(numbers: Collection[int], latest: int) -> Mapping[int, Weeks]:
    found: dict[int, Weeks] = defaultdict(dict)
    rows = (
        _counted(numbers, latest - WEEKS_KEPT)
        .values_list("cluster__theme", "week")
        .annotate(
            signals=Count("pk"),
            voices=Count("voice", distinct=True),
            customers=Count("customer", distinct=True),
        )
        .order_by()
    )
    for theme, week, *counts in rows:
        found[theme][week] = tuple(counts)
    return found


def _exposure(latest: int) -> np.ndarray:
    """Voices of all themes and of none, by week: what a theme's share is taken of. Oldest first."""
    rows = ThemedSignal.objects.filter(week__gt=latest - WEEKS_KEPT).values_list("week").order_by()
    counted = dict(rows.annotate(voices=Count("voice", distinct=True)))
    return np.array([counted.get(week, 0) for week in _range(latest)], dtype=np.float64)


def _range(latest: int) -> range:
    return range(latest - WEEKS_KEPT + 1, latest + 1)


def _listed(weeks: Weeks, latest: int) -> list[list[object]]:
    return [[monday_of(week).isoformat(), *weeks.get(week, (0, 0, 0))] for week in _range(latest)]


def _limit(weeks: Weeks, exposure: np.ndarray, latest: int, exposure_now: float) -> float | None:
    """What the voices of a week with so many voices in all should not pass, judged by the weeks before."""
    voices = np.array([weeks.get(week, (0, 0, 0))[1] for week in _range(latest)], dtype=np.float64)
    heard = exposure[:-1] > 0
    limit = weekly_limit(voices[:-1][heard], exposure[:-1][heard], exposure_now)
    return None if limit is None else limit.limit


def _sums(numbers: Collection[int], latest: int) -> dict[int, _Sums]:
    rows = (
        _counted(numbers, latest - WEEKS_COUNTED)
        .values_list("cluster__theme")
        .annotate(
            signals=Count("pk"),
            voices=Count("voice", distinct=True),
            customers=Count("customer", distinct=True),
        )
        .order_by()
    )
    return {theme: _Sums(*counts) for theme, *counts in rows}


def _kinds(numbers: Collection[int], latest: int) -> Mapping[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = defaultdict(dict)
    rows = _counted(numbers, latest - WEEKS_COUNTED).values_list("cluster__theme", "signal__kind")
    for theme, kind, signals in rows.annotate(signals=Count("pk")).order_by("-signals", "signal__kind"):
        found[theme][kind] = signals
    return found


def _loops(numbers: Collection[int], latest: int) -> Mapping[int, dict[str, int]]:
    """How far the loop is closed: told (somebody answered) and confirmed (the customer said that it is solved)."""
    found: dict[int, dict[str, int]] = defaultdict(lambda: {"acted": 0, "told": 0, "confirmed": 0})
    clock = Clock.objects.filter(signal_key=OuterRef("signal__key"))
    rows = (
        _counted(numbers, latest - WEEKS_COUNTED)
        .values_list("cluster__theme")
        .annotate(
            acted=Count("pk", filter=Exists(clock.filter(stage__in=[Stage.ACTED, Stage.CONFIRMED]))),
            told=Count("pk", filter=Exists(clock.filter(stage__in=_TOLD)) | Q(signal__answered=True)),
            confirmed=Count("pk", filter=Exists(clock.filter(stage=Stage.CONFIRMED))),
        )
        .order_by()
    )
    for theme, acted, told, confirmed in rows:
        found[theme] = {"acted": acted, "told": told, "confirmed": confirmed}
    return found


def _last_at(numbers: Collection[int]) -> dict[int, datetime]:
    rows = ThemedSignal.objects.filter(cluster__theme__in=numbers).values_list("cluster__theme").order_by()
    return dict(rows.annotate(last=Max("occurred_at")))


def _revenue(numbers: Collection[int], latest: int) -> tuple[dict[int, Decimal], str]:
    """What the customers of each theme bought in the year up to the newest signal, in the commonest currency.

    A theme of customers who bought nothing has 0; one that names no account is not in it: nobody knows.
    """
    pairs = _touched(numbers, latest)
    bought = bought_until(latest) if pairs else None
    if bought is None:
        return {}, ""
    named = {"theme": [pair[0] for pair in pairs], "account_id": [pair[1] for pair in pairs]}
    said = ibis.memtable(pa.table(named))
    summed = said.join(bought.paid, "account_id").group_by("theme").agg(amount=row.amount.sum())
    known = {each["theme"]: each["amount"] for each in summed.to_pyarrow().to_pylist()}
    return {theme: known.get(theme) or Decimal(0) for theme, _account in pairs}, bought.currency


def _touched(numbers: Collection[int], latest: int) -> list[tuple[int, str]]:
    """Each theme with each account that spoke of it."""
    named = _counted(numbers, latest - WEEKS_COUNTED).exclude(signal__account_key="")
    return list(named.values_list("cluster__theme", "signal__account_key").distinct().order_by())


def _store(figures: list[ThemeFigures]) -> None:
    columns = [field.name for field in ThemeFigures._meta.concrete_fields if not field.primary_key]
    columns.remove("rank")
    ThemeFigures.objects.bulk_create(
        figures, batch_size=500, update_conflicts=True, unique_fields=["theme"], update_fields=columns
    )


def _judge(
    themes: Mapping[int, Theme], figures: Collection[ThemeFigures], above: Collection[int], now: datetime
) -> None:
    """Themes above their limit emerge; below it for four weeks they are quiet or mended again, unless the watch rings."""
    open_alarms = Alarm.objects.filter(ended_at=None, stream__kind=StreamKind.THEME)
    ringing = set(open_alarms.values_list("stream__key", flat=True))
    for one in figures:
        theme, limit = themes[one.theme_id], one.limit
        voices = [week[2] for week in one.weeks]
        recent = voices[-FEWEST_IN_WEEKS:]
        # Judged by how much was heard in all this week; the limit drawn is that of a usual week.
        emerges = one.theme_id in above and sum(recent) >= FEWEST_VOICES
        below = theme.key not in ringing and limit is not None and max(recent) <= limit
        if theme.state in {ThemeState.QUIET, ThemeState.FIXED} and emerges:
            _turn(theme, ThemeState.EMERGING, now)
        elif theme.state == ThemeState.EMERGING and below:
            _turn(theme, ThemeState.QUIET, now)
        elif theme.state == ThemeState.DECIDING and below and _is_decided_long(theme, one):
            _turn(theme, ThemeState.FIXED, now)


def _is_decided_long(theme: Theme, figures: ThemeFigures) -> bool:
    """Whether what was heard since the decision covers the weeks that are looked at."""
    if theme.decided_at is None or figures.last_at is None:
        return False
    return figures.last_at - theme.decided_at >= timedelta(weeks=FEWEST_IN_WEEKS)


def _turn(theme: Theme, state: ThemeState, now: datetime) -> None:
    anew = ASKS_ANEW if theme.state == ThemeState.FIXED else {}
    Theme.objects.filter(pk=theme.pk, state=theme.state).update(state=state, state_since=now, **anew)
