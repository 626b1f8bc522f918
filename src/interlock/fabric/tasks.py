"""Background work of the first floor: tidying up after the work itself and after the events."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.sessions.models import Session
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_tasks_db.models import DBTaskResult

from interlock.fabric import events, work
from interlock.fabric.chats import outbox
from interlock.fabric.models import Attempt

# The work page counts the last 24 hours; failures stay for a month, so that nobody's holiday hides them.
DONE_KEPT = timedelta(hours=25)
FAILED_KEPT = timedelta(days=30)


@work.task(attempts=3, title=_("Clear finished work away"))
def clear_finished_work() -> int:
    """Delete rows of finished work that nobody will look at again; return how many."""
    now = timezone.now()
    old = DBTaskResult.objects.filter(
        Q(status="SUCCESSFUL", finished_at__lt=now - DONE_KEPT)
        | Q(status="FAILED", finished_at__lt=now - FAILED_KEPT)
    )
    Attempt.objects.filter(task_id__in=old.values("pk")).delete()
    return old.delete()[0]


@work.task(attempts=3, title=_("Clear old events away"))
def clear_old_events() -> int:
    """Delete events that are too old to be replayed, and notices to chats of a month ago; return how many events."""
    outbox.forget_old(now=timezone.now())
    return events.purge(now=timezone.now())


@work.task(attempts=3, title=_("Clear ended sign-ins away"))
def clear_old_sessions() -> int:
    """Delete sessions that are past their end; a visitor's holds what they wrote before they came in. Return how many."""
    return Session.objects.filter(expire_date__lt=timezone.now()).delete()[0]
