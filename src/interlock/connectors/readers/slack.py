"""A Slack export: a zip with a folder for each channel and a JSON file for each day.

Shape: https://slack.com/help/articles/220556107-How-to-read-Slack-data-exports
"""

import html
import json
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

from .json_document import parsed
from .messages import Documents, Message

_DAY = re.compile(r"^\d{4}-\d\d-\d\d\.json$")
_LISTS = ("channels.json", "groups.json", "dms.json", "mpims.json")
_PEOPLE = ("users.json", "org_users.json")
# What people wrote; other subtypes are "has joined", "set the topic" and the like.
_WORDS = {"", "thread_broadcast", "file_share", "me_message", "file_comment", "reply_broadcast"}
_MARK = re.compile(r"<([^<>|]{1,2000})(?:\|([^<>]{0,2000}))?>")


def is_export(names: Sequence[str]) -> bool:
    """Whether a zip with these members is a Slack export."""
    paths = [PurePosixPath(name) for name in names]
    base = {path.name for path in paths if len(path.parts) <= 2}
    days = any(_DAY.match(path.name) and len(path.parts) in (2, 3) for path in paths)
    return days and "channels.json" in base and not base.isdisjoint(_PEOPLE)


def messages(documents: Documents, on_bytes: Callable[[int], None]) -> Iterator[Message | str]:
    """Every message, channel by channel and day by day; what is no message, as text."""
    channels: dict[str, str] = {}
    people: dict[str, Any] = {}
    for name in documents.names:
        last = PurePosixPath(name).name
        if last in _LISTS:
            channels |= {
                str(one.get("name") or one.get("id")): str(one.get("id", ""))
                for one in _objects(documents, name)
            }
        elif last in _PEOPLE:
            people |= {str(one.get("id")): one for one in _objects(documents, name)}
    for name in documents.names:
        path = PurePosixPath(name)
        if not _DAY.match(path.name):
            continue
        channel = path.parent.name
        on_bytes(0)
        for one in _list(documents, name):
            if isinstance(one, dict) and _moment(one.get("ts")):
                yield _message(one, channel, channels.get(channel) or channel, people)
            else:
                yield json.dumps(one)


def _list(documents: Documents, name: str) -> list[Any]:
    found = parsed(documents.read(name), name)
    return found if isinstance(found, list) else [found]


def _objects(documents: Documents, name: str) -> list[dict[str, Any]]:
    return [one for one in _list(documents, name) if isinstance(one, dict)]


def _message(one: dict[str, Any], channel: str, channel_id: str, people: dict[str, Any]) -> Message:
    author = str(one.get("user") or "")
    subtype = str(one.get("subtype") or "")
    thread = str(one.get("thread_ts") or "")
    text = plain(str(one.get("text") or ""))
    return Message(
        key=f"{channel_id}-{one['ts']}",
        at=_moment(one["ts"]),
        author=author,
        author_kind=_kind(one, people.get(author) or {}),
        channel=channel,
        thread=f"{channel_id}-{thread}" if thread else "",
        text=text,
        what="message" if subtype in _WORDS and one.get("type", "message") == "message" and text else "event",
    )


def _moment(ts: Any) -> str:
    """A message's time stamp, seconds since 1970 with six places, as ISO 8601; empty where it is none."""
    try:
        return datetime.fromtimestamp(float(ts), UTC).isoformat(timespec="seconds")
    except (TypeError, ValueError, OverflowError, OSError):
        return ""


def _kind(one: dict[str, Any], person: dict[str, Any]) -> str:
    if (
        one.get("bot_id")
        or one.get("subtype") == "bot_message"
        or person.get("is_bot")
        or one.get("user") == "USLACKBOT"
    ):
        return "bot"
    teams = {one.get("team"), one.get("user_team")} - {None}
    if person.get("is_stranger") or len(teams) > 1:
        return "stranger"
    return "guest" if person.get("is_restricted") or person.get("is_ultra_restricted") else "member"


def plain(text: str) -> str:
    """Slack's text with its marks read: links keep label and address, people become "@someone"."""
    return html.unescape(_MARK.sub(_unmarked, text)).strip()


def _unmarked(match: re.Match[str]) -> str:
    target, label = match.group(1), match.group(2) or ""
    if target.startswith("@"):
        return "@someone"
    if target.startswith("#"):
        return f"#{label or target[1:]}"
    if target.startswith("!"):
        return f"@{label.lstrip('@') or target[1:].partition('^')[0]}"
    if target.startswith("mailto:"):
        return label or target.removeprefix("mailto:")
    return f"{label} ({target})" if label and label != target else target
