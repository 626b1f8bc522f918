"""How well is somebody known here? From what was let through, for how long, and reports of theirs that were right.

Nothing here reads votes: trust cannot be bought by friends.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from interlock.converse.models import Policy
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


# Each reply asks for it, so it is written by hand and asks once: the models took a fifth of a reply for it.
_RECORDS = """
WITH said AS (
    SELECT author_id, standing, said_at FROM converse_post WHERE author_id IN ({people})
    UNION ALL SELECT author_id, standing, said_at FROM converse_reply WHERE author_id IN ({people})),
stands AS (SELECT author_id, count(*) AS n, min(said_at) AS at FROM said
    WHERE standing IN ('public', 'moved') GROUP BY author_id),
refused AS (SELECT author_id, count(*) AS n FROM said
    WHERE standing = 'rejected' AND said_at > %s GROUP BY author_id),
upheld AS (SELECT person_id, count(*) AS n FROM converse_report
    WHERE person_id IN ({people}) AND upheld GROUP BY person_id)
SELECT p.id, coalesce(stands.n, 0), stands.at, coalesce(refused.n, 0), coalesce(upheld.n, 0), EXISTS
    (SELECT 1 FROM converse_sweep s WHERE s.person_id = p.id AND s.undone_at IS NULL)
FROM fabric_person p
    LEFT JOIN stands ON stands.author_id = p.id
    LEFT JOIN refused ON refused.author_id = p.id
    LEFT JOIN upheld ON upheld.person_id = p.id
WHERE p.id IN ({people})
"""


def records_of(people: Collection[int], now: datetime) -> dict[int, Record]:
    """The record of each of these people. One query, none for nobody."""
    numbers = sorted(people)
    if not numbers:
        return {}
    places = ", ".join(["%s"] * len(numbers))
    since = connection.ops.adapt_datetimefield_value(now - REMEMBERED)
    with connection.cursor() as cursor:
        # What was merged or split off was let through as well.
        cursor.execute(_RECORDS.format(people=places), [*numbers, *numbers, since, *numbers, *numbers])
        return {
            number: Record(accepted, _moment(first), refused, right, bool(swept))
            for number, accepted, first, refused, right, swept in cursor
        }


def _moment(stored: datetime | str | None) -> datetime | None:
    """SQLite gives text, in UTC and without saying so."""
    return datetime.fromisoformat(stored).replace(tzinfo=UTC) if isinstance(stored, str) else stored


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
