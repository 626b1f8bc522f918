"""Alarms as the watch leaves them, made for tests of pages."""

from __future__ import annotations

from datetime import timedelta

from listen.waiting import NOON, hours

BEGAN = NOON - hours(2)
KNOWN = {
    "at": NOON.isoformat(), "times": [3.9, 7.1], "signals": 3, "customers": 3, "new_share": 1.0, "voices": 40.0,
    "growth": 3.0, "low": 2, "rated": 3, "where": {"region": [["South", 2], ["North", 1]]}, "quotes": [],
    "changes": [{"kind": "campaign", "name": "Spring", "at": "2026-03-01", "same_product": True}],
}  # fmt: skip


def alarm(state="outcry", *, kind="product", key="P1", label="Panniers", began=BEGAN, **more):
    """An alarm and its stream, as the watch leaves them."""
    from interlock.listen.models import Alarm, WatchedStream  # after the settings

    stream = WatchedStream.objects.create(
        kind=kind,
        key=key,
        number=WatchedStream.objects.count(),
        began_at=NOON - timedelta(days=40),
        state=state,
    )
    values = {"times": 5.2, "strength": 6.0, "known": KNOWN, "outcry_at": NOON - hours(1), **more}
    return Alarm.objects.create(stream=stream, label=label, began_at=began, state=state, **values)
