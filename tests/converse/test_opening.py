"""A talk starts with one line where the thing is shown; framing and people follow."""

from __future__ import annotations

import re

import pytest

from converse.conftest import NOW
from interlock.converse.errors import NotYours, TooMany, WrongState

pytestmark = pytest.mark.django_db


@pytest.fixture
def begun(signed_in):
    """A talk that a colleague of sales has just started about a region."""
    from interlock.converse.models import Conversation
    from interlock.converse.talks.starting import token_of

    client = signed_in("contributor", "sales")
    about = token_of("region", "North", "North")
    answer = client.post(
        "/conversations/start/", {"about": about, "body": "Why so late? It is the third week."}
    )
    client.talk = Conversation.objects.get()
    client.url = f"/conversations/{client.talk.pk}/"
    assert answer.url == client.url
    return client


def test_a_line_opens_a_talk_about_what_the_page_shows(begun):
    talk = begun.talk

    assert (talk.context.kind, talk.context.key, talk.title, talk.state) == (
        "region",
        "North",
        "Why so late?",
        "open",
    )
    assert [(line.body, line.audience) for line in talk.messages.all()] == [
        ("Why so late? It is the third week.", "staff")
    ]
    assert [one.person for one in talk.participants.all()] == [begun.person]


@pytest.mark.parametrize("about", ["", "forged", "WyJyZWdpb24iLCJOIiwiTiJd:1:x"])
def test_only_a_page_of_ours_says_what_it_is_about(signed_in, about):
    answer = signed_in("owner").post("/conversations/start/", {"about": about, "body": "Hello."})

    assert answer.status_code == 404


def test_an_empty_line_opens_nothing(signed_in):
    from interlock.converse.models import Conversation
    from interlock.converse.talks.starting import token_of

    signed_in("owner").post("/conversations/start/", {"about": token_of("region", "N", "N"), "body": "  "})

    assert Conversation.objects.count() == 0


def test_it_is_framed_on_its_page(begun):
    framed = {"purpose": "late per 100", "question": "What do we change?", "due": "2999-01-31"}
    begun.post(f"{begun.url}frame/", {**framed, "due": "2001-01-31"})
    before = begun.get(begun.url).content.decode()
    begun.post(f"{begun.url}frame/", framed)

    begun.talk.refresh_from_db()
    assert "Give a day that is still to come." in before
    assert (begun.talk.state, begun.talk.question) == ("framed", "What do we change?")


def test_a_guest_is_asked_in_by_name_or_mail_and_only_to_a_question(begun, person):
    from interlock.converse.talks import people

    guest = person("customer", name="Marta Hagen")
    with pytest.raises(WrongState, match="what question"):
        people.ask_in(conversation=begun.talk, person=guest, by=begun.person, now=NOW)
    begun.post(f"{begun.url}frame/", {"purpose": "late per 100", "question": "What do we change?"})
    begun.post(f"{begun.url}people/ask/", {"guest": guest.user.email.upper()})
    begun.post(f"{begun.url}people/ask/", {"guest": "Nobody"})

    assert {one.person.name for one in begun.talk.participants.all()} == {begun.person.name, "Marta Hagen"}
    begun.force_login(guest.user)
    shown = begun.get(begun.url).content.decode()
    listed = begun.get("/conversations/").content.decode()
    assert ["Why so late?" in text for text in (shown, listed)] == [False, False]
    assert ["What do we change?" in text for text in (shown, listed)] == [True, True]


def test_two_guests_of_one_name_are_not_guessed_between(begun, person):
    from interlock.converse.talks import people

    first = person("customer", name="Marta Hagen", account="hagen")
    person("partner", name="Marta Hagen", account="radhaus")

    assert people.guest_called("marta hagen") is None
    assert people.guest_called(first.user.email) == first


def test_a_stranger_who_took_a_name_in_the_community_is_asked_in_by_mail_only(person):
    from interlock.converse.talks import people

    stranger = person("customer", name="Marta Hagen")
    alone = people.guest_called("Marta Hagen")
    known = person("customer", name="Marta Hagen", account="hagen")

    assert (alone, people.guest_called("Marta Hagen")) == (None, known)
    assert people.guest_called(stranger.user.email) == stranger


def test_a_colleague_in_two_open_talks_is_not_asked_into_a_third(begun, person):
    from interlock.converse import services
    from interlock.converse.talks import people

    busy = person("contributor", "production")
    for number in range(2):
        services.open_conversation(
            context=begun.talk.context,
            title=f"Talk {number}",
            people=[(busy, "production")],
            by=busy,
            now=NOW,
        )

    with pytest.raises(TooMany, match="two open conversations"):
        people.ask_in(conversation=begun.talk, person=busy, by=begun.person, now=NOW)


def test_a_guest_who_is_asked_out_sees_nothing_more_and_no_guest_asks(client, mixed):
    from interlock.converse.talks import people

    participant = mixed.talk.participants.get(person=mixed.customer)
    with pytest.raises(NotYours):
        people.ask_out(participant=participant, by=mixed.partner, now=NOW)
    client.force_login(mixed.staff.user)
    client.post(f"{mixed.url}people/{mixed.customer.pk}/out/")
    client.force_login(mixed.customer.user)

    assert client.get(mixed.url).status_code == 404
    with pytest.raises(NotYours, match="only guests"):
        people.ask_out(participant=mixed.talk.participants.get(person=mixed.maker), by=mixed.staff, now=NOW)


def test_every_page_of_a_thing_has_the_field(signed_in, demo_records):
    from interlock.fabric.contexts import context_address

    browser = signed_in("lead", "sales")
    tables = demo_records
    account = tables.table("accounts").select("account_id").order_by("account_id").limit(1).to_pyarrow()
    key = account.to_pylist()[0]["account_id"]

    page = browser.get(context_address("account", key)).content.decode()
    about = re.search(r'name="about" value="([^"]+)"', page)[1]
    answer = browser.post("/conversations/start/", {"about": about, "body": "Who calls them?"})
    talk = browser.get(answer.url).content.decode()

    assert context_address("account", key).replace("&", "&amp;") in talk
    assert "Who calls them?" in browser.get(context_address("account", key)).content.decode()


def test_the_point_of_a_chart_leads_back_to_its_page(signed_in):
    from interlock.converse import queries
    from interlock.converse.talks import starting
    from interlock.fabric.contexts import context_address, point_key

    who = signed_in("lead", "sales").person
    key = point_key("theme", "theme-1", "week of 2 March")
    talk = starting.start(kind="metric", key=key, label="Fee, week of 2 March", body="Why?", by=who, now=NOW)

    assert context_address("metric", key) == context_address("theme", "theme-1")
    assert list(queries.conversations_about(who, "theme", "theme-1")) == [talk]
    assert list(queries.conversations_about(who, "theme", "theme-10")) == []


def test_a_guest_whom_nobody_knows_is_named_in_what_is_said(client, mixed):
    client.force_login(mixed.staff.user)
    page = client.post(f"{mixed.url}people/ask/", {"guest": "Marta Hagn"}, follow=True)

    assert "no customer or partner is called “Marta Hagn”" in page.content.decode()
