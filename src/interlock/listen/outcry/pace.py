"""How loud is an alarm now, and how far did it go? Kept with every look, beside what was known when it changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from interlock.analytics.outcry.standing import Spread
from interlock.listen.models import Alarm

Loud = Mapping[int, tuple[datetime, Spread]]  # by number of the stream


def keep(loud: Loud) -> None:
    """Write the pace of all alarms that go on, inside the caller's transaction. Two queries."""
    going_on = list(Alarm.objects.filter(ended_at=None, stream__number__in=loud).select_related("stream"))
    for alarm in going_on:
        now = _as_json(*loud[alarm.stream.number])
        most = alarm.known.get("most", now)
        furthest = min if alarm.is_fall else max
        alarm.known |= {"now": now, "most": furthest(most, now, key=lambda one: one["times"])}
    Alarm.objects.bulk_update(going_on, ["known"], batch_size=500)


def of(alarm: Alarm) -> dict[str, Any]:
    """The pace of an alarm now, or at its furthest where it is over: at, times, within and voices of the day."""
    then = {
        "at": alarm.known.get("at") or (alarm.outcry_at or alarm.began_at).isoformat(),
        "times": alarm.times,
        "within": alarm.known.get("times"),
        "voices": alarm.known.get("voices", 0),
    }
    return dict(alarm.known.get("most" if alarm.ended_at else "now") or then)


def _as_json(at: datetime, spread: Spread) -> dict[str, Any]:
    return {
        "at": at.isoformat(),
        "times": round(spread.times, 3),
        "within": [round(end, 2) for end in spread.within or (spread.times, spread.times)],
        "voices": round(spread.voices, 1),
    }
