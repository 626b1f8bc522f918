"""What an installation decides about its outcry watch: the budget, who is on duty, who is told and where."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from interlock.analytics.outcry.budget import DAYS_A_QUARTER
from interlock.fabric import away, journal
from interlock.fabric.access import Act, may
from interlock.fabric.models import STAFF_ROLES, Function, Person, Role
from interlock.listen.errors import EditRefused
from interlock.listen.models import OutcryWatch

# One false alarm in this many days, by what people call it.
SPANS = {"month": 365 / 12, "quarter": DAYS_A_QUARTER, "year": 365.0}
MOST_ALLOWED = 100


def watch_row() -> OutcryWatch:
    """The one row of the watch, as it would be made if there were none. Without what the detector remembers."""
    row = OutcryWatch.objects.select_related("host", "set_by").defer("state").filter(pk=1).first()
    return row or OutcryWatch(pk=1)


def span_of(days: float) -> str:
    """What people call a budget's span."""
    return min(SPANS, key=lambda name: abs(SPANS[name] - days))


@transaction.atomic
def set_budget(*, false_alarms: int, span: str, by: Person, now: datetime) -> None:
    """Allow at most so many false alarms a month, quarter or year, over all streams together.

    Raises:
        EditRefused: a budget that allows nothing, or more than a person could read.
    """
    if not 1 <= false_alarms <= MOST_ALLOWED or span not in SPANS:
        raise EditRefused(
            _("Allow 1 to %(most)d false alarms a month, quarter or year; nothing was changed.")
            % {"most": MOST_ALLOWED}
        )
    row = _locked()
    before = {"false_alarms": row.false_alarms, "days": row.days}
    row.false_alarms, row.days, row.set_by, row.set_at = false_alarms, SPANS[span], by, now
    row.save(update_fields=["false_alarms", "days", "set_by", "set_at"])
    after = {"false_alarms": false_alarms, "days": SPANS[span]}
    journal.note(
        actor=by, verb="set the budget", about=row, at=now, detail={"before": before, "after": after}
    )


@transaction.atomic
def set_telling(
    *,
    host: Person | None,
    told: Collection[Person],
    mails: Sequence[str],
    by: Person,
    now: datetime,
) -> None:
    """Say who is on duty and who is written to."""
    row = _locked()
    row.host, row.mails = host, list(dict.fromkeys(mails))
    row.save(update_fields=["host", "mails"])
    row.told.set(told)
    detail = {
        "host": host.pk if host else None,
        "people": sorted(one.pk for one in told),
        "mails": len(row.mails),
    }
    journal.note(actor=by, verb="set who is told", about=row, at=now, detail=detail)


def _locked() -> OutcryWatch:
    OutcryWatch.objects.get_or_create(pk=1)
    return OutcryWatch.objects.select_for_update().defer("state").get(pk=1)


def people_to_tell() -> QuerySet[Person]:
    """Colleagues who can be written to: they are here and sign in with an address. One query."""
    here = Person.objects.filter(left_at=None, role__in=STAFF_ROLES, user__isnull=False)
    return here.select_related("user").order_by("name", "pk")


def host_on_duty(now: datetime) -> Person | None:
    """Who is asked in first: the person named, their stand-in while they are away, else who leads service, else an owner."""
    named = watch_row().host
    if named is not None:
        stand_in = away.helper_of(named, now) if away.is_away(named, now) else named
        if stand_in is not None and _is_here(stand_in, now):
            return stand_in
    here = [one for one in people_to_tell() if _is_here(one, now)]
    leads = (one for one in here if one.role == Role.LEAD and Function.SERVICE in one.functions)
    return next(leads, None) or next((one for one in here if one.role == Role.OWNER), None)


def _is_here(person: Person, now: datetime) -> bool:
    return may(person, Act.CONVENE) and not away.is_away(person, now)
