"""The trial of the watch on the company's own past as background work: ask for it, see whether it goes on, stop it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from interlock.fabric import journal, work
from interlock.fabric.models import Person
from interlock.listen.outcry import past, setting


@work.task(key="outcry past", attempts=1, title=_("Try the outcry watch on the past"))
def try_on_past() -> None:
    """Go through the company's own past as the watch would have, and keep what it would have said."""
    past.go_through(now=timezone.now())


@transaction.atomic
def ask_for(*, by: Person, now: datetime) -> None:
    """Let the trial wait for a worker, once."""
    past.keep({"state": "waiting", "at": now.isoformat()})
    work.ask(try_on_past)
    journal.note(actor=by, verb="asked for a trial on the past", about=setting.watch_row(), at=now)


def is_under_way() -> bool:
    """Whether the trial waits for a worker or runs."""
    return bool(work.standing(try_on_past))


@transaction.atomic
def stop(*, by: Person, now: datetime) -> None:
    """Ask the trial to stop at its next step."""
    past.keep({"state": "stopped", "at": now.isoformat()})
    journal.note(actor=by, verb="stopped the trial on the past", about=setting.watch_row(), at=now)
