"""What people do in the community: they post, reply, say that they have the same, vote and follow."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Q
from django.utils.translation import gettext as _

from interlock.converse.community import signals
from interlock.converse.community.errors import NotAllowed, NothingSaid, TooMuch
from interlock.converse.community.speaking import Origin, Speaker
from interlock.converse.models import Board, Follow, Kind, Post, Reply, Standing, Status, Vote
from interlock.fabric import journal
from interlock.fabric.access import Act, may
from interlock.fabric.models import STAFF_ROLES, Person

WITHIN = timedelta(hours=1)
# Nobody writes more in an hour by hand; who may at all is for colleagues to judge.
MOST_OF_PERSON, MOST_OF_MACHINE = 30, 5
# Held texts are read by people: what a flood leaves behind must stay readable in a day.
MOST_HELD = 500
# Feeds are XML, which has no place for them, and PostgreSQL none for the first.
CONTROL_SIGNS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@transaction.atomic
def write_post(
    *, board: Board, kind: str, title: str, words: str, product: str, speaker: Speaker, now: datetime
) -> Post:
    """Post something on a board; held when it came without an account.

    Raises:
        NothingSaid: title or words are missing.
        NotAllowed: the board does not take this kind.
        TooMuch: too much came within an hour.
    """
    if not (_clean(title) and _clean(words)):
        raise NothingSaid(_("Write a title and a few words; nothing was sent."))
    if board.kinds and kind not in board.kinds:
        raise NotAllowed(_("This board is not for that. Choose another one; nothing was sent."))
    _must_not_flood(speaker, now)
    post = Post(board=board, kind=kind, title=_clean(title), product=product, changed_at=now)
    post.status = first_status(kind)
    post.waits = kind != Kind.PRAISE
    _fill(post, words, speaker, now)
    post.save()
    _hear_of(post, speaker, now)
    journal.note(actor=_actor(speaker), verb="posted", about=post, at=now, detail=_detail(post))
    return post


@transaction.atomic
def write_reply(
    *, post: Post, words: str, speaker: Speaker, now: datetime, has_the_same: bool = False
) -> Reply:
    """Reply under a post, or say in one's own words that one has the same; held when it came without an account.

    Raises:
        NothingSaid: there are no words.
        TooMuch: too much came within an hour.
    """
    if not _clean(words):
        raise NothingSaid(_("Write a few words first; nothing was sent."))
    post = _locked(post)
    if has_the_same and speaker.person and speaker.person.is_staff_side:
        raise NotAllowed(_("Who has the same is the customers' to say. Nothing was sent; reply instead."))
    if not post.is_public:
        raise NotAllowed(_("This is not public yet, so nobody can reply to it. Nothing was sent."))
    _must_not_flood(speaker, now)
    reply = Reply(post=post, has_the_same=has_the_same)
    _fill(reply, words, speaker, now)
    reply.save()
    _hear_of(reply, speaker, now)
    journal.note(actor=_actor(speaker), verb="replied", about=post, at=now, detail=_detail(reply))
    return reply


@transaction.atomic
def vote(*, post: Post, by: Person, on: bool, now: datetime) -> None:
    """Say that one wants an idea or has a problem too, or no longer.

    Raises:
        NotAllowed: a colleague votes, or a post that is neither idea nor problem is voted on.
    """
    if by.is_staff_side:
        raise NotAllowed(_("Votes are the customers'. Write down what one of them told you instead."))
    post = _locked(post)
    if not (post.votable and post.is_public):
        raise NotAllowed(_("Only ideas and problems are voted on; nothing was changed."))
    if on:
        Vote.objects.get_or_create(post=post, person=by, defaults={"at": now})
    else:
        Vote.objects.filter(post=post, person=by).delete()
    _count(post, now)


@transaction.atomic
def follow(*, post: Post, by: Person, on: bool, now: datetime) -> None:
    """Keep a post among those that one follows, or no longer. One's own business, so no journal line."""
    if on:
        Follow.objects.get_or_create(post=post, person=by, defaults={"at": now})
    else:
        Follow.objects.filter(post=post, person=by).delete()


def first_status(kind: str) -> Status:
    """Where a post of this kind begins.

    Raises:
        NotAllowed: the settings have no status for it.
    """
    for status in Status.objects.filter(meaning="open"):
        if kind in status.kinds:
            return status
    raise NotAllowed(_("No status is open for this kind. The owner of this installation adds one."))


def became_public(said: Post | Reply, now: datetime) -> None:
    """A post or reply can be read by everybody from now on: count it, and let it be heard. In a transaction."""
    _locked(said if isinstance(said, Post) else said.post)
    if said.signal_key:
        type(said).objects.filter(pk=said.pk).update(signal_key=said.signal_key, signal_due=now)
        signals.ask_to_hear(now)
    _count(said if isinstance(said, Post) else said.post, now)


def changed(post: Post, now: datetime, **columns: Any) -> None:
    """Keep what changed about a post, and let pages that show it be made anew. In a transaction."""
    Post.objects.filter(pk=post.pk).update(version=F("version") + 1, changed_at=now, **columns)
    Board.objects.filter(pk=post.board_id).update(version=F("version") + 1)


def _locked(post: Post) -> Post:
    """The post as it is now, with its counts ours until the transaction ends."""
    return Post.objects.select_for_update(of=("self",)).select_related("board", "status").get(pk=post.pk)


def _clean(text: str) -> str:
    return CONTROL_SIGNS.sub("", text).strip()


def _fill(said: Post | Reply, words: str, speaker: Speaker, now: datetime) -> None:
    said.words = _clean(words.replace("\r\n", "\n"))
    said.author, said.author_name, said.author_word = speaker.person, _clean(speaker.name), speaker.word
    said.origin, said.written_by, said.quoted_from = speaker.origin, speaker.written_by, speaker.quoted_from
    said.said_at = now
    said.standing = Standing.PUBLIC if speaker.is_known else Standing.HELD
    said.caller = "" if speaker.is_known else speaker.caller


def _hear_of(said: Post | Reply, speaker: Speaker, now: datetime) -> None:
    """Give it the key of its signal, where it is a customer's; the number is known only once it is stored."""
    said.signal_key = signals.key_of(said) if speaker.is_customer_voice else ""
    if said.is_public:
        became_public(said, now)
    elif said.signal_key:
        said.save(update_fields=["signal_key"])


def _count(post: Post, now: datetime) -> None:
    """Count anew who asked, voted or has the same, the accounts they belong to, and the replies. Three queries."""
    same = Reply.objects.filter(post=post, standing=Standing.PUBLIC, has_the_same=True)
    people = Person.objects.filter(
        Q(pk__in=Vote.objects.filter(post=post).values("person"))
        | Q(pk__in=same.filter(author__isnull=False).values("author"))
        | Q(pk=post.author_id if post.origin != Origin.HOUSE else None)
    )
    counted = people.exclude(role__in=STAFF_ROLES).aggregate(
        people=Count("pk"), companies=Count("account_key", distinct=True, filter=~Q(account_key=""))
    )
    replies = Reply.objects.filter(post=post, standing=Standing.PUBLIC).aggregate(
        all=Count("pk", filter=Q(is_official=False)),
        unnamed=Count("pk", filter=Q(has_the_same=True, author=None)),
    )
    changed(
        post,
        now,
        reply_count=replies["all"],
        people_count=counted["people"]
        + replies["unnamed"]
        + (post.author_id is None and post.origin != Origin.HOUSE),
        company_count=counted["companies"],
    )


def _must_not_flood(speaker: Speaker, now: datetime) -> None:
    if speaker.person and not may(speaker.person, Act.TALK):
        raise NotAllowed(_("Your role reads here and does not write; nothing was sent."))
    if speaker.written_by or (speaker.person and speaker.person.is_staff_side):
        return
    since = now - WITHIN
    if speaker.person:
        mine = {"author": speaker.person, "said_at__gt": since}
        if Post.objects.filter(**mine).count() + Reply.objects.filter(**mine).count() >= MOST_OF_PERSON:
            raise TooMuch(_("That is a lot for one hour. Go on later; copy your text, nothing was sent."))
        return
    held = {"standing": Standing.HELD}
    # Judged ones count as well, else a quick colleague makes room for the next five.
    machine = {"caller": speaker.caller, "said_at__gt": since}
    from_machine = Post.objects.filter(**machine).count() + Reply.objects.filter(**machine).count()
    all_held = Post.objects.filter(**held).count() + Reply.objects.filter(**held).count()
    if from_machine >= MOST_OF_MACHINE or all_held >= MOST_HELD:
        raise TooMuch(
            _(
                "Much waits to be read just now. Come back later, or sign in by a code; copy your text, nothing was sent."
            )
        )


def _actor(speaker: Speaker) -> Person | None:
    return speaker.written_by or speaker.person


def _detail(said: Post | Reply) -> Mapping[str, Any]:
    """What the journal keeps: numbers, and none of the customer's words, which can be erased."""
    return {
        "kind": type(said).__name__.lower(),
        "number": said.pk,
        "standing": said.standing,
        "origin": said.origin,
    }
