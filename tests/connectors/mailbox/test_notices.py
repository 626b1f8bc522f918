"""A notice as a real SMTP server gets it."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import formataddr

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from interlock.connectors.imap_mailbox.notices import Note, PostOffice, post
from interlock.connectors.imap_mailbox.sending import named
from interlock.connectors.live import NotSent
from mailboxes import NOW

from .servers import Post, running_smtp


def sent(**more: str) -> bytes:
    """The bytes of a notice on their arrival."""
    box = Post()
    with running_smtp(box) as port:
        office = PostOffice("127.0.0.1", port, "none", "", "", "us@aldermoor.example")
        told = {
            "to": "maria@ortiz.example",
            "subject": "New lines",
            "text": "It is mended.\n",
            "reference": "notice-1",
        }
        note = Note(**(told | more))
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


BREAKS = ("\n", "\r", "\r\n ", "\x0b", "\x1c", "\x85", "\u2028", "\0")
ADDED = [f"Us{sign}Bcc: eve@example.com{sign}{sign}<b>Words</b>" for sign in BREAKS]
ENCODED = [
    "=?utf-8?q?Us=0D=0ABcc:_eve@example.com?=",
    "=?utf-8?b?VXMNCkJjYzogZXZlQGV4YW1wbGUuY29tDQoNCndvcmRz?=",
    "=?utf-8?q?Us?=\r\n =?utf-8?q?=0ABcc:_eve@example.com?=",
]
# Python 3.13.0 drops the quotes of a name where it encodes or folds, and what is in it becomes receivers of answers.
LISTS = [
    '"Us" <eve@example.com>, x',
    "Müller, Jörg <eve@example.com>, y",
    f"Aldermoor, {'Bikes and Cargo ' * 8}<eve@example.com>, of the East",
    "Us: eve@example.com;",
    "Ünder (eve@example.com) \\",
]


@pytest.fixture(scope="module")
def usual():
    return message_from_bytes(sent(stop=LINK, reply_to="answers@aldermoor.example"))


@pytest.mark.parametrize("attack", [*ADDED, *ENCODED, *LISTS, "Us" * 400])
def test_no_name_or_subject_adds_a_header_a_receiver_or_a_body(usual, attack):
    raw = sent(subject=attack, author=attack, stop=LINK, reply_to="answers@aldermoor.example")

    mail = message_from_bytes(raw)
    assert mail.keys() == usual.keys()
    assert [part.get_content_type() for part in mail.walk()] == [
        part.get_content_type() for part in usual.walk()
    ]
    assert mail.get_payload()[0].get_payload(decode=True) == b"It is mended.\r\n"
    assert (addresses(raw, "From"), addresses(raw, "Reply-To"), addresses(raw, "To")) == (
        ["us@aldermoor.example"], ["answers@aldermoor.example"], ["maria@ortiz.example"],
    )  # fmt: skip
    # What folds a header stands before a blank; what breaks it was written by somebody.
    lines = [
        re.sub(r"\r\n[ \t]", " ", str(make_header(decode_header(mail[name])))) for name in ("Subject", "From")
    ]
    assert [line for line in lines if re.search("[\0\r\n\x0b\x0c\x1c\x85\u2028\u2029]", line)] == []


def addresses(raw: bytes, name: str) -> list[str]:
    return [one.addr_spec for one in message_from_bytes(raw, policy=policy.default)[name].addresses]


@given(st.text(st.characters(codec="utf-8"), max_size=200))
@example("Müller, Jörg")
def test_any_name_stands_before_one_address(name):
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"] = named(name, "us@aldermoor.example")

    assert addresses(bytes(mail), "From") == ["us@aldermoor.example"]


def test_the_standard_library_alone_reads_names_as_receivers_and_subjects_as_lines():
    """The control of the two above."""
    mail = EmailMessage(policy=policy.SMTP)
    mail["Subject"], mail["From"] = ENCODED[1], formataddr((LISTS[2], "us@aldermoor.example"))

    assert "\r\nBcc: eve@example.com" in str(
        make_header(decode_header(message_from_bytes(bytes(mail))["Subject"]))
    )
    assert "eve@example.com" in addresses(bytes(mail), "From")


@pytest.mark.parametrize(
    "to", ["a@example.com\r\nBcc: eve@example.com", "a@example.com, eve@example.com", "a@b\n"]
)
def test_no_address_adds_a_receiver(to):
    office = PostOffice("127.0.0.1", 1, "none", "", "", "us@aldermoor.example")
    note = Note(to, "New lines", "It is mended.\n", "notice-1")

    with pytest.raises(NotSent, match="is no mail address"):
        post(office, note, now=NOW, wait=lambda _seconds: None)
