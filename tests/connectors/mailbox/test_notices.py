"""A notice as a real SMTP server gets it."""

from __future__ import annotations

from email import message_from_bytes

import pytest

from interlock.connectors.imap_mailbox.notices import Note, PostOffice, post

from .conftest import NOW
from .servers import Post, running_smtp


def sent(**more: str) -> bytes:
    """The bytes of a notice on their arrival."""
    box = Post()
    with running_smtp(box) as port:
        office = PostOffice("127.0.0.1", port, "none", "", "", "us@aldermoor.example")
        note = Note("maria@ortiz.example", "New lines", "It is mended.\n", "notice-1", **more)
        post(office, note, now=NOW, wait=lambda _seconds: None)
    return box.kept[0][1]


# Longer than the 78 letters at which lines of a header are folded.
LINK = "https://feedback.of.a.company.with.a.long.name.example/notices/stop/123456." + "a" * 43 + "/"


@pytest.mark.parametrize(
    ("link", "by_post"), [(LINK, "List-Unsubscribe=One-Click"), (LINK.replace("s:", ":"), None)]
)
def test_the_link_that_stops_mail_arrives_whole_and_by_post_only_over_https(link, by_post):
    raw = sent(stop=link)

    assert f"List-Unsubscribe: <{link}>\r\n".encode() in raw
    mail = message_from_bytes(raw)
    assert [mail[name] for name in ("List-Unsubscribe-Post", "List-Id", "Precedence", "Auto-Submitted")] == [
        by_post,
        "<notices.aldermoor.example>",
        "bulk",
        "auto-generated",
    ]


def test_a_notice_that_nobody_can_stop_names_no_list():
    mail = message_from_bytes(sent())

    assert [name for name in mail if name.startswith(("List", "Precedence"))] == []


def test_a_notice_is_its_plain_words_and_the_same_as_html():
    mail = message_from_bytes(sent())

    plain, html = mail.get_payload()
    assert mail.get_content_type() == "multipart/alternative"
    assert [one.get_content_type() for one in (plain, html)] == ["text/plain", "text/html"]
    assert plain.get_payload(decode=True) == b"It is mended.\r\n"
    assert b">It is mended.</p>" in html.get_payload(decode=True)
