"""An answer goes out once, from the mailbox's address with a person's name, whatever the mail server does."""

from __future__ import annotations

import ssl
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.header import decode_header, make_header

import pytest

from interlock.connectors.imap_mailbox import connecting, connector, sending
from interlock.connectors.live import Interrupted, Letter, NotSent, PerhapsSent, Route, Sent
from mailboxes import NOW, Box, mail, reach

from .servers import make_certificate, running_smtp

REFERENCE = "0b5e7a52-3d0f-4c37-9f6e-7a2f3ffcf2a1"
LETTER = Letter(REFERENCE, "Jörg Klein", "Guten Tag,\n\nSie bekommen eine neue Lampe.\n.\nJörg", "Lamp", NOW)
ROUTE = Route(
    "maria@ortiz.example", "1@ortiz.example", {"references": "<1@ortiz.example> <2@ortiz.example>", "subject": "Re: Lamp"}
)  # fmt: skip
ID = f"<{REFERENCE}@aldermoor.example>"


def send(box: Box, letter: Letter = LETTER, route: Route = ROUTE) -> Sent:
    return connector.send(box.answers, route, letter, reach())


def find(box: Box, after: timedelta = timedelta(hours=1), letter: Letter = LETTER) -> Sent | None:
    return connector.find(box.answers, ROUTE, letter, reach(NOW + after))


def header(raw: bytes, name: str) -> str:
    return str(make_header(decode_header(message_from_bytes(raw)[name])))


def test_an_answer_carries_name_talk_and_text(answering: Box):
    assert send(answering) == Sent(foreign_id=ID)

    ((receivers, raw),) = answering.post.kept
    message = message_from_bytes(raw)
    assert receivers == [answering.user, "maria@ortiz.example"]
    assert header(raw, "From") == f"Jörg Klein <{answering.user}>"
    assert message["To"] == "maria@ortiz.example"
    assert message["Subject"] == "Re: Lamp"
    assert message["Message-ID"] == ID
    assert message["In-Reply-To"] == "<2@ortiz.example>"
    assert message["References"].split() == ["<1@ortiz.example>", "<2@ortiz.example>"]
    assert message["Bcc"] is None
    assert message["Auto-Submitted"] is None
    assert message.get_content_type() == "multipart/alternative"
    assert plain_text(raw).strip() == LETTER.text
    html = message_from_bytes(raw, policy=policy.default).get_body(("html",))
    assert html is not None
    assert "<title>Re: Lamp</title>" in html.get_content()


def plain_text(raw: bytes) -> str:
    body = message_from_bytes(raw, policy=policy.default).get_body(("plain",))
    assert body is not None
    return body.get_content().replace("\r\n", "\n")


def test_the_copy_proves_the_sending_and_is_not_read_as_a_signal(answering: Box):
    answering.deliver(mail("a customer's"))
    send(answering)

    assert find(answering, timedelta(0)) == Sent(foreign_id=ID)
    assert [row.row["body"] for row in answering.rows()] == ["a customer's"]
    assert answering.refused() == []


def test_a_letter_that_was_not_sent_is_surely_absent_once_its_copy_had_time(answering: Box):
    assert find(answering, timedelta(minutes=2)) is None
    with pytest.raises(PerhapsSent, match="may still be on its way"):
        find(answering, timedelta(minutes=1))
    with pytest.raises(PerhapsSent):
        find(answering, letter=replace(LETTER, tried_at=None))


@pytest.mark.parametrize("wrong", [{"port": "1"}, {"password": "hunter2"}, {"folder": "Nowhere"}])
def test_a_mailbox_that_cannot_be_looked_into_proves_nothing(answering: Box, wrong: dict[str, str]):
    answering.answers |= wrong

    with pytest.raises(PerhapsSent, match="Nobody can look for the copy"):
        find(answering)


def test_a_sending_that_took_too_long_is_broken_off_before_the_mail_is_handed_over(answering: Box):
    def too_late(seconds: float) -> None:
        raise Interrupted("out of time")

    with pytest.raises(NotSent, match="out of time"):
        connector.send(answering.answers, ROUTE, LETTER, reach(wait=too_late))
    assert answering.post.kept == []


def test_without_copies_nobody_can_tell(answering: Box):
    answering.answers["copy"] = "no"
    send(answering)

    assert answering.post.kept[0][0] == ["maria@ortiz.example"]
    with pytest.raises(PerhapsSent, match="No copies"):
        find(answering)


def test_an_answer_kept_in_the_folder_of_sent_mails_is_found(answering: Box):
    answering.answers["copy"] = "no"
    answering.deliver(mail(Message_ID=ID), folder="Sent")

    assert find(answering) == Sent(foreign_id=ID)


def test_a_server_that_dies_after_the_dot_leaves_a_doubt_that_the_copy_settles(answering: Box):
    answering.post.die_at = "dot"

    with pytest.raises(PerhapsSent, match="after it had the whole mail"):
        send(answering)
    assert find(answering) == Sent(foreign_id=ID)


def test_a_server_that_dies_before_it_keeps_the_answer_leaves_a_doubt_settled_by_time(answering: Box):
    answering.post.die_at = "before"

    with pytest.raises(PerhapsSent):
        send(answering)
    assert find(answering) is None


@pytest.mark.parametrize(("code", "for_good"), [("550 no such user", True), ("451 try later", False)])
def test_a_refused_customer_is_surely_not_answered(answering: Box, code: str, for_good: bool):
    answering.post.refuse_receiver = f"maria@ortiz.example|{code}"

    with pytest.raises(NotSent, match=f"refused the receiver's address \\({code}\\)") as caught:
        send(answering)
    assert caught.value.for_good is for_good
    assert answering.post.kept == []


@pytest.mark.parametrize(("code", "for_good"), [("554 looks like spam", True), ("452 disk full", False)])
def test_a_refused_mail_is_surely_not_sent(answering: Box, code: str, for_good: bool):
    answering.post.refuse_mail = code

    with pytest.raises(NotSent, match=code) as caught:
        send(answering)
    assert caught.value.for_good is for_good


def test_a_server_that_is_away_or_slow_has_surely_not_got_it(answering: Box, monkeypatch):
    with pytest.raises(NotSent, match="does not answer on port 1"):
        connector.send(answering.answers | {"smtp_port": "1"}, ROUTE, LETTER, reach())

    async def slow(*_: object) -> str:
        import asyncio

        await asyncio.sleep(1.0)
        return "250 OK"

    monkeypatch.setattr(type(answering.post), "handle_MAIL", slow, raising=False)
    monkeypatch.setattr(sending, "time_limit", lambda c, s, seconds=0: connecting.time_limit(c, s, 0.2))
    with pytest.raises(NotSent, match="took longer than"):
        send(answering)
    assert answering.post.kept == []


def test_a_mailbox_without_smtp_leaves_the_answer_to_hands(box: Box):
    with pytest.raises(NotSent, match="by hand") as caught:
        send(box)
    assert caught.value.for_good


@pytest.mark.parametrize(
    ("letter", "route"),
    [
        (replace(LETTER, author="Eve\r\nBcc: all@example.org"), ROUTE),
        (
            LETTER,
            replace(ROUTE, detail={"subject": "Lamp\r\nBcc: all@example.org\r\n\r\nhello", "references": ""}),
        ),
        (LETTER, replace(ROUTE, detail={"subject": "Lamp", "references": "<a@b>\r\nBcc: <all@example.org>"})),
    ],
)
def test_no_name_subject_or_id_adds_a_header(answering: Box, letter: Letter, route: Route):
    send(answering, letter, route)

    ((receivers, raw),) = answering.post.kept
    assert receivers == [answering.user, "maria@ortiz.example"]
    assert message_from_bytes(raw)["Bcc"] is None
    assert "all@example.org" not in receivers


@pytest.mark.parametrize(
    "address", ["maria@ortiz.example, all@example.org", "maria@ortiz.example\r\nRCPT TO:<x@y.example>", "", "maria", "<a@b>"]
)  # fmt: skip
def test_what_is_no_address_is_never_written_to(answering: Box, address: str):
    with pytest.raises(NotSent, match="is not one") as caught:
        send(answering, route=replace(ROUTE, address=address))
    assert caught.value.for_good
    assert answering.post.kept == []


def test_lines_of_a_single_dot_do_not_end_the_mail(answering: Box):
    send(answering, replace(LETTER, text=".\n..\nRCPT TO:<x@y.example>\n.\nend"))

    ((_, raw),) = answering.post.kept
    assert plain_text(raw).split() == [".", "..", "RCPT", "TO:<x@y.example>", ".", "end"]


def test_answers_go_out_over_starttls_with_a_checked_certificate(answering: Box, monkeypatch, tmp_path):
    certificate, key = make_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    needed = {"require_starttls": True, "auth_required": True, "auth_require_tls": True}
    with running_smtp(answering.post, tls_context=context, **needed) as port:
        answering.answers |= {"smtp_host": "localhost", "smtp_port": str(port), "smtp_security": "starttls"}

        with pytest.raises(NotSent, match="certificate of localhost is not valid"):
            send(answering)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

        assert send(answering) == Sent(foreign_id=ID)
        with pytest.raises(NotSent, match="user name or password are refused"):
            connector.send(answering.answers | {"smtp_password": "wrong"}, ROUTE, LETTER, reach())
    assert len(answering.post.kept) == 1


def test_checking_looks_at_both_servers(answering: Box):
    assert connector.check(answering.answers, reach()) == (
        f"INBOX of {answering.user} holds 0 mails. Answers go out through 127.0.0.1."
    )
