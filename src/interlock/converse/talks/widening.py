"""Let more people read a line: an act of its own, of its author alone, and never taken back."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from interlock.converse.errors import NotForThem, NotYours, WrongState
from interlock.converse.models import Message
from interlock.converse.talks import audiences, telling
from interlock.converse.talks.content import checked
from interlock.fabric import journal
from interlock.fabric.models import Person


@transaction.atomic
def widen(*, message: Message, by: Person, audience: str, now: datetime) -> Message:
    """Give a line of one's own to a wider audience. What it said before, and who reacted, stays with the narrower.

    Raises:
        NotYours: somebody else wrote it.
        WrongState: it was taken away.
        NotForThem: the audience is not wider, nobody is there for it, or the line quotes what they may not read.
    """
    message = (
        Message.objects.select_for_update(of=("self",)).select_related("conversation").get(pk=message.pk)
    )
    if message.author_id != by.pk:
        raise NotYours(_("Only the author can let more people read a line."))
    if message.removed_at:
        raise WrongState(_("This line was taken away."))
    audience = audiences.allowed(message.conversation, by, audience)
    if not audiences.is_wider(audience, message.audience):
        raise NotForThem(_("They read this line already; to fewer people it cannot be given back."))
    checked(message.body, message.conversation, audience, by)
    came_from, message.audience, message.widened_at = message.audience, audience, now
    message.save(update_fields=["audience", "widened_at"])
    detail = {"message": message.pk, "from": came_from, "to": audience}
    journal.note(actor=by, verb="widened", about=message.conversation, at=now, detail=detail)
    telling.tell_line(message, "changed", now)
    return message
