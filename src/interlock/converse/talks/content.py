"""What a text must keep to before it stands in a line, and what it brings along."""

from __future__ import annotations

from interlock.converse.models import Conversation, Message
from interlock.converse.notices import planning
from interlock.converse.talks.mentions import named_in, note_mentions
from interlock.converse.talks.pictures import attach_pictures
from interlock.converse.talks.quotes import refuse_narrower_quotes
from interlock.fabric.models import Person


def checked(body: str, conversation: Conversation, audience: str, by: Person) -> list[Person]:
    """Refuse what would reach, name or quote somebody wrongly; return who is named.

    Raises:
        NotForThem: a quote of fewer readers, or a name outside the audience.
    """
    refuse_narrower_quotes(body, conversation, audience, by)
    return named_in(body, conversation, audience, by)


def bring_along(message: Message, named: list[Person]) -> None:
    """Keep who is named in a line and which pictures are its own."""
    note_mentions(message, named)
    planning.tell_named(message, named)
    attach_pictures(message)
