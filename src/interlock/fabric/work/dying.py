"""Which tasks say that they run although their worker is dead? They are tried again, and the death counts as a try."""

from __future__ import annotations

import random
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _
from django_tasks_db.models import DBTaskResult

from interlock.fabric.work import liveness, trying


class Watch:
    """Looks for tasks without a worker. One look alone is not believed: a worker may be connecting anew."""

    def __init__(self, own_name: str) -> None:
        self.own_name = own_name
        self._suspects: set[tuple[UUID, datetime | None]] = set()

    def look(self, *, busy: Collection[UUID], rng: random.Random, now: datetime) -> int:
        """Take up what was suspect at the last look too; return how many. `busy` is what this worker carries out."""
        running = list(DBTaskResult.objects.filter(status="RUNNING"))
        alive = liveness.living() if running else set()
        left = {(row.pk, row.started_at): row for row in running if self._is_left(row, alive, busy)}
        dead = [row for mark, row in left.items() if mark in self._suspects]
        self._suspects = set(left)
        for row in dead:
            error = trying.WorkerDied(_("The process that did this ended before it was done."))
            trying.note_failure(row, error, rng=rng, now=now)
        return len(dead)

    def _is_left(self, row: DBTaskResult, alive: set[str], busy: Collection[UUID]) -> bool:
        worker = row.worker_ids[-1] if row.worker_ids else ""
        if worker == self.own_name:
            return row.pk not in busy
        return not liveness.lives(worker, alive)
