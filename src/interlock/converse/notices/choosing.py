"""Who can be told by mail, and by which clock?"""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet

from interlock.converse.models import NoticeChoice
from interlock.fabric.models import Person


def reachable() -> QuerySet[Person]:
    """Those who are here with an address; not whom an import brought, until they have shown that it is theirs."""
    unproven = EmailAddress.objects.filter(user=OuterRef("user"), verified=False, primary=True)
    here = Person.objects.filter(left_at=None, user__is_active=True).exclude(user__email="")
    return here.exclude(Exists(unproven)).select_related("user")


def choice_of(person: Person) -> NoticeChoice:
    """How somebody wants to be told; a row that is not kept yet where they never said."""
    return getattr(person, "notice_choice", None) or NoticeChoice(person=person)


def zone_of(person: Person) -> ZoneInfo:
    return ZoneInfo(choice_of(person).zone or settings.TIME_ZONE)


def clock_of(person: Person, now: datetime) -> tuple[date, bool]:
    """Which day it is where somebody is, and whether their hour has come."""
    there = now.astimezone(zone_of(person))
    return there.date(), there.hour >= choice_of(person).hour
