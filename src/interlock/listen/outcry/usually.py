"""People an hour in a stream, counted by the database, and what was usual in the four weeks before an alarm."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from django.db.models import Count, F, Func, QuerySet, TextField, Value
from django.db.models.functions import Coalesce, NullIf
from django.utils import timezone

from interlock.analytics.outcry.usual import WEEK, usual_week
from interlock.listen.models import Signal

HOUR = timedelta(hours=1)
LEARNT_FROM = timedelta(weeks=4)
# The hours before an alarm may belong to it already.
LEFT_OUT = timedelta(hours=36)
# Who speaks: the contact, else the account, else nobody knows and every signal is a voice of its own.
SPEAKER = Coalesce(NullIf("contact_key", Value("")), NullIf("account_key", Value("")), F("key"))


class HourOf(Func):
    """The hour in which a moment lies, in UTC, as text: 2026-11-22 10. Written by the database, not by Python."""

    output_field = TextField()

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        return self.as_sql(compiler, connection, template="SUBSTR(%(expressions)s, 1, 13)", **more)

    def as_postgresql(self, compiler: Any, connection: Any, **more: Any) -> Any:
        template = "TO_CHAR(%(expressions)s AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24')"
        return self.as_sql(compiler, connection, template=template, **more)


def voices_by_hour(signals: QuerySet[Signal], start: datetime, end: datetime) -> list[int]:
    """Different people an hour from one full hour to another, shape (h,). One query."""
    said = signals.filter(occurred_at__gte=start, occurred_at__lt=end).order_by()
    rows = said.annotate(hour=HourOf("occurred_at")).values_list("hour")
    counted: Mapping[str, int] = dict(rows.annotate(voices=Count(SPEAKER, distinct=True)))
    hours = int((end - start) / HOUR)
    return [counted.get(f"{start + place * HOUR:%Y-%m-%d %H}", 0) for place in range(hours)]


def usual_before(signals: QuerySet[Signal], at: datetime) -> dict[str, list[int]]:
    """Limits of 95 of 100 quiet hours by hour of the week, `low` and `high`; empty for less than a week. One query."""
    until = hour_of(at - LEFT_OUT)
    counts = voices_by_hour(signals, until - LEARNT_FROM, until)
    first = next((place for place, count in enumerate(counts) if count), len(counts))
    learnt = usual_week(np.array(counts[first:], float), hour_of_week(until - (len(counts) - first) * HOUR))
    if learnt is None:
        return {}
    low, high = learnt.between()
    return {"low": [int(one) for one in low], "high": [int(one) for one in high]}


def hour_of(moment: datetime) -> datetime:
    """The full hour in which a moment lies, in UTC."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def hour_of_week(moment: datetime) -> int:
    """0 for Monday 0:00 to 167, in the time by which people live here."""
    local = timezone.localtime(moment)
    return (local.weekday() * 24 + local.hour) % WEEK
