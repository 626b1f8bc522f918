"""A mailbox of its own for every test, on one Dovecot a run; a plugin, so that the tests of several folders share it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from itertools import count
from typing import Any

import pytest

from connectors.mailbox.servers import PASSWORD, Dovecot, Post, find_dovecot, running_dovecot, running_smtp
from interlock.connectors.imap_mailbox import connector
from interlock.connectors.live import Http, HttpReply, Incoming, NotTaken, Reach

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
_NUMBERS = count(1)


def no_http(*_: Any, **__: Any) -> HttpReply:
    raise AssertionError("a mailbox asks nothing over HTTP")


def reach(now: datetime = NOW, wait: Callable[[float], None] = lambda _: None) -> Reach:
    http: Http = no_http
    return Reach(http=http, now=lambda: now, wait=wait, private_hosts=frozenset({"127.0.0.1", "localhost"}))


def mail(text: str = "It is broken.", **headers: str) -> bytes:
    """A plain mail of today; headers with underscores for hyphens, an empty one is left away."""
    message = EmailMessage()
    usual = {
        "From": "Maria Ortiz <maria@ortiz.example>",
        "To": "service@aldermoor.example",
        "Subject": "Lamp",
        "Date": "Mon, 02 Mar 2026 10:00:00 +0100",
        "Message-ID": f"<{next(_NUMBERS)}@ortiz.example>",
    }
    for name, value in (usual | {name.replace("_", "-"): value for name, value in headers.items()}).items():
        if value:
            message[name] = value
    message.set_content(text)
    return message.as_bytes()


@dataclass
class Box:
    """One mailbox, its answers, and the SMTP server beside it."""

    dovecot: Dovecot
    user: str
    answers: dict[str, str]
    post: Post = field(default_factory=Post)

    def deliver(self, raw: bytes, at: datetime | None = NOW, **more: Any) -> None:
        self.dovecot.deliver(self.user, raw, at, **more)

    def pages(self, cursor: str = "", **changed: str) -> list[Any]:
        return list(connector.pages(self.answers | changed, cursor, reach()))

    def rows(self, cursor: str = "", **changed: str) -> list[Incoming]:
        return [row for page in self.pages(cursor, **changed) for row in page.rows]

    def refused(self) -> list[NotTaken]:
        return [row for page in self.pages() for row in page.refused]

    def flags(self) -> list[tuple[bytes, ...]]:
        client = self.dovecot.client(self.user)
        client.select_folder("INBOX", readonly=True)
        found = client.fetch(client.search("ALL"), ["FLAGS"])
        client.logout()
        return [facts[b"FLAGS"] for _, facts in sorted(found.items())]


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    if not find_dovecot():
        pytest.skip("Dovecot is not installed; on Debian or Ubuntu: apt-get install dovecot-imapd")
    with running_dovecot() as server:
        yield server


@pytest.fixture
def box(dovecot: Dovecot) -> Box:
    address = f"service{next(_NUMBERS)}@aldermoor.example"
    answers = {
        "address": address,
        "host": "127.0.0.1",
        "port": str(dovecot.port),
        "security": "none",
        "password": PASSWORD,
    }
    return Box(dovecot, address, answers)


@pytest.fixture
def answering(box: Box) -> Iterator[Box]:
    """The same with SMTP; mails to the own address arrive in the mailbox."""
    box.post.deliver = lambda address, raw: (
        box.dovecot.deliver(box.user, raw, NOW) if address == box.user else None
    )
    with running_smtp(box.post) as port:
        box.answers |= {"smtp_host": "127.0.0.1", "smtp_port": str(port), "smtp_security": "none"}
        yield box
