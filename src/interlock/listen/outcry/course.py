"""How a stream ran before and during an alarm: people an hour, beside what had been usual when it rang."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from interlock.listen.models import Alarm
from interlock.listen.outcry import alarms
from interlock.listen.outcry.usually import HOUR, LEFT_OUT, hour_of, hour_of_week, voices_by_hour

AFTERWARDS, LONGEST = timedelta(hours=12), timedelta(days=7)


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
    first = hour_of(alarm.began_at - LEFT_OUT)
    last = hour_of(min(now, (alarm.ended_at or now) + AFTERWARDS, alarm.began_at + LONGEST))
    low, high = alarm.usual.get("low"), alarm.usual.get("high")
    hours = []
    for place, voices in enumerate(voices_by_hour(alarms.signals_of(alarm.stream), first, last + HOUR)):
        at = first + place * HOUR
        slot = hour_of_week(at)
        band = (low[slot], high[slot]) if low and high else (None, None)
        hours.append(Hour(at, voices, *band))
    return Course(tuple(hours), int((hour_of(alarm.began_at) - first) / HOUR))
