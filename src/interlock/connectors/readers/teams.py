"""A Microsoft Teams export: `messages.json` of a personal export, or messages saved from Microsoft Graph.

Shapes: https://learn.microsoft.com/graph/api/resources/chatmessage, and the export page of a Microsoft account, whose
file holds `conversations`, each with its `MessageList`.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

from ..html_text import text_of_html_or_plain
from .json_document import parsed, rows_of
from .messages import Documents, Message, hashed

_WORDS = {"text", "richtext", "richtext/html"}
_GUESTS = {"anonymousguest", "federateduser", "emailuser", "phoneuser"}


def begins_so(head: bytes) -> bool:
    """Whether a JSON document with this beginning holds Teams messages."""
    return b'"MessageList"' in head or (
        b'"messageType"' in head and b'"createdDateTime"' in head and b'"body"' in head
    )


def messages(documents: Documents, on_bytes: Callable[[int], None]) -> Iterator[Message | str]:
    """Every message; what is none, as text."""
    for name in documents.names:
        raw = documents.read(name)
        on_bytes(len(raw))
        if begins_so(raw):
            yield from _of_document(parsed(raw, name))


def _of_document(document: Any) -> Iterator[Message | str]:
    conversations = document.get("conversations") if isinstance(document, dict) else None
    if isinstance(conversations, list):
        owner = str(document.get("userId") or "")
        for one in conversations:
            if isinstance(one, dict) and isinstance(one.get("MessageList"), list):
                yield from (_exported(message, one, owner) for message in one["MessageList"])
        return
    for message in rows_of(document):
        yield _from_graph(message)


def _exported(message: Any, conversation: dict[str, Any], owner: str) -> Message | str:
    """A message of the personal export. `from` and `displayName` name people, so they are hashed or left out."""
    if not isinstance(message, dict) or not message.get("originalarrivaltime"):
        return json.dumps(message)
    author = str(message.get("from") or "")
    words = str(message.get("messagetype") or "").lower() in _WORDS
    text = text_of_html_or_plain(str(message.get("content") or ""))
    properties = conversation.get("threadProperties")
    topic = properties.get("topic") if isinstance(properties, dict) else None
    key = str(conversation.get("id") or "")
    is_group = key.startswith("19:")
    return Message(
        key=f"{hashed(key)}-{message.get('id')}",
        at=str(message["originalarrivaltime"]),
        author=hashed(author),
        author_kind="bot" if author.startswith("28:") else "owner" if owner and author == owner else "member",
        # A talk of two is named after the other person.
        channel=str(topic or (conversation.get("displayName") if is_group else None) or "chat"),
        thread=hashed(key),
        text=text,
        what="message" if words and text else "event",
    )


def _from_graph(message: Any) -> Message | str:
    """A `chatMessage` of Microsoft Graph."""
    if (
        not isinstance(message, dict)
        or not message.get("createdDateTime")
        or not isinstance(message.get("body"), dict)
    ):
        return json.dumps(message)
    body = message["body"]
    content = str(body.get("content") or "")
    text = text_of_html_or_plain(content) if body.get("contentType") == "html" else content.strip()
    person, kind = _author(message.get("from"))
    place = message.get("channelIdentity")
    channel = str(place.get("channelId") if isinstance(place, dict) else message.get("chatId") or "chat")
    words = message.get("messageType", "message") == "message" and not message.get("deletedDateTime")
    root = str(message.get("replyToId") or message.get("id"))
    return Message(
        key=f"{hashed(channel)}-{message.get('id')}",
        at=str(message["createdDateTime"]),
        author=hashed(person),
        author_kind=kind,
        channel=channel,
        thread=f"{hashed(channel)}-{root}",
        text=text,
        what="message" if words and text else "event",
        url=str(message.get("webUrl") or ""),
    )


def _author(sender: Any) -> tuple[str, str]:
    if not isinstance(sender, dict):
        return "", "bot"
    user = sender.get("user")
    if not isinstance(user, dict):
        return "", "bot"
    kind = str(user.get("userIdentityType") or "").lower()
    return str(user.get("id") or ""), "guest" if kind in _GUESTS else "member"
