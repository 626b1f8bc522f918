"""What moderators do with a case: take it, let it through, reject it with a reason, many at once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from interlock.converse.community import boards, counting, posting
from interlock.converse.community.errors import CommunityError, NotAllowed, NothingSaid
from interlock.converse.models import Case, Post, Reply, Report, Standing
from interlock.converse.moderation import cases, telling
from interlock.fabric import journal
from interlock.fabric.access import Act, may
from interlock.fabric.models import Person

# What its author took away, and what became part of another post, is not a moderator's to show or hide.
_JUDGED = [Standing.HELD, Standing.PUBLIC, Standing.REJECTED]


@transaction.atomic
def take(*, case: Case, by: Person, now: datetime) -> Case:
    """Say that one looks at it, so that no colleague does the same.

    Raises:
        CommunityError: a colleague looks at it, or it was decided.
    """
    case = _mine(case, by, now)
    case.taken_by, case.taken_at = by, now
    case.save(update_fields=["taken_by", "taken_at"])
    return case


@transaction.atomic
def leave(*, case: Case, by: Person) -> None:
    """Let somebody else look at it."""
    Case.objects.filter(pk=case.pk, taken_by=by).update(taken_by=None, taken_at=None)


@transaction.atomic
def decide(*, case: Case, let_through: bool, because: str = "", by: Person, now: datetime) -> Case:
    """Let it through, or not with a reason that its author reads.

    Raises:
        NothingSaid: it is rejected without a reason.
        NotAllowed: the role does not moderate, or an appeal is decided by who decided before.
        CommunityError: a colleague looks at it, or it was decided.
    """
    if not (let_through or because.strip()):
        raise NothingSaid(_("Say why; the author reads it. Nothing was changed."))
    case = _mine(case, by, now)
    if case.first_judge_id == by.pk and boards.may_be_on_duty().exclude(pk=by.pk).exists():
        raise NotAllowed(
            _("You decided this before, so a colleague looks at the appeal. Nothing was changed.")
        )
    said = _locked(case)
    standing = Standing.PUBLIC if let_through else Standing.REJECTED
    was_public = said.is_public
    _stand(said, standing, because.strip(), by, now)
    reports = Report.objects.filter(upheld=None, **cases.naming(said))
    reports.update(upheld=not let_through)
    case.closed_at, case.closed_by, case.outcome, case.because = now, by, standing, because.strip()
    case.taken_by = case.taken_at = None
    case.save()
    telling.tell(case)
    verb = "let through" if let_through else "did not let through"
    detail = cases.numbered(said) | {"about": case.about, "because": case.because, "was_public": was_public}
    journal.note(actor=by, verb=verb, about=case, at=now, detail=detail)
    return case


@transaction.atomic
def look_again(*, said: Post | Reply, by: Person, now: datetime) -> Case:
    """Open a case about something whatever became of it, such as what was let through by mistake.

    Raises:
        NotAllowed: the role does not moderate, or the author took it away.
    """
    _must_moderate(by)
    if said.standing not in _JUDGED:
        raise NotAllowed(_("Its author took it away, or it is part of another post. Nothing was changed."))
    case = cases.open_case(said=said, about=Case.About.AGAIN, now=now, by=by)
    return take(case=case, by=by, now=now)


@transaction.atomic
def decide_many(
    *, of: Iterable[Case], let_through: bool, because: str, by: Person, now: datetime
) -> tuple[int, int]:
    """Decide these cases alike; return how many were, and how many were left because of a colleague or an appeal."""
    chosen, done, left = list(of), 0, 0
    replies = Reply.objects.filter(pk__in=[one.reply_id for one in chosen if one.reply_id])
    posts = {*replies.values_list("post", flat=True), *(one.post_id for one in chosen if one.post_id)}
    counting.hold_boards(counting.locked(posts))
    for case in chosen:
        try:
            decide(case=case, let_through=let_through, because=because, by=by, now=now)
            done += 1
        except NothingSaid:
            raise
        except CommunityError:
            left += 1
    return done, left


def is_taken(case: Case, by: Person, now: datetime) -> bool:
    """Whether a colleague looks at it just now."""
    at = case.taken_at
    return bool(at and at > now - cases.TAKEN_FOR and case.taken_by_id != by.pk)


def _mine(case: Case, by: Person, now: datetime) -> Case:
    """The case, locked, if it is open and no colleague looks at it."""
    _must_moderate(by)
    case = Case.objects.select_for_update(of=("self",)).select_related("taken_by").get(pk=case.pk)
    if case.closed_at:
        raise CommunityError(_("A colleague was first: it is decided already. Nothing was changed."))
    if is_taken(case, by, now):
        assert case.taken_by is not None
        raise CommunityError(
            _("%(name)s looks at it just now. Nothing was changed.") % {"name": case.taken_by.name}
        )
    return case


def _locked(case: Case) -> Post | Reply:
    """What the case is about, with its post's counts ours until the transaction ends."""
    if case.reply_id:
        reply = Reply.objects.select_related("post").get(pk=case.reply_id)
        posting.locked(reply.post)
        return reply
    assert case.post is not None
    return posting.locked(case.post)


def _stand(said: Post | Reply, standing: str, because: str, by: Person, now: datetime) -> None:
    """Give it this standing, and let lists, counts and signals follow."""
    columns = {"standing": standing, "judged_by": by, "judged_at": now, "judged_because": because}
    if not type(said).objects.filter(pk=said.pk, standing__in=_JUDGED).update(**columns):
        raise CommunityError(_("Its author took it away meanwhile. Nothing was changed."))
    was_public = said.is_public
    said.refresh_from_db()
    if standing == Standing.PUBLIC:
        if not was_public:
            posting.became_public(said, now)
    else:
        posting.no_longer_public(said, now)


def _must_moderate(by: Person) -> None:
    if not may(by, Act.ANSWER):
        raise NotAllowed(_("Your role does not include letting texts through; nothing was changed."))
