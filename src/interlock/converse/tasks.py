"""Background work of converse."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from interlock.converse import services
from interlock.converse.chats import due_talks
from interlock.converse.notices import planning
from interlock.converse.talks import pictures
from interlock.fabric import work


@work.task(attempts=3, title=_("Forget pictures of lines that were never sent"))
def forget_loose_pictures() -> int:
    """Remove pictures that wait for their line since two days; return how many."""
    return pictures.forget_loose_pictures(now=timezone.now())


@work.task(key="all", attempts=3, title=_("See which days of talks have passed"))
def pass_days() -> int:
    """Miss what was promised for a day that is over, take up what was parked until now, and let quiet talks rest.

    Returns how many moved.
    """
    now = timezone.now()
    taken_up = services.take_up_parked(now=now)
    return services.miss_overdue(now=now) + taken_up + services.rest_quiet_conversations(now=now)


@work.task(key="all", attempts=3, title=_("Plan mails to people"))
def plan_notices() -> int:
    """Let mails wait for all whose hour it is, and chats be told of answers that are due; return how many mails."""
    now = timezone.now()
    due_talks.note_due(now=now)
    return planning.plan(now=now)
