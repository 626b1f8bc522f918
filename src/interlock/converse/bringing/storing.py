"""The rows of another community become posts, replies and votes here, each once: received = stored + duplicate + refused.

They go in batches, each a transaction of its own, so that nobody waits long and a break costs one batch: the same import
again brings exactly the rest. What follows from all rows (merges, links between posts) is done at the end, and finds by
itself what is done. What is older than two weeks is history: a signal, but no clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from datetime import datetime
from itertools import groupby, islice

from django.db.models import Q

from interlock.converse.bringing import links
from interlock.converse.bringing.authors import Authors
from interlock.converse.bringing.batch import VOTABLE, Batch, Told, hold
from interlock.converse.bringing.rows import PostRow, Refused, ReplyRow, Row, VoteRow, cleaned, key_of
from interlock.converse.bringing.tallying import Tally, kind_of
from interlock.converse.community import counting, signals
from interlock.converse.community.errors import CommunityError
from interlock.converse.models import Bringing, Brought, Merge, Post, Reply
from interlock.converse.moderation import merging
from interlock.fabric import journal
from interlock.fabric.models import Person
from interlock.fabric.pacing import Pace

# Why a post that was merged there is not merged here; a trial and the import itself say the same.
_NOT_HERE = "the post it became part of is not here"
_EACH_OTHER = "the two became part of each other"
_APART = "a question, praise and what is voted on stay apart"
_ORDER = {PostRow: 0, ReplyRow: 1, VoteRow: 2}
# Told after each batch: rows looked at, and of how many.
type OnBatch = Callable[[int, int], None]


def quiet(_done: int, _total: int) -> None:
    """Tell nobody."""


def bring(
    rows: Iterable[Row],
    *,
    bringing: Bringing,
    by: Person,
    now: datetime,
    dry_run: bool = False,
    on_batch: OnBatch = quiet,
) -> Tally:
    """Store the rows on the board of the import; with `dry_run` read only, and tell the same. Not inside a transaction.

    Args:
        by: in whose name posts are merged that were merged there.
    """
    kept = list(rows)
    tally = Tally(received=len(kept), refused=[row for row in kept if isinstance(row, Refused)])
    said = _once([row for row in kept if not isinstance(row, Refused)], tally)
    said.sort(key=lambda row: (_ORDER[type(row)], row.at))
    authors = Authors(bringing, dry_run=dry_run)
    told = Told()
    done = tally.received - len(said)
    on_batch(done, tally.received)
    pace = Pace()
    for some in _batches(said, pace):
        with nullcontext() if dry_run else pace.transaction(len(some)):
            Batch(some, bringing, authors, tally, told, now).take(dry_run=dry_run)
        done += len(some)
        on_batch(done, tally.received)
    tally.new["person"] = authors.made
    _merge([row for row in said if isinstance(row, PostRow)], bringing, tally, told, by, now, dry_run=dry_run)
    if not dry_run:
        _link(said, bringing, pace, now)
        detail = {"source": bringing.source, "stored": tally.stored, "duplicate": tally.duplicate}
        detail["refused"] = len(tally.refused)
        journal.note(actor=by, verb="brought in", about=bringing.board, at=now, detail=detail)
    return tally


def _once(rows: Sequence[PostRow | ReplyRow | VoteRow], tally: Tally) -> list[PostRow | ReplyRow | VoteRow]:
    """Each name once. The same again is a duplicate; something else under a name would overwrite what came under it."""
    there: dict[tuple[str, str], PostRow | ReplyRow | VoteRow] = {}
    for row in rows:
        known = there.setdefault((kind_of(row), key_of(row)), row)
        if known is row:
            continue
        if known == row or isinstance(row, VoteRow):
            tally.duplicate += 1
        else:
            tally.refuse(row.key, "another row of the files has the same name, and other words")
    return list(there.values())


def _batches(
    rows: Sequence[PostRow | ReplyRow | VoteRow], pace: Pace
) -> Iterator[list[PostRow | ReplyRow | VoteRow]]:
    """In each batch rows of one kind, so that what a row names was stored before it."""
    for _kind, alike in groupby(rows, key=type):
        pace.begin_small()
        while some := list(islice(alike, pace.rows)):
            yield some


def _merge(
    posts: Sequence[PostRow],
    bringing: Bringing,
    tally: Tally,
    told: Told,
    by: Person,
    now: datetime,
    *,
    dry_run: bool,
) -> None:
    """What was merged there is merged here, each in a transaction of its own; one that is merged already stays so."""
    for row in posts:
        if not row.merged_into or key_of(row) not in told.outcome:
            continue
        why = _merged_before(row, told) if dry_run else ""
        try:
            if not dry_run:
                tally.new["merge"] += _merge_one(row, bringing, by, now)
        except CommunityError as error:
            why = str(error)
        if why:
            tally.refuse(row.key, f"stored, but not merged: {why}")
            if told.outcome[key_of(row)] == "stored":
                tally.stored -= 1
            else:
                tally.duplicate -= 1
        elif dry_run:
            tally.new["merge"] += 1


def _merged_before(row: PostRow, told: Told) -> str:
    """Why a merge would fail, as far as the files tell."""
    key, into = key_of(row), cleaned(row.merged_into)
    if into not in told.kinds:
        return _NOT_HERE
    while into in told.merged:
        into = told.merged[into]
    if into == key:
        return _EACH_OTHER
    if told.kinds[key] != told.kinds[into] and not {told.kinds[key], told.kinds[into]} <= VOTABLE:
        return _APART
    told.merged[key] = into
    return ""


def _merge_one(row: PostRow, bringing: Bringing, by: Person, now: datetime) -> bool:
    """Merge, unless it is; whether it was done now."""
    keys = [key_of(row), cleaned(row.merged_into)]
    known = Brought.objects.filter(source=bringing.source, kind="post", foreign__in=keys)
    posts = {one.foreign: one.post for one in known.select_related("post__board")}
    post, into = (posts.get(key) for key in keys)
    if post is None or Merge.objects.filter(post=post, undone_at=None).exists():
        return False
    if into is None:
        raise CommunityError(_NOT_HERE)
    while further := Merge.objects.filter(post=into, undone_at=None).select_related("into__board").first():
        into = further.into
    if into == post:
        raise CommunityError(_EACH_OTHER)
    if post.kind != into.kind and not (post.votable and into.votable):
        raise CommunityError(_APART)
    merging.merge(post=post, into=into, by=by, now=now)
    return True


def _link(
    said: Sequence[PostRow | ReplyRow | VoteRow], bringing: Bringing, pace: Pace, now: datetime
) -> None:
    """Let links to posts there lead to what became of them here; those that do already stay as they are."""
    linking = iter(
        [row for row in said if isinstance(row, PostRow | ReplyRow) and links.places_in(row.words)]
    )
    while some := list(islice(linking, pace.rows)):
        leads = links.here(bringing.source, set().union(*(links.places_in(row.words) for row in some)))
        if leads:
            with pace.transaction(len(some)):
                _link_batch(some, leads, bringing, now)


def _link_batch(
    some: Sequence[PostRow | ReplyRow], leads: dict[str, str], bringing: Bringing, now: datetime
) -> None:
    keys = {kind: [key_of(row) for row in some if kind_of(row) == kind] for kind in ("post", "reply")}
    hold(bringing.source, "reply", keys["reply"], keys["post"])
    known = Brought.objects.filter(
        Q(kind="post", foreign__in=keys["post"]) | Q(kind="reply", foreign__in=keys["reply"]),
        source=bringing.source,
    )
    changed: dict[type[Post] | type[Reply], list[Post | Reply]] = {Post: [], Reply: []}
    for one in known.select_related("post", "reply"):
        text = one.reply or (one.post if one.kind == "post" else None)
        words = links.rewritten(text.words, leads)[: links.LONGEST_WORDS] if text else ""
        if text and words != text.words:
            text.words = words
            changed[type(text)].append(text)
    for model, texts in changed.items():
        model._default_manager.bulk_update(texts, ["words"])
        model._default_manager.filter(pk__in=[one.pk for one in texts]).exclude(signal_key="").update(
            signal_due=now
        )
    touched = {one.post_id if isinstance(one, Reply) else one.pk for one in (*changed[Post], *changed[Reply])}
    counting.recount(counting.locked(touched), now)
    signals.ask_to_hear(now)
