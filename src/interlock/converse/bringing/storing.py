"""The rows of another community become posts, replies and votes here, each once: received = stored + duplicate + refused.

People keep their names, and come in by a code to the address that they had there. Whoever wrote for the company and has
no account here keeps the name on what they wrote. What is older than two weeks is history: a signal, but no clock.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.urls import reverse

from interlock.converse.bringing.rows import Author, PostRow, Refused, ReplyRow, Row, VoteRow, digest_of
from interlock.converse.community import posting, signals
from interlock.converse.community.errors import CommunityError
from interlock.converse.community.speaking import shown_name
from interlock.converse.models import (
    Board,
    Brought,
    Kind,
    Meaning,
    Merge,
    Post,
    Reply,
    Standing,
    Status,
    StatusChange,
    Vote,
)
from interlock.converse.moderation import merging
from interlock.fabric import company, forgotten, journal, people
from interlock.fabric.models import Person

_LINK = re.compile(r"https?://[^\s<>()\[\]\"']+")
_NUMBERED = re.compile(r"^(/t)/(?:[^/]+/)?(\d+)|^(/posts)/(\d+)")
LONGEST_TITLE, LONGEST_WORDS, LONGEST_NAME = 160, 10_000, 120


@dataclass
class Tally:
    """What became of the rows; `updated` are those of the stored that were known."""

    received: int = 0
    stored: int = 0
    updated: int = 0
    duplicate: int = 0
    refused: list[Refused] = field(default_factory=list)


def bring(
    rows: Iterable[Row],
    *,
    source: str,
    board: Board,
    kind: str,
    by: Person,
    now: datetime,
    dry_run: bool = False,
) -> Tally:
    """Store the rows on a board, all or, where something breaks, none; `dry_run` takes it all back and tells the same.

    Args:
        source: names the community, so that another file of it updates by the same keys.
        kind: what posts are that do not say it themselves.
        by: in whose name posts are merged that were merged there.
    """
    with transaction.atomic():
        bringing = _Bringing(source, board, kind, by, now)
        bringing.take(rows)
        tally = bringing.tally
        detail = {
            "source": source,
            "stored": tally.stored,
            "duplicate": tally.duplicate,
            "refused": len(tally.refused),
        }
        journal.note(actor=by, verb="brought in", about=board, at=now, detail=detail)
        signals.ask_to_hear(now)
        transaction.set_rollback(dry_run)
    return tally


class _Bringing:
    """One run: what was seen so far, and what waits until all posts are there."""

    def __init__(self, source: str, board: Board, kind: str, by: Person, now: datetime) -> None:
        self.source, self.board, self.kind, self.by, self.now = source, board, kind, by, now
        self.tally = Tally()
        self.people: dict[str, Person | None] = {}
        self.erased_at: dict[str, datetime | None] = {}
        self.changed: dict[int, Post] = {}
        self.linking: list[Post | Reply] = []
        self.statuses = list(Status.objects.all())
        self.word = company.company().customer_word

    def take(self, rows: Iterable[Row]) -> None:
        """Posts first, since the others name them; then merges and links between posts."""
        kept = list(rows)
        self.tally.received = len(kept)
        for row in kept:
            if isinstance(row, Refused):
                self.tally.refused.append(row)
        for of in (PostRow, ReplyRow, VoteRow):
            for row in sorted((one for one in kept if isinstance(one, of)), key=lambda one: one.at):
                self._take_one(row)
        for row in kept:
            if isinstance(row, PostRow) and row.merged_into:
                self._merge(row)
        for said in self.linking:
            self._link(said)
        for post in self.changed.values():
            posting.recount(post, self.now)

    def _take_one(self, row: PostRow | ReplyRow | VoteRow) -> None:
        known = self._known(_kind_of(row), row.key)
        digest = digest_of(row)
        if known and known.digest == digest:
            self.tally.duplicate += 1
            return
        brought = known or Brought(source=self.source, kind=_kind_of(row), foreign=row.key[:200])
        store = {PostRow: self._post, ReplyRow: self._reply, VoteRow: self._vote}[type(row)]
        why = self._taken_away(row, brought) or store(row, brought)
        if why:
            self.tally.refused.append(Refused(row.key, why))
            return
        brought.digest = digest
        brought.save()
        self.tally.stored += 1
        self.tally.updated += known is not None

    def _taken_away(self, row: PostRow | ReplyRow | VoteRow, brought: Brought) -> str:
        """Why nothing comes back that its author took away here, or that went with them when they were erased."""
        said = brought.reply or (brought.post if isinstance(row, PostRow) else None)
        if said and said.standing == Standing.TAKEN:
            return "its author took it away here"
        if row.author and self._was_erased(row.author, row.at):
            return "its author was erased here"
        person = self._person(row.author) if row.author else None
        if person and person.left_at and person.user_id is None and not person.is_staff_side:
            return "its author was erased here"
        return ""

    def _was_erased(self, author: Author, at: datetime) -> bool:
        """Whether whoever has this address asked to be forgotten after they wrote this."""
        name = forgotten.mail(author.mail)
        if author.mail and name not in self.erased_at:
            self.erased_at[name] = forgotten.forgotten_among([name]).get(name)
        erased_at = self.erased_at.get(name)
        return erased_at is not None and at <= erased_at

    def _post(self, row: PostRow, brought: Brought) -> str:
        kind = row.kind or self.kind
        status = self._status(kind, row.status)
        if not row.title.strip() or status is None:
            return f"no status of {kind} means {row.status}" if row.title.strip() else "it has no title"
        post = brought.post or Post(
            board=self.board, status=self._status(kind, Meaning.OPEN) or status, changed_at=self.now
        )
        post.kind, post.title, post.product = kind, row.title.strip()[:LONGEST_TITLE], row.product[:80]
        rest = f"{row.title}\n\n" if len(row.title) > LONGEST_TITLE else ""
        self._fill(post, f"{rest}{row.words.strip() or row.title}", row)
        post.waits = kind != Kind.PRAISE and post.answered_at is None and status.meaning == Meaning.OPEN
        before, post.status = post.status, status
        self._save(post)
        if before.pk != status.pk:
            StatusChange.objects.create(
                post=post,
                before=before,
                after=status,
                by=None,
                at=row.status_at or row.at,
                because=row.because[:500],
            )
        brought.post, brought.address = post, _place(row.address)
        self.changed[post.pk] = post
        return ""

    def _reply(self, row: ReplyRow, brought: Brought) -> str:
        post = self._post_called(row.post)
        if post is None or not row.words.strip():
            return "its post is not here" if post is None else "it has no words"
        reply = brought.reply or Reply(post=post)
        reply.is_official = row.official
        self._fill(reply, row.words, row)
        self._save(reply)
        if row.official and (post.answered_at is None or row.at < post.answered_at):
            post.answered_at, post.waits = row.at, False
            Post.objects.filter(pk=post.pk).update(answered_at=row.at, waits=False)
        brought.reply = reply
        self.changed[post.pk] = post
        return ""

    def _vote(self, row: VoteRow, brought: Brought) -> str:
        post, person = self._post_called(row.post), self._person(row.author)
        if post is None:
            return "its post is not here"
        if person is None or person.is_staff_side:
            return "colleagues do not vote here"
        if not post.votable:
            return "only ideas and problems are voted on here"
        Vote.objects.get_or_create(post=post, person=person, defaults={"at": row.at})
        brought.post, brought.person = post, person
        self.changed[post.pk] = post
        return ""

    def _fill(self, said: Post | Reply, words: str, row: PostRow | ReplyRow) -> None:
        author = row.author
        person = self._person(author) if author else None
        name = author.name if author else ""
        of_us = author is not None and author.staff
        said.words = posting.clean(words.replace("\r\n", "\n"))[:LONGEST_WORDS]
        said.author = person
        said.author_name = (name if of_us else shown_name(name))[:LONGEST_NAME] or "–"
        said.author_word = str(company.company())[:160] if of_us else self.word
        said.quoted_from, said.said_at = self.source[:200], row.at
        said.standing = said.standing if said.pk else Standing.PUBLIC

    def _save(self, said: Post | Reply) -> None:
        said.save()
        if said.author_word == self.word and not getattr(said, "is_official", False):  # a customer's
            said.signal_key, said.signal_due = signals.key_of(said), self.now
            said.save(update_fields=["signal_key", "signal_due"])
        if _LINK.search(said.words):
            self.linking.append(said)

    def _person(self, author: Author) -> Person | None:
        """The account of somebody: by address, or as the one they were brought in as. None: staff without an account."""
        if author.key not in self.people:
            self.people[author.key] = self._found(author) or (None if author.staff else self._made(author))
        return self.people[author.key]

    def _found(self, author: Author) -> Person | None:
        mail = author.mail.strip()
        by_mail = Person.objects.filter(user__email__iexact=mail).first() if mail else None
        if by_mail and by_mail.is_staff_side != author.staff:
            return by_mail if author.staff else None  # an address of ours is no customer's
        known = self._known("person", author.key)
        return by_mail or (known.person if known else None)

    def _made(self, author: Author) -> Person:
        mail = author.mail.strip().lower()
        name = posting.clean(author.name)[:LONGEST_NAME] or "–"
        person = people.bring_in_customer(
            name=name, email=mail if _is_address(mail) else "", account=author.account[:200]
        )
        Brought.objects.create(
            source=self.source, kind="person", foreign=author.key[:200], digest="", person=person
        )
        return person

    def _merge(self, row: PostRow) -> None:
        post, into = self._post_called(row.key), self._post_called(row.merged_into)
        if post is None or Merge.objects.filter(post=post, undone_at=None).exists():
            return
        try:
            if into is None:
                raise CommunityError("the post it became part of is not here")
            with transaction.atomic():
                merging.merge(post=post, into=into, by=self.by, now=self.now)
        except CommunityError as error:
            self.tally.stored -= 1
            self.tally.refused.append(Refused(row.key, f"stored, but not merged: {error}"))

    def _link(self, said: Post | Reply) -> None:
        """Let links to posts there lead to what became of them here."""
        words = _LINK.sub(lambda link: self._here(link.group()), said.words)
        if words != said.words:
            said.words = words[:LONGEST_WORDS]
            said.save(update_fields=["words"])

    def _here(self, link: str) -> str:
        place = _place(urlsplit(link).path)
        found = (
            Brought.objects.filter(source=self.source, kind="post", address=place).first() if place else None
        )
        return (
            reverse("community:post", args=[found.post.pk, found.post.slug]) if found and found.post else link
        )

    def _status(self, kind: str, meaning: str) -> Status | None:
        """The first status of this meaning for the kind; what a kind does not know stays open, or is done."""
        wanted = {"considered": "open", "planned": "open", "declined": "done"}
        fitting = [one for one in self.statuses if kind in one.kinds]
        return next(
            (one for name in (meaning, wanted.get(meaning)) for one in fitting if one.meaning == name), None
        )

    def _post_called(self, key: str) -> Post | None:
        known = self._known("post", key)
        return known.post if known else None

    def _known(self, kind: str, key: str) -> Brought | None:
        rows = Brought.objects.select_related("post", "reply", "person")
        return rows.filter(source=self.source, kind=kind, foreign=key[:200]).first()


def _kind_of(row: PostRow | ReplyRow | VoteRow) -> str:
    return {PostRow: "post", ReplyRow: "reply", VoteRow: "vote"}[type(row)]


def _place(address: str) -> str:
    """What stays the same in the addresses of one post: its path, or of numbered ones the number."""
    path = urlsplit(address).path.rstrip("/.,;:!?")
    numbered = _NUMBERED.match(path)
    return "/".join(filter(None, numbered.groups())) if numbered else path[:400]


def _is_address(mail: str) -> bool:
    try:
        validate_email(mail)
    except ValidationError:
        return False
    return True
