"""Each says which mails they want; all mail stops by one POST of the link in a mail, without signing in."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from converse.conftest import NOW
from interlock.converse.models import NoticeChoice
from interlock.converse.notices import planning, stopping
from interlock.fabric import no_mail, work

pytestmark = pytest.mark.django_db


def test_a_mail_program_stops_all_mail_by_one_post(mixed, mails):
    planning.plan(now=NOW)
    work.run_ready()
    mail = next(mail for mail in mails if mail.to == mixed.customer.user.email)
    link = mail.stop.removeprefix("https://talk.example.com")
    program = Client(enforce_csrf_checks=True)

    assert mail.stop in mail.text
    assert program.get(link).status_code == 200
    assert no_mail.may_mail(mail.to)
    assert program.post(link, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert [no_mail.may_mail(one.to) for one in mails] == [one is not mail for one in mails]


def test_a_made_up_link_stops_nothing(client, mixed):
    link = stopping.address_of(mixed.customer).rpartition("/notices/stop/")[2].rstrip("/")
    others = f"{mixed.staff.pk}.{link.partition('.')[2]}"

    for made_up in (others, str(mixed.staff.pk), "x"):
        assert client.post(reverse("notices:stop", args=[made_up])).status_code == 404

    assert no_mail.may_mail(mixed.staff.user.email)


@pytest.mark.parametrize("role", ["lead", "customer"])
def test_each_chooses_for_themselves(signed_in, role):
    client = signed_in(role)
    url = reverse("notices:choices")

    refused = client.post(url, {"daily": "on", "hour": "7", "zone": "Mars/North"})
    kept = client.post(url, {"daily": "on", "hour": "7", "zone": "Europe/Berlin"})

    assert (refused.status_code, "There is no time zone Mars/North." in refused.text) == (422, True)
    assert kept.url == url
    assert list(NoticeChoice.objects.values_list("person", "daily", "at_once", "hour", "zone")) == [
        (client.person.pk, True, False, 7, "Europe/Berlin")
    ]
