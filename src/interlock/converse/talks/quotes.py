"""A line may quote another, with a way back to it; never one that fewer people may read."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _

from interlock.converse import queries
from interlock.converse.errors import NotForThem
from interlock.converse.models import Conversation, Message
from interlock.converse.talks.audiences import is_wider
from interlock.fabric.models import Person

_QUOTED = re.compile(r"#message-(\d{1,18})")


def quote_of(message: Message) -> str:
    """A line as Markdown to quote it: each of its rows led by ">", and who wrote it, linked."""
    rows = [f"> {row}".rstrip() for row in message.body.splitlines()]
    name = re.sub(r"([\\\[\]])", r"\\\1", message.author.name)
    return "\n".join([*rows, ">", f"> [{name}](#message-{message.pk})", "", ""])


def refuse_narrower_quotes(body: str, conversation: Conversation, audience: str, by: Person) -> None:
    """Refuse a text that quotes a line with fewer readers than its own, of those that its writer reads.

    Raises:
        NotForThem: naming whose line it is.
    """
    numbers = {int(number) for number in _QUOTED.findall(body)}
    if not numbers:
        return
    quoted = queries.messages_visible_to(by, conversation).filter(pk__in=numbers).select_related("author")
    for message in quoted:
        if is_wider(audience, message.audience):
            raise NotForThem(
                _("Your line quotes one of %(name)s that fewer people may read. Take the quote out first.")
                % {"name": message.author.name}
            )
