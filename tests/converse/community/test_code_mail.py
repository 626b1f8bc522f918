"""The mail with the code, through a real SMTP server."""

from __future__ import annotations

import email
import re

import pytest
from django.urls import reverse

from connectors.mailbox.servers import Post, running_smtp
from interlock.converse.community import entering
from interlock.converse.models import Entry
from interlock.fabric import work
from interlock.fabric.models import Person

pytestmark = pytest.mark.django_db


def office(port: int) -> dict[str, object]:
    return {
        "host": "127.0.0.1", "port": port, "security": "none", "user": "", "password": "",
        "sender": "riders@aldermoor.example",
    }  # fmt: skip


def test_a_code_goes_out_and_lets_its_reader_in(client, board, settings):
    post = Post()
    with running_smtp(post, auth_require_tls=False) as port:
        settings.MAIL_SERVER = office(port)
        client.post(reverse("community:enter"), {"name": "Marta Hagen", "address": "marta@example.com"})
        entering.send_code.call(Entry.objects.get().pk)

    ((receivers, raw),) = post.kept
    mail = email.message_from_bytes(raw)
    assert receivers == ["marta@example.com"]
    assert (mail["From"], mail["Subject"]) == (
        "Aldermoor Riders <riders@aldermoor.example>", "Aldermoor Riders: your code",
    )  # fmt: skip
    assert "Interlock" not in raw.decode()
    code = re.search(r"\b\d{6}\b", mail.get_payload(0).get_payload())[0]
    client.post(reverse("community:code"), {"code": code})
    assert Person.objects.get().user.email == "marta@example.com"


def test_an_address_that_the_server_refuses_is_given_up_without_naming_it(client, board, settings):
    with running_smtp(Post(refuse_receiver="marta@example.com|550 no such user")) as port:
        settings.MAIL_SERVER = office(port)
        client.post(reverse("community:enter"), {"name": "Marta Hagen", "address": "marta@example.com"})

        with pytest.raises(work.GiveUp) as refused:
            entering.send_code.call(Entry.objects.get().pk)

    assert "marta" not in str(refused.value)
