"""Two posts become one, and two again: votes, replies, followers and signals go along and come back.

The merged post keeps its words, its author, its status and what was decided about it; it stands under the other one
in its author's own words. A vote of somebody who voted for both stays where it was, so that nobody counts twice.
Merges within merges are undone in any order: what came with a post goes home with it from wherever it went on to.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from interlock.converse.community import counting, posting, signals
from interlock.converse.community.errors import CommunityError, NotAllowed
from interlock.converse.models import Case, Follow, Merge, Post, Reply, Standing, Vote
from interlock.converse.moderation import lineage
from interlock.fabric import journal
from interlock.fabric.access import Act, may
from interlock.fabric.models import Person


@transaction.atomic
def merge(*, post: Post, into: Post, by: Person, now: datetime) -> Merge:
    """Make a post part of another one.

    Raises:
        NotAllowed: the role does not moderate, or the two cannot be one; the text says why.
    """
    _must_moderate(by)
    post, into = _locked([post.pk, into.pk])
    _must_fit(post, into)
    moved = {
        "votes": _move(Vote.objects.filter(post=post), _voters(Vote, into), into),
        "follows": _move(Follow.objects.filter(post=post), _voters(Follow, into), into),
        "replies": _move(Reply.objects.filter(post=post), set(), into),
    }
    made = Merge.objects.create(post=post, into=into, by=by, at=now, moved=moved)
    posting.changed(post, now, standing=Standing.MOVED)
    _settle([post, into], post, moved["replies"], now)
    detail = {"post": post.pk, "into": into.pk, **{name: len(rows) for name, rows in moved.items()}}
    journal.note(actor=by, verb="merged", about=made, at=now, detail=detail)
    return made


@transaction.atomic
def undo(*, merge: Merge, by: Person, now: datetime) -> None:
    """Make two posts of one again; what went along and is still there comes back.

    Raises:
        CommunityError: it was undone already.
    """
    _must_moderate(by)
    above = lineage.merges_above(merge.into)
    post, *holders = _locked([merge.post_id, merge.into_id, *(one.into_id for one in above)])
    for one in (merge, *above):  # a sweep that was undone until the posts were held has added to them
        one.refresh_from_db(fields=["moved"])
    if not Merge.objects.filter(pk=merge.pk, undone_at=None).update(undone_at=now):
        raise CommunityError(_("These are two posts again already; nothing was changed."))
    for said, name in ((Vote, "votes"), (Follow, "follows")):
        there = said.objects.filter(pk__in=merge.moved[name], post__in=holders)
        there.exclude(person__in=_voters(said, post)).update(post=post)
    Reply.objects.filter(pk__in=merge.moved["replies"], post__in=holders).update(post=post)
    for later in above:
        _let_go(later, merge)
    if post.standing == Standing.MOVED:
        posting.changed(post, now, standing=Standing.PUBLIC)
    _settle([post, *holders], post, merge.moved["replies"], now)
    journal.note(
        actor=by, verb="unmerged", about=merge, at=now, detail={"post": post.pk, "into": merge.into_id}
    )


def take_along(merge: Merge, said: type[Vote] | type[Follow], person: int) -> int:
    """Let what somebody has on the merged post go where the others' went; return that post. In a transaction that holds both."""
    name = "votes" if said is Vote else "follows"
    own = said._default_manager.filter(post=merge.post_id, person=person)
    merge.moved[name] += _move(own, _voters(said, merge.into), merge.into)
    merge.save(update_fields=["moved"])
    return merge.into_id


def why_not(post: Post, into: Post) -> str:
    """Why these two cannot be one post, empty where they can. Two queries."""
    if post.pk == into.pk:
        return _("That is the same post.")
    if not (post.is_public and into.is_public):
        return _("Both must be public.")
    if post.kind != into.kind and not (post.votable and into.votable):
        return _("A question, praise and what is voted on stay apart; they are answered differently.")
    if into.board.opened_at is None and post.board.opened_at is not None:
        return _("The public does not read that board yet.")
    if post.board.opened_at is None and into.board.opened_at is not None:
        return _("The public does not read this one's board yet, and would read it there.")
    if Case.objects.filter(post=post, closed_at=None).exists():
        return _("Somebody has to look at it first; it is on the list.")
    return ""


def _must_fit(post: Post, into: Post) -> None:
    why = why_not(post, into)
    if why:
        raise NotAllowed(_("%(why)s Nothing was merged.") % {"why": why})


def _locked(numbers: Sequence[int]) -> list[Post]:
    """These posts and their boards with their counts ours, locked in one order so that nobody waits for each other."""
    found = {number: posting.locked(Post(pk=number)) for number in sorted(set(numbers))}
    counting.hold_boards(numbers)
    return [found[number] for number in numbers]


def _let_go(later: Merge, undone: Merge) -> None:
    """What went on by a later merge and is home again is not that one's to take back."""
    for name, rows in undone.moved.items():
        later.moved[name] = [number for number in later.moved[name] if number not in set(rows)]
    later.save(update_fields=["moved"])


def _voters(said: type[Vote] | type[Follow], post: Post) -> set[int]:
    return set(said.objects.filter(post=post).values_list("person", flat=True))


def _move(
    rows: QuerySet[Vote] | QuerySet[Follow] | QuerySet[Reply], there: set[int], into: Post
) -> list[int]:
    """Let rows go over, but those of people who are there; return their numbers."""
    going = rows.exclude(person__in=there) if there else rows
    numbers = list(going.values_list("pk", flat=True))
    rows.model._default_manager.filter(pk__in=numbers).update(post=into)
    return numbers


def _settle(counted: Sequence[Post], post: Post, replies: list[int], now: datetime) -> None:
    """Count these anew, and let the records know under which address the words stand."""
    for one in counted:
        posting.recount(one, now)
    Reply.objects.filter(pk__in=replies, standing=Standing.PUBLIC).exclude(signal_key="").update(
        signal_due=now
    )
    Post.objects.filter(pk=post.pk).exclude(signal_key="").update(signal_due=now)
    signals.ask_to_hear(now)


def merges_of(post: Post) -> list[Merge]:
    """What was merged into this post and stands, for who may undo it. One query."""
    merges = post.merged_here.filter(undone_at=None, post__standing=Standing.MOVED)
    return list(merges.select_related("post", "by"))


def _must_moderate(by: Person) -> None:
    if not may(by, Act.ANSWER):
        raise NotAllowed(_("Your role does not include merging posts; nothing was changed."))
