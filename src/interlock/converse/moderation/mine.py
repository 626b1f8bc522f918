"""What a person is told of their own texts: what waits or was not let through and why, what was merged and split, how they are known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from interlock.converse.models import Merge, Post, Reply, Split, Standing
from interlock.converse.moderation import cases, trust
from interlock.converse.moderation.policy import policy
from interlock.fabric.models import Person

SHOWN = 20


@dataclass(frozen=True)
class Judged:
    """Texts that others do not read, merges and splits of one's own, and the level with its why."""

    texts: list[Any]
    merges: list[Merge]
    splits: list[Split]
    known: str


def judged_of(person: Person, now: datetime) -> Judged:
    """All of it. Nine queries, and two for each text that waits or was not let through, at most 20 of each kind."""
    unread = {"author": person, "standing__in": [Standing.HELD, Standing.REJECTED]}
    posts = Post.objects.filter(**unread).select_related("board").order_by("-pk")[:SHOWN]
    replies = Reply.objects.filter(**unread).select_related("post").order_by("-pk")[:SHOWN]
    texts: list[Any] = [*posts, *replies]
    for one in texts:
        one.reasons, one.may_appeal = cases.reasons_for(one), cases.may_appeal(one, person)
    record, standing = trust.records_of([person.pk], now)[person.pk], policy()
    level = trust.level_of_person(person, record, standing, now)
    merges = Merge.objects.filter(post__author=person, undone_at=None, post__standing=Standing.MOVED)
    return Judged(
        texts,
        list(merges.select_related("post", "into").order_by("-at")[:SHOWN]),
        list(Split.objects.filter(post__author=person).select_related("post").order_by("-at")[:SHOWN]),
        "" if person.is_staff_side or record == trust.Record() else trust.why(record, level, standing, now),
    )
