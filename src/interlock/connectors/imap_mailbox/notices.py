"""Notices of this installation over its own SMTP server, sent as surely once as answers are."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from typing import Any

from ..live import NotSent, Sent
from .account import Account, Server, is_address
from .html_part import html_of
from .sending import hand_over, named, one_line

AUTHOR = "Interlock"


class _WholeLinks(EmailPolicy):
    """Mail as SMTP wants it, with the link that stops it in one line: folded, it would be encoded, and no reader knows it."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        if name == "List-Unsubscribe":
            return f"{name}: {value}\r\n".encode("ascii")
        return super().fold_binary(name, value)


_POLICY = _WholeLinks(linesep="\r\n")


@dataclass(frozen=True)
class PostOffice:
    """The installation's SMTP server. `security` is tls, starttls or none; `user` is empty where none signs in."""

    host: str
    port: int
    security: str
    user: str
    password: str
    sender: str


@dataclass(frozen=True)
class Note:
    """What is sent. `reference` is the same at every try; `author` is whom it comes from by name.

    `stop` is the address where its reader stops such mail, without signing in; by one POST if it is https (RFC 8058).
    `reply_to` is where an answer to it goes, where that is another address than the sender's.
    `text` goes out as it is, and beside it as HTML in the `language` that programs read it aloud in.
    """

    to: str
    subject: str
    text: str
    reference: str
    author: str = AUTHOR
    stop: str = ""
    reply_to: str = ""
    language: str = "en"


def post(office: PostOffice, note: Note, *, now: datetime, wait: Callable[[float], None]) -> Sent:
    """Send once. The server may stand in the own network: whoever runs this machine named it.

    Raises:
        NotSent: it was surely not taken.
        PerhapsSent: the connection broke after the whole mail was handed over.
    """
    if not is_address(note.to):
        raise NotSent(f"{note.to[:60]!r} is no mail address. Mend it where it was entered.", for_good=True)
    server = Server(
        office.host, office.port, office.security, office.user, office.password, frozenset({office.host})
    )
    account = Account(office.sender, server, server, folder="", kind="", days=0, copies=False)
    message, author = EmailMessage(policy=_POLICY), one_line(note.author)
    message["From"] = named(author, office.sender)
    message["To"] = note.to
    message["Subject"] = one_line(note.subject)[:200]
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{note.reference}@{account.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    if note.reply_to:
        message["Reply-To"] = named(author, note.reply_to)
    if note.stop:
        message["Precedence"] = "bulk"
        message["List-Id"] = f"<notices.{account.domain}>"
        message["List-Unsubscribe"] = f"<{note.stop}>"
        if note.stop.startswith("https://"):
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(note.text, charset="utf-8")
    html = html_of(subject=one_line(note.subject), text=note.text, author=author, language=note.language)
    message.add_alternative(html, subtype="html", charset="utf-8")
    return hand_over(account, message, wait)
