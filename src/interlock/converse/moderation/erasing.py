"""A customer or partner is erased: their words, votes, follows, address and account go, and their signals with them.

Posts that others answered stay as places without words. What they said in talks is emptied, and those talks go on; what
we wrote to them goes, and their name and words where others named or quoted them. The journal keeps numbers and, in place
of the name, that somebody has left. Whoever is known by mail alone goes in the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import batched
from typing import Any

from django.core.cache import caches
from django.db import DatabaseError, connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later

from interlock.converse.bringing import files
from interlock.converse.bringing.rows import BY_NAME
from interlock.converse.community import counting, posting, signals
from interlock.converse.community.errors import NotAllowed
from interlock.converse.loop import monthly, replying
from interlock.converse.models import (
    Board,
    Brought,
    Case,
    Commitment,
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
    Postponement,
    Reaction,
    Reply,
    Report,
    Stance,
    SweptBatch,
    Vote,
    Wording,
)
from interlock.converse.moderation import taking
from interlock.converse.moderation.signals_of import signals_from, signals_of
from interlock.converse.words import pictures
from interlock.fabric import company, forgotten, people, scrubbing, work
from interlock.fabric.models import Organisation, Person, Team
from interlock.fabric.pacing import Pace
from interlock.fabric.scrubbing import Found, Traces
from interlock.listen import withdrawing
from interlock.listen.models import Signal, Source, Theme

# Texts of the first transaction; a worker erases the rest. One costs some 25 statements, so that ten are never too many.
AT_ONCE, LEAST_AT_ONCE = 20, 10
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
    keys = signals_of(person, address)
    lines = scrubbing.lines_of(_texts_of(person, keys))
    traces = Traces(_names_of(person, address), lines, _called_by_us(person.name))
    named = _of_others(scrubbing.rows_with(traces), person)
    with transaction.atomic():
        is_more = _erase_texts(person, now, AT_ONCE)
        _erase_traces(person, now)
        _erase_lines(person, now)
        left = _keys_left(person)
        _erase_heard([key for key in keys if key not in left], address, now)
        _erase_brought_by_name(person, now)
        people.erase(person=person, now=now)
        _take_out_of_others(named, traces, now)
        if is_more:
            # Nobody reads the rest any more, nor is it heard again.
            Post.objects.filter(author=person).update(**taking.UNREAD, **taking.UNTITLED)
            Reply.objects.filter(author=person).update(**taking.UNREAD)
            work.ask(erase_rest, person.pk, now.isoformat())
        work.ask(rewrite_word_indexes)
    caches["pages"].clear()


@work.task(title=later("Erase the rest of what somebody wrote in the community"))
def erase_rest(person_id: int, at: str) -> None:
    """Erase what the first transaction left, batch by batch; killed in between, the next attempt goes on with what is there."""
    person, now, pace = Person.objects.get(pk=person_id), datetime.fromisoformat(at), Pace(LEAST_AT_ONCE)
    is_more = True
    while is_more:
        with pace.transaction(pace.rows):
            is_more = _erase_texts(person, now, pace.rows)
            if not is_more:
                work.ask(rewrite_word_indexes)
    caches["pages"].clear()


def erase_address(*, address: str, now: datetime) -> int:
    """Erase somebody who only ever wrote by mail; return how many signals went.

    Raises:
        NotAllowed: somebody signs in with this address.
    """
    if Person.objects.filter(user__email__iexact=address).exists():
        raise NotAllowed(_("Somebody signs in with this address: erase the person. Nothing was changed."))
    keys = signals_from(address)
    traces = Traces((address,), scrubbing.lines_of(_words_of(keys)))
    named = scrubbing.rows_with(traces)
    with transaction.atomic():
        for case in Case.objects.filter(address__iexact=address).select_related("post", "reply__post"):
            taking.wipe(case.said, posting.locked(case.post or case.reply.post), now)
        _erase_heard(keys, address, now)
        _take_out_of_others(named, traces, now)
        work.ask(rewrite_word_indexes)
    caches["pages"].clear()
    return len(keys)


def _of_others(named: Sequence[Found], person: Person) -> list[Found]:
    """Without what they posted and replied themselves: it goes as a whole, and may be thousands. Two queries."""
    own = {
        said: set(said._default_manager.filter(author=person).values_list("pk", flat=True))
        for said in (Post, Reply)
    }
    return [
        Found(one.model, tuple(key for key in one.keys if key not in own.get(one.model, ()))) for one in named
    ]


def _take_out_of_others(named: Sequence[Found], traces: Traces, now: datetime) -> None:
    """Take them out of what others wrote; what was said in public is a signal as well, and is heard anew."""
    scrubbing.take_out(named, traces)
    files.forget(traces)
    for one in named:
        if one.model in {Post, Reply}:
            one.model._base_manager.filter(pk__in=one.keys).exclude(signal_key="").update(signal_due=now)
    signals.ask_to_hear(now)


def _names_of(person: Person, address: str) -> tuple[str, ...]:
    """What others may have called them. A single word, or the name of two people, is theirs only after an @."""
    namesakes = Person.objects.filter(name__iexact=person.name, left_at=None).exclude(pk=person.pk)
    is_theirs = " " in person.name.strip() and not namesakes.exists()
    return tuple(one for one in (person.name if is_theirs else f"@{person.name}", address) if one)


def _called_by_us(name: str) -> tuple[str, ...]:
    """What we call something of our own by the same name, or with it: who joins chooses their name, and ours stays."""
    ours = [str(company.company()), *Theme.objects.filter(name__iexact=name).values_list("name", flat=True)]
    for board, products in Board.objects.values_list("name", "products"):
        ours += [board, *products]
    for model in (Source, Team, Organisation):
        ours += model.objects.filter(name__icontains=name).values_list("name", flat=True)
    return tuple(one for one in dict.fromkeys(ours) if name.strip().lower() in one.lower())


def _texts_of(person: Person, keys: list[str]) -> list[str]:
    said = [
        *Post.objects.filter(author=person).values_list("words", flat=True),
        *Post.objects.filter(author=person).values_list("title", flat=True),
        *Reply.objects.filter(author=person).values_list("words", flat=True),
        *Message.objects.filter(author=person).values_list("body", flat=True),
        *Commitment.objects.filter(made_by=person).values_list("what", flat=True),
    ]
    return said + _words_of(keys)


def _words_of(keys: list[str]) -> list[str]:
    signals = Signal.objects.filter(key__in=keys).order_by("-occurred_at").values_list("title", "body")
    return [text for both in signals for text in both]


def _erase_heard(keys: list[str], address: str, now: datetime) -> None:
    """What they told us from anywhere, what we wrote back, and the way back in of all of it."""
    _erase_signals(keys, now)
    if address:
        Entry.objects.filter(address__iexact=address).delete()
        MailReply.objects.filter(sender__iexact=address).delete()
        # Emptied of the address, the names of two people would be the same; the list below keeps both away.
        brought = Q(foreign__iexact=address) | Q(foreign__iendswith=f":{address}")
        Brought.objects.filter(brought, kind__in=["person", "vote"]).delete()
        monthly.stop(address=address)
        forgotten.forget(names=[forgotten.mail(address)], now=now)


def _erase_signals(keys: Sequence[str], now: datetime) -> None:
    withdrawing.erase(keys=keys)
    replying.forget(keys=keys)
    Ground.objects.filter(signal_key__in=keys).delete()
    forgotten.forget(names=[forgotten.signal(key) for key in keys], now=now)


def _erase_brought_by_name(person: Person, now: datetime) -> None:
    """Who is known elsewhere by name alone: an import keeps that name as their key, which goes into the list like an address.

    Emptied of the name, the keys of two people would be the same.
    """
    marks = Brought.objects.filter(person=person, kind="person", foreign__startswith=BY_NAME)
    for source, key in list(marks.values_list("source", "foreign")):
        forgotten.forget(names=[forgotten.author(source, key)], now=now)
        Brought.objects.filter(source=source, person=person, kind="vote").delete()
    marks.delete()


def _erase_texts(person: Person, now: datetime, most: int) -> bool:
    """Erase so many of their texts with their signals, in a transaction; whether there are more."""
    replies = list(Reply.objects.filter(author=person).select_related("post").order_by("post", "pk")[:most])
    posts = list(Post.objects.filter(author=person).order_by("pk")[: most - len(replies)])
    counting.locked({one.post_id for one in replies} | {one.pk for one in posts})
    said = [*replies, *posts]
    # Together: each alone would look through all that was ever answered.
    _erase_signals([one.signal_key for one in said if one.signal_key], now)
    for one in said:
        one.signal_key = ""
        taking.wipe(one, posting.locked(one if isinstance(one, Post) else one.post), now)
    return len(said) == most


def _keys_left(person: Person) -> set[str]:
    """The signals of what they wrote and is not erased yet. Two queries."""
    return {
        key
        for said in (Post, Reply)
        for key in said._default_manager.filter(author=person).values_list("signal_key", flat=True)
    }


def _erase_traces(person: Person, now: datetime) -> None:
    """Votes, follows and reports, with the counts that they were part of."""
    voted = sorted(set(Vote.objects.filter(person=person).values_list("post", flat=True)))
    Vote.objects.filter(person=person).delete()
    Follow.objects.filter(person=person).delete()
    Report.objects.filter(person=person).update(words="")
    SweptBatch.objects.filter(sweep__person=person).delete()
    for some in batched(voted, 500, strict=False):
        counting.recount(counting.locked(some), now)


def _erase_lines(person: Person, now: datetime) -> None:
    """Empty their lines in talks; who answered them keeps their own."""
    mine = Message.objects.filter(author=person)
    Wording.objects.filter(message__in=mine).delete()
    mine.filter(removed_at=None).update(removed_at=now)
    mine.update(body="")
    for key in Picture.objects.filter(brought_by=person).values_list("key", flat=True):
        pictures.path_of(key).unlink(missing_ok=True)
    Picture.objects.filter(brought_by=person).delete()
    MailReply.objects.filter(person=person).delete()
    Draft.objects.filter(person=person).delete()
    Stance.objects.filter(person=person).update(reason="")
    Notice.objects.filter(person=person).delete()
    NoticeChoice.objects.filter(person=person).delete()
    Reaction.objects.filter(person=person).delete()
    _empty_promises(person)


def _empty_promises(person: Person) -> None:
    """What they promised, and why it came otherwise; that there was a promise stays with the talk."""
    gone = _("[words of somebody who asked to be forgotten]")
    Commitment.objects.filter(made_by=person).update(what=gone, link="")
    Commitment.objects.filter(Q(made_by=person) | Q(owner=person)).update(why="")
    Postponement.objects.filter(by=person).update(why="")


@work.task(key="rewrite word indexes", title=later("Take erased words out of the search"))
def rewrite_word_indexes() -> None:
    """SQLite marks words that were deleted and drops them when it merges its index: let it merge all, a piece at a time.

    Then the log of writes is written back and emptied. PostgreSQL keeps the words of a row with the row.

    Raises:
        DatabaseError: somebody has been reading all the while; it is tried again.
    """
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%%fts5%%'", [])
        for (name,) in cursor.fetchall():
            _merge(cursor, name, -PAGES_AT_ONCE)
            while _merge(cursor, name, PAGES_AT_ONCE) > 1:
                pass
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        if cursor.fetchone()[0]:
            raise DatabaseError("The log of writes is being read, so it was not emptied.")


def _merge(cursor: Any, name: str, pages: int) -> int:
    """Merge so many pages of an index, all its parts into one where they are negative; return how many rows changed.

    A merge that found nothing to do changes one.
    """
    before = connection.connection.total_changes
    cursor.execute(f"INSERT INTO {name}({name}, rank) VALUES ('merge', %s)", [pages])  # noqa: S608 - our own names
    return connection.connection.total_changes - before
