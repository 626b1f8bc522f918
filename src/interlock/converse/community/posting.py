"""What people do in the community: they post, reply, say that they have the same, vote and follow."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from interlock.converse.community import counting, flood, signals
from interlock.converse.community.errors import NotAllowed, NothingSaid
from interlock.converse.community.speaking import Speaker
from interlock.converse.models import Board, Case, Follow, Kind, Post, Reply, Standing, Status, Vote
from interlock.converse.moderation import cases, policy
from interlock.fabric import journal
from interlock.fabric.models import Person
from interlock.listen import withdrawing

# Feeds are XML, which has no place for them, and PostgreSQL none for the first.
CONTROL_SIGNS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@transaction.atomic
def write_post(
    *, board: Board, kind: str, title: str, words: str, product: str, speaker: Speaker, now: datetime
) -> Post:
    """Post something on a board; held when it came without an account, or met a rule of the policy.

    Raises:
        NothingSaid: title or words are missing.
        NotAllowed: the board does not take this kind.
        TooMuch: too much came within an hour.
    """
    if not (clean_line(title) and clean(words)):
        raise NothingSaid(_("Write a title and a few words; nothing was sent."))
    if board.kinds and kind not in board.kinds:
        raise NotAllowed(_("This board is not for that. Choose another one; nothing was sent."))
    flood.must_not_flood(speaker, now)
    post = Post(board=board, kind=kind, title=clean_line(title), product=product, changed_at=now)
    post.status = first_status(kind)
    post.waits = kind != Kind.PRAISE
    verdict = _fill(post, words, speaker, now)
    post.save()
    _hear_of(post, verdict, speaker, now)
    journal.note(actor=_actor(speaker), verb="posted", about=post, at=now, detail=_detail(post))
    return post


@transaction.atomic
def write_reply(
    *, post: Post, words: str, speaker: Speaker, now: datetime, has_the_same: bool = False
) -> Reply:
    """Reply under a post, or say in one's own words that one has the same; held as posts are.

    Raises:
        NothingSaid: there are no words.
        TooMuch: too much came within an hour.
    """
    if not clean(words):
        raise NothingSaid(_("Write a few words first; nothing was sent."))
    post = locked(post)
    if has_the_same and speaker.person and speaker.person.is_staff_side:
        raise NotAllowed(_("Who has the same is the customers' to say. Nothing was sent; reply instead."))
    if not post.is_public:
        raise NotAllowed(_("This is not public yet, so nobody can reply to it. Nothing was sent."))
    flood.must_not_flood(speaker, now)
    reply = Reply(post=post, has_the_same=has_the_same)
    verdict = _fill(reply, words, speaker, now)
    reply.save()
    _hear_of(reply, verdict, speaker, now)
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
    post = locked(post)
    if not (post.votable and post.is_public):
        raise NotAllowed(_("Only ideas and problems are voted on; nothing was changed."))
    if on:
        Vote.objects.get_or_create(post=post, person=by, defaults={"at": now})
    else:
        Vote.objects.filter(post=post, person=by).delete()
    recount(post, now)


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
    locked(said if isinstance(said, Post) else said.post)
    hear_again([said], now)
    recount(said if isinstance(said, Post) else said.post, now)


def no_longer_public(said: Post | Reply, now: datetime) -> None:
    """Nobody else reads a post or reply any more: count without it, and take its signal out. In a transaction."""
    withdraw_signals([said], now)
    recount(said if isinstance(said, Post) else said.post, now)


def withdraw_signals(all_said: Sequence[Post | Reply], now: datetime) -> None:
    """Take the signals of these out, also where they wait to be passed on. In a transaction."""
    keys = [one.signal_key for one in all_said if one.signal_key]
    for said in (Post, Reply):
        said.objects.filter(signal_key__in=keys).update(signal_due=None)
    if keys:
        withdrawing.withdraw(keys=keys, now=now)


def hear_again(all_said: Sequence[Post | Reply], now: datetime) -> None:
    """Let listen hear of these, for the first time or once more. In a transaction."""
    for one in all_said:
        if one.signal_key:
            type(one).objects.filter(pk=one.pk).update(signal_key=one.signal_key, signal_due=now)
    if any(one.signal_key for one in all_said):
        signals.ask_to_hear(now)


def retitled(post: Post, now: datetime) -> None:
    """The signals of replies carry the title of their post: let listen hear the new one. In a transaction."""
    replies = Reply.objects.filter(post=post, standing=Standing.PUBLIC).exclude(signal_key="")
    if replies.update(signal_due=now):
        signals.ask_to_hear(now)


def hidden(said: Post | Reply, now: datetime) -> None:
    """Nobody else reads it until a moderator looked; its signal stays, since it may be right. In a transaction."""
    recount(said if isinstance(said, Post) else said.post, now)


def changed(post: Post, now: datetime, **columns: Any) -> None:
    """Keep what changed about a post, and let pages that show it be made anew. In a transaction."""
    Post.objects.filter(pk=post.pk).update(version=F("version") + 1, changed_at=now, **columns)
    lists_changed(post)


def lists_changed(post: Post) -> None:
    """Let lists of the post's board be made anew."""
    Board.objects.filter(pk=post.board_id).update(version=F("version") + 1)


def locked(post: Post) -> Post:
    """The post as it is now, with its counts ours until the transaction ends."""
    return Post.objects.select_for_update(of=("self",)).select_related("board", "status").get(pk=post.pk)


def clean(text: str) -> str:
    """Without signs that a feed or a database cannot hold, and without blanks around."""
    return CONTROL_SIGNS.sub("", text).strip()


def clean_line(text: str) -> str:
    """In one line besides: mails and lists show titles and names where a break would begin something else."""
    return " ".join(clean(text).split())


def _fill(said: Post | Reply, words: str, speaker: Speaker, now: datetime) -> policy.Verdict:
    said.words = clean(words.replace("\r\n", "\n"))
    said.author, said.author_name, said.author_word = speaker.person, clean_line(speaker.name), speaker.word
    said.origin, said.written_by, said.quoted_from = speaker.origin, speaker.written_by, speaker.quoted_from
    said.said_at = now
    said.caller = "" if speaker.is_known else speaker.caller
    verdict = policy.verdict(speaker, said.title if isinstance(said, Post) else "", said.words, now)
    said.standing = verdict.standing
    return verdict


def _hear_of(said: Post | Reply, verdict: policy.Verdict, speaker: Speaker, now: datetime) -> None:
    """Give it the key of its signal, where it is a customer's; the number is known only once it is stored."""
    said.signal_key = signals.key_of(said) if speaker.is_customer_voice else ""
    if said.is_public:
        hear_again([said], now)
        recount(said if isinstance(said, Post) else said.post, now)
        return
    if said.signal_key:
        said.save(update_fields=["signal_key"])
    case = cases.open_case(
        said=said,
        about=Case.About.HELD,
        now=now,
        found=verdict.found,
        by=_actor(speaker),
        address=speaker.address,
    )
    if said.standing == Standing.REJECTED:
        cases.close_cases(said, Case.Outcome.REJECTED, None, case.opened_at)


def recount(post: Post, now: datetime) -> None:
    """Count anew who asked, voted or has the same, the accounts they belong to, and the replies. Two queries."""
    counting.recount([post.pk], now)


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
