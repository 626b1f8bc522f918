"""Which mails answer ours, what they say, and whether the own mail server vouches for their authors."""

from __future__ import annotations

from email import message_from_string

import pytest

from interlock.connectors.mail.mail_reply import read_mail_reply
from interlock.connectors.mail.proof import doubt
from interlock.connectors.mail.return_address import return_address, token_in
from mailboxes import mail

HERE = "service@aldermoor.example"
BACK = return_address(HERE, "t12s.3.abc")


@pytest.mark.parametrize(
    "headers",
    [
        {"To": BACK},
        {"To": f"Anna <anna@other.example>, Aldermoor <{BACK.upper()}>"},
        {"To": HERE, "Delivered_To": BACK},
        {"To": HERE, "Cc": BACK},
        {"To": HERE, "X_Original_To": BACK},
    ],
)
def test_the_token_is_found_wherever_a_mail_says_to_whom_it_went(headers):
    assert token_in(mail(**headers), HERE) == "t12s.3.abc"


@pytest.mark.parametrize(
    "to",
    [
        HERE,
        "service+shop@aldermoor.example",
        "service+re.t12s.3.abc@evil.example",
        "service+re.t12s.3.abc@aldermoor.example.evil.example",
        "xservice+re.t12s.3.abc@aldermoor.example",
        f"service+re.{'a' * 61}@aldermoor.example",
        "service+re.<script>@aldermoor.example",
    ],
)
def test_other_addresses_are_none_of_ours(to):
    assert token_in(mail(To=to), HERE) == ""


def test_a_token_in_the_text_is_none():
    assert token_in(mail(f"To: {BACK}\n"), HERE) == ""


@pytest.mark.parametrize(
    ("results", "said"),
    [
        ([], ""),
        (["mx.house.example; none"], ""),
        (["mx.house.example; dkim=none; spf=none"], ""),
        (["mx.house.example; dmarc=pass header.from=ortiz.example"], ""),
        (["mx.house.example; dmarc=fail; dkim=pass header.d=ortiz.example"], "DMARC"),
        (["mx.house.example; dkim=pass header.d=ortiz.example"], ""),
        (["mx.house.example; dkim=pass (2048-bit; dmarc=fail) header.i=@mail.ortiz.example"], ""),
        (["mx.house.example; spf=pass smtp.mailfrom=maria@ortiz.example; dkim=fail"], ""),
        (["mx.house.example; dkim=pass header.d=evil.example"], "DKIM"),
        # What a sender chose stands in quotes, or is about the second author of a mail.
        (['mx.house.example; spf=pass smtp.mailfrom="x; dmarc=pass "@evil.example'], "DKIM"),
        (["mx.house.example; dmarc=pass header.from=evil.example"], "DKIM"),
        (["mx.house.example; dmarc=fail", "mx.house.example; dmarc=pass"], "DMARC"),
        (["mx.house.example; spf=softfail smtp.mailfrom=ortiz.example"], "DKIM"),
        (["mx.house.example; dkim=pass header.d=example"], "DKIM"),
        # One server may write a header for each method; what a stranger's mail brought along stands below them.
        (
            [
                "mx.house.example; spf=fail smtp.mailfrom=x",
                "mx.house.example; dkim=pass header.d=ortiz.example",
            ],
            "",
        ),
        (["mx.house.example; spf=fail smtp.mailfrom=ortiz.example", "evil.example; dmarc=pass"], "DKIM"),
    ],
)
def test_the_own_server_is_believed_about_authors_and_nobody_else_is(results, said):
    headers = "".join(f"Authentication-Results: {one}\n" for one in results)
    message = message_from_string(f"{headers}From: maria@ortiz.example\n\nHello")

    assert (doubt(message, "maria@ortiz.example") == "") == (said == "")
    assert said in doubt(message, "maria@ortiz.example")


def test_the_author_is_from_whatever_other_headers_say():
    reply = read_mail_reply(mail("Yes.", Reply_To="eve@evil.example", Sender="eve@evil.example"))

    assert (reply.author, reply.words) == ("maria@ortiz.example", "Yes.")


@pytest.mark.parametrize(
    "raw", [b"", b"\xff\xfe", b"From: <\n\n", b"Content-Type: multipart/mixed\n\n--x\n" * 90]
)
def test_no_bytes_break_the_reader(raw):
    assert read_mail_reply(raw).author == ""


def test_a_reply_of_nothing_but_quotes_says_nothing():
    assert (
        read_mail_reply(mail("On Monday 2 March 2026 at 10:00 us@x.example wrote:\n> Hello\n> there\n")).words
        == ""
    )
