"""A customer or partner is erased: their words, votes, follows, address and account go, and their signals with them.

Posts that others answered stay as places without words. What they said in talks is emptied, and those talks go on. The
journal keeps numbers and, in place of the name, that somebody has left.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.cache import caches
from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later

from interlock.converse.community import posting
from interlock.converse.community.errors import NotAllowed
from interlock.converse.loop import replying
from interlock.converse.models import (
    Draft,
    Entry,
    Follow,
    Ground,
    MailReply,
    Message,
    Notice,
    NoticeChoice,
    Picture,
    Post,
    Reaction,
    Reply,
    Report,
    Stance,
    Sweep,
    Vote,
    Wording,
)
from interlock.converse.moderation import taking
from interlock.converse.moderation.signals_of import signals_of
from interlock.converse.words import pictures
from interlock.fabric import people, work
from interlock.fabric.models import Person
from interlock.listen import withdrawing

# So that no other writer waits for the whole index.
PAGES_AT_ONCE = 1_000


@dataclass(frozen=True)
class Kept:
    """What goes with somebody, in numbers."""

    texts: int
    votes: int
    lines: int


def kept_of(person: Person) -> Kept:
    """How much of somebody is here. Four queries."""
    texts = Post.objects.filter(author=person).count() + Reply.objects.filter(author=person).count()
    lines = Message.objects.filter(author=person, removed_at=None).count()
    return Kept(texts, Vote.objects.filter(person=person).count(), lines)


@transaction.atomic
def erase(*, person: Person, now: datetime) -> None:
    """Erase somebody for good.

    Raises:
        NotAllowed: it is a colleague; what they said is the company's, and the owner ends their access.
    """
    if person.is_staff_side:
        raise NotAllowed(
            _("Colleagues are not erased here; the owner ends their access. Nothing was changed.")
        )
    address = person.user.email if person.user else ""
    _erase_texts(person, now)
    _erase_traces(person, now)
    _erase_lines(person, now)
    keys = signals_of(person, address)
    withdrawing.erase(keys=keys)
    replying.forget(keys=keys)
    Ground.objects.filter(signal_key__in=keys).delete()
    Entry.objects.filter(address__iexact=address).delete()
    MailReply.objects.filter(Q(person=person) | Q(sender__iexact=address)).delete()
    people.erase(person=person, now=now)
    work.ask(rewrite_word_indexes)
    caches["pages"].clear()


def _erase_texts(person: Person, now: datetime) -> None:
    for reply in Reply.objects.filter(author=person).select_related("post").order_by("post", "pk"):
        taking.wipe(reply, posting.locked(reply.post), now)
    for post in Post.objects.filter(author=person).order_by("pk"):
        taking.wipe(post, posting.locked(post), now)


def _erase_traces(person: Person, now: datetime) -> None:
    """Votes, follows and reports, with the counts that they were part of."""
    voted = sorted(set(Vote.objects.filter(person=person).values_list("post", flat=True)))
    Vote.objects.filter(person=person).delete()
    Follow.objects.filter(person=person).delete()
    Report.objects.filter(person=person).update(words="")
    Sweep.objects.filter(person=person).update(removed={})
    for number in voted:
        posting.recount(posting.locked(Post(pk=number)), now)


def _erase_lines(person: Person, now: datetime) -> None:
    """Empty their lines in talks; who answered them keeps their own."""
    mine = Message.objects.filter(author=person)
    Wording.objects.filter(message__in=mine).delete()
    mine.filter(removed_at=None).update(removed_at=now)
    mine.update(body="")
    for key in Picture.objects.filter(brought_by=person).values_list("key", flat=True):
        pictures.path_of(key).unlink(missing_ok=True)
    Picture.objects.filter(brought_by=person).delete()
    Draft.objects.filter(person=person).delete()
    Stance.objects.filter(person=person).update(reason="")
    Notice.objects.filter(person=person).delete()
    NoticeChoice.objects.filter(person=person).delete()
    Reaction.objects.filter(person=person).delete()


@work.task(key="rewrite word indexes", title=later("Take erased words out of the search"))
def rewrite_word_indexes() -> None:
    """SQLite marks words that were deleted and drops them when it merges its index: let it merge all, a piece at a time.

    PostgreSQL keeps the words of a row with the row.
    """
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%%fts5%%'", [])
        for (name,) in cursor.fetchall():
            _merge(cursor, name, -PAGES_AT_ONCE)
            while _merge(cursor, name, PAGES_AT_ONCE) > 1:
                pass


def _merge(cursor: Any, name: str, pages: int) -> int:
    """Merge so many pages of an index, all its parts into one where they are negative; return how many rows changed.

    A merge that found nothing to do changes one.
    """
    before = connection.connection.total_changes
    cursor.execute(f"INSERT INTO {name}({name}, rank) VALUES ('merge', %s)", [pages])  # noqa: S608 - our own names
    return connection.connection.total_changes - before
