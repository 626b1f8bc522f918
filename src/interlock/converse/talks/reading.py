"""How far has somebody read? Kept a reader and talk, so that the page can draw the line "new since you were here"."""

from __future__ import annotations

from datetime import datetime

from interlock.converse.models import Conversation, Participant, ReadMark
from interlock.fabric.models import Person


def last_read(conversation: Conversation, person: Person) -> int | None:
    """The number of the last line this person was shown; None when they are here for the first time."""
    marks = ReadMark.objects.filter(conversation=conversation, person=person)
    return marks.values_list("last_line", flat=True).first()


def note_read(
    *, conversation: Conversation, person: Person, before: int | None, shown: int, now: datetime
) -> None:
    """Note that somebody was shown the lines up to one. Writes nothing when they had read as far."""
    Participant.objects.filter(conversation=conversation, person=person, seen_at=None).update(seen_at=now)
    if before is None or before < shown:
        ReadMark.objects.update_or_create(
            conversation=conversation, person=person, defaults={"last_line": shown, "at": now}
        )
