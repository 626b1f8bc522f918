"""The search of the community: posts, and what was replied under them, as far as this reader may read them."""

from __future__ import annotations

from functools import partial

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from interlock.converse import searching
from interlock.converse.community import finding, looking
from interlock.converse.community.views.frame import page
from interlock.converse.hits import Hits, first_of, post_hits, reply_hit
from interlock.converse.models import Board
from interlock.fabric.access import person_of
from interlock.fabric.models import Person
from interlock.fabric.numbers import number_of
from interlock.listen.search import SIGNS_AMONG, parts_of, signs_of, with_signs

ROWS = 30
LONGEST = 200


@never_cache
@login_not_required
@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """Words in posts, or in replies, on all boards or on one."""
    person = person_of(request)
    boards = list(looking.boards_visible_to(person))
    words = request.GET.get("q", "").replace("\0", "").strip()[:LONGEST]
    board = next((one.key for one in boards if one.key == request.GET.get("board")), "")
    among = "replies" if request.GET.get("among") == "replies" else "posts"
    number = number_of(request.GET.get("after", "")) or 0
    found = _found(person, words, among, board, number) if words else Hits([])
    tabs = [
        {"name": name, "url": _end(words, key, board), "current": key == among, "count": None}
        for key, name in (("posts", _("Posts")), ("replies", _("Replies")))
    ]
    context = {
        "words": words,
        "among": among,
        "chosen": board,
        "hits": found.hits,
        "later": _end(words, among, board, found.later) if found.later else "",
        "tabs": tabs,
        "signs_among": SIGNS_AMONG if signs_of(words) else 0,
        "chips": _chips(words, among, board, boards),
    }
    return page(request, "search", context)


def _found(person: Person | None, words: str, among: str, board: str, before: int) -> Hits:
    parts, signs = parts_of(words), signs_of(words)
    if among == "replies":
        replies = searching.replies_holding(person, parts, before).select_related("post")
        replies = with_signs(replies, signs, ["words"])
        on = replies.filter(post__board__key=board) if board else replies
        return first_of(on, ROWS, partial(reply_hit, parts=parts))
    posts = with_signs(searching.posts_holding(person, parts, before), signs, finding.SAID)
    return post_hits(posts.filter(board__key=board) if board else posts, ROWS, parts, person)


def _chips(words: str, among: str, board: str, boards: list[Board]) -> list[dict[str, object]]:
    if len(boards) < 2:
        return []
    return [
        {
            "name": one.name,
            "on": one.key == board,
            "url": _end(words, among, "" if one.key == board else one.key),
        }
        for one in boards
    ]


def _end(words: str, among: str, board: str, after: str = "") -> str:
    query = QueryDict(mutable=True)
    for name, value in (("q", words), ("among", among), ("board", board), ("after", after)):
        if value:
            query[name] = value
    return f"?{query.urlencode()}"
