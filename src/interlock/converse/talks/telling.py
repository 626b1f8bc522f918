"""What open pages of a talk hear: that there is something, never what. Each audience is a topic of its own.

A page hears the topics of the audiences its reader belongs to, so that what passes among staff stirs no page of
a guest. What is there, the page then asks for, and is asked for its access again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from interlock.converse import queries
from interlock.converse.models import Audience, Conversation, Message
from interlock.fabric import events
from interlock.fabric.models import Person

TOPIC = re.compile(r"talk-(\d{1,18})-(staff|partner|customer)")


def topic_of(conversation_id: int, audience: str) -> str:
    return f"talk-{conversation_id}-{audience}"


def topics_of(conversation: Conversation, person: Person) -> list[str]:
    """The topics of a talk that this person may hear, if they may see the talk at all."""
    return [topic_of(conversation.pk, audience) for audience in queries.audiences_read_by(person)]


def heard_by(person: Person, topics: Iterable[str]) -> set[str]:
    """Those of the topics that are of talks this person sees, for audiences they belong to. One query."""
    asked = {topic: found for topic in topics if (found := TOPIC.fullmatch(topic))}
    if not asked:
        return set()
    talks = {int(found[1]) for found in asked.values()}
    seen = set(queries.conversations_visible_to(person).filter(pk__in=talks).values_list("pk", flat=True))
    mine = queries.audiences_read_by(person)
    return {topic for topic, found in asked.items() if int(found[1]) in seen and found[2] in mine}


def tell_line(message: Message, verb: str, now: datetime) -> None:
    """A line came, changed or is gone."""
    topic = topic_of(message.conversation_id, message.audience)
    events.tell(topic=topic, verb=verb, keys=[str(message.pk)], at=now)


def tell_talk(conversation: Conversation, now: datetime, audience: str = Audience.STAFF) -> None:
    """What stands beside the lines changed: the state, a decision, a promise, who takes part."""
    events.tell(topic=topic_of(conversation.pk, audience), verb="talk", keys=[str(conversation.pk)], at=now)


def tell_writing(*, conversation: Conversation, audience: str, by: Person, now: datetime) -> None:
    """Somebody writes just now; a page forgets it after a few seconds by itself."""
    events.tell(topic=topic_of(conversation.pk, audience), verb="writing", keys=[str(by.pk)], at=now)
