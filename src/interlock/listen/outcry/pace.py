"""How loud is an alarm now, how far did it go, and what is known of it? Kept while it goes on, look by look.

Both are written with every tick, of one moment, so that a title and what stands below it agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from interlock.analytics.outcry.standing import Spread
from interlock.listen.models import Alarm
from interlock.listen.outcry import alarms

KNOWN_FOR = timedelta(minutes=5)
Loud = Mapping[int, tuple[datetime, Spread]]  # by number of the stream


def renewed(loud: Loud) -> dict[int, dict[str, Any]]:
    """What is known now of alarms that go on and were last read a tick ago, by number of the stream. Writes nothing."""
    return {
        alarm.stream.number: alarms.known(alarm.stream, spread, at)
        for alarm in _going_on(loud)
        for at, spread in [loud[alarm.stream.number]]
        if at - datetime.fromisoformat(of(alarm)["known_at"]) >= KNOWN_FOR
    }


def keep(loud: Loud, known: Mapping[int, Mapping[str, Any]]) -> None:
    """Write the pace of all alarms that go on, and what is known anew, in the caller's transaction. Two queries."""
    going_on = _going_on(loud)
    for alarm in going_on:
        now = _as_json(*loud[alarm.stream.number])
        furthest = (min if alarm.is_fall else max)(
            now, alarm.known.get("most", now), _at_change(alarm), key=lambda one: one["times"]
        )
        alarm.known = {**alarm.known, **known.get(alarm.stream.number, {}), "now": now, "most": furthest}
    Alarm.objects.bulk_update(going_on, ["known"], batch_size=500)


def _going_on(loud: Loud) -> list[Alarm]:
    return list(Alarm.objects.filter(ended_at=None, stream__number__in=loud).select_related("stream"))


def of(alarm: Alarm) -> dict[str, Any]:
    """The pace of an alarm now, or at its furthest where it is over: at, times, within and voices of the day.

    `known_at` is when its signals were read last.
    """
    then = _at_change(alarm)
    shown = alarm.known.get("most" if alarm.ended_at else "now") or then
    return {**shown, "known_at": alarm.known.get("at") or then["at"]}


def _at_change(alarm: Alarm) -> dict[str, Any]:
    return {
        "at": (alarm.outcry_at or alarm.began_at).isoformat(),
        "times": alarm.times,
        "within": alarm.known.get("times"),
        "voices": alarm.known.get("voices", 0),
    }


def _as_json(at: datetime, spread: Spread) -> dict[str, Any]:
    return {
        "at": at.isoformat(),
        "times": round(spread.times, 3),
        "within": [round(end, 2) for end in spread.within or (spread.times, spread.times)],
        "voices": round(spread.voices, 1),
    }
