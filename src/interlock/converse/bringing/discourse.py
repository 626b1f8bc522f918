"""Topics of Discourse as its API gives them: a file, folder or zip of `/t/<number>.json?include_raw=1` answers.

An answer holds 20 posts; those with `&page=2` and so on hold the others of the same topic, and what no file holds is refused.
Read of a topic: id, slug, title, post_stream.posts and .stream (the ids of all); of a post: id, post_number, post_type, username, name, user_id,
created_at, raw or cooked, staff or admin or moderator, accepted_answer, hidden, deleted_at. Posts that were moved when
topics were merged stand in their new topic already. Likes are no votes, and name nobody.

Sources: docs.discourse.org (getTopic), and of discourse/discourse: topic_view_serializer.rb, post_serializer.rb.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from interlock.connectors.html_text import text_of_html
from interlock.converse.bringing.rows import (
    Author,
    PostRow,
    Refused,
    ReplyRow,
    Row,
    Unreadable,
    json_files,
    moment,
)

_REGULAR = 1
_QUOTATIONS = frozenset({"aside"})


def read(path: Path) -> Iterator[Row]:
    """The first post of a topic as a post, the others as replies.

    Raises:
        Unreadable: there is no topic in it.
    """
    topics: dict[Any, dict[str, Any]] = {}
    for name, content in json_files(path):
        for topic in content if isinstance(content, list) else [content]:
            if isinstance(topic, dict) and "post_stream" in topic:
                known = topics.setdefault(topic.get("id", name), topic | {"posts": {}, "ids": {}})
                known["posts"] |= {post["id"]: post for post in topic["post_stream"].get("posts", [])}
                known["ids"] |= dict.fromkeys(topic["post_stream"].get("stream", []))
    for topic in topics.values():
        yield from _topic(topic)
    if not topics:
        raise Unreadable(f"{path.name} holds no topic of Discourse (post_stream). Nothing was stored.")


def _topic(topic: Mapping[str, Any]) -> Iterator[Row]:
    posts = sorted(topic["posts"].values(), key=lambda post: post.get("post_number", 0))
    key = f"topic-{topic.get('id')}"
    for number in topic["ids"]:
        if number not in topic["posts"]:
            yield Refused(
                f"post-{number}",
                "its topic lists it, but no file holds it; ask for that topic with ?page=2 and on",
            )
    if not posts or posts[0].get("post_number") != 1:
        yield Refused(key, "no file holds the first post of this topic")
        return
    first, solved = posts[0], next((post for post in posts if post.get("accepted_answer")), None)
    at = moment(first.get("created_at"))
    if at is None:
        yield Refused(key, "it names no moment")
        return
    yield PostRow(
        key=key,
        title=str(topic.get("title", "")),
        words=_words(first),
        at=at,
        author=_author(first),
        status="done" if solved else "open",
        status_at=moment(solved["created_at"]) if solved else None,
        address=f"/t/{topic['id']}",
    )
    for post in posts[1:]:
        yield _reply(post, key)


def _reply(post: Mapping[str, Any], topic: str) -> Row:
    key, at = f"post-{post.get('id')}", moment(post.get("created_at"))
    if post.get("post_type", _REGULAR) != _REGULAR:
        return Refused(key, "it is a note of the system or a whisper among staff")
    if post.get("deleted_at") or post.get("hidden"):
        return Refused(key, "it is deleted or hidden there")
    if at is None:
        return Refused(key, "it names no moment")
    author = _author(post)
    return ReplyRow(key, topic, _words(post), at, author, official=bool(author and author.staff))


def _author(post: Mapping[str, Any]) -> Author | None:
    if not post.get("user_id"):
        return None
    staff = any(post.get(name) for name in ("staff", "admin", "moderator"))
    return Author(str(post["user_id"]), str(post.get("name") or post.get("username") or ""), staff=staff)


def _words(post: Mapping[str, Any]) -> str:
    return str(post.get("raw") or text_of_html(str(post.get("cooked", "")), without=_QUOTATIONS))
