"""Readers say that something does not belong here. Three different people hide it until a moderator has looked."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from interlock.converse.community import flood, posting
from interlock.converse.community.errors import NotAllowed, TooMuch
from interlock.converse.models import Case, Post, Reply, Report, Standing, Sweep
from interlock.converse.moderation import cases
from interlock.converse.moderation.policy import policy
from interlock.fabric import journal
from interlock.fabric.access import Act, may
from interlock.fabric.models import Person

WITHIN = timedelta(hours=1)
MOST_REPORTS = 20


@transaction.atomic
def report(*, said: Post | Reply, by: Person, why: str, words: str, now: datetime) -> Report:
    """Report something once; it is hidden when enough people did and no moderator has looked yet.

    Raises:
        NotAllowed: it is one's own, or not public.
        TooMuch: more was reported within an hour than people read.
    """
    if not may(by, Act.TALK):
        raise NotAllowed(_("Your role reads here and does not write; nothing was sent."))
    posting.locked(said if isinstance(said, Post) else said.post)
    said = type(said).objects.get(pk=said.pk)
    if said.author_id == by.pk or not said.is_public:
        raise NotAllowed(_("Only what others say in public is reported. Nothing was sent."))
    flood.count_alone(f"community person {by.pk}")
    if Report.objects.filter(person=by, at__gt=now - WITHIN).count() >= MOST_REPORTS:
        raise TooMuch(_("That is a lot for one hour. Go on later; nothing was sent."))
    found, is_new = Report.objects.get_or_create(
        person=by, **cases.naming(said), defaults={"why": why, "words": words.strip(), "at": now}
    )
    if is_new:
        case = cases.open_case(said=said, about=Case.About.REPORTED, now=now, by=by)
        journal.note(
            actor=by, verb="reported", about=case, at=now, detail=cases.numbered(said) | {"why": why}
        )
        _hide_if_many_did(said, now)
    return found


def waiting_reports(said: Post | Reply) -> list[Report]:
    """What readers said of it that nobody has looked at, with who they are. One query."""
    reports = Report.objects.filter(upheld=None, **cases.naming(said))
    return list(reports.select_related("person").order_by("at", "pk"))


def _hide_if_many_did(said: Post | Reply, now: datetime) -> None:
    """Hide it. What the company says itself, and what a moderator looked at, readers cannot hide."""
    is_ours = said.written_by_id or (isinstance(said, Reply) and said.is_official)
    looked = Case.objects.filter(outcome=Case.Outcome.PUBLIC, **cases.naming(said)).exists()
    if is_ours or looked:
        return
    swept = Sweep.objects.filter(undone_at=None).values("person")
    people = Report.objects.filter(upheld=None, **cases.naming(said)).exclude(person__in=swept).count()
    if people >= policy().reports_hide:
        type(said).objects.filter(pk=said.pk).update(standing=Standing.HELD)
        said.refresh_from_db()
        posting.hidden(said, now)
