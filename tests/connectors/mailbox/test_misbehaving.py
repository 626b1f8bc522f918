"""Mail servers that lie, hang, break off or answer nonsense: said in words, in time, and nothing is lost."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from interlock.connectors.errors import ConnectorError
from interlock.connectors.imap_mailbox import client, connecting, connector
from interlock.connectors.live import Page, TryLater
from mailboxes import reach

from .servers import PASSWORD

Script = Callable[[str, bytes], bytes]


@contextlib.contextmanager
def scripted(
    script: Script, greeting: bytes = b"* OK ready\r\n", drip: float = 0.0
) -> Iterator[dict[str, str]]:
    """A server that answers each command as `script(tag, line)` says; empty bytes break the connection."""
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(0.05)
    stop = threading.Event()

    def serve() -> None:
        with contextlib.suppress(OSError), listening:
            while not stop.is_set():
                with contextlib.suppress(TimeoutError):
                    connection, _ = listening.accept()
                    with contextlib.suppress(OSError), connection:
                        _talk(connection, script, greeting, drip, stop)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield {
            "address": "service@aldermoor.example", "host": "127.0.0.1", "security": "none", "password": PASSWORD,
            "port": str(listening.getsockname()[1]), "days": "0",
        }  # fmt: skip
    finally:
        stop.set()
        thread.join(120)


def _talk(
    connection: socket.socket, script: Script, greeting: bytes, drip: float, stop: threading.Event
) -> None:
    connection.settimeout(5)
    connection.sendall(greeting)
    with connection.makefile("rb") as lines:
        for line in lines:
            tag = line.split(b" ", 1)[0].decode()
            answer = script(tag, line.strip())
            if not answer:
                return
            if not drip:
                connection.sendall(answer)
            for byte in answer if drip else b"":
                if stop.wait(drip):
                    return
                connection.sendall(bytes([byte]))


def usual(tag: str, line: bytes) -> bytes:
    """What a plain server says; tests change one command."""
    command = line.split(b" ", 2)[1].upper()
    ok = f"{tag} OK done\r\n".encode()
    if command == b"CAPABILITY":
        return b"* CAPABILITY IMAP4rev1\r\n" + ok
    if command == b"EXAMINE":
        return b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 10] x\r\n" + ok
    if b"SEARCH" in line:
        return b"* SEARCH 9\r\n" + ok
    if b"RFC822.SIZE" in line:
        return b'* 1 FETCH (UID 9 RFC822.SIZE 20 INTERNALDATE "02-Mar-2026 10:00:00 +0000")\r\n' + ok
    if command == b"LOGOUT":
        return b"* BYE\r\n" + ok
    return ok


def pages(answers: dict[str, str]) -> list[Page]:
    return list(connector.pages(answers, "", reach()))


def test_a_server_that_breaks_off_is_asked_again_later():
    def breaking(tag: str, line: bytes) -> bytes:
        return b"" if b"SEARCH" in line else usual(tag, line)

    with scripted(breaking) as answers, pytest.raises(TryLater, match="broke the connection"):
        pages(answers)


def test_something_that_is_no_mail_server_is_named():
    web = b"HTTP/1.1 400 Bad Request\r\n"
    with scripted(usual, greeting=web) as answers, pytest.raises(ConnectorError, match="HTTP"):
        connector.check(answers, reach())


def test_a_mail_announced_as_gigabytes_is_not_read():
    def huge(tag: str, line: bytes) -> bytes:
        return b"* 1 FETCH (UID 9 BODY[] {9999999999}\r\n" if b"BODY.PEEK" in line else usual(tag, line)

    with scripted(huge) as answers, pytest.raises(TryLater, match="9,999,999,999 bytes in one answer"):
        pages(answers)


def test_a_mail_that_the_server_cannot_hand_over_is_refused_and_the_others_read():
    def broken(tag: str, line: bytes) -> bytes:
        return f"{tag} NO mail is damaged\r\n".encode() if b"BODY.PEEK" in line else usual(tag, line)

    with scripted(broken) as answers:
        (page,) = pages(answers)

    assert page.rows == ()
    assert page.cursor == "7:9"
    assert [(row.place, row.reason) for row in page.refused] == [
        ("INBOX, mail 9", "The mail server could not hand this mail over. Look at it in the mailbox.")
    ]


def test_a_server_that_sends_a_byte_at_a_time_is_cut_off(monkeypatch):
    monkeypatch.setattr(
        client, "time_limit", lambda sock, server, seconds=0: connecting.time_limit(sock, server, 0.3)
    )
    started = time.monotonic()

    with scripted(usual, drip=0.2) as answers, pytest.raises(TryLater, match="took longer than"):
        pages(answers)
    assert time.monotonic() - started < 60  # of the whole answer hardly a line would have come


def test_a_server_that_lets_nobody_in_for_now_is_asked_again_later():
    def busy(tag: str, line: bytes) -> bytes:
        return f"{tag} NO [UNAVAILABLE] busy\r\n".encode() if b"LOGIN" in line else usual(tag, line)

    with scripted(busy) as answers, pytest.raises(TryLater, match="lets nobody in"):
        pages(answers)


def test_known_mails_named_again_by_a_range_turned_around_are_not_read_twice():
    def turned(tag: str, line: bytes) -> bytes:
        assert b"BODY.PEEK" not in line
        return usual(tag, line)

    with scripted(turned) as answers:
        assert list(connector.pages(answers, "7:9", reach())) == []


def test_a_host_that_does_not_answer_and_one_that_is_none():
    with pytest.raises(ConnectorError, match="does not answer on port 1"):
        connector.check(
            {"address": "a@b.example", "host": "127.0.0.1", "password": "x", "port": "1"}, reach()
        )
    with pytest.raises(ConnectorError, match="is no name of an IMAP server"):
        connector.check({"address": "a@b.example", "host": "imap example", "password": "x"}, reach())


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"address": "nobody"}, "The mail address is not one"),
        ({"password": ""}, "The password of a@b.example is missing"),
        ({"port": "70000"}, "IMAP port: write a whole number"),
        ({"security": "ssl3"}, "must be tls, starttls or none"),
        ({"kind": "return"}, "cannot be of the kind 'return'"),
        ({"password": "x\r\ny"}, "line break"),
        ({"smtp_host": "smtp host"}, "is no name of an SMTP server"),
    ],
)
def test_answers_that_cannot_be_are_named(wrong: dict[str, str], said: str):
    answers = {"address": "a@b.example", "host": "imap.b.example", "password": "x"}

    with pytest.raises(ConnectorError, match=said):
        connector.check(answers | wrong, reach())
