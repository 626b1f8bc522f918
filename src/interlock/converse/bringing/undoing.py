"""A whole import taken back: everything it brought that nobody touched since. What people touched stays, and is counted.

Touched is what somebody answered, voted for, follows, moved, reworded, judged, reported or merged, whose signal a colleague
dealt with, and a person who came in or did anything here. It goes in batches, each a transaction of its own; broken off,
it is done again and takes the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Model, Q, QuerySet

from interlock.converse.bringing.storing import OnBatch
from interlock.converse.community import counting, posting
from interlock.converse.community.errors import CommunityError
from interlock.converse.models import (
    Bringing,
    Brought,
    Ground,
    Merge,
    Post,
    Reply,
    Standing,
    StatusChange,
    ToldSignal,
    Vote,
)
from interlock.converse.moderation import merging
from interlock.fabric import journal
from interlock.fabric import people as fabric_people
from interlock.fabric.models import Context, Person, User
from interlock.fabric.pacing import Pace
from interlock.listen.models import AnsweredSignal, Clock, Correction, LanguageCorrection, PlacedSignal

type Taking = Callable[[Sequence[Brought], datetime], int]
# What says that a colleague dealt with a signal; a clock only once somebody looks after it.
_DEALT_WITH = (AnsweredSignal, Correction, LanguageCorrection, PlacedSignal, Ground, ToldSignal)


def take_back(*, bringing: Bringing, by: Person, now: datetime, on_batch: OnBatch) -> dict[str, int]:
    """Take an import back; return what stayed, by kind. Not inside a transaction."""
    _part(bringing, by, now)
    steps: tuple[tuple[str, Taking], ...] = (
        ("vote", _votes), ("reply", _replies), ("post", _posts), ("person", _people),
    )  # fmt: skip
    total, done, pace = bringing.brought.count(), 0, Pace()
    stayed: Counter[str] = Counter()
    on_batch(0, total)
    for kind, take in steps:
        pace.begin_small()
        for some in _batches(bringing.brought.filter(kind=kind), pace):
            with pace.transaction(len(some)):
                stayed[kind] += take(some, now)
            done += len(some)
            on_batch(min(done, total), total)
    # Whom an import taken back before had to leave because this one named them too.
    left = Brought.objects.filter(kind="person", bringing__state=Bringing.State.UNDONE)
    for some in _batches(left, pace):
        with pace.transaction(len(some)):
            _people(some, now)
    kept = {kind: count for kind, count in stayed.items() if count}
    detail = {"source": bringing.source, "stayed": kept}
    journal.note(actor=by, verb="took back an import", about=bringing.board, at=now, detail=detail)
    return kept


def _part(bringing: Bringing, by: Person, now: datetime) -> None:
    """Undo its merges, so that votes and replies stand where it put them."""
    posts = bringing.brought.filter(kind="post").values("post")
    ended = bringing.ended_at or now
    merges = Merge.objects.filter(post__in=posts, by=bringing.by, at__gte=bringing.made_at, at__lte=ended)
    for merge in merges.filter(undone_at=None).select_related("into").order_by("-pk"):
        try:
            merging.undo(merge=merge, by=by, now=now)
        except CommunityError:  # a colleague was first
            continue


def _batches(marks: QuerySet[Brought], pace: Pace) -> Iterator[list[Brought]]:
    """These marks by their number, each once, though some stay."""
    last = 0
    while some := list(
        marks.filter(pk__gt=last).select_related("post", "reply", "person__user").order_by("pk")[: pace.rows]
    ):
        yield some
        last = some[-1].pk


def _votes(some: Sequence[Brought], now: datetime) -> int:
    """Votes are nobody's words: all go, wherever a later merge took them not."""
    held = set(counting.locked({one.post_id for one in some if one.post_id}))
    pairs = {(one.post_id, one.person_id) for one in some}
    there = Vote.objects.filter(post__in=held, person__in={person for _post, person in pairs})
    gone = [vote.pk for vote in there if (vote.post_id, vote.person_id) in pairs]
    Vote.objects.filter(pk__in=gone).delete()
    Brought.objects.filter(pk__in=[one.pk for one in some]).delete()
    counting.recount(held, now)
    return len(some) - len(gone)


def _replies(some: Sequence[Brought], now: datetime) -> int:
    replies = {one.reply.pk: one.reply for one in some if one.reply}
    held = set(counting.locked({one.post_id for one in replies.values()}))
    touched = _judged(replies.values()) | _named(Reply, replies) | _dealt_with(replies.values())
    gone = [one for number, one in replies.items() if number not in touched]
    posting.withdraw_signals(gone, now)
    Reply.objects.filter(pk__in=[one.pk for one in gone]).delete()
    counting.recount(held, now)
    return len(replies) - len(gone)


def _posts(some: Sequence[Brought], now: datetime) -> int:
    posts = {one.post.pk: one.post for one in some if one.post}
    counting.locked(posts)
    moved = StatusChange.objects.filter(post__in=posts).exclude(by=None).values_list("post", flat=True)
    touched = _judged(posts.values()) | _dealt_with(posts.values()) | set(moved)
    # Merges of the import were undone, and say nothing of people any more.
    of_people = {StatusChange: Q(pk__in=[]), Merge: Q(undone_at=None) | ~Q(by=some[0].bringing.by)}  # type: ignore[union-attr]  # they are found by it
    touched |= _named(Post, posts, of_people)
    gone = [one for number, one in posts.items() if number not in touched]
    posting.withdraw_signals(gone, now)
    Post.objects.filter(pk__in=[one.pk for one in gone]).delete()
    return len(posts) - len(gone)


def _people(some: Sequence[Brought], _now: datetime) -> int:
    """Who came in, or stands in any row of ours, stays; so does who was erased, or the same file would bring them back."""
    numbers = [one.person_id for one in some if one.person_id]
    # Held from the look to the deletion: whoever comes in, or is named, at this moment waits, and nobody's account goes.
    list(User.objects.select_for_update().filter(person__in=numbers).order_by("pk").values("pk"))
    held = Person.objects.select_for_update(of=("self",)).filter(pk__in=numbers).order_by("pk")
    people = {one.pk: one for one in held.select_related("user")}
    came = {number for number, one in people.items() if one.left_at or (one.user and one.user.last_login)}
    own = {Brought: ~Q(kind="person")}
    touched = came | _named(Person, people, own)
    users = {one.user_id: number for number, one in people.items() if one.user_id}
    # The address itself was made with the account.
    touched |= {users[number] for number in _named(User, users, {Person: Q(pk__in=[])}) if number in users}
    gone = [number for number in people if number not in touched]
    Brought.objects.filter(kind="person", person__in=gone).delete()
    fabric_people.take_back_customers(gone)
    return len(people) - len(gone)


def _judged(texts: Collection[Post | Reply]) -> set[int]:
    """What its author took away, or a moderator looked at."""
    return {one.pk for one in texts if one.standing != Standing.PUBLIC or one.judged_at}


def _dealt_with(texts: Collection[Post | Reply]) -> set[int]:
    """Texts whose signal colleagues dealt with. Eight queries."""
    keys = {one.signal_key: one.pk for one in texts if one.signal_key}
    found = set(Context.objects.filter(key__in=keys).values_list("key", flat=True))
    found |= set(
        Clock.objects.filter(signal_key__in=keys).exclude(owner=None).values_list("signal_key", flat=True)
    )
    for noted in _DEALT_WITH:
        found |= set(noted.objects.filter(signal_key__in=keys).values_list("signal_key", flat=True))
    return {keys[key] for key in found}


def _named(model: type[Model], numbers: Collection[int], but: dict[type[Model], Q] | None = None) -> set[int]:
    """Which of these rows any other row refers to, whichever table it stands in; `but` says which rows of a table count.

    Marks of imports do not count unless it says so, nor the addresses of accounts. A query a column.
    """
    counted = {Brought: Q(pk__in=[])} | (but or {})
    found: set[int] = set()
    for one in model._meta.get_fields(include_hidden=True):
        if not (one.auto_created and one.is_relation and not one.concrete):
            continue
        other: Any = one.related_model
        if other._meta.label == "account.EmailAddress":
            continue
        name = one.field.name  # type: ignore[union-attr]  # a reverse relation has the field it mirrors
        if one.many_to_many:
            continue
        rows = other._base_manager.filter(**{f"{name}__in": list(numbers)})
        rows = rows.filter(counted[other]) if other in counted else rows
        found.update(rows.values_list(name, flat=True))
    return found
