"""Hits among what people wrote: lines, talks, choices, decisions and exhibits, posts and replies of the community."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from interlock.converse import searching
from interlock.converse.community import finding
from interlock.converse.hits import (
    Hits,
    choice_hit,
    decision_hit,
    exhibit_hit,
    first_of,
    line_hit,
    post_hits,
    reply_hit,
    talk_hit,
)
from interlock.fabric.models import Person
from interlock.fabric.numbers import number_of
from interlock.listen.search import with_signs
from interlock.web.searching.asked import Asked


def lines(person: Person, asked: Asked, after: str, most: int, now: datetime) -> Hits:
    rows = searching.lines_holding(person, asked.parts, number(after))
    rows = with_signs(rows, asked.signs, ["body"])
    rows = rows.select_related("author", "conversation")
    rows = rows.filter(**_narrowed(asked, now, by="author", since="sent_at", audience="audience"))
    return first_of(rows, most, partial(line_hit, parts=asked.parts, person=person))


def talks(person: Person, asked: Asked, after: str, most: int, now: datetime) -> Hits:
    rows = searching.talks_holding(person, asked.parts, number(after))
    rows = with_signs(rows, asked.signs, searching.talk_columns(person))
    rows = rows.select_related("context")
    rows = rows.filter(**_narrowed(asked, now, by="opened_by", since="opened_at"))
    return first_of(rows, most, partial(talk_hit, parts=asked.parts, person=person))


def decisions(person: Person, asked: Asked, after: str, most: int, now: datetime) -> Hits:
    rows = searching.decisions_holding(person, asked.parts, number(after))
    rows = with_signs(rows, asked.signs, ["chosen", "because", "instead_of"])
    rows = rows.select_related("decided_by", "conversation")
    rows = rows.filter(**_narrowed(asked, now, by="decided_by", since="decided_at", audience="audience"))
    return first_of(rows, most, partial(decision_hit, parts=asked.parts, person=person))


def choices(person: Person, asked: Asked, after: str, most: int, now: datetime) -> Hits:
    rows = searching.choices_holding(person, asked.parts, number(after))
    rows = with_signs(rows, asked.signs, ["question"])
    rows = rows.select_related("conversation")  # the asker comes apart: `choices_holding` says why
    rows = rows.filter(**_narrowed(asked, now, by="asked_by", since="asked_at", audience="audience"))
    return first_of(rows, most, partial(choice_hit, parts=asked.parts, person=person))


def exhibits(person: Person, asked: Asked, after: str, most: int, now: datetime) -> Hits:
    rows = searching.exhibits_holding(person, asked.parts, number(after))
    rows = with_signs(rows, asked.signs, ["title", "note"])
    rows = rows.select_related("attached_by", "conversation").defer("rows", "drawing")
    rows = rows.filter(**_narrowed(asked, now, by="attached_by", since="attached_at", audience="audience"))
    return first_of(rows, most, partial(exhibit_hit, parts=asked.parts, person=person))


def posts(person: Person | None, asked: Asked, after: str, most: int, now: datetime) -> Hits:
    rows = searching.posts_holding(person, asked.parts, number(after))
    rows = with_signs(rows, asked.signs, finding.SAID)
    rows = rows.filter(**_narrowed(asked, now, by="author", since="said_at", board="board__key"))
    return post_hits(rows, most, asked.parts, person)


def replies(person: Person | None, asked: Asked, after: str, most: int, now: datetime) -> Hits:
    rows = searching.replies_holding(person, asked.parts, number(after))
    rows = with_signs(rows, asked.signs, ["words"])
    rows = rows.select_related("post")
    rows = rows.filter(**_narrowed(asked, now, by="author", since="said_at", board="post__board__key"))
    return first_of(rows, most, partial(reply_hit, parts=asked.parts))


def number(after: str) -> int:
    """The place where a page goes on, 0 for the first one."""
    return number_of(after) or 0


def _narrowed(asked: Asked, now: datetime, **columns: str) -> dict[str, Any]:
    """The chips that are set as conditions on the columns that stand for them."""
    values = {"by": asked.by, "audience": asked.audience, "board": asked.board}
    conditions: dict[str, Any] = {columns[name]: value for name, value in values.items() if value}
    if asked.since:
        conditions[f"{columns['since']}__gte"] = asked.from_moment(now)
    return conditions
