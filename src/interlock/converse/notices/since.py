"""From when on does a daily mail tell?"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max, QuerySet

from interlock.converse.models import Notice
from interlock.fabric.models import Person

# What is older is not told any more: no worker ran for a week, and people have looked for themselves.
LONGEST_BACK = timedelta(days=7)
A_DAY = timedelta(days=1)
_TOLD = (Notice.State.SENT, Notice.State.EMPTY, Notice.State.DOUBTFUL)


def last_told(person: Any) -> QuerySet[Notice]:
    """The daily mails that reached somebody, or had nothing to say."""
    return Notice.objects.filter(person=person, why=Notice.Why.DAILY, state__in=_TOLD)


def since_when(person: Person, until: datetime) -> datetime:
    """From when on a daily mail tells: the one before, else the last day. One query."""
    before = last_told(person).filter(at__lt=until).aggregate(at=Max("at"))["at"]
    return max(before or until - A_DAY, until - LONGEST_BACK)
