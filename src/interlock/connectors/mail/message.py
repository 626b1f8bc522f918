"""One mail as bytes -> who wrote when, in which talk, and what. Nothing a mail can hold raises here."""

import hashlib
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import parsedate_to_datetime

from .automatic import automatic_reason
from .body import Body, read_body
from .charsets import decoded_header
from .phrases import FORWARDS
from .reply import new_words

LONGEST_MAIL = 10_000_000
LONGEST_SUBJECT, LONGEST_ID = 500, 400
# Parts beyond this are an attack on readers, which take a pass through the text for each level.
_MOST_NESTED = 60
_NESTED = re.compile(rb"^content-type:[ \t]*(?:multipart|message)/", re.IGNORECASE | re.MULTILINE)
_ANGLED_ID = re.compile(r"<([^<>\s]{1,900})>")
_ADDRESS = re.compile(r"[^\s<>\"(),:;@\\\[\]]{1,64}@[^\s<>\"(),:;@\\\[\]]{1,255}")
_ANSWERS = re.compile(r"^\s*(re|aw|antw|sv|rép|rif|ref|r)\s*(\[\d+\])?\s*:", re.IGNORECASE)


@dataclass(frozen=True)
class Mail:
    """What one mail says. Addresses stay here and in routes; `contact` is what a record may carry."""

    key: str
    message_id: str
    thread: str
    references: str
    sender: str
    subject: str
    sent_at: datetime | None
    body: str
    automatic: str = ""
    attachments: int = 0
    labels: str = ""
    notes: tuple[str, ...] = field(default=())

    @property
    def contact(self) -> str:
        return contact_key(self.sender)


def contact_key(address: str) -> str:
    """A name for the author of a mail that is the same each time and cannot be read back by looking at it."""
    if not address:
        return ""
    return f"mail:{hashlib.blake2b(address.strip().lower().encode(), digest_size=12).hexdigest()}"


def read_mail(raw: bytes, *, whole: bool = True) -> Mail:
    """Read a mail. `whole` is False where `raw` is only its beginning."""
    message, body = parsed(raw)
    if not whole:
        body.note("longer than 10 MB: only the first text was read")
    sender = _sender(message)
    subject = decoded_header(message, "Subject")[:LONGEST_SUBJECT]
    own, root, references = _ids(message)
    text = body.text.strip()
    return Mail(
        key=_key(message, own, sender, raw),
        message_id=own,
        thread=root[:LONGEST_ID],
        references=references,
        sender=sender,
        subject=subject,
        sent_at=_sent_at(message),
        body=text if FORWARDS.match(subject) else new_words(text, answers=bool(message.get("In-Reply-To"))),
        automatic=automatic_reason(message, sender.lower()),
        attachments=body.attachments,
        labels=decoded_header(message, "X-Gmail-Labels")[:LONGEST_SUBJECT],
        notes=tuple(body.notes),
    )


def plain_subject(subject: str) -> str:
    """A subject without "Re:" in any language, however often it stands there."""
    for _ in range(10):
        found = _ANSWERS.match(subject)
        if not found:
            break
        subject = subject[found.end() :]
    return subject.strip()


def parsed(raw: bytes) -> "tuple[Message[str, str], Body]":
    """A mail and its text; of one that cannot be taken apart only the headers."""
    if len(_NESTED.findall(raw)) <= _MOST_NESTED:
        try:
            message = message_from_bytes(raw)
            return message, read_body(message)
        except (RecursionError, ValueError, LookupError, TypeError, AttributeError):
            pass  # the standard library's reader has faults on broken mails; the headers are still good
    body = Body()
    body.note("its parts cannot be taken apart; only the headers were read")
    return BytesHeaderParser().parsebytes(raw[:1_000_000]), body


def _sender(message: "Message[str, str]") -> str:
    """Where the author wants the answer: Reply-To, else From."""
    for name in ("Reply-To", "From", "Sender"):
        value = " ".join(str(message.get(name, ""))[:2000].split())
        angled = re.search(r"<([^<>]{1,400})>\s*$", value) or re.search(r"<([^<>]{1,400})>", value)
        found = _ADDRESS.search(angled.group(1) if angled else value)
        if found:
            return found.group(0).strip(".")
    return ""


def _ids(message: "Message[str, str]") -> tuple[str, str, str]:
    """The mail's own id, that of the talk's first mail, and the ids that an answer must name."""
    own = next(iter(_found_ids(message, "Message-ID")), "")
    chain = _found_ids(message, "References") or _found_ids(message, "In-Reply-To")
    root = chain[0] if chain else own
    kept = [one for one in chain if one != own]
    # Long talks name their first mail and the latest ones, as RFC 5322 leaves room for.
    if len(kept) > 20:
        kept = [kept[0], *kept[-19:]]
    references = " ".join(f"<{one}>" for one in [*kept, *([own] if own else [])])
    return own, root, references


def _found_ids(message: "Message[str, str]", name: str) -> list[str]:
    value = str(message.get(name, ""))[:100_000]
    found = _ANGLED_ID.findall(value)
    if not found and name == "Message-ID" and value.strip():
        found = [re.sub(r"[<>\s]", "", value)[:900]]
    return [one for one in found if one.isascii() and one.isprintable()]


def _key(message: "Message[str, str]", own: str, sender: str, raw: bytes) -> str:
    """The same mail has the same key, in whatever folder or export it is met.

    The author and the time belong to it: whoever learns the id of another's mail must not overwrite that.
    """
    parts = [own, sender.lower(), " ".join(str(message.get("Date", "")).split())]
    digest = hashlib.blake2b("\0".join(parts).encode("utf-8", "surrogateescape"), digest_size=16)
    if not own:
        digest.update(raw)
    return digest.hexdigest()


def _sent_at(message: "Message[str, str]") -> datetime | None:
    try:
        found = parsedate_to_datetime(str(message.get("Date", ""))[:200])
        if found.tzinfo is None:
            found = found.replace(tzinfo=UTC)
        return found.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
