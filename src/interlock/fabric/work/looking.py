"""What runs, waits, repeats and failed: the rows of the work page, in words that need no programmer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median, quantiles
from typing import Any

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django_tasks_db.models import DBTaskResult, get_date_max

from interlock.fabric.models import Attempt, Schedule
from interlock.fabric.work.asking import title_of

SHOWN = 25
# Durations are taken from the latest of a day; the counts are of all.
TIMED = 5_000
DAY = timedelta(hours=24)
# Below these numbers of runs a percentile is the longest of a few and says nothing about the next run.
RUNS_FOR_MEDIAN, RUNS_FOR_P95 = 5, 20


@dataclass(frozen=True)
class Running:
    title: str
    since: datetime
    worker: str
    tries: int


@dataclass(frozen=True)
class Waiting:
    """`due` is empty when it waits for a free worker only; `error` is that of the last try."""

    title: str
    asked_at: datetime
    due: datetime | None
    tries: int
    error: str


@dataclass(frozen=True)
class Repeating:
    title: str
    seconds: float
    last_at: datetime | None
    next_at: datetime | None


@dataclass(frozen=True)
class Failed:
    attempt_id: int
    title: str
    tries: int
    ended_at: datetime | None
    error: str


@dataclass(frozen=True)
class OfADay:
    """One task within 24 hours; seconds are None when too few of its runs are among the latest."""

    title: str
    done: int
    failed: int
    median_seconds: float | None
    p95_seconds: float | None


def running_work() -> list[Running]:
    """What is being done now, the longest first. One query."""
    rows = DBTaskResult.objects.filter(status="RUNNING").order_by("started_at")[:SHOWN]
    return [
        Running(
            title_of(row.task_path), row.started_at, _place(row.worker_ids[-1:]), max(1, len(row.worker_ids))
        )
        for row in rows
    ]


def is_going_on(path: str) -> bool:
    """Whether this task runs now, or waits for a free worker. One query."""
    waits = Q(status="READY", run_after=get_date_max())
    return bool(DBTaskResult.objects.filter(Q(status="RUNNING") | waits, task_path=path).exists())


def waiting_count() -> int:
    return DBTaskResult.objects.filter(status="READY").count()


def waiting_work(*, now: datetime) -> list[Waiting]:
    """What waits, in the order in which it will be done. Two queries."""
    rows = list(DBTaskResult.objects.filter(status="READY").order_by("run_after", "enqueued_at")[: 4 * SHOWN])
    # Work without a time of its own may begin at once, though the queue sorts it last.
    rows.sort(key=lambda row: row.enqueued_at if row.run_after == get_date_max() else row.run_after)
    rows = rows[:SHOWN]
    errors = _errors(rows)
    return [
        Waiting(
            title_of(row.task_path),
            row.enqueued_at,
            None if row.run_after == get_date_max() or row.run_after <= now else row.run_after,
            len(row.worker_ids),
            errors.get(row.pk, ""),
        )
        for row in rows
    ]


def repeating_work() -> list[Repeating]:
    """What repeats, by title. One query."""
    planned = {one.path: one for one in Schedule.objects.all()}
    found = []
    for path, seconds in settings.REPEATED_TASKS.items():
        schedule = planned.get(path)
        found.append(
            Repeating(
                title_of(path),
                seconds,
                schedule.last_at if schedule else None,
                schedule.next_at if schedule else None,
            )
        )
    return sorted(found, key=lambda one: one.title)


def given_up() -> QuerySet[Attempt]:
    """Tasks that failed for good and that nobody has looked after yet."""
    return Attempt.objects.filter(given_up=True)


def failed_count() -> int:
    return given_up().count()


def failed_work(before: int | None = None) -> tuple[list[Failed], int | None]:
    """Failed tasks, the latest first, and from where the next page goes on. One query."""
    found = given_up().order_by("-pk")
    if before is not None:
        found = found.filter(pk__lt=before)
    rows = list(found[: SHOWN + 1])
    further = rows[SHOWN - 1].pk if len(rows) > SHOWN else None
    return [
        Failed(row.pk, title_of(row.path), row.number, row.ended_at, row.error) for row in rows[:SHOWN]
    ], further


def work_of_a_day(*, now: datetime) -> list[OfADay]:
    """How often each task ran in the last 24 hours and how long it took, the most frequent first. Two queries."""
    recent = DBTaskResult.objects.filter(finished_at__gte=now - DAY)
    counts = (
        recent.order_by()
        .values("task_path")
        .annotate(
            done=Count("status", filter=Q(status="SUCCESSFUL")),
            failed=Count("status", filter=Q(status="FAILED")),
        )
        .order_by("-done", "-failed", "task_path")
    )
    timed: dict[str, list[float]] = {}
    latest = recent.filter(status="SUCCESSFUL", started_at__isnull=False).order_by("-finished_at")[:TIMED]
    for path, begun, ended in latest.values_list("task_path", "started_at", "finished_at"):
        timed.setdefault(path, []).append((ended - begun).total_seconds())
    return [_of_a_day(row, timed.get(row["task_path"], [])) for row in counts]


def _of_a_day(row: Mapping[str, Any], seconds: Sequence[float]) -> OfADay:
    return OfADay(
        title_of(row["task_path"]),
        row["done"],
        row["failed"],
        median(seconds) if len(seconds) >= RUNS_FOR_MEDIAN else None,
        quantiles(seconds, n=20, method="inclusive")[-1] if len(seconds) >= RUNS_FOR_P95 else None,
    )


def _errors(rows: Sequence[DBTaskResult]) -> dict[Any, str]:
    tried = [row.pk for row in rows if row.worker_ids]
    if not tried:
        return {}
    return dict(Attempt.objects.filter(task_id__in=tried).values_list("task_id", "error"))


def _place(workers: Sequence[str]) -> str:
    """A worker's name without the digits that only its lock needs."""
    return workers[0].rpartition(":")[0] if workers and ":" in workers[0] else "".join(workers)
