"""People write, each line for an audience chosen before."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from interlock.converse.errors import NothingSaid, WrongState
from interlock.converse.models import Conversation, Message
from interlock.converse.services.opening import joined
from interlock.converse.services.states import follow_talk, locked, tell_others
from interlock.converse.talks import audiences, content, drafts, telling
from interlock.fabric import journal
from interlock.fabric.models import Person


@transaction.atomic
def say(
    *,
    conversation: Conversation,
    by: Person,
    body: str,
    now: datetime,
    audience: str = "",
    kind: str = Message.Kind.SAY,
    reply_to: Message | None = None,
) -> Message:
    """Write a line for an audience, the narrowest when none is named. The second function makes the talk two-way.

    Raises:
        NotForThem: nobody of that audience is in the talk, or the author is not of it.
    """
    conversation = locked(conversation)
    if conversation.is_over:
        raise WrongState(_("This conversation is over. Open a new one on the same context."))
    if not body.strip():
        raise NothingSaid(_("Write a line first; nothing was sent."))
    participant = joined(conversation, by, now)
    audience = audiences.allowed(conversation, by, audience)
    named = content.checked(body, conversation, audience, by)
    message = Message.objects.create(
        conversation=conversation,
        author=by,
        function=participant.function,
        kind=kind,
        audience=audience,
        body=body.strip(),
        reply_to=reply_to,
        sent_at=now,
    )
    content.bring_along(message, named)
    drafts.drop_draft(conversation=conversation, by=by)
    if participant.replied_at is None:
        participant.replied_at = now
        participant.save(update_fields=["replied_at"])
    conversation.last_message_at = now
    conversation.save(update_fields=["last_message_at"])
    detail = {"message": message.pk, "kind": kind, "function": participant.function, "audience": audience}
    journal.note(actor=by, verb="wrote", about=conversation, at=now, detail=detail)
    follow_talk(conversation, by, now)
    telling.tell_line(message, "line", now)
    tell_others(conversation)
    return message
