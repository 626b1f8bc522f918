"""Everything that somebody did in the community, taken out in one act, and brought back in one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from interlock.converse.community import posting
from interlock.converse.community.errors import CommunityError, NotAllowed, NothingSaid
from interlock.converse.models import Case, Follow, Post, Reply, Report, Standing, Sweep, Vote
from interlock.converse.moderation import cases, lineage
from interlock.fabric import journal
from interlock.fabric.access import Act, may
from interlock.fabric.models import Person

_STANDS = [Standing.PUBLIC, Standing.HELD, Standing.MOVED]


@dataclass(frozen=True)
class Doings:
    """What somebody has done here, as far as it counts for others."""

    posts: list[Post]
    replies: list[Reply]
    votes: list[Vote]
    follows: list[Follow]
    reports: list[Report]

    @property
    def signals(self) -> int:
        return sum(
            1 for one in (*self.posts, *self.replies) if one.signal_key and one.standing != Standing.HELD
        )


def doings_of(person: Person) -> Doings:
    """All of it, the newest first. Five queries."""
    own = {"author": person, "standing__in": _STANDS}
    return Doings(
        list(Post.objects.filter(**own).select_related("board").order_by("-pk")),
        list(Reply.objects.filter(**own, is_official=False).select_related("post").order_by("-pk")),
        list(Vote.objects.filter(person=person).select_related("post").order_by("-pk")),
        list(Follow.objects.filter(person=person).order_by("-pk")),
        list(Report.objects.filter(person=person, upheld=None).order_by("-pk")),
    )


@transaction.atomic
def sweep(*, person: Person, because: str, by: Person, now: datetime) -> Sweep:
    """Take it all out; what they write from now on is read first.

    Raises:
        NothingSaid: there is no reason.
        NotAllowed: the role does not moderate, or it is a colleague.
        CommunityError: it was done already.
    """
    _must_moderate(by)
    if not because.strip():
        raise NothingSaid(_("Say why; they read it. Nothing was changed."))
    if person.is_staff_side:
        raise NotAllowed(_("Colleagues' words are not taken out here. Nothing was changed."))
    Person.objects.select_for_update(of=("self",), no_key=True).get(pk=person.pk)
    if Sweep.objects.filter(person=person, undone_at=None).exists():
        raise CommunityError(_("A colleague was first: it is taken out already. Nothing was changed."))
    doings = doings_of(person)
    removed = {
        "posts": [[one.pk, one.standing] for one in doings.posts],
        "replies": [[one.pk, one.standing] for one in doings.replies],
        "votes": [[one.post_id, one.at.isoformat()] for one in doings.votes],
        "follows": [[one.post_id, one.at.isoformat()] for one in doings.follows],
        "reports": [one.pk for one in doings.reports],
    }
    made = Sweep.objects.create(person=person, by=by, at=now, because=because.strip(), removed=removed)
    Vote.objects.filter(pk__in=[one.pk for one in doings.votes]).delete()
    Follow.objects.filter(pk__in=[one.pk for one in doings.follows]).delete()
    Report.objects.filter(pk__in=removed["reports"]).update(upheld=False)
    columns = {
        "standing": Standing.REJECTED, "judged_by": by, "judged_at": now, "judged_because": because.strip(),
        "signal_due": None,
    }  # fmt: skip
    for said in (*doings.posts, *doings.replies):
        type(said).objects.filter(pk=said.pk).update(**columns)
        cases.close_cases(said, Case.Outcome.REJECTED, by, now)
    posting.withdraw_signals([*doings.posts, *doings.replies], now)
    _recount(_touched(doings.posts, doings.replies, [one.post_id for one in doings.votes]), now)
    detail = {
        "person": person.pk,
        "because": because.strip(),
        **{name: len(rows) for name, rows in removed.items()},
    }
    journal.note(actor=by, verb="took everything out", about=made, at=now, detail=detail)
    return made


@transaction.atomic
def undo(*, sweep: Sweep, by: Person, now: datetime) -> None:
    """Bring it all back as it stood; what a colleague judged since stays as judged.

    Raises:
        CommunityError: it was undone already, or they were erased since.
    """
    _must_moderate(by)
    sweep.refresh_from_db()
    if not sweep.removed:
        raise CommunityError(_("They were erased since, so nothing is left to bring back."))
    if not Sweep.objects.filter(pk=sweep.pk, undone_at=None).update(undone_at=now):
        raise CommunityError(_("It is back already; nothing was changed."))
    back: list[Post | Reply] = []
    for said, rows in ((Post, sweep.removed["posts"]), (Reply, sweep.removed["replies"])):
        for number, standing in rows:
            same = said.objects.filter(pk=number, standing=Standing.REJECTED, judged_at=sweep.at)
            if same.update(standing=standing, judged_by=None, judged_at=None, judged_because=""):
                back.append(said.objects.get(pk=number))
    for one in back:
        if one.standing == Standing.HELD:
            cases.open_case(said=one, about=Case.About.AGAIN, now=now, by=by)
    posting.hear_again([one for one in back if one.standing != Standing.HELD], now)
    _restore(Vote, sweep, "votes")
    _restore(Follow, sweep, "follows")
    Report.objects.filter(pk__in=sweep.removed["reports"], upheld=False).update(upheld=None)
    posts = [one for one in back if isinstance(one, Post)]
    replies = [one for one in back if isinstance(one, Reply)]
    _recount(_touched(posts, replies, [number for number, _at in sweep.removed["votes"]]), now)
    journal.note(
        actor=by, verb="brought everything back", about=sweep, at=now, detail={"person": sweep.person_id}
    )


def _restore(said: type[Vote] | type[Follow], sweep: Sweep, name: str) -> None:
    there = set(
        Post.objects.filter(pk__in=[number for number, _at in sweep.removed[name]]).values_list(
            "pk", flat=True
        )
    )
    rows: list[Any] = [
        said(post_id=number, person_id=sweep.person_id, at=datetime.fromisoformat(at))
        for number, at in sweep.removed[name]
        if number in there
    ]
    said._default_manager.bulk_create(rows, ignore_conflicts=True)


def _touched(posts: Iterable[Post], replies: Iterable[Reply], voted: Iterable[int]) -> set[int]:
    """The posts whose counts change, those that hold a merged one as well."""
    posts = list(posts)
    holders = {one.pk for one in (lineage.leads_to(post) for post in posts) if one}
    return {one.pk for one in posts} | {one.post_id for one in replies} | set(voted) | holders


def _recount(numbers: set[int], now: datetime) -> None:
    for number in sorted(numbers):  # in one order, so that nobody waits for each other
        posting.recount(posting.locked(Post(pk=number)), now)


def _must_moderate(by: Person) -> None:
    if not may(by, Act.ANSWER):
        raise NotAllowed(_("Your role does not include taking texts out; nothing was changed."))
