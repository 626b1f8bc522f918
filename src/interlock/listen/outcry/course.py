"""How a stream ran before and during an alarm: people an hour, beside what was usual in the four weeks before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from django.db.models import Count, Func, TextField
from django.utils import timezone

from interlock.analytics.outcry.usual import WEEK, usual_week
from interlock.listen.models import Alarm
from interlock.listen.outcry import alarms
from interlock.listen.outcry.looking import SPEAKER

HOUR = timedelta(hours=1)
BEFORE, LEARNT_FROM = timedelta(hours=36), timedelta(weeks=4)
AFTERWARDS, LONGEST = timedelta(hours=12), timedelta(days=7)


class HourOf(Func):
    """The hour in which a moment lies, in UTC, as text: 2026-11-22 10. Written by the database, not by Python."""

    output_field = TextField()

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        return self.as_sql(compiler, connection, template="SUBSTR(%(expressions)s, 1, 13)", **more)

    def as_postgresql(self, compiler: Any, connection: Any, **more: Any) -> Any:
        template = "TO_CHAR(%(expressions)s AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24')"
        return self.as_sql(compiler, connection, template=template, **more)


@dataclass(frozen=True)
class Hour:
    """One hour: different people who spoke, and between which limits 95 of 100 quiet hours lie, where that is known."""

    at: datetime
    voices: int
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Course:
    """Hours around an alarm, shape (h,), none left out; `alarm_at` is the place of the hour in which it rang."""

    hours: tuple[Hour, ...]
    alarm_at: int


def course(alarm: Alarm, now: datetime) -> Course:
    """A day and a half before an alarm to half a day after its end, a week after its begin at most. One query."""
    first = _hour(alarm.began_at - BEFORE)
    last = _hour(min(now, (alarm.ended_at or now) + AFTERWARDS, alarm.began_at + LONGEST))
    counted = _voices_by_hour(alarm, first - LEARNT_FROM, last + HOUR)
    before = _from_first(_filled(counted, first - LEARNT_FROM, first))
    learnt = usual_week(np.array(before, float), _hour_of_week(first - len(before) * HOUR))
    low, high = learnt.between() if learnt else (None, None)
    hours = []
    for place, voices in enumerate(_filled(counted, first, last + HOUR)):
        at = first + place * HOUR
        slot = _hour_of_week(at)
        band = (float(low[slot]), float(high[slot])) if low is not None and high is not None else (None, None)
        hours.append(Hour(at, voices, *band))
    return Course(tuple(hours), int((_hour(alarm.began_at) - first) / HOUR))


def _voices_by_hour(alarm: Alarm, start: datetime, end: datetime) -> dict[str, int]:
    said = alarms.signals_of(alarm.stream).filter(occurred_at__gte=start, occurred_at__lt=end).order_by()
    rows = said.annotate(hour=HourOf("occurred_at")).values_list("hour")
    return dict(rows.annotate(voices=Count(SPEAKER, distinct=True)))


def _filled(counted: dict[str, int], start: datetime, end: datetime) -> list[int]:
    hours = int((end - start) / HOUR)
    return [counted.get(f"{start + place * HOUR:%Y-%m-%d %H}", 0) for place in range(hours)]


def _from_first(counts: list[int]) -> list[int]:
    """Without the hours before the stream was first heard."""
    first = next((place for place, count in enumerate(counts) if count), len(counts))
    return counts[first:]


def _hour(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _hour_of_week(moment: datetime) -> int:
    local = timezone.localtime(moment)
    return (local.weekday() * 24 + local.hour) % WEEK
