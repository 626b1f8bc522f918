"""One message in the form that each chat takes at its webhook, and what a chat's answer means.

Names in a message come from outside: none of them may call a whole channel, hide a link or draw a picture. Sources:
docs.slack.dev/messaging/sending-messages-using-incoming-webhooks and .../formatting-message-text (escape &, < and >);
developers.mattermost.com/integrate/webhooks/incoming; docs.rocket.chat (incoming webhook scripts);
learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors (workflows take an Adaptive Card);
developers.google.com/workspace/chat/quickstart/webhooks.
"""

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

SLACK, TEAMS, MATTERMOST, ROCKET_CHAT, GOOGLE_CHAT, OTHER = (
    "slack", "teams", "mattermost", "rocketchat", "google", "other"
)  # fmt: skip
NAMES = {
    SLACK: "Slack",
    TEAMS: "Microsoft Teams",
    MATTERMOST: "Mattermost",
    ROCKET_CHAT: "Rocket.Chat",
    GOOGLE_CHAT: "Google Chat",
    OTHER: "another one that takes {“text”: …}",
}
_HOSTS = (
    ("hooks.slack.com", SLACK),
    ("chat.googleapis.com", GOOGLE_CHAT),
    (".logic.azure.com", TEAMS),
    (".powerplatform.com", TEAMS),
    (".webhook.office.com", TEAMS),
)
_BREAK = "\u200b"
_ADDRESS = re.compile(r"https?://\S+")


def kind_of(address: str) -> str:
    """Which chat an address surely is of; OTHER where its host says nothing."""
    host = (urlsplit(address).hostname or "").lower()
    for ending, kind in _HOSTS:
        if host == ending or (ending.startswith(".") and host.endswith(ending)):
            return kind
    # Their own servers have any name; Rocket.Chat's hooks have an id and a token, Mattermost's a key of 26 letters.
    path = urlsplit(address).path
    if re.search(r"/hooks/[a-z0-9]{26}/?$", path):
        return MATTERMOST
    return ROCKET_CHAT if re.search(r"/hooks/[\w-]{10,}/\w{20,}/?$", path) else OTHER


def payload(kind: str, text: str, *, open_word: str = "Open") -> dict[str, Any]:
    """What is posted. Paragraphs are parted by an empty line; a line that is an address leads there."""
    if kind == TEAMS:
        return _card(text, open_word)
    return {"text": _ESCAPED[kind](text)}


def refusal(body: bytes) -> str:
    """What a chat says that answered with success and yet did not take the message; empty where it took it."""
    text = body[:2_000].decode("utf-8", "replace").strip()
    if text.startswith("Webhook message delivery failed"):  # Teams, for connectors of the old kind
        return " ".join(text.split())[:160]
    try:
        said = json.loads(text) if text.startswith("{") else {}
    except ValueError:
        return ""
    if not isinstance(said, dict) or (said.get("success") is not False and said.get("ok") is not False):
        return ""
    return " ".join(str(said.get("error") or "it says that it failed").split())[:160]


def _entities(text: str) -> str:
    """As Slack wants it; the @ is broken as well for chats that imitate it."""
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return plain.replace("@", f"@{_BREAK}")


def _broken(text: str) -> str:
    """For chats that know no entities: signs that begin a mention, a link or a picture stand alone, in addresses too."""
    return re.sub(r"([@<\[!](?=\S)|\](?=[(\[:]))", rf"\1{_BREAK}", text)


def _card(text: str, open_word: str) -> dict[str, Any]:
    """An Adaptive Card. Runs of text know no Markdown, so that nothing in a name can mean anything."""
    body: list[dict[str, Any]] = []
    for paragraph in text.split("\n\n"):
        lines = [line for line in paragraph.split("\n") if line]
        words = "\n".join(line for line in lines if not _ADDRESS.fullmatch(line))
        if words:
            body.append({"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": words}]})
        actions = [
            {"type": "Action.OpenUrl", "title": open_word, "url": line}
            for line in lines
            if _ADDRESS.fullmatch(line)
        ]
        if actions:
            body.append({"type": "ActionSet", "actions": actions})
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
    }
    attachment = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": card,
    }
    return {"type": "message", "attachments": [attachment]}


_ESCAPED: dict[str, Callable[[str], str]] = {
    SLACK: _entities,
    OTHER: _entities,
    MATTERMOST: _broken,
    ROCKET_CHAT: _broken,
    GOOGLE_CHAT: _broken,
}
