"""One mailbox on a real IMAP server, notices over a real SMTP server, and people who answer them."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import default
from itertools import count

import pytest

from connectors.mailbox.servers import running_smtp
from converse.community.conftest import board, marta, no_kept_pages, write  # noqa: F401 - fixtures
from converse.conftest import NOW
from mailboxes import Box, no_http

_NUMBERS = count(1)


@dataclass
class Desk:
    """The mailbox, and what went out."""

    box: Box
    source: object = None
    ids: list[str] = field(default_factory=list)

    def sent(self) -> list[Message]:
        """All mails that left, the oldest first."""
        return [message_from_bytes(raw, policy=default) for _to, raw in self.box.post.kept]

    def asked(self, to: str) -> Message:
        """The newest mail to somebody."""
        return [mail for mail in self.sent() if mail["To"] == to][-1]

    def reply(self, mail: Message, text: str, *, again: bool = False, **more) -> None:
        """Answer a mail as its reader's program does: quoted below, to where it wants answers. More are headers."""
        answer = EmailMessage()
        usual = {
            "From": mail["To"],
            "To": mail["Reply-To"] or mail["From"],
            "Subject": f"Re: {mail['Subject']}",
            "Date": f"{NOW:%a, %d %b %Y %H:%M:%S} +0000",
            "In-Reply-To": mail["Message-ID"],
            "Message-ID": self.ids[-1] if again else f"<{next(_NUMBERS)}@home.example>",
        }
        self.ids.append(usual["Message-ID"])
        files = more.pop("files", [])
        for name, value in (usual | {name.replace("_", "-"): value for name, value in more.items()}).items():
            answer[name] = value
        quoted = "\n".join(
            f"> {line}".rstrip() for line in mail.get_body(("plain",)).get_content().splitlines()
        )
        answer.set_content(f"{text}\n\nOn 22 Nov 2026 at 09:00, {mail['From']} wrote:\n{quoted}\n")
        for kind, content in files:
            main, sub = kind.split("/")
            answer.add_attachment(content, maintype=main, subtype=sub, filename=f"file.{sub}")
        self.box.deliver(answer.as_bytes(), NOW)

    def write(self, subject: str, text: str, **headers: str) -> None:
        """Write to the mailbox as a customer does."""
        made = EmailMessage()
        usual = {
            "To": self.box.user,
            "Subject": subject,
            "Date": f"{NOW:%a, %d %b %Y %H:%M:%S} +0000",
            "Message-ID": f"<{next(_NUMBERS)}@home.example>",
        }
        for name, value in (
            usual | {name.replace("_", "-"): value for name, value in headers.items()}
        ).items():
            made[name] = value
        made.set_content(text)
        self.box.deliver(made.as_bytes(), NOW)

    def read(self) -> None:
        """Ask the mailbox for what is new, and let it be read."""
        from interlock.connectors.imap_mailbox import (
            connector,
        )  # Django must be set up before rooms are imported
        from interlock.fabric import work
        from interlock.listen import asking
        from interlock.listen.models import Source

        Source.objects.filter(pk=self.source.pk).update(ask_at=NOW)
        outside = asking.Outside(
            connectors={"imap": connector}, http=_no_way_out, now=lambda: NOW, sleep=lambda _: None,
            rng=random.Random(1), private_hosts=frozenset({"127.0.0.1"}),
        )  # fmt: skip
        outcome = asking.ask(source_id=self.source.pk, by="test", outside=outside)
        assert outcome.error == ""
        work.run_ready()


class _no_way_out:  # noqa: N801 - stands where a function is called
    def __enter__(self):
        return no_http

    def __exit__(self, *_):
        return None


@pytest.fixture
def desk(db, home, settings, box):
    """A connected mailbox that replies go to."""
    from interlock.connectors.imap_mailbox import connector  # see above
    from interlock.listen import live_sources

    settings.TIME_ZONE, settings.PAGES_URL = "UTC", "https://talk.example.com"
    settings.REPLY_ADDRESS = box.user
    with running_smtp(box.post) as port:
        settings.MAIL_SERVER = {
            "host": "127.0.0.1", "port": port, "security": "none", "user": "", "password": "", "sender": box.user,
        }  # fmt: skip
        made = live_sources.make_source(
            connector=connector, terms=live_sources.Terms("Service mailbox", 60), answers=box.answers, by=None, now=NOW
        )  # fmt: skip
        yield Desk(box, live_sources.resume_source(source=made, by=None, now=NOW))


def text_of(mail: Message) -> str:
    return mail.get_body(("plain",)).get_content().replace("\r\n", "\n")


def addresses_in(mail: Message) -> list[str]:
    """The reply addresses that stand in the text."""
    return re.findall(r"\S+\+re\.\S+", mail.get_body(("plain",)).get_content())
