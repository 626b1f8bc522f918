"""Attach what a page shows to a talk: the page signs its own table, for the reader it was made for, with the moment.

So what is kept is what was seen, whatever has come in since, and nobody can make figures up. Bounded in size.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from django.core import signing
from django.db import transaction
from django.utils.translation import gettext as _

from interlock.converse import services
from interlock.converse.errors import TooMany, WrongState
from interlock.converse.models import Audience, Conversation, Exhibit
from interlock.converse.services.states import require_host
from interlock.converse.talks import telling
from interlock.fabric import journal
from interlock.fabric.models import Person

_SALT = "interlock.converse.exhibiting"
MOST_ROWS, MOST_COLUMNS, LONGEST_CELL = 60, 8, 120
MOST_EXHIBITS = 30


@dataclass(frozen=True)
class Seen:
    """A table as a page showed it: texts, in the order of the page. `left_out`: rows beyond the bound.

    `drawing`: the same as figures, where the page drew them (see `web/templatetags/exhibits.py`).
    """

    title: str
    note: str
    columns: list[str]
    rows: list[list[str]]
    left_out: int
    address: str
    seen_at: str
    drawing: dict[str, Any] = field(default_factory=dict)


def seen(
    *,
    title: str,
    note: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    address: str,
    now: datetime,
    newest_last: bool = False,
    drawing: dict[str, Any] | None = None,
) -> Seen:
    """A table cut to what is kept: of a course in time (`newest_last`) the latest rows, of any other table the first."""
    kept = rows[-MOST_ROWS:] if newest_last else rows[:MOST_ROWS]
    return Seen(
        title=_short(title, 300),
        note=_short(note, 500),
        columns=[_short(one, LONGEST_CELL) for one in columns[:MOST_COLUMNS]],
        rows=[[_short(cell, LONGEST_CELL) for cell in row[:MOST_COLUMNS]] for row in kept],
        left_out=max(0, len(rows) - MOST_ROWS),
        address=address[:500],
        seen_at=now.isoformat(),
        drawing=drawing or {},
    )


def token_of(shown: Seen, person: Person) -> str:
    """What a page puts into its form, good for this reader alone."""
    return signing.dumps([person.pk, asdict(shown)], salt=_SALT, compress=True)


def seen_in(token: str, person: Person) -> Seen:
    """What the page signed for this person.

    Raises:
        signing.BadSignature: no page of ours made this, or made it for somebody else.
    """
    number, shown = signing.loads(token, salt=_SALT)
    if number != person.pk:
        raise signing.BadSignature("made for another reader")
    return Seen(**shown)


@transaction.atomic
def attach(*, conversation: Conversation, shown: Seen, by: Person, now: datetime) -> Exhibit:
    """Keep it in the talk, once; the journal keeps its fingerprint.

    Raises:
        NotYours: a guest, or somebody who is not in the talk.
    """
    conversation = services.locked(conversation)
    require_host(conversation, by)
    if conversation.is_over:
        raise WrongState(_("This conversation is over. Take it up again first."))
    fingerprint = fingerprint_of(shown)
    there = conversation.exhibits.filter(sha256=fingerprint).first()
    if there:
        return there
    if conversation.exhibits.count() >= MOST_EXHIBITS:
        raise TooMany(_("%(n)d tables and charts are in this conversation already.") % {"n": MOST_EXHIBITS})
    kept = asdict(shown) | {"seen_at": datetime.fromisoformat(shown.seen_at)}
    exhibit = Exhibit.objects.create(
        conversation=conversation, sha256=fingerprint, attached_by=by, attached_at=now, **kept
    )
    detail = {"exhibit": exhibit.pk, "sha256": fingerprint, "title": exhibit.title}
    journal.note(actor=by, verb="attached", about=conversation, at=now, detail=detail)
    telling.tell_talk(conversation, now, Audience.STAFF)
    return exhibit


def shown_exhibits(found: Conversation) -> list[tuple[Exhibit, bool]]:
    """What is attached to a talk read by `whole_conversation`, and whether each is as it was attached."""
    return [(one, is_as_it_was(one)) for one in found.exhibits.all()]


def is_as_it_was(exhibit: Exhibit) -> bool:
    """Whether what is kept still has the fingerprint it was attached with."""
    names = [name for name in Seen.__dataclass_fields__ if name != "seen_at"]
    kept = Seen(**{name: getattr(exhibit, name) for name in names}, seen_at=exhibit.seen_at.isoformat())
    return fingerprint_of(kept) == exhibit.sha256


def fingerprint_of(shown: Seen) -> str:
    said = asdict(shown)
    if not shown.drawing:  # as of tables that were kept before charts were kept as charts
        del said["drawing"]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _short(value: object, letters: int) -> str:
    words = " ".join(str("" if value is None else value).split())
    return words if len(words) <= letters else f"{words[: letters - 2].rstrip()} …"
