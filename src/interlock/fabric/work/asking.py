"""What is a task, and how does work get into the queue?

The queue is the table of django-tasks-db, so that work is asked for in the transaction that makes it
necessary. Beside a row of the queue stands an `Attempt` when the work has a key or has failed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.tasks import Task
from django.tasks import task as django_task
from django.utils.module_loading import import_string
from django_tasks_db.models import DBTaskResult, get_date_max

from interlock.fabric.models import Attempt

Key = str | Callable[..., str]


class GiveUp(Exception):
    """Raised by a task when trying again is useless; the text says why."""

    for_good = True


@dataclass(frozen=True)
class Policy:
    """How often a task is tried, how long it waits after the first failure, and what people call it.

    `key` names the same work, as a text or from the task's arguments. A task without a policy is tried once.
    """

    attempts: int = 1
    first_wait: float = 5
    key: Key = ""
    title: Any = ""


def task(
    *,
    queue: str = "default",
    attempts: int = 8,
    first_wait: float = 5,
    key: Key | None = None,
    title: Any = "",
) -> Callable[[Callable[..., Any]], Task]:
    """Make a task of `django.tasks` that is tried again when it fails.

    It must be able to run twice: a worker may be killed after the work and before the note that it is done.
    Queues: `default` for long work, `prompt` for what must not wait, `sources` for asking other systems.
    """

    def made(function: Callable[..., Any]) -> Task:
        function.policy = Policy(attempts, first_wait, key or "", title)  # type: ignore[attr-defined]  # read by policy_of
        return django_task(queue_name=queue)(function)

    return made


def policy_of(task: Task) -> Policy:
    return getattr(task.func, "policy", None) or Policy()


def title_of(path: str) -> str:
    """What people call a task, by its path; the name of its function where nobody gave it one."""
    try:
        title = policy_of(import_string(path)).title
    except (ImportError, AttributeError):
        title = ""
    return str(title) or path.rpartition(".")[2].replace("_", " ").capitalize()


@transaction.atomic
def ask(task: Task, *args: Any, key: str = "", run_after: datetime | None = None) -> bool:
    """Let work wait for a worker, inside the caller's transaction if there is one.

    With a key the same work waits once only: False when it waits already. While it runs it may wait once
    more, since the running one may have looked before the caller's change.
    """
    key = key or _key(task, args)
    if key and _joins(task.module_path, key, run_after):
        return False
    asked = task.using(run_after=run_after).enqueue(*args)
    row = getattr(asked, "db_result", None)  # none with the backends that tests use, which keep no queue
    if key and row:
        Attempt.objects.create(
            task_id=row.pk, path=task.module_path, key=key, number=0, made_at=row.enqueued_at
        )
    return True


def is_asked(task: Task, key: str) -> bool:
    """Whether the work of this key waits or is being done. One query."""
    asked = DBTaskResult.objects.filter(pk__in=same_work(task.module_path, key))
    return asked.filter(status__in=("READY", "RUNNING")).exists()


_STANDING = (
    "SELECT status FROM fabric_attempt AS asked JOIN django_tasks_database_dbtaskresult AS queued"
    " ON queued.id = asked.task_id WHERE path = %s AND key = %s AND status IN ('READY', 'RUNNING')"
)


def standing(task: Task) -> set[str]:
    """READY when this work, which has its own key, waits already, RUNNING when it is being done. One query.

    What waits is held until the caller's transaction ends, so that no worker takes it before the commit.
    """
    lock = " FOR SHARE OF queued SKIP LOCKED" if connection.features.has_select_for_update else ""
    with connection.cursor() as cursor:
        cursor.execute(_STANDING + lock, [task.module_path, _key(task, ())])
        return {status for (status,) in cursor.fetchall()}


def same_work(path: str, key: str) -> Any:
    """The ids of queue rows that are the same work."""
    return Attempt.objects.filter(path=path, key=key).values("task_id")


def _key(task: Task, args: tuple[Any, ...]) -> str:
    key = policy_of(task).key
    return key(*args) if callable(key) else key


def _joins(path: str, key: str, run_after: datetime | None) -> bool:
    """Whether the same work waits already, held so that no worker takes it before the caller has committed.

    A row that another caller holds is passed over (PostgreSQL): waiting for it would make callers queue.
    Such doubles are folded into one when a worker takes the first of them.
    """
    waiting = DBTaskResult.objects.select_for_update(skip_locked=True).filter(
        status="READY", pk__in=same_work(path, key)
    )
    row = waiting.first()
    if row is None:
        return False
    wanted = run_after or get_date_max()
    never_tried = not row.worker_ids  # one that failed keeps its distance
    later = row.run_after != get_date_max() and (run_after is None or run_after < row.run_after)
    if never_tried and later:
        row.run_after = wanted
        row.save(update_fields=["run_after"])
    return True
