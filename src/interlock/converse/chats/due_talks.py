"""Which functions owe an answer in a talk by tomorrow, or owed it in the last week? Their chats hear it, once each."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

from django.utils import timezone

from interlock.converse.chats.wording import owing
from interlock.fabric.chats import outbox
from interlock.fabric.models import Topic

# A channel is not woken at night: days begin at this hour of the installation.
FROM_HOUR = 8
SOON, LATE = timedelta(days=1), timedelta(days=7)


def note_due(*, now: datetime) -> None:
    """Note what is due now for the chats that hear of it. One query where none does."""
    here = timezone.localtime(now)
    if here.hour < FROM_HOUR or not outbox.is_heard(Topic.DUE):
        return
    today = here.date()
    owed = owing().filter(conversation__due__range=(today - LATE, today + SOON))
    functions: dict[str, set[str]] = defaultdict(set)
    for talk, due, function in owed.order_by("pk").values_list(
        "conversation", "conversation__due", "function"
    ):
        functions[f"talk-{'soon' if due >= today else 'late'}-{talk}-{due}"].add(function)
    outbox.note(Topic.DUE, functions, at=now)
