"""What we promise in public, and how well we keep it: from the clocks that run for every question.

The share is told with its interval and n from 30 due answers upward; below that we say so and give no figure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.core.cache import caches
from django.db.models import QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from interlock.converse.community import boards
from interlock.converse.models import Post, Reply
from interlock.fabric import company
from interlock.fabric.access import Act, may
from interlock.fabric.models import Company, Person
from interlock.listen import clocks, waiting
from interlock.listen.models import Clock, Source, SourceKind

ASKED = "post"
SECONDS = 60


@dataclass(frozen=True)
class Promise:
    """Hours within which questions are answered, and how often that was kept in the last 30 days."""

    hours: int
    kept: waiting.InTime

    @property
    def sentence(self) -> str:
        """We answer questions within 16 hours; 93 in 100 times we kept that."""
        within = _("We answer questions within %(hours)d hours") % {"hours": self.hours}
        if not self.kept.enough:
            return _("%(within)s.") % {"within": within}
        return _("%(within)s; we kept that %(share)d times in 100.") % {
            "within": within,
            "share": round(100 * self.kept.share),
        }

    @property
    def proof(self) -> str:
        """The interval and n, or why there is no share."""
        if not self.kept.enough:
            return _(
                "Too few to say how often: %(n)d fell due in the last 30 days, told from %(least)d upward."
            ) % {
                "n": self.kept.n,
                "least": waiting.FEWEST_DUE,
            }
        return _("%(low)d to %(high)d in 100, %(n)d questions of the last 30 days.") % {
            "low": round(100 * self.kept.low),
            "high": round(100 * self.kept.high),
            "n": self.kept.n,
        }


def promise(now: datetime) -> Promise:
    """The promise as of now. Two queries."""
    source = Source.objects.filter(kind=SourceKind.COMMUNITY, removed_at=None).first() or Source()
    asked = Clock.objects.filter(source=source.pk, kind=ASKED)
    hours = int(clocks.answer_within(ASKED, source).total_seconds() // 3600)
    return Promise(hours, waiting.answered_in_time(asked, now))


@dataclass(frozen=True)
class Today:
    """What every page says of today: the promise, who is on duty, the company with its words."""

    promise: Promise
    on_duty: str
    company: Company


def today(now: datetime) -> Today:
    """As of now. Four queries."""
    return Today(promise(now), on_duty_words(now), company.company())


def for_visitors(now: datetime) -> Today:
    """Likewise, looked up once a minute: visitors' pages are kept under it."""
    cache, key = caches["pages"], f"community:today:{get_language()}"
    found = cache.get(key)
    if found is None:
        found = today(now)
        cache.set(key, found, SECONDS)
    return found


def on_duty_words(now: datetime) -> str:
    """Lena Fuchs, until 20:00. One query."""
    duty = boards.on_duty(now)
    if duty is None:
        return _("Nobody just now; questions are read all the same.")
    return _("%(name)s, until %(hour)s. Nobody here is a machine.") % {
        "name": duty.person.name,
        "hour": duty.until.strftime("%H:%M"),
    }


def note_due(said: Iterable[Post | Reply]) -> None:
    """Note on each of these until when it is answered, where its clock runs. One query."""
    by_key = {one.signal_key: one for one in said if one.signal_key}
    running = Clock.objects.filter(signal_key__in=list(by_key), stopped_at=None)
    for key, due_at in running.values_list("signal_key", "due_at"):
        by_key[key].due_at = due_at


def running_clocks() -> QuerySet[Clock]:
    """Clocks of everybody who waits for an answer in the community."""
    return Clock.objects.filter(source__kind=SourceKind.COMMUNITY, stopped_at=None)


def waiting_note(person: Person | None) -> str:
    """What the rail says beside Community: how many wait. One query that stops at 1,000."""
    if not may(person, Act.READ):
        return ""
    number = running_clocks()[: waiting.RAIL_COUNTS_TO].count()
    return f"{number - 1}+" if number == waiting.RAIL_COUNTS_TO else str(number or "")
