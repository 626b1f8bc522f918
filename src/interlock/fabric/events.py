"""What should open pages hear of at once? Written with the change, numbered without gap, kept two days.

An event names things and never holds their content: whoever may not see a thing learns nothing from its name.
Numbers become visible in their order, because each writer holds the one row that counts until it commits.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from interlock.fabric.models import Event, EventHead, JournalHead

# Long enough for a page that was left open over a night or a journey; older readers load the page again.
KEPT = timedelta(days=2)
CHANNEL = "interlock_events"
MOST_KEYS = 20


@transaction.atomic
def tell(
    *, topic: str, verb: str, keys: Sequence[str], at: datetime, detail: Mapping[str, Any] | None = None
) -> Event:
    """Tell open pages, once the caller's transaction commits, that something happened to things of one topic.

    `keys` name the things; an event carries their count and the first of them. `detail` is plain JSON, and
    like the keys it must be safe to show to everybody who may open a page of this topic.
    """
    # The journal's row first: whoever writes both takes them in this order, so that no two wait for each other.
    JournalHead.objects.select_for_update().get_or_create(pk=1)
    head, _ = EventHead.objects.select_for_update().get_or_create(pk=1)
    event = Event(
        number=head.number + 1,
        at=at,
        topic=topic,
        verb=verb,
        about_key=keys[0][:400] if len(keys) == 1 else "",
        detail={**(detail or {}), "n": len(keys), "keys": [key[:400] for key in keys[:MOST_KEYS]]},
    )
    event.detail = json.loads(json.dumps(event.detail, default=str))
    event.save(force_insert=True)
    head.number = event.number
    head.save(update_fields=["number"])
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])
    return event


def events_after(number: int, limit: int) -> list[Event]:
    """The next events in their order. One query."""
    return list(Event.objects.filter(number__gt=number).order_by("number")[:limit])


def last_number() -> int:
    """The number of the latest event; 0 before the first."""
    return EventHead.objects.filter(pk=1).values_list("number", flat=True).first() or 0


def purge(*, now: datetime) -> int:
    """Remove what is older than KEPT; return how many."""
    return Event.objects.filter(at__lt=now - KEPT).delete()[0]
