"""Who sees which boards and posts, and the pages of a list.

A place in a list is the value it is ordered by and the number of the last post shown (keyset paging), so that
page 1,000 costs what page 1 costs.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.http import QueryDict

from interlock.converse.community import finding
from interlock.converse.models import Board, Kind, Post, Reply, Standing
from interlock.fabric.access import Act, may
from interlock.fabric.models import Person

PAGE_ROWS = 30
REPLY_ROWS = 50
ORDERS = {"newest": "-said_at", "waiting": "said_at", "most": "-people_count"}


def boards_visible_to(person: Person | None) -> QuerySet[Board]:
    """All boards for staff, the opened ones for everybody else. One query."""
    return Board.objects.all() if may(person, Act.READ) else Board.objects.filter(opened_at__isnull=False)


def posts_visible_to(person: Person | None) -> QuerySet[Post]:
    """All posts for staff; for others the public ones of open boards, and their own whatever became of them.

    Of what its author took away the place is left where others answered; no list shows it.
    """
    return Post.objects.select_related("board", "status").filter(seen_by(person))


def seen_by(person: Person | None) -> Q:
    """The same as a condition on posts."""
    if may(person, Act.READ):
        return Q()
    public = Q(standing__in=[Standing.PUBLIC, Standing.TAKEN], board__opened_at__isnull=False)
    return public | Q(author=person) if person else public


def replies_visible_to(person: Person | None) -> QuerySet[Reply]:
    """The public replies, where others became posts, and one's own held ones. Those of a post one may not see are not asked for."""
    public = Q(standing__in=[Standing.PUBLIC, Standing.MOVED])
    return Reply.objects.filter(public | Q(author=person) if person else public)


@dataclass(frozen=True)
class Filters:
    """What a list is narrowed by; empty ones do not narrow."""

    board: str = ""
    kind: str = ""
    status: str = ""
    product: str = ""
    q: str = ""
    order: str = ""

    @classmethod
    def of(cls, asked: QueryDict, board: str = "") -> Filters:
        """What an address asks for; what is not known is left out."""
        return cls(
            board=board,
            kind=asked["kind"] if asked.get("kind") in Kind.values else "",
            status=_word(asked, "status")[:40],
            product=_word(asked, "product")[:80],
            q=_word(asked, "q").strip()[:200],
            order=asked["order"] if asked.get("order") in {"waiting", "most"} else "",
        )

    @property
    def are_free(self) -> bool:
        """Whether they hold what anybody may make up, of which there is no end."""
        return bool(self.status or self.product or self.q)

    def narrow(self, posts: QuerySet[Post]) -> QuerySet[Post]:
        for name, value in (("kind", self.kind), ("status__key", self.status), ("product", self.product)):
            posts = posts.filter(**{name: value}) if value else posts
        posts = posts.filter(waits=True).exclude(kind=Kind.PRAISE) if self.order == "waiting" else posts
        return finding.containing(posts, self.q) if self.q else posts

    def as_query(self, **changed: str) -> str:
        """The filters as an address ends; the board is its path."""
        query = QueryDict(mutable=True)
        values = {each.name: getattr(self, each.name) for each in fields(self)} | changed
        for name, value in values.items():
            if value and name != "board":
                query[name] = value
        return f"?{query.urlencode()}" if query else ""


@dataclass(frozen=True)
class ListPage:
    """Posts of one page; `later` is the place where the next goes on, empty when there is none."""

    posts: list[Post]
    later: str


def list_page(boards: list[Board], filters: Filters, after: str = "") -> ListPage:
    """One page of public posts of these boards. One query."""
    column = ORDERS[filters.order or "newest"]
    posts = Post.objects.filter(standing=Standing.PUBLIC, board__in=boards)
    posts = filters.narrow(posts).select_related("status")
    place = _place(after, column)
    if place:
        posts = posts.filter(_beyond(column, *place))
    number = "-id" if column.startswith("-") else "id"
    found = list(posts.order_by(column, number)[: PAGE_ROWS + 1])
    more, found = len(found) > PAGE_ROWS, found[:PAGE_ROWS]
    names = {one.pk: one for one in boards}
    for post in found:
        post.board = names[post.board_id]
    return ListPage(found, _mark(found[-1], column) if more else "")


def reply_page(post: Post, person: Person | None, after: str = "") -> tuple[list[Reply], str]:
    """Replies in their order, without the official ones, and the place where the next page goes on. One query."""
    replies = replies_visible_to(person).filter(post=post, is_official=False)
    place = _place(after, "said_at")
    if place:
        replies = replies.filter(_beyond("said_at", *place))
    found = list(replies.order_by("said_at", "id")[: REPLY_ROWS + 1])
    more, found = len(found) > REPLY_ROWS, found[:REPLY_ROWS]
    return found, _mark(found[-1], "said_at") if more else ""


def official_answers(post: Post) -> list[Reply]:
    """What the company answered, in its order. One query."""
    return list(post.replies.filter(is_official=True, standing=Standing.PUBLIC).order_by("said_at", "id"))


def is_place(mark: str, column: str = "said_at") -> bool:
    """Whether a list goes on there; the beginning is a place as well."""
    return not mark or _place(mark, column) is not None


def _beyond(column: str, value: Any, number: int) -> Q:
    name, way = (column[1:], "lt") if column.startswith("-") else (column, "gt")
    return Q(**{f"{name}__{way}e": value}) & (
        Q(**{f"{name}__{way}": value}) | Q(**{name: value, f"id__{way}": number})
    )


def _mark(shown: Post | Reply, column: str) -> str:
    value = getattr(shown, column.removeprefix("-"))
    return f"{value.isoformat() if isinstance(value, datetime) else value}~{shown.pk}"


def _place(mark: str, column: str) -> tuple[Any, int] | None:
    value, _tilde, number = mark.rpartition("~")
    try:
        if column == "-people_count":
            return min(int(value), 2**31), min(int(number), 2**62)
        at = datetime.fromisoformat(value)
        return (at.astimezone(UTC), min(int(number), 2**62)) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _word(asked: QueryDict, name: str) -> str:
    return asked.get(name, "").replace("\0", "")  # PostgreSQL refuses it
