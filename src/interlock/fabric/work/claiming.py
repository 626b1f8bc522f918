"""Which work does a worker take next?

A plain read comes first, so that an idle worker never takes SQLite's one write lock. On PostgreSQL rows that
another worker is taking are passed over.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import connection, transaction
from django_tasks_db.models import DBTaskResult

from interlock.fabric.models import Attempt
from interlock.fabric.work.asking import same_work

# Candidates read for each free place: work whose twin is running is passed over, and must not hide the rest.
LOOK_FURTHER = 4


def claim(queue: str, free: int, *, worker: str, now: datetime) -> list[DBTaskResult]:
    """Take up to `free` tasks that are due in one queue, and mark them as running for this worker."""
    candidates = list(
        DBTaskResult.objects.ready()
        .filter(queue_name=queue, backend_name="default")
        .values_list("pk", flat=True)[: free * LOOK_FURTHER]
    )
    if not candidates:
        return []
    with transaction.atomic():
        rows = DBTaskResult.objects.select_for_update(skip_locked=True).filter(
            pk__in=candidates, status="READY"
        )
        return _take(list(rows), free, worker, now)


def _take(rows: Iterable[DBTaskResult], free: int, worker: str, now: datetime) -> list[DBTaskResult]:
    rows = list(rows)
    keyed = Attempt.objects.filter(task_id__in=[row.pk for row in rows]).exclude(key="")
    keys = dict(keyed.values_list("task_id", "key"))
    taken: list[DBTaskResult] = []
    folded: set[object] = set()
    for row in rows:
        if len(taken) == free:
            break
        if row.pk in folded:
            continue
        key = keys.get(row.pk, "")
        if key and not _is_alone(row.task_path, key):
            continue
        row.status, row.started_at, row.worker_ids = "RUNNING", now, [*row.worker_ids, worker]
        row.save(update_fields=["status", "started_at", "worker_ids"])
        if key:
            folded |= _fold(row, key)
        taken.append(row)
    return taken


def _is_alone(path: str, key: str) -> bool:
    """Whether no twin of this work runs. On PostgreSQL a lock until commit keeps two workers from both saying yes."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext(%s), hashtext(%s))", [path, key])
            if not cursor.fetchone()[0]:
                return False
    return not DBTaskResult.objects.filter(status="RUNNING", pk__in=same_work(path, key)).exists()


def _fold(row: DBTaskResult, key: str) -> set[object]:
    """Remove the waiting twins of a row just taken: what they were asked for is committed, so it will be seen."""
    twins = DBTaskResult.objects.select_for_update(skip_locked=True).ready()
    gone = set(
        twins.filter(pk__in=same_work(row.task_path, key)).exclude(pk=row.pk).values_list("pk", flat=True)
    )
    if gone:
        Attempt.objects.filter(task_id__in=gone).delete()
        DBTaskResult.objects.filter(pk__in=gone).delete()
    return gone
