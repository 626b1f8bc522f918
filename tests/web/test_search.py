"""One box over things, disconnects, conversations and signals."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse
from django.utils.html import escape

from interlock.converse.models import Conversation
from interlock.fabric.models import Context

NOON = datetime(2026, 11, 19, 12, tzinfo=UTC)


@pytest.fixture
def talk(person):
    context = Context.objects.create(kind="team", key="7", label="Shops North")
    return Conversation.objects.create(
        context=context,
        title="Missed Heron dates",
        state_since=NOON,
        opened_by=person("lead", "sales"),
        opened_at=NOON,
    )


def test_without_words_there_is_only_the_box(signed_in):
    page = signed_in("observer").get("/search/").content.decode()

    assert "What are you looking for?" in page
    assert 'type="search"' in page


def test_a_conversation_is_found_by_a_word_of_its_title(signed_in, talk):
    page = signed_in("observer").get("/search/", {"q": "heron"}).content.decode()

    assert f'href="/conversations/{talk.pk}/"' in page


def test_nothing_found_is_said_with_the_words_escaped(signed_in, talk):
    page = signed_in("observer").get("/search/", {"q": "<b>nowhere"}).content.decode()

    assert "Nothing holds “&lt;b&gt;nowhere”." in page


def test_a_phrase_is_headed_by_one_pair_of_quotes(signed_in):
    asked = {'"brake hose"': "brake hose", '"brake" hose"': '"brake" hose"', '"': '"', '""': '""'}

    for words, shown in asked.items():
        page = signed_in("observer").get("/search/", {"q": words}).content.decode()
        assert f"Nothing holds “{escape(shown)}”." in page, words


def test_a_customer_finds_nothing_of_the_company(signed_in, talk):
    page = signed_in("customer").get("/search/", {"q": "heron"})

    assert page.context["groups"] == []


def test_things_that_the_records_name_lead_to_their_pages(signed_in, demo_records):
    page = signed_in("observer").get(reverse("web:search"), {"q": "heron"})

    things = next(group.hits for group in page.context["groups"] if group.kind.key == "things")
    assert {thing.where.split()[0] for thing in things} >= {"product"}
    assert all(
        "heron" in f"{''.join(piece.text for piece in thing.title)} {thing.where}".lower() for thing in things
    )
    assert [signed_in("observer").get(thing.url).status_code for thing in things] == [200] * len(things)
