"""The pages of conversations: whole without script, parts with htmx, a fixed number of queries."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def opened(signed_in, person):
    """A client of sales, and a talk with production in it."""
    from interlock.converse import services
    from interlock.fabric.contexts import context_for

    client = signed_in("contributor", "sales")
    client.talk = services.open_conversation(
        context=context_for(kind="team", key="north", label="Shops North"),
        title="Dates",
        purpose="late per 100",
        question="Which date may we promise?",
        due=date(2026, 12, 6),
        functions=("sales", "production"),
        people=[(client.person, "sales"), (person("contributor", "production"), "production")],
        by=client.person,
        now=NOW,
    )
    client.url = f"/conversations/{client.talk.pk}/"
    return client


def test_a_reply_without_script_leads_back_to_the_page_that_shows_it(opened):
    answer = opened.post(f"{opened.url}say/", {"body": "Our template says 14 days.", "kind": "ask"})

    assert (answer.status_code, answer.url) == (302, f"{opened.url}#say")
    page = opened.get(opened.url).content.decode()
    assert "Our template says 14 days." in page
    assert "Staff only" in page


def test_a_reply_with_htmx_swaps_the_talk_alone(opened):
    answer = opened.post(f"{opened.url}say/", {"body": "33 days."}, headers={"HX-Request": "true"})

    text = answer.content.decode()
    assert answer.status_code == 200
    assert text.strip().startswith('<div id="talk"')
    assert "33 days." in text
    assert "<html" not in text


def test_an_empty_reply_comes_back_with_its_reason_and_sends_nothing(opened):
    answer = opened.post(f"{opened.url}say/", {"body": " "})

    assert answer.status_code == 422
    assert opened.talk.messages.count() == 0


def test_an_answer_names_the_line_it_answers(opened):
    from interlock.converse import services

    first = services.say(conversation=opened.talk, by=opened.person, body="What do you need?", now=NOW)

    opened.post(f"{opened.url}say/", {"body": "33 days.", "reply_to": first.pk})

    answer = opened.talk.messages.get(body="33 days.")
    assert (answer.kind, answer.reply_to) == ("answer", first)


def test_what_is_written_is_shown_as_text_never_as_markup(opened):
    opened.post(f"{opened.url}say/", {"body": "<script>alert(1)</script>"})

    page = opened.get(opened.url).content.decode()

    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_commitment_and_a_decision_stand_between_the_rules(opened, person):
    from interlock.converse import services
    from interlock.fabric.models import Person

    production = Person.objects.get(functions=["production"])
    for who in (opened.person, production):
        services.say(conversation=opened.talk, by=who, body="A line.", now=NOW)
    opened.post(f"{opened.url}decide/", {"chosen": "33 days", "because": "it is true"})
    opened.post(f"{opened.url}commit/", {"what": "Change it", "owner": production.pk, "due": "2026-12-01"})

    opened.talk.refresh_from_db()
    assert opened.talk.state == "decided"
    assert [str(one.owner) for one in opened.talk.commitments.all()] == [production.name]
    assert "33 days" in opened.get(opened.url).content.decode()


def test_the_page_takes_the_same_number_of_queries_for_two_lines_and_for_forty(
    opened, django_assert_max_num_queries
):
    from interlock.converse import services

    for number in range(40):
        services.say(conversation=opened.talk, by=opened.person, body=f"Line {number}", now=NOW)
    opened.get(opened.url)

    with django_assert_max_num_queries(24):
        page = opened.get(opened.url)

    assert page.content.decode().count("<article") == 40


@pytest.mark.parametrize("role", ["partner", "customer"])
def test_a_stranger_finds_nothing_at_the_address(opened, person, role):
    opened.force_login(person(role).user)

    statuses = [
        opened.get(opened.url).status_code,
        opened.post(f"{opened.url}say/", {"body": "Hello"}).status_code,
        opened.get(f"{opened.url}evidence/").status_code,
    ]

    assert statuses == [404, 404, 404]
    assert opened.talk.messages.count() == 0


def test_my_conversations_come_in_pages_by_key(signed_in):
    from interlock.converse import services
    from interlock.fabric.contexts import context_for

    client = signed_in("contributor", "sales")
    context = context_for(kind="team", key="north", label="Shops North")
    for number in range(35):
        services.open_conversation(
            context=context,
            title=f"Talk number {number:02}",
            people=[(client.person, "sales")],
            by=client.person,
            now=NOW + timedelta(minutes=number),
        )

    first = client.get("/conversations/").content.decode()
    later = re.search(r'href="(\?before=\d+)"', first).group(1)
    second = client.get(f"/conversations/{later}").content.decode()

    assert [f"Talk number {number:02}" in first for number in (34, 5, 4)] == [True, True, False]
    assert [f"Talk number {number:02}" in second for number in (5, 4, 0)] == [False, True, True]


def test_a_decision_ends_its_sentences_once_and_a_guest_has_no_form_to_decide(opened, person):
    from interlock.converse import services

    partner = person("partner")
    services.invite(conversation=opened.talk, person=partner, function="partner", by=opened.person, now=NOW)
    for speaker in (opened.person, partner):
        services.say(conversation=opened.talk, by=speaker, body="A line.", now=NOW)
    services.decide(
        conversation=opened.talk,
        by=opened.person,
        chosen="33 days",
        instead_of="14 days.",
        because="it is true",
        revisit_on=NOW.date(),
        now=NOW,
    )
    forms = ("/decide/", "/park/", "/say/")

    page = opened.get(opened.url).text
    assert "14 days. <b" in page
    assert "it is true. Looked at again on" in page
    assert [form in page for form in forms] == [True, True, True]

    opened.force_login(partner.user)
    guests = opened.get(opened.url).text
    assert [form in guests for form in forms] == [False, False, True]


def test_a_guest_without_a_conversation_reads_nothing_of_how_colleagues_work(client, person):
    client.force_login(person("partner", name="Otto Weber", account="weber").user)
    page = client.get("/conversations/").content.decode()

    assert "Nobody has asked you into a conversation yet." in page
    assert ("opens from a disconnect" in page, "Sales and Production" in page) == (False, False)
