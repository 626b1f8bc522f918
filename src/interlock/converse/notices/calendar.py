"""A calendar of one's own days: answers and promises that are due, decisions to look at again, days as a host.

Calendar programs read it at a secret address without signing in. The address is signed and holds a number: a new number
voids the addresses of before, and nothing secret is kept. So does another password, or a renewed sign-in: who has stolen
the one may know the other. What is in it is asked at each reading, as for a page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from interlock.converse import queries
from interlock.converse.models import Commitment, Conversation, Duty, NoticeChoice
from interlock.fabric import company
from interlock.fabric.models import Person
from interlock.fabric.numbers import number_of

CONTENT_TYPE = "text/calendar; charset=utf-8"
# Whoever looks back in their calendar sees their last days as a host.
HOST_DAYS_BACK = timedelta(days=31)


@dataclass(frozen=True)
class Day:
    """One whole day. `key` stays the same as long as the thing is there, so that programs move it and do not double it."""

    key: str
    day: date
    summary: str
    url: str
    made_at: datetime


def address_of(person: Person) -> str:
    """The secret address of this person's calendar; empty where they have none."""
    signed = signed_for(person)
    return f"{settings.PAGES_URL.rstrip('/')}{reverse('notices:calendar', args=[signed])}" if signed else ""


def signed_for(person: Person) -> str:
    """What is secret in the address, which feeds of themes hold too; empty where they have none."""
    choice = NoticeChoice.objects.filter(person=person, calendar_on=True).first()
    return _signer(person).sign(f"{person.pk}.{choice.calendar_number}") if choice else ""


def person_of(signed: str) -> Person | None:
    """Whose calendar this is; None for a made-up or an old address, and for who is not here any more."""
    number, _dot, _rest = signed.partition(".")
    here = Person.objects.filter(left_at=None, user__is_active=True, notice_choice__calendar_on=True)
    person = here.select_related("notice_choice", "user").filter(pk=number_of(number)).first()
    if person is None:
        return None
    try:
        version = _signer(person).unsign(signed).partition(".")[2]
    except BadSignature:
        return None
    return person if version == str(person.notice_choice.calendar_number) else None


def _signer(person: Person) -> Signer:
    """Signs anew once the sign-in is renewed; who has no password has a random text in its place."""
    return Signer(salt=f"converse.notices.calendar {person.user.password if person.user else ''}", sep=".")


@transaction.atomic
def change_address(*, person: Person, on: bool) -> None:
    """Make a new address, or stop; either way the addresses of before lead nowhere. One's own business: no journal line."""
    choice, _made = NoticeChoice.objects.select_for_update(of=("self",)).get_or_create(person=person)
    choice.calendar_number, choice.calendar_on = choice.calendar_number + 1, on
    choice.save(update_fields=["calendar_number", "calendar_on"])


def days_of(person: Person, today: date) -> list[Day]:
    """What stands in somebody's calendar, by day. Four queries."""
    days = [*_answers(person), *_promises(person), *_decisions(person), *_host_days(person, today)]
    return sorted(days, key=lambda one: (one.day, one.key))


def _answers(person: Person) -> Iterator[Day]:
    for talk in queries.waiting_for(person).filter(due__isnull=False):
        said = _("Answer due: %(heading)s") % {"heading": talk.heading_for(person)}
        yield Day(f"answer-{talk.pk}", talk.due, said, _talk_page(talk), talk.opened_at)


def _promises(person: Person) -> Iterator[Day]:
    open_ones = queries.commitments_visible_to(person).filter(owner=person, state=Commitment.State.OPEN)
    for one in open_ones.exclude(conversation__state=Conversation.State.CLOSED).select_related(
        "conversation"
    ):
        said = _("Promised: %(what)s") % {"what": one.what}
        yield Day(f"promise-{one.pk}", one.due, said, _talk_page(one.conversation), one.made_at)


def _decisions(person: Person) -> Iterator[Day]:
    again = queries.decisions_visible_to(person).filter(
        decided_by=person, taken_back_at=None, revisit_on__isnull=False
    )
    for one in again.select_related("conversation"):
        said = _("Look again: %(chosen)s") % {"chosen": one.chosen}
        yield Day(f"decision-{one.pk}", one.revisit_on, said, _talk_page(one.conversation), one.decided_at)


def _host_days(person: Person, today: date) -> Iterator[Day]:
    for duty in Duty.objects.filter(person=person, day__gte=today - HOST_DAYS_BACK):
        said = _("Host of the community until %(until)s") % {"until": f"{duty.until:%H:%M}"}
        made_at = datetime(duty.day.year, duty.day.month, duty.day.day, tzinfo=UTC)
        yield Day(f"host-{duty.pk}", duty.day, said, _page("community:list"), made_at)


def written(days: Iterable[Day]) -> str:
    """The days as iCalendar (RFC 5545): whole days, which are the same date in every time zone."""
    host = urlsplit(settings.PAGES_URL).hostname or "interlock"
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Interlock//EN", "CALSCALE:GREGORIAN"]
    lines += [f"X-WR-CALNAME:{_escaped(str(company.company()))}", "REFRESH-INTERVAL;VALUE=DURATION:PT1H"]
    for one in days:
        lines += [
            "BEGIN:VEVENT",
            f"UID:{one.key}@{host}",
            f"DTSTAMP:{one.made_at.astimezone(UTC):%Y%m%dT%H%M%SZ}",
            f"DTSTART;VALUE=DATE:{one.day:%Y%m%d}",
            f"DTEND;VALUE=DATE:{one.day + timedelta(days=1):%Y%m%d}",
            f"SUMMARY:{_escaped(one.summary)}",
            f"URL:{one.url}",
            "TRANSP:TRANSPARENT",
            "END:VEVENT",
        ]
    return "".join(f"{_folded(line)}\r\n" for line in [*lines, "END:VCALENDAR"])


def _escaped(text: str) -> str:
    """Text values have no line breaks and control signs of their own, so that no title can add a property."""
    plain = re.sub(r"[\x00-\x1f\x7f\u0085\u2028\u2029]+", " ", text)
    return re.sub(r"([\\;,])", r"\\\1", plain)


def _folded(line: str) -> str:
    """At most 75 bytes a line, never cut inside a letter; the next begins with a blank."""
    pieces, piece, size = [], "", 0
    for letter in line:
        length = len(letter.encode())
        if size + length > 75:
            pieces.append(piece)
            piece, size = "", 1
        piece, size = piece + letter, size + length
    return "\r\n ".join([*pieces, piece])


def _talk_page(talk: Conversation) -> str:
    return _page("converse:conversation", talk.pk)


def _page(name: str, *args: object) -> str:
    return f"{settings.PAGES_URL.rstrip('/')}{reverse(name, args=args)}"
