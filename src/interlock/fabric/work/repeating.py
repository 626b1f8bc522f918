"""What repeats, and when is it due? Several workers tick; a row that one of them holds is passed over by the others.

`settings.REPEATED_TASKS` names each repeated task and its period in seconds. Times that were missed while no
worker ran are made up for by one run.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from interlock.fabric.models import Schedule
from interlock.fabric.work.asking import ask, policy_of


def repeated_tasks() -> dict[str, float]:
    return dict(getattr(settings, "REPEATED_TASKS", {}))


def next_time(planned: datetime, every: float, now: datetime) -> datetime:
    """The first time after `now` that keeps the rhythm of `planned`; it never lies further off than one period."""
    if planned > now:
        return min(planned, now + timedelta(seconds=every))
    missed = int((now - planned).total_seconds() // every)
    return planned + timedelta(seconds=every * (missed + 1))


def tick(*, now: datetime) -> list[str]:
    """Ask for every repeated task that is due; return their paths. One plain read when nothing is."""
    periods = repeated_tasks()
    if not _due(Schedule.objects.all(), periods, now) and _known() >= set(periods):
        return []
    # Outside the transaction: the first import of all tasks takes seconds, and SQLite has one writer.
    tasks = {path: import_string(path) for path in periods}
    with transaction.atomic():
        unknown = set(periods) - _known()
        Schedule.objects.bulk_create(
            [Schedule(path=path, next_at=now) for path in sorted(unknown)], ignore_conflicts=True
        )
        due = _due(Schedule.objects.select_for_update(skip_locked=True), periods, now)
        for schedule in due:
            task = tasks[schedule.path]
            # A task that names its own work waits once, whoever asks for it.
            ask(task, key="" if policy_of(task).key else "repeated")
            schedule.last_at = now
            schedule.next_at = next_time(schedule.next_at, periods[schedule.path], now)
            schedule.save(update_fields=["last_at", "next_at"])
    return [schedule.path for schedule in due]


def _known() -> set[str]:
    return set(Schedule.objects.values_list("path", flat=True))


def _due(schedules: object, periods: Mapping[str, float], now: datetime) -> list[Schedule]:
    """Those whose time has come; also those whose period was shortened since, so that a day is not waited out."""
    return [
        one
        for one in schedules.filter(path__in=periods).order_by("path")  # type: ignore[attr-defined]  # a manager or a query
        if one.next_at <= now or one.next_at > now + timedelta(seconds=periods[one.path])
    ]
