"""One word on a line: seen, thanks, I agree, I am not sure. No votes; they are counted into nothing."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from interlock.converse.errors import NotForThem, WrongState
from interlock.converse.models import Message, Reaction
from interlock.converse.talks import telling
from interlock.fabric.models import Person


@transaction.atomic
def react(*, message: Message, by: Person, word: str, now: datetime) -> None:
    """Put a word to a line, or take it away again."""
    if word not in Reaction.Word.values:
        raise NotForThem(_("There are four words to choose from: seen, thanks, I agree, I am not sure."))
    if message.removed_at:
        raise WrongState(_("This line was taken away."))
    gone, _kinds = Reaction.objects.filter(message=message, person=by, word=word).delete()
    if not gone:
        Reaction.objects.create(message=message, person=by, word=word, audience=message.audience, at=now)
    telling.tell_line(message, "changed", now)
