"""The policy of the community: one row, what it makes of a text, and what it would have made of the last 200."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from django.db import transaction

from interlock.converse.community.speaking import Origin, Speaker
from interlock.converse.models import Policy, Post, Reply, Standing
from interlock.converse.moderation import trust
from interlock.converse.moderation.rules import Finding, Level, Rules, is_refused, met
from interlock.fabric import journal
from interlock.fabric.models import STAFF_ROLES, Person

PREVIEWED = 200


@dataclass(frozen=True)
class Verdict:
    """Where a text stands at first, and the rules that put it there."""

    standing: str
    found: list[Finding]


def policy() -> Policy:
    """The policy, the defaults where nobody changed it. One query."""
    return Policy.objects.filter(pk=1).first() or Policy(pk=1)


def rules_of(policy: Policy) -> Rules:
    return Rules(
        policy.least_letters,
        policy.most_links,
        frozenset(policy.allowed_hosts),
        frozenset(policy.held_hosts),
        frozenset(policy.refused_hosts),
        policy.held_words,
        policy.promotion,
        policy.hold_praise,
    )


def verdict(speaker: Speaker, title: str, words: str, now: datetime) -> Verdict:
    """Whether a new text is public at once, held, or not let through. Colleagues are not judged. Two queries."""
    person = speaker.person
    if speaker.written_by or (person and person.is_staff_side):
        return Verdict(Standing.PUBLIC, [])
    standing = policy()
    if person is None:
        found: list[Finding] = [{"rule": "no_account"}]
        return _verdict(found + met(rules_of(standing), title, words, Level.NEW))
    record = trust.records_of([person.pk], now)[person.pk]
    found = met(rules_of(standing), title, words, trust.level_of_person(person, record, standing, now))
    if record.is_swept:
        found.insert(0, {"rule": "swept"})
    elif standing.hold_first and not record.accepted:
        found.insert(0, {"rule": "first"})
    return _verdict(found)


def _verdict(found: list[Finding]) -> Verdict:
    if is_refused(found):
        return Verdict(Standing.REJECTED, found)
    return Verdict(Standing.HELD if found else Standing.PUBLIC, found)


@transaction.atomic
def change_policy(*, columns: dict[str, Any], by: Person, now: datetime) -> Policy:
    """Keep another policy; it holds for what comes from now on."""
    changed, _made = Policy.objects.update_or_create(pk=1, defaults=columns)
    journal.note(actor=by, verb="changed the policy", about=changed, at=now, detail=columns)
    return changed


def would_hold(policy: Policy, now: datetime) -> tuple[int, int]:
    """Of the newest 200 texts of customers: how many this policy would have held or refused, and of how many.

    Everybody's level is as it is now, so somebody who was new then counts as known. Four queries.
    """
    texts = _newest()
    authors = {one.author_id for one in texts if one.author_id}
    records = trust.records_of(authors, now)
    rules = rules_of(policy)
    held = 0
    for one in texts:
        level = trust.level_of(records[one.author_id], policy, now) if one.author_id else Level.NEW
        title = one.title if isinstance(one, Post) else ""
        held += bool(one.author_id is None or met(rules, title, one.words, level))
    return held, len(texts)


def _newest() -> list[Post | Reply]:
    def newest(said: Any) -> Any:
        own = said.objects.filter(origin=Origin.OWN).exclude(author__role__in=STAFF_ROLES)
        return own.exclude(standing=Standing.TAKEN).order_by("-pk")[:PREVIEWED]

    found = sorted(chain(newest(Post), newest(Reply)), key=lambda one: one.said_at, reverse=True)
    return found[:PREVIEWED]
