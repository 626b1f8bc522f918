"""Who of those a choice is put to was heard, and who was silent? Counted from lines and stances, never guessed.

Heard is who wrote a line since the question was put that stood at that moment, or consented or objected. A function is
heard with anybody who speaks for it. For staff alone: it tells of lines that guests do not read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from interlock.converse.models import Asked, Choice, Conversation, Message
from interlock.fabric.models import Function


@dataclass(frozen=True)
class Hearing:
    """Names of people and functions. `unasked` are functions that spoke though nobody asked them."""

    heard: list[str]
    silent: list[str]
    unasked: list[str]

    @property
    def asked(self) -> int:
        return len(self.heard) + len(self.silent)


@dataclass(frozen=True)
class _Line:
    author: int
    function: str
    sent_at: datetime
    removed_at: datetime | None


def hearings(conversation: Conversation, until: Mapping[Choice, datetime]) -> dict[int, Hearing]:
    """For each choice of this talk, by its number, as it stood at a moment. One query, none without choices."""
    if not until:
        return {}
    since = min(choice.asked_at for choice in until)
    rows = Message.objects.filter(conversation=conversation, sent_at__gte=since).order_by()
    lines = [_Line(*row) for row in rows.values_list("author", "function", "sent_at", "removed_at")]
    seats = {one.person_id: one.function for one in conversation.participants.all()}
    return {choice.pk: _hearing(choice, at, lines, seats) for choice, at in until.items()}


def _hearing(choice: Choice, at: datetime, lines: Iterable[_Line], seats: Mapping[int, str]) -> Hearing:
    stood = [
        one
        for one in lines
        if choice.asked_at <= one.sent_at <= at and (one.removed_at is None or one.removed_at > at)
    ]
    stances = [one for option in choice.options.all() for one in option.stances.all() if one.at <= at]
    people = {one.author for one in stood} | {one.person_id for one in stances}
    functions = {one.function for one in stood}
    functions |= {seats[one.person_id] for one in stances if one.person_id in seats}
    asked = list(choice.asked.all())
    spoke = [one.function in functions or one.person_id in people for one in asked]
    known = {one.function for one in asked} | {seats.get(one.person_id or 0, "") for one in asked}
    return Hearing(
        heard=[_name(one) for one, did in zip(asked, spoke, strict=True) if did],
        silent=[_name(one) for one, did in zip(asked, spoke, strict=True) if not did],
        unasked=[str(one.label) for one in Function if one in functions - known],
    )


def _name(asked: Asked) -> str:
    return asked.person.name if asked.person else str(Function(asked.function).label)
