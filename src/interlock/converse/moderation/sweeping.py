"""Everything that somebody did in the community, taken out in one act, and brought back in one.

A flood has no bound, so it goes in batches: the first with the act itself, which is all of it for most, the others in the
background, each in a transaction of its own and in as many queries as the first. A worker that dies goes on where it was.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later

from interlock.converse.community import counting, posting, signals
from interlock.converse.community.errors import CommunityError, NotAllowed, NothingSaid
from interlock.converse.models import (
    Case,
    Follow,
    Merge,
    Post,
    Reply,
    Report,
    Standing,
    Sweep,
    SweptBatch,
    Vote,
)
from interlock.converse.moderation import cases, lineage, merging
from interlock.fabric import journal, work
from interlock.fabric.access import Act, may
from interlock.fabric.models import Person

_STANDS = [Standing.PUBLIC, Standing.HELD, Standing.MOVED]
# Of each kind: 500 texts, their signals and what they touched take a fifth of a second on SQLite.
BATCH = 500
SHOWN = 100
type Texts = type[Post] | type[Reply]


@dataclass(frozen=True)
class Doings:
    """What somebody has done here, as far as it counts for others: the newest of each kind, and how many there are."""

    posts: list[Post]
    replies: list[Reply]
    votes: list[Vote]
    counts: dict[str, int]


def doings_of(person: Person) -> Doings:
    """All of it, the newest first. Nine queries."""
    rows = _rows_of(person)
    heard = ~Q(signal_key="") & ~Q(standing=Standing.HELD)
    counts = {name: some.count() for name, some in rows.items()}
    counts["signals"] = sum(rows[name].filter(heard).count() for name in ("posts", "replies"))
    return Doings(
        list(rows["posts"].select_related("board").order_by("-pk")[:SHOWN]),
        list(rows["replies"].select_related("post").order_by("-pk")[:SHOWN]),
        list(rows["votes"].select_related("post").order_by("-pk")[:SHOWN]),
        counts,
    )


def _rows_of(person: Person) -> dict[str, QuerySet[Any]]:
    own = {"author": person, "standing__in": _STANDS}
    return {
        "posts": Post.objects.filter(**own),
        "replies": Reply.objects.filter(**own, is_official=False),
        "votes": Vote.objects.filter(person=person),
        "follows": Follow.objects.filter(person=person),
        "reports": Report.objects.filter(person=person, upheld=None),
    }


@transaction.atomic
def sweep(*, person: Person, because: str, by: Person, now: datetime) -> Sweep:
    """Take it all out; what they write from now on is read first.

    Raises:
        NothingSaid: there is no reason.
        NotAllowed: the role does not moderate, or it is a colleague.
        CommunityError: it was done already, or is still being brought back.
    """
    _must_moderate(by)
    if not because.strip():
        raise NothingSaid(_("Say why; they read it. Nothing was changed."))
    if person.is_staff_side:
        raise NotAllowed(_("Colleagues' words are not taken out here. Nothing was changed."))
    Person.objects.select_for_update(of=("self",), no_key=True).get(pk=person.pk)
    if Sweep.objects.filter(person=person, undone_at=None).exists():
        raise CommunityError(_("A colleague was first: it is taken out already. Nothing was changed."))
    if SweptBatch.objects.filter(sweep__person=person).exists():
        raise CommunityError(
            _("It is still being brought back. Come again in a minute; nothing was changed.")
        )
    made = Sweep.objects.create(person=person, by=by, at=now, because=because.strip())
    counts = {name: rows.count() for name, rows in _rows_of(person).items()}
    detail = {"person": person.pk, "because": made.because, **counts}
    _hold(_next_of(made))  # before the journal, as everybody does
    journal.note(actor=by, verb="took everything out", about=made, at=now, detail=detail)
    if _take_batch(made, now):
        work.ask(take_rest, made.pk)
    return made


@work.task(title=later("Take out everything that somebody did in the community"))
def take_rest(sweep_id: int) -> None:
    """Take out what the first batch left, batch by batch, until it is undone."""
    while True:
        with transaction.atomic():
            found = Sweep.objects.select_for_update(of=("self",)).filter(pk=sweep_id, undone_at=None).first()
            is_erased = found is not None and not found.batches.exists()
            if found is None or is_erased or not _take_batch(found, found.at):
                return


def _take_batch(sweep: Sweep, now: datetime) -> bool:
    """Take the next rows of each kind out, in a transaction; whether there are more. About 36 queries."""
    held = _hold(_next_of(sweep))
    next_ones = _next_of(sweep)
    # What a merge took elsewhere until its post was held comes with the next batch.
    found = {name: [one for one in some if _post_of(one) in held] for name, some in next_ones.items()}
    taken = sum(map(len, found.values()))
    if taken or not sweep.batches.exists():
        SweptBatch.objects.create(sweep=sweep, removed=_removed(found), rows=taken)
    Vote.objects.filter(pk__in=[one.pk for one in found["votes"]]).delete()
    Follow.objects.filter(pk__in=[one.pk for one in found["follows"]]).delete()
    Report.objects.filter(pk__in=[one.pk for one in found["reports"]]).update(upheld=False)
    _reject(sweep, found["posts"], found["replies"], now)
    is_more = any(len(some) == BATCH or len(found[name]) < len(some) for name, some in next_ones.items())
    if not is_more:
        Sweep.objects.filter(pk=sweep.pk).update(ended_at=now)
    touched = {one.post_id for name in ("replies", "votes") for one in found[name]}
    _recount({one.pk for one in found["posts"]}, touched, now)
    return is_more


def _next_of(sweep: Sweep) -> dict[str, list[Any]]:
    """The next rows of each kind. Five queries."""
    rows = _rows_of(sweep.person)
    # What a moderator let through again since stays; what they wrote since waits to be read.
    until = {"posts": "said_at", "replies": "said_at", "votes": "at", "follows": "at", "reports": "at"}
    found: dict[str, list[Any]] = {}
    for name, column in until.items():
        some = rows[name].filter(**{f"{column}__lte": sweep.at}).order_by("pk")
        if column == "said_at":
            some = some.exclude(judged_at__gt=sweep.at)
        found[name] = list(some[:BATCH])
    return found


def _hold(found: dict[str, list[Any]]) -> set[int | None]:
    """Hold the posts that these rows stand under before any of them is changed, in the order of a merge; return them.

    A report hangs on no post that is counted.
    """
    posts = {number for some in found.values() for one in some if (number := _post_of(one)) is not None}
    return {None, *_locked_with_boards({*posts, *lineage.ends_of(posts).values()})}


def _locked_with_boards(posts: Collection[int]) -> list[int]:
    held = counting.locked(posts)
    counting.hold_boards(held)
    return held


def _post_of(row: Post | Reply | Vote | Follow | Report) -> int | None:
    match row:
        case Post():
            return row.pk
        case Report():
            return None
    return row.post_id


def _removed(found: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """What brings these rows back."""
    return {
        **{name: [[one.pk, one.standing] for one in found[name]] for name in ("posts", "replies")},
        **{
            name: [[one.post_id, one.at.isoformat(), one.pk] for one in found[name]]
            for name in ("votes", "follows")
        },
        "reports": [one.pk for one in found["reports"]],
    }


def _reject(sweep: Sweep, posts: list[Post], replies: list[Reply], now: datetime) -> None:
    columns = {
        "standing": Standing.REJECTED, "judged_by": sweep.by, "judged_at": sweep.at, "judged_because": sweep.because,
        "signal_due": None,
    }  # fmt: skip
    numbers = [one.pk for one in posts], [one.pk for one in replies]
    Post.objects.filter(pk__in=numbers[0]).update(**columns)
    Reply.objects.filter(pk__in=numbers[1]).update(**columns)
    closed = cases.close_all(*numbers, Case.Outcome.REJECTED, sweep.by, now)
    if closed:
        detail = {"cases": closed, "outcome": Case.Outcome.REJECTED}
        journal.note(actor=sweep.by, verb="closed cases", about=sweep, at=now, detail=detail)
    posting.withdraw_signals([*posts, *replies], now)


@transaction.atomic
def undo(*, sweep: Sweep, by: Person, now: datetime) -> None:
    """Bring it all back as it stood; what a colleague judged since stays as judged.

    Raises:
        CommunityError: it was undone already, or they were erased since.
    """
    _must_moderate(by)
    found = Sweep.objects.select_for_update(of=("self",)).get(pk=sweep.pk)
    if found.undone_at:
        raise CommunityError(_("It is back already; nothing was changed."))
    if not found.batches.exists():
        raise CommunityError(_("They were erased since, so nothing is left to bring back."))
    Sweep.objects.filter(pk=sweep.pk).update(undone_at=now)
    _hold_removed(found)  # before the journal, as everybody does
    journal.note(
        actor=by, verb="brought everything back", about=found, at=now, detail={"person": found.person_id}
    )
    if _return_batch(found, by, now):
        work.ask(return_rest, found.pk, by.pk, now.isoformat())


@work.task(title=later("Bring back everything that somebody did in the community"))
def return_rest(sweep_id: int, by_id: int, at: str) -> None:
    """Bring back what the first batch left, batch by batch."""
    by, now = Person.objects.get(pk=by_id), datetime.fromisoformat(at)
    while True:
        with transaction.atomic():
            found = Sweep.objects.select_for_update(of=("self",)).get(pk=sweep_id)
            if not _return_batch(found, by, now):
                return


def rows_left(sweep: Sweep) -> int:
    """How many rows of an undone sweep are still to be brought back. One query."""
    return sweep.batches.aggregate(rows=Sum("rows"))["rows"] or 0 if sweep.undone_at else 0


def _return_batch(sweep: Sweep, by: Person, now: datetime) -> bool:
    """Bring a batch back, in a transaction; whether there are more. About 31 queries."""
    batch = _hold_removed(sweep)
    if batch is None:
        return False
    removed = batch.removed
    posts = _stand_again(Post, removed["posts"], sweep, now)
    replies = _stand_again(Reply, removed["replies"], sweep, now)
    _look_again(sweep, posts, replies, by, now)
    signals.ask_to_hear(now)
    merged = _restore(Vote, sweep, removed["votes"])
    _restore(Follow, sweep, removed["follows"])
    Report.objects.filter(pk__in=removed["reports"], upheld=False).update(upheld=None)
    under = set(Reply.objects.filter(pk__in=replies).values_list("post", flat=True))
    _recount(set(posts), under | merged | {row[0] for row in removed["votes"]}, now)
    batch.delete()
    return sweep.batches.exists()


def _hold_removed(sweep: Sweep) -> SweptBatch | None:
    """The next batch to bring back, with the posts that it touches held; None where all is back. Four queries and more."""
    batch = sweep.batches.order_by("pk").first()
    if batch is not None:
        removed = batch.removed
        replies = Reply.objects.filter(pk__in=[row[0] for row in removed["replies"]])
        posts = {row[0] for name in ("posts", "votes", "follows") for row in removed[name]}
        posts.update(replies.values_list("post", flat=True))
        _locked_with_boards({*posts, *lineage.ends_of(posts).values()})
    return batch


def _stand_again(said: Texts, rows: list[list[Any]], sweep: Sweep, now: datetime) -> list[int]:
    """Let texts that nobody judged since stand as they stood, and be heard; return their numbers. Seven queries."""
    same = said._default_manager.filter(standing=Standing.REJECTED, judged_at=sweep.at)
    back = set(same.filter(pk__in=[number for number, _standing in rows]).values_list("pk", flat=True))
    for standing in _STANDS:
        numbers = [number for number, stood in rows if stood == standing and number in back]
        some = said._default_manager.filter(pk__in=numbers)
        some.update(standing=standing, judged_by=None, judged_at=None, judged_because="")
        if standing != Standing.HELD:
            some.exclude(signal_key="").update(signal_due=now)
    return sorted(back)


def _look_again(sweep: Sweep, posts: list[int], replies: list[int], by: Person, now: datetime) -> None:
    """Ask moderators anew about what was held; whoever asks about one already goes on. Four queries."""
    held = {"standing": Standing.HELD}
    asked = [
        *(Case(post=one, about=Case.About.AGAIN, opened_at=now) for one in Post.objects.filter(pk__in=posts, **held)),
        *(Case(reply=one, about=Case.About.AGAIN, opened_at=now) for one in Reply.objects.filter(pk__in=replies, **held)),
    ]  # fmt: skip
    if asked:
        Case.objects.bulk_create(asked, ignore_conflicts=True)
        journal.note(actor=by, verb="opened cases", about=sweep, at=now, detail={"cases": len(asked)})


def _restore(said: type[Vote] | type[Follow], sweep: Sweep, rows: list[list[Any]]) -> set[int]:
    """Let votes or follows stand again, on the post that theirs has become part of since; return those posts."""
    there = set(Post.objects.filter(pk__in=[row[0] for row in rows]).values_list("pk", flat=True))
    # With the number it had, by which a merge that is undone finds it; batches of before hold none.
    again: list[Any] = [
        said(
            pk=pk[0] if pk else None, post_id=number, person_id=sweep.person_id, at=datetime.fromisoformat(at)
        )
        for number, at, *pk in rows
        if number in there
    ]
    said._default_manager.bulk_create(again, ignore_conflicts=True)
    into: set[int] = set()
    here = there
    for _depth in range(lineage.DEEPEST):
        merges = Merge.objects.filter(post__in=here, undone_at=None, at__gt=sweep.at).select_related("into")
        here = {merging.take_along(merge, said, sweep.person_id) for merge in merges}
        into |= here
        if not here:
            break
    return into


def _recount(posts: set[int], touched: Collection[int], now: datetime) -> None:
    """Count posts anew, what was touched, and what holds a merged one as well."""
    counting.recount(counting.locked({*posts, *touched, *lineage.ends_of(posts).values()}), now)


def _must_moderate(by: Person) -> None:
    if not may(by, Act.ANSWER):
        raise NotAllowed(_("Your role does not include taking texts out; nothing was changed."))
