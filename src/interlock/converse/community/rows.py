"""The rows of lists, each kept as it was drawn for the values it shows: two lists share nearly all of theirs.

A row is a function of what it shows and of nothing else, so that none can be stale.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple

from django.template.loader import get_template
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from lucide.templatetags.lucide import lucide

from interlock.converse.models import Kind, Post

# Some 700 letters each.
KEPT = 10_000


class Shown(NamedTuple):
    """What a row says of a post."""

    pk: int
    slug: str
    title: str
    kind: str
    status: str
    product: str
    author_name: str
    said_at: datetime
    answered_at: datetime | None
    reply_count: int
    people_count: int
    company_count: int


def drawn(posts: Iterable[Post], *, who: str, with_board: bool, year: int) -> list[SafeString]:
    """The posts as rows. `who`: what the company calls its customers; `year`: days of this one go without."""
    return [
        _row(_shown(one), one.board.name if with_board else "", who, get_language(), year) for one in posts
    ]


def _shown(post: Post) -> Shown:
    others: list[Any] = [getattr(post, name) for name in Shown._fields[5:]]
    return Shown(post.pk, post.slug, post.title, post.kind, post.status.name, *others)


@lru_cache(maxsize=KEPT)
def _row(post: Shown, board: str, who: str, language: str | None, year: int) -> SafeString:
    context = {
        "post": post,
        "kind": Kind(post.kind).label,
        "board": board,
        "company": {"customers_word": who},
        "tick": _tick(),
    }
    return get_template("converse/community/parts/row.html").render(context)


@cache
def _tick() -> str:
    return lucide("circle-check-big", size=16, stroke_width="1.75", aria_hidden="true")
