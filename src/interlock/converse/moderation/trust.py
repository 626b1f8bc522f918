"""How well is somebody known here? From what was let through, for how long, and reports of theirs that were right.

Nothing here reads votes: trust cannot be bought by friends.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from interlock.converse.models import Policy, Post, Reply, Report, Standing, Sweep
from interlock.converse.moderation.rules import Level
from interlock.fabric.models import Person, Role

# A refusal is forgotten after half a year; three within it make somebody new again.
REMEMBERED = timedelta(days=180)
REFUSED_MAKES_NEW = 3


@dataclass(frozen=True)
class Record:
    """What somebody did here: texts that stand, the day of the first, refusals of the last half year, right reports."""

    accepted: int = 0
    first_at: datetime | None = None
    refused: int = 0
    right_reports: int = 0
    is_swept: bool = False

    def days(self, now: datetime) -> int:
        return (now - self.first_at).days if self.first_at else 0


def records_of(people: Collection[int], now: datetime) -> dict[int, Record]:
    """The record of each of these people. Four queries."""
    counts: dict[int, dict[str, int]] = {number: {} for number in people}
    firsts: dict[int, datetime] = {}
    recent = Q(standing=Standing.REJECTED, said_at__gt=now - REMEMBERED)
    # What was merged or split off was let through as well.
    stands = Q(standing__in=[Standing.PUBLIC, Standing.MOVED])
    for said in (Post, Reply):
        rows = said.objects.filter(author__in=people).values("author")
        for row in rows.annotate(
            good=Count("pk", filter=stands),
            bad=Count("pk", filter=recent),
            first=Min("said_at", filter=stands),
        ):
            mine = counts[row["author"]]
            mine["good"] = mine.get("good", 0) + row["good"]
            mine["bad"] = mine.get("bad", 0) + row["bad"]
            if row["first"]:
                firsts[row["author"]] = min(row["first"], firsts.get(row["author"], row["first"]))
    right = dict(
        Report.objects.filter(person__in=people, upheld=True).values_list("person").annotate(n=Count("pk"))
    )
    swept = set(Sweep.objects.filter(person__in=people, undone_at=None).values_list("person", flat=True))
    return {
        number: Record(
            mine.get("good", 0), firsts.get(number), mine.get("bad", 0), right.get(number, 0), number in swept
        )
        for number, mine in counts.items()
    }


def level_of(record: Record, policy: Policy, now: datetime) -> Level:
    """The level that this record has earned."""
    earned, days = record.accepted + record.right_reports, record.days(now)
    if record.is_swept or record.refused >= REFUSED_MAKES_NEW:
        return Level.NEW
    if earned >= policy.trusted_after and days >= policy.trusted_days and not record.refused:
        return Level.TRUSTED
    if earned >= policy.known_after and days >= policy.known_days:
        return Level.KNOWN
    return Level.NEW


def level_of_person(person: Person, record: Record, policy: Policy, now: datetime) -> Level:
    """Likewise; partners were asked in by us, so they are trusted unless they were taken out."""
    if person.role == Role.PARTNER and not record.is_swept:
        return Level.TRUSTED
    return level_of(record, policy, now)


def _so_far(record: Record, now: datetime) -> str:
    counts = {"n": record.accepted, "bad": record.refused}
    if record.accepted == 0:
        return _("no text stands yet, %(bad)d not let through in half a year.") % counts
    since = ngettext("for one day", "for %(days)d days", record.days(now)) % {"days": record.days(now)}
    if record.days(now) == 0:
        since = _("since today")
    so_far = ngettext(
        "one text stands, %(since)s, %(bad)d not let through in half a year.",
        "%(n)d texts stand, the first %(since)s, %(bad)d not let through in half a year.",
        record.accepted,
    )
    return so_far % (counts | {"since": since})


def why(record: Record, level: Level, policy: Policy, now: datetime) -> str:
    """The level with its reason and what comes next, for the person and for a moderator alike."""
    if record.is_swept:
        return _("What was written here before was taken out; all that comes now is read first.")
    so_far = _so_far(record, now)
    if level is Level.TRUSTED:
        return _("Trusted: %(so_far)s Only what our list names is read first.") % {"so_far": so_far}
    if level is Level.KNOWN:
        return _("Known: %(so_far)s Trusted from %(n)d in %(days)d days without a refusal.") % {
            "so_far": so_far,
            "n": policy.trusted_after,
            "days": policy.trusted_days,
        }
    return _("New: %(so_far)s Known from %(n)d in %(days)d days.") % {
        "so_far": so_far,
        "n": policy.known_after,
        "days": policy.known_days,
    }
