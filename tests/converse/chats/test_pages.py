"""Pages of chats: a lead adds one for their function, sees what it would be sent, tries it, pauses it, removes it."""

from __future__ import annotations

import html
import json

import pytest
from django.urls import reverse

from converse.conftest import NOW
from interlock.fabric import journal
from interlock.fabric.models import Chat, JournalEntry, Topic
from interlock.fabric.secrets import opened

pytestmark = pytest.mark.django_db
LIST = "/notices/chats/"


def filled(server, **more):
    return {
        "function": "service",
        "name": "  #service  desk ",
        "address": server.address,
        "form": "mattermost",
        "hears": ["named", "again"],
        **more,
    }


def page(browser, chat):
    return html.unescape(browser.get(reverse("notices:chat", args=[chat.pk])).content.decode())


def act(browser, chat, what):
    answer = browser.post(reverse("notices:act_on_chat", args=[chat.pk, what]), follow=True)
    return html.unescape(answer.content.decode())


def test_a_lead_adds_a_chat_for_their_function_and_its_address_is_never_shown(signed_in, server):
    browser = signed_in("lead", "service")

    answer = browser.post(LIST, filled(server), follow=True)

    chat = Chat.objects.get()
    kept = (chat.function, chat.name, chat.form, chat.host, chat.hears, chat.made_by)
    assert kept == ("service", "#service desk", "mattermost", "localhost", ["named", "again"], browser.person)
    assert opened(chat.address) == server.address
    text = answer.content.decode() + browser.get(LIST).content.decode() + page(browser, chat)
    assert "the-secret-part" not in text
    assert "the-secret-part" not in json.dumps(list(JournalEntry.objects.values_list("detail", flat=True)))
    entry = journal.entries_about(chat).get()
    assert (entry.verb, entry.actor, entry.detail["hears"]) == (
        "added a chat",
        browser.person,
        ["named", "again"],
    )


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("function", "production", "Select a valid choice."),
        ("function", "", "This field is required."),
        ("address", "http://chat.example.com/hooks/x", "it begins with https://"),
        ("address", "not an address", "it begins with https://"),
        ("hears", [], "Choose at least one"),
        ("name", " ", "This field is required."),
    ],
)
def test_what_cannot_be_kept_is_said_and_what_was_typed_is_not_lost(signed_in, server, field, value, said):
    answer = signed_in("lead", "service").post(LIST, filled(server, **{field: value}))

    text = html.unescape(answer.content.decode())
    assert (answer.status_code, said in text, Chat.objects.count()) == (422, True, 0)
    assert (server.address if field != "address" else value) in text


def test_a_lead_sees_the_chats_of_their_functions_and_an_owner_all(signed_in, added):
    service, production, everything = added("service"), added("production"), added("")
    lead = signed_in("lead", "service")
    seen = lead.get(LIST).content.decode()
    foreign = [
        lead.get(reverse("notices:chat", args=[one])) for one in (production.pk, everything.pk, 999_999)
    ]
    removed = lead.post(reverse("notices:act_on_chat", args=[production.pk, "remove"]))

    assert ("#service" in seen, "#production" in seen, "#all" in seen) == (True, False, False)
    assert {one.status_code for one in [*foreign, removed]} == {404}
    assert Chat.objects.count() == 3

    owner = signed_in("owner")
    text = owner.get(LIST).content.decode()
    assert all(name in text for name in ("#service", "#production", "#all"))
    assert "3 chats are told what concerns their functions." in text
    assert service.name in page(owner, service)


def test_a_lead_without_a_function_is_told_why_there_is_no_form(signed_in, db):
    text = signed_in("lead").get(LIST).content.decode()

    assert "Add this chat" not in text
    assert "you have none yet" in text


def test_each_kind_is_previewed_in_the_form_of_the_chat(signed_in, added):
    browser = signed_in("owner")
    slack, teams = page(browser, added("service", "slack", "named")), page(browser, added("service", "teams"))

    for topic in Topic:
        assert str(topic.label) in slack
    assert slack.count("not told here") == len(Topic) - 1
    assert '"text": "Marta Hagen names Service in “Which date may we promise?”.\\nhttps://' in slack
    assert '"type": "AdaptiveCard"' in teams
    assert "AdaptiveCard" not in slack


def test_settings_are_changed_and_the_kept_address_stays_unless_another_is_given(signed_in, added, server):
    browser, chat = signed_in("owner"), added("service")
    url = reverse("notices:chat", args=[chat.pk])

    browser.post(url, {"name": "#desk", "address": "", "form": "teams", "hears": ["due"]})
    chat.refresh_from_db()
    assert (chat.name, chat.form, chat.hears, opened(chat.address)) == (
        "#desk",
        "teams",
        ["due"],
        server.address,
    )

    Chat.objects.update(stopped_at=NOW, failures=12, error="gone")
    other = "https://hooks.slack.com/services/T0/B0/another-secret"
    browser.post(url, {"name": "#desk", "address": other, "form": "", "hears": ["due"]})
    chat.refresh_from_db()
    assert (chat.form, chat.host, opened(chat.address)) == ("slack", "hooks.slack.com", other)
    assert (chat.stopped_at, chat.failures, chat.error) == (None, 0, "")


def test_a_test_is_sent_and_the_page_says_how_it_went(signed_in, added, server):
    browser, chat = signed_in("owner"), added("service")
    assert "Send a test to see whether messages arrive." in page(browser, chat)

    said = act(browser, chat, "test")
    assert "The test was sent: localhost took it (200)." in said
    assert "Last told on " in page(browser, chat)

    server.answers = [404]
    act(browser, chat, "test")
    assert "localhost refused it (404). Make a new webhook there and enter its address." in page(
        browser, chat
    )
    assert [one["text"].splitlines()[0] for one in server.said] == [
        "This is a test. From now on notices of Service come here."
    ]


def test_it_is_paused_resumed_and_removed_and_the_journal_keeps_all_three(signed_in, added):
    browser, chat = signed_in("owner"), added("service")

    assert "#service is told nothing." in act(browser, chat, "pause")
    act(browser, chat, "pause")
    assert "#service is told what concerns Service." in act(browser, chat, "resume")
    number = chat.pk
    assert "its address is forgotten" in act(browser, chat, "remove")

    assert not Chat.objects.exists()
    verbs = JournalEntry.objects.filter(about_kind="chat", about_key=str(number)).order_by("number")
    assert list(verbs.values_list("verb", flat=True)) == [
        "added a chat", "paused a chat", "resumed a chat", "removed a chat",
    ]  # fmt: skip


def test_a_stopped_chat_says_why_and_what_to_do_and_nothing_unknown_is_done(signed_in, added):
    browser, chat = signed_in("owner"), added("service")
    error = "localhost refused it (404). Make a new webhook there and enter its address."
    Chat.objects.update(stopped_at=NOW, failed_at=NOW, failures=5, error=error)

    text = page(browser, chat)

    assert "it did not take a message in 5 tries" in text
    assert error in text
    assert "then send a test" in text
    assert browser.post(reverse("notices:act_on_chat", args=[chat.pk, "explode"])).status_code == 404


def test_the_list_asks_as_much_for_many_chats_as_for_one(signed_in, added, django_assert_num_queries):
    browser = signed_in("owner")
    added("service")
    browser.get(LIST)
    with django_assert_num_queries(10):
        browser.get(LIST)
    for _one in range(20):
        added("sales")
    with django_assert_num_queries(10):
        browser.get(LIST)


def test_an_owner_adds_one_chat_for_every_function(signed_in, server):
    browser = signed_in("owner")

    browser.post(LIST, filled(server, function="every", hears=["alarm"]))

    assert list(Chat.objects.values_list("function", "hears")) == [("", ["alarm"])]
    assert "is told what concerns every function." in page(browser, Chat.objects.get())
