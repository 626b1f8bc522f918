"""Canny: the lists of its API as files: posts, comments, votes and statusChanges, each an object with such a list.

A post that was merged into another is not in the list any more; Canny has moved its votes and comments. Comments that are
internal or private there are never taken.

Sources: developers.canny.io/api-reference (posts/list, comments/list, votes/list, status_changes/list: id, author or
voter with id, name, email, isAdmin; created; post.id; details, value, status, url), fivetran.com/docs/connectors/
applications/canny/connector-schema.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from interlock.converse.bringing.rows import (
    Author,
    PostRow,
    Refused,
    ReplyRow,
    Row,
    Unreadable,
    VoteRow,
    json_files,
    moment,
)

_LISTS = ("posts", "comments", "votes", "statusChanges")
_MEANINGS = {
    "open": "open", "under review": "considered", "planned": "planned", "in progress": "planned",
    "complete": "done", "closed": "declined",
}  # fmt: skip


def read(path: Path) -> Iterator[Row]:
    """Posts, comments and votes.

    Raises:
        Unreadable: no list of posts is in it.
    """
    lists: dict[str, list[dict[str, Any]]] = defaultdict(list)
    more: dict[str, list[bool]] = defaultdict(list)
    for _name, content in json_files(path):
        for name in _LISTS:
            if isinstance(content, dict) and name in content:
                lists[name] += content[name]
                more[name].append(bool(content.get("hasMore")))
    if not lists["posts"]:
        raise Unreadable(f"{path.name} holds no list of posts of Canny. Nothing was stored.")
    changes = {
        one["post"]["id"]: one for one in sorted(lists["statusChanges"], key=lambda one: one["created"])
    }
    yield from _cut_off(more)
    for one in lists["posts"]:
        yield _post(one, changes.get(one["id"], {}))
    for one in lists["comments"]:
        yield _comment(one)
    for one in lists["votes"]:
        at, voter = moment(one.get("created")), _author(one.get("voter"))
        if at is None or voter is None:
            yield Refused(f"vote-{one.get('id')}", "it names no moment or nobody")
        else:
            yield VoteRow(one["post"]["id"], voter, at)


def _cut_off(more: Mapping[str, list[bool]]) -> Iterator[Row]:
    """A list of which each file says that there is more lacks its last page."""
    for name, pages in more.items():
        if all(pages):
            yield Refused(
                f"the rest of {name}", "Canny has more than these files (hasMore); ask it for the next page"
            )


def _post(one: Mapping[str, Any], change: Mapping[str, Any]) -> Row:
    at = moment(one.get("created"))
    if at is None:
        return Refused(str(one["id"]), "it names no moment")
    return PostRow(
        key=str(one["id"]),
        title=str(one.get("title") or ""),
        words=str(one.get("details") or ""),
        at=at,
        author=_author(one.get("author")),
        status=_MEANINGS.get(str(one.get("status")), "open"),
        because=str((change.get("changeComment") or {}).get("value") or ""),
        status_at=moment(one.get("statusChangedAt")) or moment(change.get("created")),
        address=_path(str(one.get("url") or "")),
    )


def _path(address: str) -> str:
    try:
        return urlsplit(address).path.replace("/admin/board/", "/")
    except ValueError:  # such as http://[x
        return ""


def _comment(one: Mapping[str, Any]) -> Row:
    key, at = f"comment-{one.get('id')}", moment(one.get("created"))
    if one.get("internal") or one.get("private"):
        return Refused(key, "it is internal or private there")
    if at is None or not (one.get("post") or {}).get("id"):
        return Refused(key, "it names no moment or no post")
    author = _author(one.get("author"))
    return ReplyRow(
        key,
        one["post"]["id"],
        str(one.get("value") or ""),
        at,
        author,
        official=bool(author and author.staff),
    )


def _author(one: Mapping[str, Any] | None) -> Author | None:
    if not one or not one.get("id"):
        return None
    return Author(
        str(one["id"]),
        str(one.get("name") or ""),
        str(one.get("email") or ""),
        staff=bool(one.get("isAdmin")),
    )
