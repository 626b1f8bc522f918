"""One batch of rows of another community: what is there already, what cannot be taken and why, and the rest stored.

All rows of a batch are of one kind, and each key is in it once. The number of queries does not grow with the rows.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import CharField, Q, Value
from django.db.models.functions import Cast, Concat

from interlock.converse.bringing import links
from interlock.converse.bringing.authors import LONGEST_NAME, Authors
from interlock.converse.bringing.rows import (
    PostRow,
    ReplyRow,
    VoteRow,
    cleaned,
    digest_of,
    key_of,
)
from interlock.converse.bringing.tallying import Tally, kind_of
from interlock.converse.community import counting, signals
from interlock.converse.community.speaking import shown_name
from interlock.converse.models import (
    Bringing,
    Brought,
    Kind,
    Meaning,
    Post,
    Reply,
    Standing,
    Status,
    StatusChange,
    Vote,
)
from interlock.fabric import company

LONGEST_TITLE = 160
_CLOCKS_APART = timedelta(days=1)
VOTABLE = {Kind.IDEA, Kind.PROBLEM}
# What an import says of a text that is here already; everything else about it came to be here.
_SAID = ["words", "author", "author_name", "author_word", "quoted_from", "said_at"]
_COLUMNS: dict[type[Post] | type[Reply], list[str]] = {
    Post: [*_SAID, "kind", "title", "product", "waits", "status"],
    Reply: [*_SAID, "is_official"],
}


@dataclass
class Told:
    """Of the posts in the files: the kind of each that is here or would be, what became of its row, and what a trial would merge."""

    kinds: dict[str, str] = field(default_factory=dict)
    outcome: dict[str, str] = field(default_factory=dict)
    merged: dict[str, str] = field(default_factory=dict)


def hold(source: str, kind: str, keys: Collection[str], posts: Collection[str] = ()) -> None:
    """Hold the posts of these marks, and the ones called so, before anything is read that is written back.

    As everybody does who changes a text, so that nobody's change is lost and nobody waits for each other. Two queries.
    """
    marks = Brought.objects.filter(
        Q(kind=kind, foreign__in=keys) | Q(kind="post", foreign__in=posts), source=source
    )
    under = marks.values_list("post", "reply__post")
    counting.locked({number for pair in under for number in pair if number})


class Batch:
    """`take` it in a transaction."""

    def __init__(
        self,
        rows: Sequence[PostRow | ReplyRow | VoteRow],
        bringing: Bringing,
        authors: Authors,
        tally: Tally,
        told: Told,
        now: datetime,
    ) -> None:
        self.rows, self.bringing, self.authors = rows, bringing, authors
        self.tally, self.told, self.now = tally, told, now
        self.known: dict[str, Brought] = {}
        self.posts: dict[str, Post] = {}
        self.statuses = list(Status.objects.all())
        self.company = company.company()

    def _brought(self, kind: str, keys: set[str]) -> dict[str, Brought]:
        rows = Brought.objects.filter(source=self.bringing.source, kind=kind, foreign__in=keys)
        return {one.foreign: one for one in rows.select_related("post__status", "reply")}

    def take(self, *, dry_run: bool) -> None:
        """Count what becomes of each row, and store it unless it is a dry run. About 30 queries, and those of new people."""
        keys = {key_of(row) for row in self.rows}
        named = {cleaned(row.post) for row in self.rows if not isinstance(row, PostRow)}
        if not dry_run:
            hold(self.bringing.source, kind_of(self.rows[0]), keys, named)
        self.known = self._brought(kind_of(self.rows[0]), keys)
        self.posts = {key: one.post for key, one in self._brought("post", named).items() if one.post}
        fresh = [row for row in self.rows if not self._is_there(row)]
        self.authors.load(fresh)
        taken = []
        for row in fresh:
            why = self._why_not(row)
            if why:
                self.tally.refuse(row.key, why)
                continue
            taken.append(row)
            self.tally.store(row, is_known=key_of(row) in self.known)
            if isinstance(row, PostRow):
                self.told.kinds[key_of(row)] = row.kind or self.bringing.kind
                self.told.outcome[key_of(row)] = "stored"
        if taken and not dry_run:
            self._store(taken)

    def _is_there(self, row: PostRow | ReplyRow | VoteRow) -> bool:
        known = self.known.get(key_of(row))
        if known is None or known.digest != digest_of(row):
            return False
        self.tally.duplicate += 1
        if isinstance(row, PostRow) and known.post:
            self.told.kinds[key_of(row)] = known.post.kind
            self.told.outcome[key_of(row)] = "duplicate"
        return True

    def _why_not(self, row: PostRow | ReplyRow | VoteRow) -> str:
        """Why a row cannot be taken, empty where it can. Nothing comes back that its author took away here."""
        known = self.known.get(key_of(row))
        said = known and (known.reply or (known.post if isinstance(row, PostRow) else None))
        if said and said.standing == Standing.TAKEN:
            return "its author took it away here"
        if row.author and self.authors.was_erased(row.author, row.at):
            return "its author was erased here"
        if row.at > self.now + _CLOCKS_APART:
            return f"its moment is still to come: {row.at:%Y-%m-%d}"
        match row:
            case PostRow():
                return self._why_no_post(row)
            case ReplyRow():
                lacks = "" if cleaned(row.words) else "it has no words"
                return lacks if self._kind_of_post(row) else "its post is not here"
            case VoteRow():
                return self._why_no_vote(row)

    def _why_no_post(self, row: PostRow) -> str:
        kind = row.kind or self.bringing.kind
        if not cleaned(row.title):
            return "it has no title"
        return "" if self._status(kind, row.status) else f"no status of {kind} means {row.status}"

    def _why_no_vote(self, row: VoteRow) -> str:
        kind, person = self._kind_of_post(row), self.authors.of(row.author)
        if not kind:
            return "its post is not here"
        if person is None or person.is_staff_side:
            return "colleagues do not vote here"
        return "" if kind in VOTABLE else "only ideas and problems are voted on here"

    def _kind_of_post(self, row: ReplyRow | VoteRow) -> str:
        post = self.posts.get(cleaned(row.post))
        return post.kind if post else self.told.kinds.get(cleaned(row.post), "")

    def _status(self, kind: str, meaning: str) -> Status | None:
        """The first status of this meaning for the kind; what a kind does not know stays open, or is done."""
        wanted = {"considered": "open", "planned": "open", "declined": "done"}
        fitting = [one for one in self.statuses if kind in one.kinds]
        return next(
            (one for name in (meaning, wanted.get(meaning)) for one in fitting if one.meaning == name), None
        )

    def _store(self, rows: Sequence[PostRow | ReplyRow | VoteRow]) -> None:
        posts = [row for row in rows if isinstance(row, PostRow)]
        replies = [row for row in rows if isinstance(row, ReplyRow)]
        votes = [row for row in rows if isinstance(row, VoteRow)]
        touched = self._store_posts(posts) if posts else set()
        touched |= self._store_replies(replies) if replies else set()
        touched |= self._store_votes(votes) if votes else set()
        counting.recount(counting.locked(touched), self.now)
        signals.ask_to_hear(self.now)

    def _store_posts(self, rows: Sequence[PostRow]) -> set[int]:
        made: list[Post | Reply] = []
        changes, brought = [], []
        for row in rows:
            known = self.known.get(key_of(row))
            post, change = self._post(row, known.post if known else None)
            made.append(post)
            changes += [change] if change else []
            brought.append(self._mark(row, post=post, address=links.place_of(cleaned(row.address))))
        self._save(Post, made)
        StatusChange.objects.bulk_create(changes)
        self._save_marks(brought)
        return {post.pk for post in made}

    def _post(self, row: PostRow, post: Post | None) -> tuple[Post, StatusChange | None]:
        kind, title = row.kind or self.bringing.kind, " ".join(cleaned(row.title).split())
        status = self._status(kind, row.status)
        assert status is not None  # _why_no_post looked
        first = self._status(kind, Meaning.OPEN) or status
        post = post or Post(board=self.bringing.board, status=first, changed_at=self.now)
        post.kind, post.title, post.product = kind, title[:LONGEST_TITLE], cleaned(row.product)[:80]
        rest = f"{title}\n\n" if len(title) > LONGEST_TITLE else ""
        self._fill(post, f"{rest}{cleaned(row.words) or title}", row)
        post.waits = kind != Kind.PRAISE and post.answered_at is None and status.meaning == Meaning.OPEN
        before, post.status = post.status, status
        if before.pk == status.pk:
            return post, None
        because = cleaned(row.because)[:500]
        return post, StatusChange(
            post=post, before=before, after=status, at=row.status_at or row.at, because=because
        )

    def _store_replies(self, rows: Sequence[ReplyRow]) -> set[int]:
        made: list[Post | Reply] = []
        answered: dict[int, Post] = {}
        brought = []
        for row in rows:
            known, post = self.known.get(key_of(row)), self.posts[cleaned(row.post)]
            reply = (known.reply if known else None) or Reply(post=post)
            reply.is_official = row.official
            self._fill(reply, cleaned(row.words), row)
            made.append(reply)
            brought.append(self._mark(row, reply=reply))
            if row.official and (post.answered_at is None or row.at < post.answered_at):
                post.answered_at, post.waits = row.at, False
                answered[post.pk] = post
        self._save(Reply, made)
        Post.objects.bulk_update(answered.values(), ["answered_at", "waits"])
        self._save_marks(brought)
        return {self.posts[cleaned(row.post)].pk for row in rows}

    def _store_votes(self, rows: Sequence[VoteRow]) -> set[int]:
        """A vote that somebody gave here already is not the import's to take back."""
        asked = [(self.posts[cleaned(row.post)], self.authors.of(row.author)) for row in rows]
        there = set(
            Vote.objects.filter(post__in=[post for post, _person in asked]).values_list("post", "person")
        )
        brought, votes = [], []
        for row, (post, person) in zip(rows, asked, strict=True):
            mark = self._mark(row, post=post, person=person)
            if person and (post.pk, person.pk) in there and not mark.pk:
                mark.bringing = None
            votes.append(Vote(post=post, person=person, at=row.at))
            brought.append(mark)
        Vote.objects.bulk_create(votes, ignore_conflicts=True)
        self._save_marks(brought)
        return {post.pk for post, _person in asked}

    def _fill(self, said: Post | Reply, words: str, row: PostRow | ReplyRow) -> None:
        author = row.author
        of_us = author is not None and author.staff
        name = cleaned(author.name) if author else ""
        said.words = words[: links.LONGEST_WORDS]
        said.author = self.authors.of(author)
        said.author_name = (name if of_us else shown_name(name))[:LONGEST_NAME] or "–"
        said.author_word = str(self.company)[:160] if of_us else self.company.customer_word
        said.quoted_from, said.said_at = self.bringing.source[:200], row.at
        said.standing = said.standing if said.pk else Standing.PUBLIC

    def _save(self, model: type[Post] | type[Reply], texts: Sequence[Post | Reply]) -> None:
        """Store texts; those of customers are signals, which are called by their number."""
        model._default_manager.bulk_update([one for one in texts if one.pk], _COLUMNS[model])
        model._default_manager.bulk_create([one for one in texts if not one.pk])
        heard = [
            one.pk
            for one in texts
            if one.author_word == self.company.customer_word and not getattr(one, "is_official", False)
        ]
        called = Concat(Value(signals.key_of(model(pk=0)).removesuffix("0")), Cast("pk", CharField()))
        model._default_manager.filter(pk__in=heard).update(signal_key=called, signal_due=self.now)

    def _mark(self, row: PostRow | ReplyRow | VoteRow, **what: object) -> Brought:
        """What says that this row is here; one that was keeps which import made it."""
        known = self.known.get(key_of(row))
        mark = known or Brought(
            source=self.bringing.source, kind=kind_of(row), foreign=key_of(row), bringing=self.bringing
        )
        mark.digest = digest_of(row)
        for name, value in what.items():
            setattr(mark, name, value)
        return mark

    def _save_marks(self, marks: Sequence[Brought]) -> None:
        known = [one for one in marks if one.pk]
        Brought.objects.bulk_create([one for one in marks if not one.pk])
        Brought.objects.bulk_update(known, ["digest", "address", "post", "person"])
