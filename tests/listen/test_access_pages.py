"""Access given in a browser: registered, consented to at the other system, brought back by the same person, once."""

from __future__ import annotations

import html
import re

import pytest
from django.urls import reverse

from connectors.mailbox.provider import CLIENT, SECRET, Provider
from interlock.connectors.conformance import played
from interlock.connectors.live_registry import live_connectors
from interlock.fabric.models import JournalEntry
from interlock.listen import live_sources
from interlock.listen.live_sources import Terms, answers_of
from interlock.listen.models import Source
from listen.scripted import NOON

pytestmark = pytest.mark.django_db
GIVEN = reverse("listen:access_given")


@pytest.fixture
def provider(settings, home):
    provider = Provider("service@aldermoor.example")
    with played(provider) as server:
        settings.PRIVATE_HOSTS = [server.name]
        provider.server = server
        yield provider


@pytest.fixture
def mailbox(provider) -> Source:
    name = provider.server.name
    return live_sources.make_source(
        connector=live_connectors()["imap"],
        terms=Terms(name="Service mail", ask_every=300),
        answers={
            "address": provider.email,
            "host": "mail.example.org",
            "sign_in": "other",
            "client_id": CLIENT,
            "client_secret": SECRET,
            "consent_url": f"http://{name}/authorize",
            "token_url": f"http://{name}/token",
        },
        by=None,
        now=NOON,
    )


def page(client, source: Source) -> str:
    return client.get(reverse("listen:access", args=[source.pk])).text


def begin(client, source: Source, provider: Provider) -> dict[str, str]:
    """Open the page, follow its link, agree; what the browser brings back."""
    [link] = re.findall(r'rel="noreferrer" href="([^"]+)"', page(client, source))
    code, state = provider.consent(html.unescape(link))
    return {"code": code, "state": state}


def tokens(source: Source) -> dict[str, str]:
    source.refresh_from_db()
    return {name: value for name, value in answers_of(source).items() if name.endswith("token")}


def test_access_is_given_kept_noted_and_tried(
    signed_in, provider, mailbox, django_capture_on_commit_callbacks
):
    client = signed_in("lead")

    text = page(client, mailbox)
    brought = begin(client, mailbox, provider)
    answer = client.get(GIVEN, brought, follow=True)

    assert "http://testserver/sources/access/given/" in text
    assert "Access to Service mail is given and kept. It is being tried." in answer.text
    assert tokens(mailbox) == {"access_token": provider.access, "refresh_token": provider.refresh}
    noted = JournalEntry.objects.get(verb="gave access to")
    assert noted.detail == {}
    for secret in (provider.access, provider.refresh, SECRET, brought["code"]):
        assert secret not in answer.text + text


def test_a_code_is_taken_once(signed_in, provider, mailbox):
    client = signed_in("lead")
    brought = begin(client, mailbox, provider)
    client.get(GIVEN, brought)

    again = client.get(GIVEN, brought, follow=True)

    assert "Nobody began to give access here" in again.text
    assert (tokens(mailbox)["access_token"], provider.turn) == (provider.access, 1)


def test_a_code_that_comes_without_having_been_begun_is_not_taken(signed_in, provider, mailbox):
    brought = begin(signed_in("lead"), mailbox, provider)

    forged = signed_in("owner").get(GIVEN, brought, follow=True)

    assert "Nobody began to give access here" in forged.text
    assert (tokens(mailbox), provider.turn) == ({}, 0)


def test_a_refusal_changes_nothing(signed_in, provider, mailbox):
    client = signed_in("lead")
    state = begin(client, mailbox, provider)["state"]

    denied = client.get(GIVEN, {"error": "access_denied", "state": state}, follow=True)
    wrong = client.get(GIVEN, begin(client, mailbox, provider) | {"code": "guessed"}, follow=True)

    assert "Service mail gave no access. Nothing was changed." in denied.text
    assert "The provider refused the sign-in (invalid_grant)" in wrong.text
    assert tokens(mailbox) == {}


def test_what_is_missing_is_said_instead_of_a_link(signed_in, provider, mailbox):
    client = signed_in("lead")
    Source.objects.filter(pk=mailbox.pk).update(connection={**mailbox.connection, "token_url": ""})

    text = page(client, mailbox)

    assert "consent address and token address" in html.unescape(text)
    assert "noreferrer" not in text


def test_only_a_source_that_takes_access_has_the_page_and_only_leads_see_it(signed_in, mailbox, home):
    files = Source.objects.create(key="files", name="Files", kind="files", made_at=NOON)
    url = reverse("listen:access", args=[mailbox.pk])

    assert signed_in("lead").get(reverse("listen:access", args=[files.pk])).status_code == 404
    assert signed_in("viewer").get(url).status_code == 403
    assert signed_in("viewer").get(GIVEN).status_code == 403
    shown = signed_in("lead").get(reverse("listen:source", args=[mailbox.pk])).text
    assert url in shown
