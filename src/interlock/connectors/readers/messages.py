"""One message of a chat, as every chat export gives it."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

# Beside the key, which is named after the program so that a mapping for one never takes the other.
COLUMNS = ("at", "author", "author_kind", "channel", "thread", "text", "what", "url")


@dataclass(frozen=True)
class Documents:
    """The JSON files of an export: their names, and how to read one."""

    names: Sequence[str]
    read: Callable[[str], bytes]


@dataclass(frozen=True)
class Message:
    """`author_kind` is member, guest, stranger (of another company) or bot; `what` is message or event."""

    key: str
    at: str
    author: str
    author_kind: str
    channel: str
    thread: str
    text: str
    what: str = "message"
    url: str = ""

    def cells(self) -> list[str | None]:
        """The key and the texts of `COLUMNS`."""
        return [
            self.key, self.at, self.author, self.author_kind, self.channel, self.thread, self.text, self.what, self.url,
        ]  # fmt: skip


def hashed(identity: str) -> str:
    """A name for a person that is the same each time and tells nothing."""
    return hashlib.blake2b(identity.lower().encode(), digest_size=12).hexdigest() if identity else ""
