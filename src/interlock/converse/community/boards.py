"""Boards, who is on duty, and when a board may be opened to the public.

An empty forum stays empty (practice.md, community health): a board opens with 25 questions that are asked and
answered already, and with somebody on duty on each of the next 14 days.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from interlock.converse.community.errors import CommunityError, NotReady
from interlock.converse.models import Board, Duty, Kind, Post, Standing
from interlock.fabric import away, journal
from interlock.fabric.access import ACTS, Act
from interlock.fabric.models import Person

SEEDED = 25
ROSTER_DAYS = 14
# Words that addresses of the community begin with.
_TAKEN = frozenset(
    {"tell", "near", "search", "mine", "enter", "leave", "kept", "queue", "moderation", "settings", "posts", "reply", "vote",
     "follow", "feed", "answer", "status", "judge", "you-said", "merge", "split", "reword", "take-away", "report",
     "appeal", "erase", "mail", "widget"}
)  # fmt: skip


@dataclass(frozen=True)
class Missing:
    """What a board lacks before the public may read it."""

    answered: int
    days: list[date]

    @property
    def questions(self) -> int:
        return max(0, SEEDED - self.answered)

    @property
    def is_ready(self) -> bool:
        return not self.questions and not self.days

    @property
    def sentence(self) -> str:
        """What is missing, for whoever wants to open the board."""
        questions, days = self.questions, len(self.days)
        parts = []
        if questions:
            parts.append(
                ngettext("%(n)d answered question", "%(n)d answered questions", questions) % {"n": questions}
            )
        if days:
            parts.append(ngettext("a host on %(n)d day", "a host on %(n)d days", days) % {"n": days})
        return _("Before it opens it lacks %(what)s.") % {"what": _(" and ").join(parts)} if parts else ""


def missing(board: Board, today: date) -> Missing:
    """What this board lacks on this day. Two queries."""
    answered = Post.objects.filter(
        board=board, kind=Kind.ASK, standing=Standing.PUBLIC, answered_at__isnull=False
    )
    return Missing(answered[:SEEDED].count(), days_without_host(today))


def days_without_host(today: date) -> list[date]:
    """The days of the next fourteen on which nobody is on duty. One query."""
    days = [today + timedelta(days=number) for number in range(ROSTER_DAYS)]
    covered = set(duties(today).values_list("day", flat=True))
    return [day for day in days if day not in covered]


def duties(today: date) -> QuerySet[Duty]:
    """Who is on duty in the next fourteen days, in their order."""
    last = today + timedelta(days=ROSTER_DAYS - 1)
    return Duty.objects.filter(day__range=(today, last), person__left_at=None).select_related("person")


def on_duty(now: datetime) -> Duty | None:
    """Who looks after the community at this moment: for a host who is away, who stands in. One query, three then."""
    local = timezone.localtime(now)
    for duty in duties(local.date()).filter(day=local.date(), until__gt=local.time()):
        if not away.is_away(duty.person, now):
            return duty
        if helper := away.helper_of(duty.person, now):
            duty.person = helper
            return duty
    return None


def may_be_on_duty() -> QuerySet[Person]:
    """Colleagues who may answer customers. One query."""
    roles = [role for role, acts in ACTS.items() if Act.ANSWER in acts]
    return Person.objects.filter(left_at=None, user__isnull=False, role__in=roles)


@transaction.atomic
def make_board(*, name: str, by: Person, now: datetime, **columns: Any) -> Board:
    """Make a board that staff see and fill; the public sees it once it was opened.

    Raises:
        CommunityError: there is such a board, or its address is taken.
    """
    key = slugify(name)[:40].strip("-")
    if not key or key in _TAKEN or Board.objects.filter(key=key).exists():
        raise CommunityError(_("There is a board or a page of this name. Choose another; nothing was made."))
    board = Board.objects.create(key=key, name=name.strip(), made_at=now, **columns)
    journal.note(actor=by, verb="made a board", about=board, at=now, detail={"name": board.name})
    return board


@transaction.atomic
def change_board(*, board: Board, by: Person, now: datetime, **columns: Any) -> None:
    """Give a board another name, sentence, kinds or products; its address stays, so that links hold."""
    for name, value in columns.items():
        setattr(board, name, value)
    board.version += 1
    board.save(update_fields=[*columns, "version"])
    journal.note(actor=by, verb="changed", about=board, at=now, detail=columns)


@transaction.atomic
def open_board(*, board: Board, by: Person, now: datetime) -> None:
    """Let the public read a board.

    Raises:
        NotReady: it lacks questions, answers or hosts.
    """
    lacks = missing(board, timezone.localdate(now))
    if not lacks.is_ready:
        raise NotReady(lacks.sentence)
    Board.objects.filter(pk=board.pk, opened_at=None).update(opened_at=now)
    journal.note(actor=by, verb="opened a board", about=board, at=now)


@transaction.atomic
def set_duties(*, hosts: Mapping[date, tuple[Person | None, time]], by: Person, now: datetime) -> None:
    """Say who is on duty on these days and until when; None takes whoever was on it off."""
    Duty.objects.filter(day__in=list(hosts)).delete()
    Duty.objects.bulk_create(
        Duty(day=day, person=person, until=until) for day, (person, until) in hosts.items() if person
    )
    Board.objects.update(version=F("version") + 1)
    detail = {"days": [day.isoformat() for day, (person, _until) in hosts.items() if person]}
    journal.note(actor=by, verb="changed the roster of the community", about=by, at=now, detail=detail)
