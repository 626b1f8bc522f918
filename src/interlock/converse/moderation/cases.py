"""Cases: what waits for a moderator, how it came there, and what its author is told of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from interlock.converse.community.errors import CommunityError, NothingSaid
from interlock.converse.models import Case, Post, Reply, Standing
from interlock.converse.moderation.reasons import sentences
from interlock.converse.moderation.rules import Finding
from interlock.fabric import journal
from interlock.fabric.models import Person

# Whoever opened a case and did nothing for that long has gone on to something else.
TAKEN_FOR = timedelta(minutes=15)


def naming(said: Post | Reply) -> dict[str, Post | Reply]:
    """The columns that name a post or a reply in a row about it."""
    return {"post" if isinstance(said, Post) else "reply": said}


def numbered(said: Post | Reply) -> dict[str, int]:
    """What the journal keeps of it: a number, and none of the words, which can be erased."""
    return {"post" if isinstance(said, Post) else "reply": said.pk}


def open_cases() -> QuerySet[Case]:
    """What waits, the longest waiting first. One query."""
    cases = Case.objects.filter(closed_at=None).order_by("opened_at", "pk")
    return cases.select_related(
        "post__board", "post__author", "reply__post__board", "reply__author", "taken_by"
    )


def open_case(
    *,
    said: Post | Reply,
    about: str,
    now: datetime,
    found: Iterable[Finding] = (),
    by: Person | None = None,
    **columns: Any,
) -> Case:
    """Let a moderator look at it; where one is asked already, with these reasons. In a transaction."""
    standing = Case.objects.select_for_update(of=("self",)).filter(closed_at=None, **naming(said)).first()
    if standing:
        standing.found = [*standing.found, *(one for one in found if one not in standing.found)]
        standing.save(update_fields=["found"])
        return standing
    case = Case.objects.create(about=about, found=list(found), opened_at=now, **naming(said), **columns)
    detail = numbered(said) | {"about": about, "rules": [one["rule"] for one in case.found]}
    journal.note(actor=by, verb="opened a case", about=case, at=now, detail=detail)
    return case


def close_cases(said: Post | Reply, outcome: str, by: Person | None, now: datetime) -> None:
    """Nobody need look at it any more."""
    for case in Case.objects.filter(closed_at=None, **naming(said)):
        Case.objects.filter(pk=case.pk).update(closed_at=now, closed_by=by, outcome=outcome, address="")
        journal.note(
            actor=by, verb="closed a case", about=case, at=now, detail=numbered(said) | {"outcome": outcome}
        )


def close_all(
    posts: Collection[int], replies: Collection[int], outcome: str, by: Person, now: datetime
) -> list[int]:
    """Nobody need look at any of these more; return the numbers of the cases, for the caller's line. Two queries."""
    about = Q(post__in=posts) | Q(reply__in=replies)
    numbers = list(Case.objects.filter(about, closed_at=None).values_list("pk", flat=True))
    closed = {"closed_at": now, "closed_by": by, "outcome": outcome, "address": ""}
    Case.objects.filter(pk__in=numbers).update(**closed)
    return numbers


def reasons_for(said: Post | Reply) -> list[str]:
    """Why it is held or was not let through, for its author: a person's reason, else the rules it met. One query."""
    case = Case.objects.filter(**naming(said)).order_by("-pk").first()
    if said.judged_because:
        is_asked = case is not None and case.about == Case.About.APPEAL and case.closed_at is None
        asked = [_("You asked us to look again; a colleague does.")] if is_asked else []
        return [said.judged_because, *asked]
    if case is None:
        return []
    if case.about == Case.About.REPORTED:
        return [_("Readers reported it; a colleague looks at it.")]
    return sentences(case.found)


def may_appeal(said: Post | Reply, person: Person | None) -> bool:
    """Whether its author may still ask to look again: once, of what was not let through. One query."""
    if (
        person is None
        or said.author_id != person.pk
        or said.standing not in {Standing.REJECTED, Standing.HELD}
    ):
        return False
    if said.standing == Standing.HELD:
        return Case.objects.filter(closed_at=None, words="", **naming(said)).exists()
    return not Case.objects.filter(about=Case.About.APPEAL, **naming(said)).exists()


@transaction.atomic
def appeal(*, said: Post | Reply, by: Person, words: str, now: datetime) -> Case:
    """Say once why it belongs here. What was not let through is looked at by another moderator.

    Raises:
        NothingSaid: there are no words.
        CommunityError: it is public, or the author asked already.
    """
    if not words.strip():
        raise NothingSaid(_("Write why it belongs here; nothing was sent."))
    said = type(said).objects.select_for_update(of=("self",)).get(pk=said.pk)
    if not may_appeal(said, by):
        raise CommunityError(_("You asked once already, or it is public; nothing was changed."))
    if said.standing == Standing.HELD:
        case = Case.objects.get(closed_at=None, **naming(said))
        case.words = words.strip()
        case.save(update_fields=["words"])
    else:
        case = open_case(
            said=said,
            about=Case.About.APPEAL,
            now=now,
            by=by,
            words=words.strip(),
            first_judge=said.judged_by,
        )
    journal.note(actor=by, verb="appealed", about=case, at=now, detail=numbered(said))
    return case
