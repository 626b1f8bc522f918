"""A mailbox on a real Dovecot is read whole, once, in order, and without leaving a trace in it."""

from __future__ import annotations

import ssl
from datetime import timedelta

import pytest

from interlock.connectors.errors import ConnectorError
from interlock.connectors.imap_mailbox import connector, reading
from interlock.connectors.live import AnsweringConnector, LiveConnector, Route, Unauthorised
from interlock.connectors.mail import contact_key
from mailboxes import NOW, Box, mail, reach

MARIA = contact_key("maria@ortiz.example")


def test_it_is_a_connector_that_can_answer():
    assert isinstance(connector, LiveConnector)
    assert isinstance(connector, AnsweringConnector)


def test_a_mail_becomes_a_signal_and_a_route_that_keeps_the_address_apart(box: Box):
    box.deliver(mail("The red lamp is broken.\n\nRegards,\nMaria", Message_ID="<a@ortiz.example>"))

    (row,) = box.rows()

    assert row.row == {
        "signal_id": row.row["signal_id"],
        "kind": "ticket",
        "occurred_at": "2026-03-02T09:00:00+00:00",
        "contact_id": MARIA,
        "channel": "mail",
        "title": "Lamp",
        "body": "The red lamp is broken.",
    }
    assert row.row["signal_id"].startswith("mail:")
    assert row.place == "INBOX, mail 1"
    assert row.route == Route(
        "maria@ortiz.example", "a@ortiz.example", {"references": "<a@ortiz.example>", "subject": "Lamp"}
    )
    assert "ortiz" not in str(row.row)


def test_reading_marks_nothing(box: Box):
    box.deliver(mail())
    box.deliver(mail(), flags=(rb"\Flagged",))
    before = box.flags()

    assert len(box.rows()) == 2
    # The server's own mark of what is new goes with the first look at a folder, also with ours for this test.
    assert [set(flags) - {rb"\Recent"} for flags in box.flags()] == [set(), {rb"\Flagged"}]
    assert [rb"\Seen" in flags for flags in before] == [False, False]


def test_the_second_asking_brings_only_what_is_new(box: Box):
    box.deliver(mail("one"))
    box.deliver(mail("two"))
    (page,) = box.pages()
    box.deliver(mail("three"))

    again = box.pages(page.cursor)

    assert [row.row["body"] for row in page.rows] == ["one", "two"]
    assert [row.row["body"] for one in again for row in one.rows] == ["three"]
    assert box.pages(again[-1].cursor) == []


def test_pages_of_fifty_go_on_where_the_last_one_ended(box: Box):
    client = box.dovecot.client(box.user)
    for number in range(120):
        client.append("INBOX", mail(f"mail {number}").replace(b"\n", b"\r\n"), (), NOW)
    client.logout()

    pages = box.pages()
    rest = box.pages(pages[0].cursor)

    assert [len(page.rows) for page in pages] == [50, 50, 20]
    assert [row.row["body"] for page in pages for row in page.rows] == [f"mail {n}" for n in range(120)]
    assert [page.rows for page in rest] == [page.rows for page in pages[1:]]


def test_a_mailbox_numbered_anew_is_read_again_with_the_same_keys(box: Box):
    raw = mail("once")
    box.deliver(raw, folder="Service")
    first = box.pages(folder="Service")
    client = box.dovecot.client(box.user)
    client.delete_folder("Service")
    client.logout()
    box.deliver(mail("before it"), folder="Service")
    box.deliver(raw, folder="Service")

    second = box.rows(first[-1].cursor, folder="Service")

    assert [row.row["body"] for row in second] == ["before it", "once"]
    assert second[1].row["signal_id"] == first[0].rows[0].row["signal_id"]


def test_the_first_asking_looks_back_only_so_many_days(box: Box):
    box.deliver(mail("old", Date="Wed, 10 Dec 2025 10:00:00 +0000"), at=NOW - timedelta(days=82))
    box.deliver(mail("new"))

    assert [row.row["body"] for row in box.rows()] == ["new"]
    assert [row.row["body"] for row in box.rows(days="0")] == ["old", "new"]
    assert [row.row["body"] for row in box.rows(days="90")] == ["old", "new"]


def test_an_empty_mailbox_is_remembered_as_read(box: Box):
    box.deliver(mail("old", Date="Wed, 10 Dec 2025 10:00:00 +0000"), at=NOW - timedelta(days=82))

    (page,) = box.pages()

    assert page.rows == ()
    assert box.pages(page.cursor) == []


def test_a_talk_is_known_by_its_first_mail(box: Box):
    box.deliver(mail("first", Message_ID="<1@x>"))
    box.deliver(mail("second", Message_ID="<3@x>", References="<1@x> <2@x>", In_Reply_To="<2@x>"))
    box.deliver(mail("third", Message_ID="<4@x>", In_Reply_To="<1@x>"))

    rows = box.rows()

    assert [row.route.thread for row in rows if row.route] == ["1@x", "1@x", "1@x"]
    assert rows[1].route
    assert rows[1].route.detail["references"] == "<1@x> <2@x> <3@x>"


@pytest.mark.parametrize(
    ("date", "occurred", "note"),
    [
        ("Mon, 02 Mar 2026 08:00:00 +0000", "2026-03-02T08:00:00+00:00", ""),
        ("Sun, 02 Mar 2036 08:00:00 +0000", "2026-03-02T12:00:00+00:00", "dated 2036-03-02 08:00"),
        ("Thu, 01 Jan 1970 00:00:00 +0000", "2026-03-02T12:00:00+00:00", "dated 1970-01-01 00:00"),
        ("yesterday at noon", "2026-03-02T12:00:00+00:00", "no valid date"),
        ("", "2026-03-02T12:00:00+00:00", "no valid date"),
        ("Mon, 99 Mar 2026 99:00:00 +9999", "2026-03-02T12:00:00+00:00", "no valid date"),
    ],
)
def test_a_clock_that_is_wrong_gives_way_to_the_servers(box: Box, date: str, occurred: str, note: str):
    box.deliver(mail(Date=date))

    (row,) = box.rows()

    assert row.row["occurred_at"] == occurred
    assert note in row.place


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"Auto_Submitted": "auto-replied"}, "automatic message: marked auto-replied"),
        ({"Precedence": "bulk"}, "automatic message: sent as bulk"),
        ({"List_Id": "<news.example.org>"}, "automatic message: from a mailing list"),
        ({"X_Autoreply": "yes"}, "automatic message: an automatic reply"),
        ({"X_Auto_Response_Suppress": "All"}, "automatic message: asks for no automatic reply"),
        ({"From": "MAILER-DAEMON@mx.example"}, "automatic message: from a mail server"),
        ({"Return_Path": "<>"}, "automatic message: from a mail server"),
    ],
)
def test_automatic_messages_are_left_out_with_the_reason(box: Box, headers: dict[str, str], reason: str):
    box.deliver(mail(**headers))
    box.deliver(mail("from a person", Auto_Submitted="no"))

    assert [row.reason for row in box.refused()] == [reason]
    assert [row.row["body"] for row in box.rows()] == ["from a person"]


def test_a_bounce_is_left_out(box: Box):
    box.deliver(
        b"From: Mail System <mx@example.org>\nSubject: Undelivered\nMessage-ID: <b@x>\nDate: Mon, 02 Mar 2026 10:00:00 +0000\n"
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=B\n\n--B\n\nsorry\n--B\n"
        b"Content-Type: message/delivery-status\n\nAction: failed\n\n--B--\n"
    )

    assert [row.reason for row in box.refused()] == ["automatic message: a delivery report"]


def test_mails_of_the_mailbox_itself_are_no_customers_words(box: Box):
    own = {"From": f"Tom <{box.user}>"}
    ours = "<5d0ae7fd-4ea2-4f2b-9f10-6a5e5a1bb3f6@aldermoor.example>"
    box.deliver(mail(Message_ID=ours, **own))
    box.deliver(mail(**own))
    box.deliver(mail("through the form", Reply_To="maria@ortiz.example", **own))

    assert [row.reason for row in box.refused()] == ["written from this mailbox itself"]
    assert [(row.row["body"], row.row["contact_id"]) for row in box.rows()] == [("through the form", MARIA)]


def test_spam_and_other_folders_are_not_read(box: Box):
    box.deliver(mail("spam"), folder="Junk")
    box.deliver(mail("sent"), folder="Sent")
    box.deliver(mail("inbox"))

    assert [row.row["body"] for row in box.rows()] == ["inbox"]


def test_a_mail_of_eleven_megabytes_is_read_in_part(box: Box):
    attachment = b"A" * 76 + b"\n"
    box.deliver(
        b"From: maria@ortiz.example\nSubject: Log\nMessage-ID: <big@x>\nDate: Mon, 02 Mar 2026 10:00:00 +0000\n"
        b"Content-Type: multipart/mixed; boundary=B\n\n--B\nContent-Type: text/plain\n\nSee the log.\n\n--B\n"
        b"Content-Type: application/zip; name=log.zip\nContent-Transfer-Encoding: base64\n\n"
        + attachment * 150_000
        + b"--B--\n"
    )
    box.deliver(mail("after it"))

    big, after = box.rows()

    assert big.row["body"] == "See the log."
    assert (
        big.place == "INBOX, mail 1; 1 attachment left out; longer than 10 MB: only the first text was read"
    )
    assert after.row["body"] == "after it"


def test_a_mail_deleted_between_listing_and_reading_costs_nothing(box: Box, monkeypatch):
    box.deliver(mail("one"))
    box.deliver(mail("two"))
    monkeypatch.setattr(reading, "_windows", lambda *_: iter([[1, 2, 7]]))

    assert [row.row["body"] for row in box.rows()] == ["one", "two"]


def test_a_stop_ends_the_asking_between_two_pages(box: Box):
    client = box.dovecot.client(box.user)
    for _ in range(60):
        client.append("INBOX", mail().replace(b"\n", b"\r\n"), (), NOW)
    client.logout()
    pages = connector.pages(box.answers, "", reach())

    assert len(next(pages).rows) == 50
    pages.close()


def test_checking_says_how_many_mails_there_are(box: Box):
    box.deliver(mail())

    said = connector.check(box.answers, reach())

    assert said == (
        f"INBOX of {box.user} holds 1 mails. Answers are sent by hand, for no SMTP server is given."
    )


def test_a_wrong_password_is_said_without_it(box: Box):
    with pytest.raises(Unauthorised) as caught:
        connector.check(box.answers | {"password": "hunter2"}, reach())

    assert str(caught.value) == (
        f"127.0.0.1 refused the user name or password of {box.user}. Enter it again; many providers want an app "
        "password. Nothing was read."
    )


def test_a_missing_folder_is_said_with_those_there_are(box: Box):
    with pytest.raises(ConnectorError, match=r"There is no folder 'Nowhere'. There are: INBOX, Junk, Sent"):
        connector.check(box.answers | {"folder": "Nowhere"}, reach())


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_tls_is_used_and_the_certificate_checked(box: Box, monkeypatch, security: str):
    box.deliver(mail("over TLS"))
    port = box.dovecot.tls_port if security == "tls" else box.dovecot.port
    secured = {"security": security, "port": str(port), "host": "localhost"}

    with pytest.raises(ConnectorError, match="The certificate of localhost is not valid"):
        connector.check(box.answers | secured, reach())
    monkeypatch.setenv("SSL_CERT_FILE", str(box.dovecot.certificate))

    assert [row.row["body"] for row in box.rows(**secured)] == ["over TLS"]


def test_a_password_never_goes_unencrypted_over_the_internet(box: Box, monkeypatch):
    from interlock.connectors.imap_mailbox import connecting

    monkeypatch.setattr(connecting, "system_resolve", lambda *_: ["93.184.216.34"])

    with pytest.raises(ConnectorError, match="unencrypted over the internet"):
        connector.check(box.answers | {"host": "mail.example.org"}, reach())


@pytest.mark.parametrize("address", ["169.254.169.254", "::ffff:169.254.169.254", "fd00:ec2::254", "0.0.0.0"])
def test_the_machines_own_credentials_are_never_asked_for(box: Box, monkeypatch, address: str):
    from interlock.connectors.imap_mailbox import connecting

    monkeypatch.setattr(connecting, "system_resolve", lambda *_: [address])

    with pytest.raises(ConnectorError, match="which is never connected to"):
        connector.check(box.answers | {"host": "mail.example.org"}, reach())


def test_tls_needs_no_less_than_its_second_last_version():
    from interlock.connectors.imap_mailbox.connecting import tls_context

    assert tls_context().minimum_version >= ssl.TLSVersion.TLSv1_2
