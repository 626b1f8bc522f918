"""Background work on `django.tasks`: asked for in a transaction, tried again, repeated, and taken up after a death.

`@work.task(...)` makes a task and says how often it is tried; `work.ask(task, ...)` lets it wait for a worker
inside the caller's transaction. The worker process (`cli/working.py`) calls the other modules here, one step
each: `claiming`, `trying`, `repeating`, `dying`. Tests carry out what waits with `work.run_ready()`.
"""

from interlock.fabric.work.asking import GiveUp, ask, is_asked, policy_of, standing, task, title_of
from interlock.fabric.work.looking import is_going_on
from interlock.fabric.work.trying import run_ready

__all__ = [
    "GiveUp",
    "ask",
    "is_asked",
    "is_going_on",
    "policy_of",
    "run_ready",
    "standing",
    "task",
    "title_of",
]
