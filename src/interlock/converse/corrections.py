"""An author corrects or takes away a line of their own, and can undo both.

Within ten minutes a line may be rewritten; what others may have read since is not rewritten but taken
away, visibly: the place stays, the words go.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from interlock.converse.errors import NothingSaid, NotYours, TooLate
from interlock.converse.models import Message, Wording
from interlock.fabric import journal
from interlock.fabric.models import Person

EDITABLE_FOR = timedelta(minutes=10)


def may_edit(message: Message, person: Person, now: datetime) -> bool:
    """Whether this person may still rewrite this line."""
    return (
        message.author_id == person.pk
        and message.removed_at is None
        and now - message.sent_at <= EDITABLE_FOR
    )


@transaction.atomic
def edit_message(*, message: Message, by: Person, body: str, now: datetime) -> Message:
    """Rewrite a line of one's own within ten minutes; what it said before stays readable."""
    message = _own(message, by)
    if message.removed_at or now - message.sent_at > EDITABLE_FOR:
        raise TooLate(_("A line can be corrected for ten minutes. Write a new one, or take this one away."))
    if not body.strip():
        raise NothingSaid(_("An empty line cannot stand; take it away instead."))
    if body.strip() != message.body:
        Wording.objects.create(message=message, body=message.body, audience=message.audience, until=now)
        message.body, message.edited_at = body.strip(), now
        _save(message, "corrected", by, now)
    return message


@transaction.atomic
def undo_edit(*, message: Message, by: Person, now: datetime) -> Message:
    """Bring back the text before the last correction."""
    message = _own(message, by)
    before = message.wordings.last()
    if before and now - message.sent_at <= 2 * EDITABLE_FOR:
        earlier = message.wordings.exclude(pk=before.pk).last()
        message.body, message.edited_at = before.body, earlier.until if earlier else None
        before.delete()
        _save(message, "undid correction", by, now)
    return message


@transaction.atomic
def remove_message(*, message: Message, by: Person, now: datetime) -> Message:
    """Take a line of one's own away; its place stays and says so."""
    message = _own(message, by)
    if message.removed_at is None:
        message.removed_at = now
        _save(message, "took away", by, now)
    return message


@transaction.atomic
def restore_message(*, message: Message, by: Person, now: datetime) -> Message:
    """Put a line back within ten minutes after it was taken away."""
    message = _own(message, by)
    if message.removed_at is None:
        return message
    if now - message.removed_at > EDITABLE_FOR:
        raise TooLate(_("A line can be put back for ten minutes after it was taken away."))
    message.removed_at = None
    _save(message, "put back", by, now)
    return message


def _own(message: Message, by: Person) -> Message:
    locked = Message.objects.select_for_update(of=("self",)).select_related("conversation").get(pk=message.pk)
    if locked.author_id != by.pk:
        raise NotYours(_("Only the author can change this line."))
    return locked


def _save(message: Message, verb: str, by: Person, now: datetime) -> None:
    message.save(update_fields=["body", "edited_at", "removed_at"])
    journal.note(actor=by, verb=verb, about=message.conversation, at=now, detail={"message": message.pk})
