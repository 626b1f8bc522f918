"""What people do about work that was given up: try it again from the beginning, or drop it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django_tasks_db.models import DBTaskResult, get_date_max

from interlock.fabric import events, journal
from interlock.fabric.models import Attempt, Person


class NotGivenUp(Exception):
    """Somebody else was first: it was tried again or dropped already."""


@transaction.atomic
def try_again(*, attempt_id: int, by: Person, now: datetime) -> None:
    """Let it wait for a worker, with as many tries as at the beginning.

    Raises:
        NotGivenUp: it is not among the failed work any more.
    """
    attempt = _locked(attempt_id)
    DBTaskResult.objects.filter(pk=attempt.task_id).update(
        status="READY", run_after=get_date_max(), finished_at=None, worker_ids=[]
    )
    attempt.given_up, attempt.ended_at, attempt.number = False, None, 0
    attempt.save(update_fields=["given_up", "ended_at", "number"])
    _note("tried again", attempt, by, now)


@transaction.atomic
def drop(*, attempt_id: int, by: Person, now: datetime) -> None:
    """Give it up for good: it will not be done.

    Raises:
        NotGivenUp: it is not among the failed work any more.
    """
    attempt = _locked(attempt_id)
    _note("dropped", attempt, by, now)
    DBTaskResult.objects.filter(pk=attempt.task_id).delete()
    attempt.delete()


def _locked(attempt_id: int) -> Attempt:
    attempt = Attempt.objects.select_for_update().filter(pk=attempt_id, given_up=True).first()
    if attempt is None:
        raise NotGivenUp(_("This was tried again or dropped meanwhile."))
    return attempt


def _note(verb: str, attempt: Attempt, by: Person, now: datetime) -> None:
    detail = {"task": attempt.path, "error": attempt.error[:500]}
    journal.note(actor=by, verb=verb, about=attempt, at=now, detail=detail)
    events.tell(topic="work", verb=verb, keys=[str(attempt.task_id)], at=now)
