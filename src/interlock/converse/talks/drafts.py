"""What somebody has begun to write waits for them here; saving it also lets the others see that they write."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from interlock.converse.models import Conversation, Draft
from interlock.converse.talks import audiences, telling
from interlock.fabric.models import Person

# A page saves every five seconds while somebody writes; saving sooner tells nobody anew.
TOLD_AGAIN_AFTER = timedelta(seconds=4)


def draft_of(conversation: Conversation, person: Person) -> Draft | None:
    """What this person has begun here."""
    return Draft.objects.filter(conversation=conversation, person=person).first()


@transaction.atomic
def keep_draft(*, conversation: Conversation, by: Person, body: str, audience: str, now: datetime) -> None:
    """Save what is begun, in place of what was; nothing written removes it.

    Raises:
        NotForThem: nobody of that audience is in the talk.
    """
    if not body.strip():
        drop_draft(conversation=conversation, by=by)
        return
    audience = audiences.allowed(conversation, by, audience)
    before = draft_of(conversation, by)
    Draft.objects.update_or_create(
        conversation=conversation,
        person=by,
        defaults={"body": body[:10_000], "audience": audience, "at": now},
    )
    is_new = before is None or before.audience != audience or now - before.at >= TOLD_AGAIN_AFTER
    if is_new and not conversation.is_over and (before is None or before.body != body):
        telling.tell_writing(conversation=conversation, audience=audience, by=by, now=now)


def drop_draft(*, conversation: Conversation, by: Person) -> None:
    """Forget what was begun: it was sent, or given up."""
    Draft.objects.filter(conversation=conversation, person=by).delete()
