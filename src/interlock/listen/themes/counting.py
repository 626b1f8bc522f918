"""How much is each theme said, by how many, what does it touch, and is it above its limit?

Counted in the background along one index, for all themes or for those that changed, and kept, so that a list of
2,000 themes over a million signals opens at once. "Now" is the clock's week (`present.py`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

import numpy as np
from django.db.models import Count, Max, QuerySet

from interlock.analytics.feelings.letdown import LetDown
from interlock.analytics.themes.limits import ThemeLimit, theme_limit
from interlock.listen.models import (
    Alarm,
    StreamKind,
    Theme,
    ThemedSignal,
    ThemeFigures,
    ThemeState,
)
from interlock.listen.themes import letdown, ranking, spent
from interlock.listen.themes.deciding import ASKS_ANEW
from interlock.listen.themes.present import Weeks, present_week, quarter_to
from interlock.listen.themes.weeks import monday_of

WEEKS_KEPT = 26
FEWEST_VOICES, FEWEST_IN_WEEKS = 5, 4
NOBODY = LetDown(0.0, 0, 0.0, 1.0)
Course = dict[int, tuple[int, int, int]]  # week: signals, voices, customers
Sources = dict[int, np.ndarray]  # source: voices by week, oldest first


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
    if not themes_by_number or not ThemedSignal.objects.exists():
        return 0
    numbers, latest = list(themes_by_number), present_week(now)
    kept, newest = Weeks(latest - WEEKS_KEPT + 1, latest), quarter_to(latest)
    weeks, limits = _weeks(numbers, kept), _limits(numbers, kept)
    sums, kinds = _sums(numbers, newest), _kinds(numbers, newest)
    let_down = letdown.by_theme(_counted(numbers, newest))
    money, last = spent.by_theme(_counted(numbers, newest), latest), _last_at(numbers)
    figures = []
    for number in numbers:
        summed, harmed = sums.get(number, _Sums(0, 0, 0)), let_down.get(number, NOBODY)
        limit = limits.get(number)
        figures.append(
            ThemeFigures(
                theme_id=number,
                counted_at=now,
                last_at=last.get(number),
                weeks=_listed(weeks[number], kept),
                limit=limit.usual if limit else None,
                limit_now=limit.now if limit else None,
                unjudged=max(0, weeks[number].get(latest, (0, 0, 0))[1] - limit.judged) if limit else 0,
                signals=summed.signals,
                voices=summed.voices,
                customers=summed.customers,
                let_down=harmed.expected,
                judged=harmed.judged,
                let_down_low=harmed.low,
                let_down_high=harmed.high,
                revenue=money.amount_of(number, summed.customers),
                payers=money.payers.get(number, 0),
                currency=money.currency,
                kinds=kinds[number],
            )
        )
    _store(figures)
    ranking.rank_all()
    _judge(themes_by_number, figures, limits, now)
    return len(figures)


def _counted(numbers: Collection[int], weeks: Weeks) -> QuerySet[ThemedSignal]:
    return weeks.of(ThemedSignal.objects.filter(cluster__theme__in=numbers))


def _weeks(numbers: Collection[int], kept: Weeks) -> Mapping[int, Course]:
    found: dict[int, Course] = defaultdict(dict)
    rows = (
        _counted(numbers, kept)
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


def _limits(numbers: Collection[int], kept: Weeks) -> dict[int, ThemeLimit]:
    """The limit of each theme that can be judged, source by source. Two queries."""
    heard: Sources = defaultdict(partial(np.zeros, WEEKS_KEPT))
    for source, week, voices in _by_source(kept.of(ThemedSignal.objects.all()), "signal__source", "week"):
        heard[source][week - kept.first] = voices
    own: dict[int, Sources] = {number: defaultdict(partial(np.zeros, WEEKS_KEPT)) for number in numbers}
    rows = _by_source(_counted(numbers, kept), "cluster__theme", "signal__source", "week")
    for theme, source, week, voices in rows:
        own[theme][source][week - kept.first] = voices
    if not heard:
        return {}
    exposure = np.stack(list(heard.values()))
    found = {}
    for number, voices_of in own.items():
        limit = theme_limit(np.stack([voices_of[source] for source in heard]), exposure)
        if limit is not None:
            found[number] = limit
    return found


def _by_source(signals: QuerySet[ThemedSignal], *columns: str) -> QuerySet[ThemedSignal, Any]:
    rows = signals.values_list(*columns)
    return rows.annotate(voices=Count("voice", distinct=True)).order_by()


def _listed(course: Course, kept: Weeks) -> list[list[object]]:
    weeks = range(kept.first, kept.last + 1)
    return [[monday_of(week).isoformat(), *course.get(week, (0, 0, 0))] for week in weeks]


def _sums(numbers: Collection[int], newest: Weeks) -> dict[int, _Sums]:
    rows = (
        _counted(numbers, newest)
        .values_list("cluster__theme")
        .annotate(
            signals=Count("pk"),
            voices=Count("voice", distinct=True),
            customers=Count("customer", distinct=True),
        )
        .order_by()
    )
    return {theme: _Sums(*counts) for theme, *counts in rows}


def _kinds(numbers: Collection[int], newest: Weeks) -> Mapping[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = defaultdict(dict)
    rows = _counted(numbers, newest).values_list("cluster__theme", "signal__kind")
    for theme, kind, signals in rows.annotate(signals=Count("pk")).order_by("-signals", "signal__kind"):
        found[theme][kind] = signals
    return found


def _last_at(numbers: Collection[int]) -> dict[int, datetime]:
    rows = ThemedSignal.objects.filter(cluster__theme__in=numbers).values_list("cluster__theme").order_by()
    return dict(rows.annotate(last=Max("occurred_at")))


def _store(figures: list[ThemeFigures]) -> None:
    columns = [field.name for field in ThemeFigures._meta.concrete_fields if not field.primary_key]
    columns.remove("rank")
    ThemeFigures.objects.bulk_create(
        figures, batch_size=500, update_conflicts=True, unique_fields=["theme"], update_fields=columns
    )


def _judge(
    themes: Mapping[int, Theme],
    figures: Collection[ThemeFigures],
    limits: Mapping[int, ThemeLimit],
    now: datetime,
) -> None:
    """Themes above their limit emerge; below it for four weeks they are quiet or mended again, unless the watch rings.

    A running week counts once it has passed the limit of a whole one; the newest that is over is judged as well.
    """
    open_alarms = Alarm.objects.filter(ended_at=None, stream__kind=StreamKind.THEME)
    ringing = set(open_alarms.values_list("stream__key", flat=True))
    for one in figures:
        theme, limit = themes[one.theme_id], limits.get(one.theme_id)
        if limit is None:
            continue
        recent = [week[2] for week in one.weeks][-FEWEST_IN_WEEKS:]
        emerges = any(limit.above[-2:]) and sum(recent) >= FEWEST_VOICES
        below = theme.key not in ringing and not any(limit.above)
        if theme.state in {ThemeState.QUIET, ThemeState.FIXED} and emerges:
            _turn(theme, ThemeState.EMERGING, now)
        elif theme.state == ThemeState.EMERGING and below:
            _turn(theme, ThemeState.QUIET, now)
        elif theme.state == ThemeState.DECIDING and below and _is_decided_long(theme, one):
            _turn(theme, ThemeState.FIXED, now)


def _is_decided_long(theme: Theme, figures: ThemeFigures) -> bool:
    """Whether the weeks that were looked at, the running one and four before it, lie after the decision."""
    if theme.decided_at is None:
        return False
    return theme.decided_at.date() <= date.fromisoformat(figures.weeks[-1 - FEWEST_IN_WEEKS][0])


def _turn(theme: Theme, state: ThemeState, now: datetime) -> None:
    anew = ASKS_ANEW if theme.state == ThemeState.FIXED else {}
    Theme.objects.filter(pk=theme.pk, state=theme.state).update(state=state, state_since=now, **anew)
