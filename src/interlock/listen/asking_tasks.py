"""The work that asks sources: one look for those that are due, then one task a source, beside each other."""

from __future__ import annotations

import random
import time
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_tasks_db.models import DBTaskResult

from interlock.connectors.live_registry import live_connectors
from interlock.connectors.outbound import open_http
from interlock.fabric import work
from interlock.listen import asking, trying_out
from interlock.listen.models import Source

# One request; a system that hangs holds its thread so long, and is then left alone for longer and longer.
REQUEST_SECONDS = 30.0
TRIAL_REQUEST_SECONDS = 15.0
TRIALS_SHOWN = timedelta(hours=1)


@work.task(queue="prompt", attempts=3, key="due", title=_("See which sources are due"))
def ask_due() -> int:
    """Let every source whose time has come be asked; return how many."""
    due = list(asking.due_sources(timezone.now()).values_list("pk", flat=True))
    return sum(work.ask(ask_source, source_id) for source_id in due)


@work.task(queue="sources", attempts=3, key=lambda source_id: f"source {source_id}", title=_("Ask a source"))
def ask_source(source_id: int) -> None:
    """Ask one source. What goes wrong is kept on the source, so this task does not fail for it."""
    outcome = asking.ask(source_id=source_id, by=f"asking {uuid4()}", outside=outside())
    if outcome and outcome.goes_on and outcome.wait is not None:
        work.ask(ask_source, source_id, run_after=timezone.now() + timedelta(seconds=outcome.wait))


@work.task(queue="sources", attempts=1, key=lambda source_id: f"try {source_id}", title=_("Try a source"))
def try_source(source_id: int) -> dict[str, Any]:
    """Test the connection and look at the first rows; nothing is stored. The result is what the page shows."""
    source = Source.objects.get(pk=source_id)
    forget_trials_of(source)
    return trying_out.try_out(source=source, outside=outside(TRIAL_REQUEST_SECONDS)).as_json()


@work.task(queue="prompt", attempts=3, key="forget", title=_("Forget what was tried"))
def forget_trials() -> int:
    """Empty the results that no page shows any more: they hold customers' words."""
    return _trials().filter(finished_at__lte=timezone.now() - TRIALS_SHOWN).update(return_value=None)


def forget_trials_of(source: Source) -> None:
    """Empty what came of the trials of one source."""
    _trials().filter(args_kwargs__args=[source.pk]).update(return_value=None)


def trial_of(source: Source, now: datetime) -> tuple[bool, dict[str, Any] | None]:
    """Whether a trial is under way, and the latest result of the last hour, unless it was asked since: what it brings says more."""
    trials = _trials().filter(args_kwargs__args=[source.pk], enqueued_at__gt=now - TRIALS_SHOWN)
    newest = trials.order_by("-enqueued_at").first()
    if newest is None:
        return False, None
    moving = newest.status in {"READY", "RUNNING"}
    result = newest.return_value if newest.status == "SUCCESSFUL" else None
    asked_since = source.last_tried_at is not None and source.last_tried_at > newest.enqueued_at
    return moving, None if asked_since else result


def _trials() -> QuerySet[DBTaskResult]:
    return DBTaskResult.objects.filter(task_path=try_source.module_path)


def outside(request_seconds: float = REQUEST_SECONDS) -> asking.Outside:
    """The world of this installation: its connectors, the guarded way out, the clock."""
    return asking.Outside(
        connectors=live_connectors(),
        http=lambda: open_http(private_hosts=frozenset(settings.PRIVATE_HOSTS), timeout=request_seconds),
        now=timezone.now,
        sleep=time.sleep,
        rng=random.Random(),  # noqa: S311 - spreads waits, guards nothing
        folders=tuple(settings.WATCH_FOLDERS),
        private_hosts=frozenset(settings.PRIVATE_HOSTS),
    )
