"""Mail archives become signals: one a mail, the customer's words only, no address, the same keys as the mailbox's."""

from __future__ import annotations

from typing import Any

import pytest

from interlock.connectors import open_source
from interlock.connectors.errors import SourceRefused
from interlock.connectors.mail import read_mail
from interlock.connectors.readers import mbox

from .conftest import NOW, all_chunks, rows_of

FIRST = """\
From: Maria Ortiz <maria@ortiz.example>
To: service@aldermoor.example
Subject: Re: Lamp
Date: Fri, 20 Feb 2026 10:00:00 +0100
Message-ID: <1@ortiz.example>

It is broken.
>From the start, in fact.

Regards,
Maria

> On 19 Feb 2026, at 10:00, Tom <service@aldermoor.example> wrote:
>
> How is the lamp?
"""
ROBOT = """\
From: robot@shop.example
Subject: Receipt
Date: Fri, 20 Feb 2026 11:00:00 +0100
Message-ID: <2@shop.example>
Auto-Submitted: auto-generated

Thank you.
"""
OWN = """\
From: service@aldermoor.example
Subject: Re: Lamp
Date: Fri, 20 Feb 2026 12:00:00 +0100
Message-ID: <3@aldermoor.example>
X-Gmail-Labels: =?UTF-8?Q?Sent,Opened?=

We send a new one.
"""


def archive(*mails: str) -> bytes:
    return "".join(f"From - Fri Feb 20 10:00:00 2026\n{mail}\n" for mail in mails).encode()


def signals(path: Any) -> list[dict[str, Any]]:
    return rows_of(all_chunks(path), "signals").to_pylist()


def test_an_archive_is_recognised_and_its_mails_become_signals(write):
    path = write("Inbox.mbox", archive(FIRST, ROBOT, OWN))

    with open_source(path, now=NOW) as source:
        assert source.propose().name == "mbox"
    chunks = all_chunks(path)
    (row,) = rows_of(chunks, "signals").to_pylist()

    assert (row["kind"], row["channel"], row["title"]) == ("ticket", "mail", "Lamp")
    assert row["body"] == "It is broken.\nFrom the start, in fact."
    assert str(row["occurred_at"]) == "2026-02-20 09:00:00"
    assert [(left.reason, left.rows) for chunk in chunks for left in chunk.left_out] == [
        ("automatic messages", 1),
        ("sent from the mailbox, drafts, spam", 1),
    ]
    assert "ortiz" not in str([chunk.rows.to_pylist() for chunk in chunks])


def test_keys_are_those_of_the_mailbox(write):
    (row,) = signals(write("Inbox.mbox", archive(FIRST)))
    mail = read_mail(FIRST.replace("\n", "\r\n").encode())

    assert row["signal_id"] == f"mail:{mail.key}"
    assert row["contact_id"] == mail.contact


def test_a_mail_longer_than_ten_megabytes_is_read_in_part_and_the_next_whole(write, monkeypatch):
    monkeypatch.setattr(mbox, "LONGEST_MAIL", 2_000)
    long = FIRST.replace("1@ortiz", "long@ortiz").replace("It is broken.", "It is broken.\n\n" + "x " * 2_000)

    rows = signals(write("Inbox.mbox", archive(long, FIRST)))

    assert len(rows) == 2
    assert rows[1]["body"] == "It is broken.\nFrom the start, in fact."


def test_lines_that_only_look_like_a_start_do_not_cut_a_mail(write):
    text = FIRST.replace(">From the start, in fact.", "From here on nothing works.")

    (row,) = signals(write("Inbox.mbox", archive(text)))

    assert row["body"] == "It is broken.\nFrom here on nothing works."


@pytest.mark.parametrize(
    "content", [b"Subject: none\n\nx", b"\x00\x01" * 500, b"<html><body>Sign in</body></html>"]
)
def test_what_is_no_archive_is_refused_with_a_reason(write, content):
    with (
        pytest.raises(SourceRefused, match="is no mail archive"),
        open_source(write("Inbox.mbox", content)) as source,
    ):
        source.propose()


def test_a_mail_without_anything_is_refused_and_counted(write):
    chunks = all_chunks(write("Inbox.mbox", archive(FIRST, "X-Odd: 1\n\n")))

    (refusal,) = [refusal for chunk in chunks for refusal in chunk.refusals]
    assert refusal.reason == "no mail: it has no date, subject or text"
    assert rows_of(chunks, "signals").num_rows == 1
