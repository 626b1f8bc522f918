"""A mail that answers one of ours, as bytes -> who wrote it, what is new in it, and its pictures.

Quoted mails and signatures are left out as in mails of customers; unlike there nothing is left where nothing is new.
"""

import re
from dataclasses import dataclass
from email.message import Message
from email.utils import parseaddr

from .automatic import automatic_reason
from .charsets import decoded_header
from .message import LONGEST_SUBJECT, parsed
from .proof import doubt
from .reply import own_words

MOST_PICTURES = 8
# Logos in signatures are smaller than this, photographs larger.
SMALLEST_PICTURE = 10_000
_MOST_PARTS = 200
_ADDRESS = re.compile(r"^[^\s<>\"(),:;@\\\[\]]{1,64}@[^\s<>\"(),:;@\\\[\]]{1,255}$")


@dataclass(frozen=True)
class MailReply:
    """What came. `author` is From alone; `doubt` why it may be somebody else's; `left_out` counts other attachments."""

    author: str
    subject: str
    words: str
    automatic: str
    doubt: str
    pictures: tuple[bytes, ...] = ()
    left_out: int = 0


def read_mail_reply(raw: bytes) -> MailReply:
    """Read a reply. Nothing a mail can hold raises here."""
    message, body = parsed(raw)
    author = _ADDRESS.search(parseaddr(" ".join(str(message.get("From", ""))[:2_000].split()))[1].lower())
    from_whom = author.group(0) if author else ""
    pictures, left_out = _attached(message)
    return MailReply(
        author=from_whom,
        subject=decoded_header(message, "Subject")[:LONGEST_SUBJECT],
        words=own_words(body.text.strip(), answers=True),
        automatic=automatic_reason(message, from_whom),
        doubt=doubt(message, from_whom),
        pictures=pictures,
        left_out=left_out,
    )


def _attached(message: "Message[str, str]") -> tuple[tuple[bytes, ...], int]:
    """The pictures, and how many other files came along."""
    pictures: list[bytes] = []
    others = 0
    for number, part in enumerate(message.walk()):
        if number > _MOST_PARTS:
            break
        if part.is_multipart() or part.get_content_type() in ("text/plain", "text/html"):
            continue
        content = part.get_payload(decode=True)
        if part.get_content_maintype() != "image":
            others += 1
        elif isinstance(content, bytes) and len(content) >= SMALLEST_PICTURE:
            pictures.append(content)
    return tuple(pictures[:MOST_PICTURES]), others + len(pictures[MOST_PICTURES:])
