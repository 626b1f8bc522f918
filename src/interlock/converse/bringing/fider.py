"""Fider: its backup (a zip with one JSON file a table), or its export of posts as CSV, which names no voters.

Sources, of getfider/fider: app/pkg/backup/backup.go and export.go (each row of a table as an object),
app/models/enum/post_status.go, app/pkg/csv/csv.go (the columns), migrations (posts, comments, post_votes, users).
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from interlock.converse.bringing.rows import (
    BY_NAME,
    Author,
    PostRow,
    Refused,
    ReplyRow,
    Row,
    Unreadable,
    VoteRow,
    json_files,
    moment,
    table_rows,
)

# open, started, completed, declined, planned, duplicate, deleted
_BY_NUMBER = ("open", "planned", "done", "declined", "planned", "open", "deleted")
_BY_NAME = {
    "open": "open",
    "started": "planned",
    "completed": "done",
    "declined": "declined",
    "planned": "planned",
}
_DUPLICATE, _VISITOR = 5, 1


def read(path: Path) -> Iterator[Row]:
    """Posts, answers as official replies, comments and votes.

    Raises:
        Unreadable: it is neither a backup nor an export.
    """
    if zipfile.is_zipfile(path) or path.is_dir():
        tables = {name.removesuffix(".json"): rows for name, rows in json_files(path)}
        if "posts" not in tables or "users" not in tables:
            raise Unreadable(
                f"{path.name} lacks posts.json or users.json of a Fider backup. Nothing was stored."
            )
        return _backup(tables)
    return _export(path)


def _backup(tables: Mapping[str, list[dict[str, Any]]]) -> Iterator[Row]:
    people = {
        one["id"]: Author(str(one["id"]), str(one.get("name") or ""), str(one.get("email") or ""),
                          staff=one.get("role", _VISITOR) != _VISITOR)
        for one in tables["users"]
    }  # fmt: skip
    numbers = {one["id"]: str(one["number"]) for one in tables["posts"]}
    for one in tables["posts"]:
        yield from _post(one, people, numbers)
    for one in tables.get("comments", []):
        key, at = f"comment-{one['id']}", moment(one.get("created_at"))
        if one.get("deleted_at") or one.get("is_approved") is False:
            yield Refused(key, "it is deleted or not approved there")
        elif at is None or one.get("post_id") not in numbers:
            yield Refused(key, "it names no moment or no post")
        else:
            author = people.get(one.get("user_id"))
            yield ReplyRow(key, numbers[one["post_id"]], str(one.get("content") or ""), at, author)
    for one in tables.get("post_votes", []):
        at, author = moment(one.get("created_at")), people.get(one.get("user_id"))
        if at is None or author is None or one.get("post_id") not in numbers:
            yield Refused(
                f"vote-{one.get('post_id')}-{one.get('user_id')}", "it names no moment, person or post"
            )
        else:
            yield VoteRow(numbers[one["post_id"]], author, at)


def _post(one: Mapping[str, Any], people: Mapping[Any, Author], numbers: Mapping[Any, str]) -> Iterator[Row]:
    key, at, number = str(one["number"]), moment(one.get("created_at")), int(one.get("status") or 0)
    status = _BY_NUMBER[number] if number < len(_BY_NUMBER) else "open"
    if at is None or status == "deleted":
        yield Refused(key, "it is deleted there" if status == "deleted" else "it names no moment")
        return
    response, responded_at = str(one.get("response") or ""), moment(one.get("response_date"))
    yield PostRow(
        key=key,
        title=str(one.get("title") or ""),
        words=str(one.get("description") or ""),
        at=at,
        author=people.get(one.get("user_id")),
        status=status,
        because=response,
        status_at=responded_at,
        address=f"/posts/{key}",
        merged_into=numbers.get(one.get("original_id"), "") if number == _DUPLICATE else "",
    )
    if response and responded_at and number != _DUPLICATE:
        by = people.get(one.get("response_user_id"))
        yield ReplyRow(f"response-{key}", key, response, responded_at, by, official=True)


def _export(path: Path) -> Iterator[Row]:
    rows = table_rows(path)
    if not rows or not {"number", "title", "created_at", "status", "response"} <= set(rows[0]):
        raise Unreadable(
            f"{path.name} lacks columns of Fider's export, such as number and response. Nothing was stored."
        )
    for one in rows:
        yield from _exported(one)


def _exported(one: Mapping[str, str]) -> Iterator[Row]:
    key, at, status = one["number"], moment(one["created_at"]), one["status"]
    if at is None or status == "deleted":
        yield Refused(key, "it is deleted there" if status == "deleted" else "it names no moment")
        return
    response, responded_at = one["response"], moment(one.get("responded_at"))
    name = one.get("created_by", "")
    yield PostRow(
        key, one["title"], one.get("description", ""), at, Author(f"{BY_NAME}{name}", name) if name else None,
        status=_BY_NAME.get(status, "open"), because=response, status_at=responded_at, address=f"/posts/{key}",
        merged_into=one.get("original_number", "") if status == "duplicate" else "",
    )  # fmt: skip
    if response and responded_at and status != "duplicate":
        by = one.get("responded_by", "")
        yield ReplyRow(
            f"response-{key}",
            key,
            response,
            responded_at,
            Author(f"{BY_NAME}{by}", by, staff=True),
            official=True,
        )
    votes = int(one.get("votes_count") or 0)
    for number in range(votes):
        yield Refused(f"vote-{key}-{number + 1}", "it names nobody; Fider's backup names who voted")
