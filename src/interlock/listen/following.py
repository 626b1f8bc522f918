"""What happens after every import: tasks of rooms above this one, named in settings because it must not import them.

`AFTER_IMPORT_TASKS` lists them by path. Each must be able to run twice: it only brings what it keeps up to
the records as they are.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.tasks import Task
from django.utils.module_loading import import_string

from interlock.fabric import work

# Rules and drivers take seconds to minutes; what came in since is looked at together.
FOLLOWED_EVERY = timedelta(minutes=15)
FOLLOWING_TASK = "interlock.listen.tasks.follow_flushes"


def followers() -> list[Task]:
    """The tasks to run after an import, an undo or a removal."""
    return [import_string(path) for path in getattr(settings, "AFTER_IMPORT_TASKS", [])]


def queue_followers() -> None:
    """Queue them for the worker, inside the caller's transaction if there is one."""
    for follower in followers():
        work.ask(follower)


def follow_soon(*, now: datetime) -> None:
    """Let them run once for all that comes in live within the next quarter of an hour."""
    work.ask(import_string(FOLLOWING_TASK), run_after=now + FOLLOWED_EVERY)


def run_followers() -> list[Any]:
    """Run them here and now, for the command line."""
    return [follower.call() for follower in followers()]
