"""Any community as a CSV file of ours: a row a post, reply or vote.

| column | what |
|---|---|
| row | post, reply or vote; empty: post |
| id | its name there; a vote needs none |
| post | of a reply or vote: the id of its post |
| title, words | what was said; of a vote nothing |
| at | the moment, ISO 8601 |
| author_id, author, email, account | who; of a vote at least an id or an e-mail |
| staff | yes where they wrote for the company; such a reply is an official answer |
| kind | ask, idea, problem or praise |
| status, because, status_at | open, considered, planned, done or declined; why; since when |
| product, address, merged_into | of a post: its product, its old address, the id of the post it became part of |
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from interlock.converse.bringing.rows import (
    BY_NAME,
    Author,
    PostRow,
    Refused,
    ReplyRow,
    Row,
    Unreadable,
    VoteRow,
    moment,
    table_rows,
)
from interlock.converse.models import Kind, Meaning

COLUMNS = (
    "row", "id", "post", "title", "words", "at", "author_id", "author", "email", "account", "staff", "kind",
    "status", "because", "status_at", "product", "address", "merged_into",
)  # fmt: skip


def read(path: Path) -> Iterator[Row]:
    """The rows of the table.

    Raises:
        Unreadable: it is no CSV, or lacks a column that every row needs.
    """
    rows = table_rows(path)
    lacks = sorted({"id", "at"} - set(rows[0])) if rows else []
    if lacks or not rows:
        what = f"lacks the column{'s' * (len(lacks) > 1)} {' and '.join(lacks)}" if lacks else "holds no row"
        raise Unreadable(
            f"{path.name} {what}. Its first line names the columns: {', '.join(COLUMNS)}. Nothing was stored."
        )
    for number, row in enumerate(rows, start=2):
        yield _row({name: value.strip() for name, value in row.items()}, number)


def _row(one: Mapping[str, str], number: int) -> Row:
    what, key, at = one.get("row") or "post", one["id"] or f"line {number}", moment(one["at"])
    if at is None:
        return Refused(key, f"“{one['at']}” is no moment")
    author = _author(one)
    if what == "post":
        if one.get("kind") and one["kind"] not in Kind.values:
            return Refused(key, f"“{one['kind']}” is no kind; there are {', '.join(Kind.values)}")
        if one.get("status") and one["status"] not in Meaning.values:
            return Refused(key, f"“{one['status']}” is no status; there are {', '.join(Meaning.values)}")
        return PostRow(
            key, one.get("title", ""), one.get("words", ""), at, author, kind=one.get("kind", ""),
            status=one.get("status") or "open", because=one.get("because", ""),
            status_at=moment(one.get("status_at", "")), product=one.get("product", ""),
            address=one.get("address", ""), merged_into=one.get("merged_into", ""),
        )  # fmt: skip
    if not one.get("post"):
        return Refused(key, "it names no post")
    if what == "reply":
        official = bool(author and author.staff)
        return ReplyRow(key, one["post"], one.get("words", ""), at, author, official=official)
    if what == "vote" and author:
        return VoteRow(one["post"], author, at)
    return Refused(key, "it names nobody" if what == "vote" else f"“{what}” is neither post, reply nor vote")


def _author(one: Mapping[str, str]) -> Author | None:
    key = (
        one.get("author_id") or one.get("email") or (f"{BY_NAME}{one['author']}" if one.get("author") else "")
    )
    if not key:
        return None
    staff = one.get("staff", "").lower() in {"yes", "true", "1"}
    return Author(key, one.get("author", ""), one.get("email", ""), one.get("account", ""), staff)
