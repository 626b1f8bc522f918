"""Which part of a mail did its author write? Text before HTML; attachments, calendars and enclosed mails stay out."""

from dataclasses import dataclass, field
from email.message import Message

from .charsets import decoded
from .quoted_html import text_of_mail_html

MOST_PARTS, DEEPEST = 200, 20
# A longer text is a log or a book; what was cut is said.
LONGEST_TEXT = 200_000
LONGEST_PART = 2_000_000


@dataclass
class Body:
    """The text of a mail, how many attachments were left out, and what a reader should know about it."""

    text: str = ""
    attachments: int = 0
    notes: list[str] = field(default_factory=list)
    parts_seen: int = 0

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)


def read_body(message: "Message[str, str]") -> Body:
    """Find and decode the text of a mail."""
    body = Body()
    body.text = _text(message, body, 0).strip("\n")
    if len(body.text) > LONGEST_TEXT:
        body.text = body.text[:LONGEST_TEXT]
        body.note(f"cut after {LONGEST_TEXT:,} characters")
    return body


def _text(part: "Message[str, str]", body: Body, depth: int) -> str:
    body.parts_seen += 1
    if body.parts_seen > MOST_PARTS or depth > DEEPEST:
        body.note("more parts than are read")
        return ""
    kind = part.get_content_type()
    payload = part.get_payload() if part.is_multipart() else None
    if isinstance(payload, list) and kind.startswith("multipart/"):
        children = [child for child in payload if isinstance(child, Message)]
        return _of_parts(kind, children, body, depth)
    if kind.startswith("multipart/"):
        # A multipart without parts is a text whose boundary was lost.
        return _leaf(part, "text/plain", body)
    if kind not in ("text/plain", "text/html") or _is_attached(part):
        body.attachments += 1
        return ""
    return _leaf(part, kind, body)


def _of_parts(kind: str, children: "list[Message[str, str]]", body: Body, depth: int) -> str:
    if kind == "multipart/encrypted":
        body.note("encrypted; its text cannot be read")
        return ""
    if kind == "multipart/alternative":
        return _best(children, body, depth)
    if kind == "multipart/related":
        # The first part is the text, the others its pictures.
        return _text(children[0], body, depth + 1) if children else ""
    texts = [_text(child, body, depth + 1) for child in children]
    return "\n\n".join(text.strip("\n") for text in texts if text.strip())


def _best(children: "list[Message[str, str]]", body: Body, depth: int) -> str:
    """The plain text among several forms of the same; the next one where it is empty."""
    order = sorted(children, key=lambda child: child.get_content_type() != "text/plain")
    for child in order:
        if child.get_content_type().startswith(("text/plain", "text/html", "multipart/")):
            text = _text(child, body, depth + 1)
            if text.strip():
                return text
    return ""


def _is_attached(part: "Message[str, str]") -> bool:
    disposition = str(part.get("Content-Disposition", "")).strip().lower()
    return disposition.startswith("attachment") or "filename=" in disposition


def _leaf(part: "Message[str, str]", kind: str, body: Body) -> str:
    raw = part.get_payload(decode=True)
    if not isinstance(raw, bytes):
        return ""
    if len(raw) > LONGEST_PART:
        raw = raw[:LONGEST_PART]
        body.note(f"cut after {LONGEST_TEXT:,} characters")
    found = decoded(raw, _parameter(part, "charset"))
    if found.guessed:
        body.note("characters guessed (neither UTF-8 nor as declared)")
    if kind == "text/html":
        return text_of_mail_html(found.text)
    flowed = _parameter(part, "format").lower() == "flowed"
    return _unflowed(found.text, _parameter(part, "delsp").lower() == "yes") if flowed else found.text


def _parameter(part: "Message[str, str]", name: str) -> str:
    try:
        value = part.get_param(name, "")
    except (ValueError, TypeError, LookupError):
        return ""
    return value if isinstance(value, str) else ""


def _unflowed(text: str, delete_space: bool) -> str:
    """Join the lines that a program wrapped (RFC 3676): a blank at the end means that the paragraph goes on."""
    lines: list[str] = []
    going_on = False
    for line in text.split("\n"):
        plain = line[1:] if line.startswith(" ") and not going_on else line
        if going_on and not plain.startswith(">"):
            last = lines[-1]
            lines[-1] = (last[:-1] if delete_space else last) + plain.removeprefix(
                " " if delete_space else ""
            )
        else:
            lines.append(plain)
        going_on = line.endswith(" ") and line != "-- " and not plain.startswith(">")
    return "\n".join(lines)
