"""Signed passes to the event stream: who reads, in which session, which topics, for how long.

A page makes one for the person it is shown to; the stream checks it without asking the database. The session
stands in it sealed, since a pass travels in an address.
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.core import signing

from interlock.api.stream.hub import Pass, Refused
from interlock.converse.talks import telling as talks
from interlock.fabric import events, secrets
from interlock.fabric.access import Act, may
from interlock.fabric.models import Person

# Who may hear of a topic: whoever may open its pages. Each talk has topics of its own (converse/talks/telling.py).
TOPICS: dict[str, Act] = {
    "signals": Act.READ,
    "themes": Act.READ,
    "sources": Act.READ,
    "imports": Act.READ,
    "answers": Act.ANSWER,
    "work": Act.IMPORT,
}
# Long enough to open a page and come back after a broken line; a page asks for a new pass whenever it opens.
GOOD_FOR_SECONDS = 600
_SALT = "interlock.stream"


def is_topic(name: str) -> bool:
    """Whether pages can hear of anything under this name."""
    return name in TOPICS or talks.TOPIC.fullmatch(name) is not None


def make_pass(person: Person, session: str, topics: Collection[str]) -> str:
    """Sign a pass for those of the topics that the person may hear of; empty when there is none."""
    of_talks = {topic for topic in topics if talks.TOPIC.fullmatch(topic)}
    named = {topic for topic in set(topics) - of_talks if may(person, TOPICS[topic])}
    heard = sorted(named | talks.heard_by(person, of_talks))
    if not heard or not session:
        return ""
    return signing.dumps([person.pk, person.role, secrets.sealed(session), heard], salt=_SALT)


def read_pass(token: str) -> Pass:
    """Return what a pass says.

    Raises:
        Refused: it was not made here, or is older than ten minutes.
    """
    try:
        person, role, session, topics = signing.loads(token, salt=_SALT, max_age=GOOD_FOR_SECONDS)
        return Pass(person, role, secrets.opened(session), frozenset(topics))
    except (signing.BadSignature, secrets.SealBroken, ValueError, TypeError) as error:
        raise Refused("This pass is no longer good. Load the page again.") from error


def stream_address(person: Person, session: str, topics: Collection[str], host: str) -> str:
    """The address at which a page of `host` (name and port) reads; empty when the person may hear nothing."""
    token = make_pass(person, session, topics)
    if not token or not (settings.STREAM_URL or settings.STREAM_PORT):
        return ""
    query = urlencode({"token": token, "after": events.last_number()})
    return f"{settings.STREAM_URL or _beside(host)}?{query}"


def _beside(host: str) -> str:
    """The stream's own port on the machine that the page was asked from."""
    name = urlsplit(f"//{host}").hostname or "localhost"
    return f"http://{f'[{name}]' if ':' in name else name}:{settings.STREAM_PORT}/events"
