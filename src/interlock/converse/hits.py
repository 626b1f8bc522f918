"""What a page of hits shows of each thing found: where it stands, the words around the hit, who said it and when."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.db.models import Model, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from interlock.converse.community import looking
from interlock.converse.community.looking import REPLY_ROWS
from interlock.converse.models import Choice, Conversation, Decision, Exhibit, Message, Post, Reply, Standing
from interlock.converse.moderation import lineage
from interlock.converse.words import plain
from interlock.fabric.models import Person
from interlock.listen.excerpts import Piece, excerpt
from interlock.listen.search import Part


@dataclass(frozen=True)
class Hit:
    """One thing found. `pieces` are its words with the found ones marked; `quoted` where they are a customer's."""

    url: str
    title: Sequence[Piece]
    pieces: Sequence[Piece]
    who: str = ""
    where: str = ""
    at: datetime | None = None
    audience: str = ""
    quoted: bool = False


@dataclass(frozen=True)
class Hits:
    """Hits of one page; `later` is the place where the next goes on, empty when there is none."""

    hits: list[Hit]
    later: str = ""


def first_of[Row: Model](rows: QuerySet[Row], most: int, shown: Callable[[Row], Hit]) -> Hits:
    """The first rows as hits. A place is the number of the last one shown. One query."""
    found = list(rows[: most + 1])
    return Hits([shown(row) for row in found[:most]], str(found[most - 1].pk) if len(found) > most else "")


def line_hit(line: Message, parts: Sequence[Part], person: Person) -> Hit:
    """The page of a talk goes on to the line itself, however many follow."""
    address = reverse("converse:conversation", args=[line.conversation_id])
    return Hit(
        url=f"{address}?before={line.pk + 1}#message-{line.pk}",
        title=_plain(line.conversation.heading_for(person)),
        pieces=excerpt(plain(line.body), parts),
        who=line.author.name,
        at=line.sent_at,
        audience=line.audience,
    )


def talk_hit(talk: Conversation, parts: Sequence[Part], person: Person) -> Hit:
    return Hit(
        url=reverse("converse:conversation", args=[talk.pk]),
        title=excerpt(str(talk.heading_for(person)), parts),
        pieces=excerpt(talk.purpose, parts) if person.is_staff_side else [],
        where=talk.context.label if person.is_staff_side else "",
        at=talk.opened_at,
    )


def choice_hit(choice: Choice, parts: Sequence[Part], person: Person) -> Hit:
    """The question, its options with what they cost, and the reasons that count, of those this reader reads."""
    words = []
    for one in choice.options.all():
        words.append(f"{one.words} ({one.costs})" if one.costs else one.words)
        newest = {stance.person_id: stance for stance in one.stances.all()}
        said = [text for stance in newest.values() for text in (stance.reason, stance.answer) if text]
        words += [text.rstrip(".") for text in said]
    return Hit(
        url=f"{reverse('converse:conversation', args=[choice.conversation_id])}#choice-{choice.pk}",
        title=excerpt(choice.question, parts),
        pieces=excerpt("; ".join(words), parts),
        who=choice.asked_by.name,
        where=str(choice.conversation.heading_for(person)),
        at=choice.asked_at,
        audience=choice.audience,
    )


def exhibit_hit(exhibit: Exhibit, parts: Sequence[Part], person: Person) -> Hit:
    return Hit(
        url=f"{reverse('converse:conversation', args=[exhibit.conversation_id])}#exhibit-{exhibit.pk}",
        title=excerpt(exhibit.title, parts),
        pieces=excerpt(exhibit.note, parts),
        who=exhibit.attached_by.name,
        where=str(exhibit.conversation.heading_for(person)),
        at=exhibit.attached_at,
        audience=exhibit.audience,
    )


def decision_hit(decision: Decision, parts: Sequence[Part], person: Person) -> Hit:
    return Hit(
        url=reverse("converse:conversation", args=[decision.conversation_id]),
        title=excerpt(decision.chosen, parts),
        pieces=excerpt(decision.because, parts),
        who=decision.decided_by.name,
        where=str(decision.conversation.heading_for(person)),
        at=decision.decided_at,
        audience=decision.audience,
    )


def post_hits(rows: QuerySet[Post], most: int, parts: Sequence[Part], person: Person | None) -> Hits:
    """As `first_of`, but what became part of another post leads to that one, where this reader sees it. A query a level more."""
    page = list(rows[: most + 1])
    found, is_more = page[:most], len(page) > most
    ends = lineage.ends_of(one.pk for one in found if one.standing == Standing.MOVED)
    holders = looking.posts_visible_to(person).in_bulk(set(ends.values())) if ends else {}
    hits = [
        post_hit(one, parts, holders.get(ends.get(one.pk, 0)))
        for one in found
        if one.standing != Standing.MOVED or ends.get(one.pk) in holders
    ]
    return Hits(hits, str(found[-1].pk) if is_more else "")


def post_hit(post: Post, parts: Sequence[Part], holder: Post | None = None) -> Hit:
    to = holder or post
    return Hit(
        url=reverse("community:post", args=[to.pk, to.slug]),
        title=excerpt(post.title, parts),
        pieces=excerpt(plain(post.words), parts),
        who=post.author_name,
        where=_("part of “%(title)s”") % {"title": to.title}
        if holder
        else f"{post.board.name}, {post.status.name}",
        at=post.said_at,
        quoted=True,
    )


def reply_hit(reply: Reply, parts: Sequence[Part]) -> Hit:
    """A long page of replies is opened where this one stands; official answers stand above all of them."""
    post = reply.post
    just_before = {"after": f"{(reply.said_at - timedelta(microseconds=1)).isoformat()}~0"}
    further = f"?{urlencode(just_before)}" if post.reply_count > REPLY_ROWS and not reply.is_official else ""
    return Hit(
        url=f"{reverse('community:post', args=[post.pk, post.slug])}{further}#reply-{reply.pk}",
        title=_plain(post.title),
        pieces=excerpt(plain(reply.words), parts),
        who=reply.author_name,
        where=reply.author_word,
        at=reply.said_at,
        quoted=not reply.is_official,
    )


def _plain(text: object) -> list[Piece]:
    return [Piece(str(text), found=False)]
