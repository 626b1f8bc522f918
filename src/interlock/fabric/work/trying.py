"""One try of one task: carry it out, then note that it is done, waits for another try, or is given up."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from traceback import format_exception
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.db import transaction
from django.utils import timezone
from django.utils.json import normalize_json
from django.utils.translation import gettext as _
from django_tasks_db.models import DBTaskResult

from interlock.fabric import events, journal
from interlock.fabric.models import Attempt
from interlock.fabric.work.asking import GiveUp, Policy, policy_of
from interlock.fabric.work.claiming import claim

logger = logging.getLogger(__name__)
Clock = Callable[[], datetime]

# An hour: whatever is broken for longer is mended by people, who can try again at once on the work page.
LONGEST_WAIT_SECONDS = 3600


class WorkerDied(Exception):
    """The process that carried a task out ended before it was done."""


def wait_before_next(tries: int, first_wait: float, rng: random.Random) -> float:
    """Seconds until the next try after `tries` failed ones: doubled each time, up to an hour, and spread.

    The spread (between half and all of it) keeps many tasks that failed together from coming back together.
    """
    full = min(LONGEST_WAIT_SECONDS, first_wait * 2 ** min(tries - 1, 32))
    return full * (0.5 + rng.random() / 2)


def carry_out(row: DBTaskResult, *, rng: random.Random, clock: Clock = timezone.now) -> bool:
    """Carry out a task that was claimed; return whether it is done. Whatever it raises is noted, not raised."""
    try:
        task = row.task
        returned = normalize_json(task.call(*row.args_kwargs["args"], **row.args_kwargs["kwargs"]))
    except BaseException as error:  # a thread of the worker must never leave a task without a note
        note_failure(row, error, rng=rng, now=clock())
        return False
    return _note_done(row, returned, clock())


def run_ready(
    *queues: str, clock: Clock = timezone.now, rng: random.Random | None = None, limit: int = 1000
) -> int:
    """Carry out here and now what is due, in tests and from the command line; return how many tries were made."""
    rng, tries = rng or random.Random(0), 0  # noqa: S311 - spreads waits, guards nothing
    while tries < limit:
        rows = [
            row
            for queue in queues or ("default", "prompt", "sources")
            for row in claim(queue, 1, worker="here", now=clock())
        ]
        if not rows:
            return tries
        for row in rows:
            carry_out(row, rng=rng, clock=clock)
            tries += 1
    return tries


def _note_done(row: DBTaskResult, returned: Any, now: datetime) -> bool:
    with transaction.atomic():
        noted = _still_ours(row).update(
            status="SUCCESSFUL", finished_at=now, return_value=returned, exception_class_path="", traceback=""
        )
        if noted:
            Attempt.objects.filter(task_id=row.pk).delete()
    return bool(noted)


def note_failure(row: DBTaskResult, error: BaseException, *, rng: random.Random, now: datetime) -> None:
    """Let a task that failed wait for its next try, or give it up with a line in the journal."""
    wait = _wait_after(error, len(row.worker_ids), _policy(row), rng)
    words = words_of(error)
    with transaction.atomic():
        noted = _still_ours(row).update(
            status="FAILED" if wait is None else "READY",
            finished_at=now if wait is None else None,
            run_after=row.run_after if wait is None else now + timedelta(seconds=wait),
            exception_class_path=f"{type(error).__module__}.{type(error).__qualname__}",
            traceback="".join(format_exception(error)),
        )
        if not noted:  # it was taken for dead and given to another worker meanwhile
            return
        attempt, _made = Attempt.objects.update_or_create(
            task_id=row.pk,
            defaults={
                "number": len(row.worker_ids),
                "error": words,
                "given_up": wait is None,
                "ended_at": now if wait is None else None,
            },
            create_defaults={
                "path": row.task_path,
                "number": len(row.worker_ids),
                "made_at": row.enqueued_at,
                "error": words,
                "given_up": wait is None,
                "ended_at": now if wait is None else None,
            },
        )
        if wait is None:
            detail = {"task": row.task_path, "tries": len(row.worker_ids), "error": words[:500]}
            journal.note(actor=None, verb="gave up", about=attempt, at=now, detail=detail)
        verb = "gave up" if wait is None else "waits again"
        events.tell(topic="work", verb=verb, keys=[str(row.pk)], at=now)
    if wait is None:
        logger.error("%s was given up: %s", row.task_path, words, exc_info=_unforeseen(error))
    else:
        logger.warning("%s failed, next try in %.0f s: %s", row.task_path, wait, words)


def _unforeseen(error: BaseException) -> BaseException | None:
    """What programmers want to see the way of: not that a task saw by itself that there is no sense in going on."""
    return error.__cause__ if isinstance(error, GiveUp) else error


def words_of(error: BaseException) -> str:
    """An error as a sentence: the product's own are written for people, others say what they are."""
    text = str(error).strip()
    if text and type(error).__module__.startswith("interlock."):
        return text
    kind = type(error).__name__
    return _("Unexpected error (%(kind)s)%(text)s") % {"kind": kind, "text": f": {text}" if text else "."}


def _wait_after(error: BaseException, tries: int, policy: Policy, rng: random.Random) -> float | None:
    """Seconds until the next try; None when there is none. An error may name its own wait, or say it is useless."""
    if tries >= policy.attempts or getattr(error, "for_good", False):
        return None
    named = getattr(error, "seconds", None)
    if isinstance(named, int | float):
        return max(0.0, float(named))
    if isinstance(error, WorkerDied) and tries == 1:
        return 0.0  # machines are switched off; only a task that kills its worker again is kept at a distance
    return wait_before_next(tries, policy.first_wait, rng)


def _policy(row: DBTaskResult) -> Policy:
    try:
        return policy_of(row.task)
    except (ImportError, AttributeError, SuspiciousOperation):
        return Policy()


def _still_ours(row: DBTaskResult) -> Any:
    return DBTaskResult.objects.filter(pk=row.pk, status="RUNNING", started_at=row.started_at)


__all__: Sequence[str] = (
    "WorkerDied",
    "carry_out",
    "note_failure",
    "run_ready",
    "wait_before_next",
    "words_of",
)
