"""An author corrects, takes back or takes away a line of their own, and can undo what others may have read.

Within a minute a line can be unsent. Within ten minutes a line may be rewritten; what others may have read since is not rewritten but taken
away, visibly: the place stays, the words go.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from interlock.converse import services
from interlock.converse.errors import NotForThem, NothingSaid, NotYours, TooLate
from interlock.converse.models import Draft, Message, Wording
from interlock.converse.talks import audiences, content, drafts, telling
from interlock.fabric import journal
from interlock.fabric.models import Person

EDITABLE_FOR = timedelta(minutes=10)
TAKEN_BACK_WITHIN = timedelta(seconds=60)


def may_edit(message: Message, person: Person, now: datetime) -> bool:
    """Whether this person may still rewrite this line."""
    return (
        message.author_id == person.pk
        and message.removed_at is None
        and now - message.sent_at <= EDITABLE_FOR
    )


def may_take_back(message: Message, person: Person, now: datetime) -> bool:
    """Whether this person may still make as if this line had never been sent."""
    return message.author_id == person.pk and now - message.sent_at <= TAKEN_BACK_WITHIN


@transaction.atomic
def take_back(*, message: Message, by: Person, now: datetime) -> None:
    """Unsend a line of one's own within 60 seconds; its text becomes the draft again, above what was begun since.

    Raises:
        TooLate: the minute is over, or somebody has answered it.
    """
    conversation = services.locked(message.conversation)
    message = _own(message, by)
    if not may_take_back(message, by, now) or message.replies.exists():
        raise TooLate(_("A line can be taken back for 60 seconds, and not once it is answered."))
    if message.removed_at is None:
        _begin_again(message, by, now)
    journal.note(actor=by, verb="took back", about=conversation, at=now, detail={"message": message.pk})
    telling.tell_line(message, "gone", now)
    message.delete()
    if not conversation.messages.filter(author=by).exists():
        conversation.participants.filter(person=by).update(replied_at=None)
    services.stand_by_lines(conversation=conversation, by=by, now=now)


@transaction.atomic
def edit_message(*, message: Message, by: Person, body: str, now: datetime) -> Message:
    """Rewrite a line of one's own within ten minutes; what it said before stays readable."""
    message = _own(message, by)
    if message.removed_at or now - message.sent_at > EDITABLE_FOR:
        raise TooLate(_("A line can be corrected for ten minutes. Write a new one, or take this one away."))
    if not body.strip():
        raise NothingSaid(_("An empty line cannot stand; take it away instead."))
    body = body.strip()
    if body != message.body:
        named = content.checked(body, message.conversation, message.audience, by)
        Wording.objects.create(message=message, body=message.body, audience=message.audience, until=now)
        message.body, message.edited_at = body, now
        content.bring_along(message, named)
        _save(message, "corrected", by, now)
    return message


@transaction.atomic
def undo_edit(*, message: Message, by: Person, now: datetime) -> Message:
    """Bring back the text before the last correction.

    Raises:
        NotForThem: more people read the line since; what it said before was not for them.
    """
    message = _own(message, by)
    before = message.wordings.last()
    if before and before.audience != message.audience:
        raise NotForThem(
            _("More people read this line since; what it said before was not for them. Correct it instead.")
        )
    if before and now - message.sent_at <= 2 * EDITABLE_FOR:
        earlier = message.wordings.exclude(pk=before.pk).last()
        message.body, message.edited_at = before.body, earlier.until if earlier else None
        content.bring_along(
            message, content.checked(message.body, message.conversation, message.audience, by)
        )
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


def _begin_again(message: Message, by: Person, now: datetime) -> None:
    """Make a line the draft; with a newer one below it, for the fewer readers of the two."""
    body, audience = message.body, message.audience
    newer = drafts.draft_of(message.conversation, by)
    if newer:
        body = f"{body}\n\n{newer.body}"
        audience = newer.audience if audiences.is_wider(audience, newer.audience) else audience
    Draft.objects.update_or_create(
        conversation=message.conversation,
        person=by,
        defaults={"body": body, "audience": audience, "at": now},
    )


def _own(message: Message, by: Person) -> Message:
    locked = Message.objects.select_for_update(of=("self",)).select_related("conversation").get(pk=message.pk)
    if locked.author_id != by.pk:
        raise NotYours(_("Only the author can change this line."))
    return locked


def _save(message: Message, verb: str, by: Person, now: datetime) -> None:
    message.save(update_fields=["body", "edited_at", "removed_at"])
    journal.note(actor=by, verb=verb, about=message.conversation, at=now, detail={"message": message.pk})
    telling.tell_line(message, "changed", now)
