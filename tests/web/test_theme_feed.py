"""The feed of a theme: for colleagues, at the secret address of their calendar, with personal data masked."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from interlock.converse.models import NoticeChoice
from interlock.converse.notices import calendar
from interlock.listen.themes import deciding, editing
from listen.themed import direction, joined, theme
from listen.waiting import NOON, source

pytestmark = pytest.mark.django_db
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def fee(db):
    made, shop = theme("The new fee", direction(1)), source()
    for number, words in enumerate(["Why a fee? Write to ana@example.com", "A fee\x0b again, <b>you</b>"]):
        joined(made, direction(9, 1, number), words, by=f"a{number}", source=shop, at=NOON, kind="complaint")
    return made


def secret(person) -> str:
    calendar.change_address(person=person, on=True)
    return calendar.signed_for(person)


def address(theme, signed: str) -> str:
    return reverse("web:theme_feed", args=[theme.key, signed])


def entries(answer) -> dict[str, str]:
    found = ET.fromstring(answer.content).iter(f"{ATOM}entry")
    return {one.findtext(f"{ATOM}title"): one.findtext(f"{ATOM}summary") or "" for one in found}


def test_a_reader_that_is_not_signed_in_gets_what_was_changed_decided_and_said(client, fee, person):
    lena = person("contributor", "service", name="Lena Fuchs")
    editing.rename(theme=fee, name="The fee of May", by=lena, now=NOON)
    deciding.ask_decision(
        theme=fee, question="Keep it?", decider=lena, decide_by=NOON.date(), function="finance", by=lena, now=NOON
    )  # fmt: skip
    deciding.decide(theme=fee, decision="It goes in June.", by=lena, now=NOON)

    answer = client.get(address(fee, secret(lena)))

    assert answer["Content-Type"] == "application/atom+xml; charset=utf-8"
    found = entries(answer)
    assert found["Renamed “The fee of May”"] == "Lena Fuchs"
    assert found["Decided"] == "It goes in June."
    said = answer.content.decode()
    assert ("Why a fee?" in said, "ana@example.com" in said, "\x0b" in said) == (True, False, False)


def test_the_page_leads_to_it_and_to_where_the_address_is_made(signed_in, fee):
    browser = signed_in("observer")
    page = reverse("web:one_theme", args=[fee.key])
    assert f'href="{reverse("notices:choices")}#calendar"' in browser.get(page).content.decode()

    signed = secret(browser.person)

    assert address(fee, signed) in browser.get(page).content.decode()


@pytest.mark.parametrize("role", ["customer", "partner"])
def test_nobody_but_colleagues_reads_it(client, fee, person, role):
    assert client.get(address(fee, secret(person(role)))).status_code == 404


def test_another_address_ended_access_and_a_made_up_one_close_it(client, fee, person):
    lena = person("contributor", "service")
    first = secret(lena)
    assert client.get(address(fee, first)).status_code == 200

    second = secret(lena)
    assert [client.get(address(fee, one)).status_code for one in (first, second + "x")] == [404, 404]

    NoticeChoice.objects.filter(person=lena).update(calendar_on=False)
    assert client.get(address(fee, second)).status_code == 404


def test_reading_costs_the_same_however_much_there_is(client, fee, person):
    signed = secret(person("contributor", "service"))
    shop = fee.clusters.get().signals.select_related("signal__source").first().signal.source
    asked = []
    for number in range(2):
        for each in range(20 * number):
            joined(fee, direction(9, 1, 5 + each), f"A fee {each}", by=f"b{each}", source=shop, at=NOON)
        with CaptureQueriesContext(connection) as queries:
            client.get(address(fee, signed))
        asked.append(len(queries))

    assert asked[0] == asked[1] <= 8
