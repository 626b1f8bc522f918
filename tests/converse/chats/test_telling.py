"""How chats are told: in the form of each, once, again where they are ill, no more where they are gone."""

from __future__ import annotations

import json
import random
import threading
from datetime import timedelta

import pytest

from converse.conftest import NOW
from interlock.converse.chats import telling, wording
from interlock.fabric import journal, tasks, work
from interlock.fabric.chats import keeping, outbox, posting
from interlock.fabric.models import Chat, ChatNotice, Topic
from interlock.fabric.secrets import sealed

pytestmark = pytest.mark.django_db
SPITEFUL = "@channel <!here> <users/all> [free](https://evil.example) ![x](https://evil.example/x) @all"


@pytest.fixture
def named(mixed, say):
    """Let production be named: `named()`."""
    return lambda words="@Oluchi Eze?", at=NOW: say(mixed.staff, words, now=at)


def spiteful(mixed):
    mixed.talk.question = SPITEFUL
    mixed.talk.save(update_fields=["question"])
    return f"https://talk.example.com/conversations/{mixed.talk.pk}/"


FORMS = {
    "slack": {
        "text": "Lena Fuchs names Oluchi Eze in “@\u200bchannel &lt;!here&gt; &lt;users/all&gt; "
        "[free](https://evil.example) ![x](https://evil.example/x) @\u200ball”.\nURL"
    },
    "mattermost": {
        "text": "Lena Fuchs names Oluchi Eze in “@\u200bchannel <\u200b!\u200bhere> <\u200busers/all> "
        "[\u200bfree]\u200b(https://evil.example) !\u200b[\u200bx]\u200b(https://evil.example/x) @\u200ball”.\nURL"
    },
    "teams": {
        "type": "message",
        "attachments": [
            {
                "contentType": "application/vnd.microsoft.card.adaptive",
                "contentUrl": None,
                "content": {
                    "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                    "type": "AdaptiveCard",
                    "version": "1.4",
                    "body": [
                        {
                            "type": "RichTextBlock",
                            "inlines": [
                                {
                                    "type": "TextRun",
                                    "text": f"Lena Fuchs names Oluchi Eze in “{SPITEFUL}”.",
                                }
                            ],
                        },
                        {
                            "type": "ActionSet",
                            "actions": [{"type": "Action.OpenUrl", "title": "Open", "url": "URL"}],
                        },
                    ],
                },
            }
        ],
    },
}
FORMS["rocketchat"] = FORMS["google"] = FORMS["mattermost"]


@pytest.mark.parametrize("form", FORMS)
def test_each_form_is_posted_whole_and_no_title_calls_a_channel_or_hides_a_link(
    mixed, named, added, server, tell, form
):
    url, chat = spiteful(mixed), added("production", form)
    line = named()

    tell(chat)

    assert server.said == [json.loads(json.dumps(FORMS[form]).replace("URL", f"{url}#message-{line.pk}"))]
    assert (chat.told_at, chat.error, chat.failures) == (NOW, "", 0)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("topic", Topic)
def test_each_kind_of_notice_has_a_sample_in_each_form_that_a_real_chat_takes(added, server, form, topic):
    chat = added("service", form)

    assert telling.send(chat, wording.sample(chat, topic)) == "localhost took it (200)."

    (posted,) = server.said
    words = json.dumps(posted, ensure_ascii=False)
    assert wording.sample(chat, topic).splitlines()[0][:30] in words
    assert "the-secret-part" not in words


def test_a_title_that_is_an_address_on_a_line_of_its_own_becomes_no_button(mixed, named, added, server, tell):
    mixed.talk.question = "Look\nhttps://evil.example/\u2028\u202ehere"
    mixed.talk.save(update_fields=["question"])
    chat = added("production", "teams")
    named()

    tell(chat)

    content = server.said[0]["attachments"][0]["content"]["body"]
    assert [one["url"] for block in content for one in block.get("actions", [])] == [
        f"https://talk.example.com/conversations/{mixed.talk.pk}/#message-{mixed.talk.messages.latest('pk').pk}"
    ]


def test_personal_data_in_a_title_is_masked(mixed, named, added, server, tell):
    mixed.talk.question = "Do we call +49 170 1234567 or write to marta.hagen@example.com?"
    mixed.talk.save(update_fields=["question"])
    chat = added("production")
    named()

    tell(chat)

    assert "Do we call [phone] or write to [e-mail]?" in server.said[0]["text"]


def test_the_worker_tells_every_chat_for_which_something_waits(
    named, added, server, django_capture_on_commit_callbacks
):
    chats = [added("production"), added("production", "teams"), added("sales")]
    named(at=telling.timezone.now())

    assert telling.tell_waiting.call() == 2
    for chat in chats:
        telling.tell_chat.call(chat.pk)

    assert len(server.said) == 2
    assert telling.tell_waiting.call() == 0


def test_a_chat_that_is_ill_is_tried_again_ever_later_and_hears_all_at_once_when_well(
    named, added, server, tell
):
    chat = added("production")
    server.answers = [500, 429, 503]
    named()

    waits, at = [], NOW
    for _try in range(3):
        tell(chat, at)
        waits.append((chat.try_at - at).total_seconds())
        tell(chat, chat.try_at - timedelta(seconds=1))  # too early: nothing is posted
        at = chat.try_at
    assert chat.error == "localhost answered 503 and did not take it."
    named("@Oluchi Eze, once more?", at)
    tell(chat, at)

    assert [15 < waits[0] < 30, 30 < waits[1] < 60, 60 < waits[2] < 120] == [True] * 3
    assert [one["text"].count("names Oluchi Eze") for one in server.said] == [2]
    assert (chat.failures, chat.error, chat.try_at, chat.told_at) == (0, "", None, at)


@pytest.mark.parametrize(
    ("status", "tries", "said"),
    [
        (500, outbox.MOST_TRIES, "localhost answered 500 and did not take it."),
        (
            404,
            outbox.MOST_TRIES_REFUSED,
            "localhost refused it (404). Make a new webhook there and enter its address.",
        ),
    ],
)
def test_a_chat_that_is_gone_is_stopped_and_who_looks_after_it_has_one_mail(
    named, added, server, tell, mails, person, status, tries, said
):
    owner, lead = person("owner", name="Ines Calder"), person("lead", "production", name="Leo Lead")
    person("lead", "sales"), person("contributor", "production")
    chat = added("production", by=owner)
    server.answers = [status] * 50
    named()

    at = NOW
    for _try in range(tries):
        assert chat.stopped_at is None
        tell(chat, at)
        at = chat.try_at
    tell(chat, at + timedelta(hours=1))
    work.run_ready("prompt")

    assert (chat.stopped_at is not None, chat.failures, chat.error) == (True, tries, said)
    assert set(chat.notices.values_list("state", flat=True)) == {"failed"}
    assert len(server.answers) == 50 - tries
    told = [one for one in mails if "is not told any more" in one.subject]
    assert sorted(one.to for one in told) == sorted([owner.user.email, lead.user.email])
    assert told[0].subject == "The chat #production is not told any more"
    assert f"{said} Send a test from its page" in told[0].text
    assert f"https://talk.example.com/notices/chats/{chat.pk}/" in told[0].text
    assert "the-secret-part" not in told[0].text + str(journal.entries_about(chat).latest("number").detail)


def test_nothing_is_noted_for_a_stopped_chat_until_a_test_arrives(named, added, server, tell):
    chat = added("production")
    Chat.objects.update(stopped_at=NOW, failures=12, error="gone", failed_at=NOW)
    named()
    assert not ChatNotice.objects.exists()

    assert telling.try_out(chat, now=NOW) == "The test was sent: localhost took it (200)."
    named("@Oluchi Eze, again?")
    tell(chat)

    assert (chat.stopped_at, chat.failures, chat.error) == (None, 0, "")
    assert [one["text"].splitlines()[0] for one in server.said] == [
        "This is a test. From now on notices of Production come here.",
        "Lena Fuchs names Oluchi Eze in “Which date may we promise?”.",
    ]


def test_a_test_that_fails_says_why_and_is_no_failure_of_a_notice(added, server):
    chat = added("production")
    server.answers, server.body = [403], b"hooks/the-secret-part is void"

    said = telling.try_out(chat, now=NOW)

    chat.refresh_from_db()
    assert said == "localhost refused it (403). Make a new webhook there and enter its address."
    assert (chat.error, chat.failures, chat.stopped_at) == (said, 0, None)


def test_a_chat_that_hangs_is_perhaps_told_and_not_told_the_same_again(
    named, added, server, tell, monkeypatch
):
    monkeypatch.setattr(posting, "CHAT_SECONDS", 0.3)
    posting._http.cache_clear()
    server.hangs = threading.Event()
    chat = added("production")
    named()

    tell(chat)
    posting._http.cache_clear()
    tell(chat, chat.try_at)

    assert (len(server.said), chat.notices.get().state, chat.failures) == (1, "doubtful", 1)
    assert "did not answer within" in chat.error


def test_what_a_killed_worker_had_taken_is_perhaps_sent_and_what_came_later_is_told(
    named, added, server, tell, monkeypatch
):
    def killed(*_args, **_more):
        raise KeyboardInterrupt

    chat = added("production")
    named()
    with monkeypatch.context() as broken:
        broken.setattr(posting, "by_chat", killed)
        with pytest.raises(KeyboardInterrupt):
            tell(chat)
    tell(chat, NOW + timedelta(minutes=1))  # another worker, while the first may still be alive
    assert (server.said, chat.notices.get().state) == ([], "sending")

    named("@Oluchi Eze, later?", NOW + timedelta(minutes=6))
    tell(chat, NOW + timedelta(minutes=6))

    assert list(chat.notices.order_by("pk").values_list("state", flat=True)) == ["doubtful", "sent"]
    assert len(server.said) == 1


def test_a_fault_of_ours_sends_nothing_and_is_tried_again(named, added, server, tell, monkeypatch):
    chat = added("production")
    named()
    with monkeypatch.context() as broken:
        broken.setattr(wording, "text_for", lambda *_args, **_more: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            tell(chat)
    chat.refresh_from_db()
    assert (chat.notices.get().state, chat.failures, chat.error) == ("waiting", 1, "ZeroDivisionError")

    tell(chat, chat.try_at)

    assert (len(server.said), chat.failures) == (1, 0)


def test_the_address_is_sealed_and_a_lost_key_is_said(added, server, settings):
    chat = added("production")
    assert "the-secret-part" not in chat.address
    assert chat.host == "localhost"

    settings.SECRET_KEY = "another key of this installation, as long as the one before it was"

    assert telling.try_out(chat, now=NOW).startswith("The secret key of this installation changed")
    assert server.said == []


def test_a_month_later_notices_are_forgotten_but_those_that_wait(named, added, server, tell, monkeypatch):
    chat, other = added("production"), added("production")
    named()
    tell(chat)
    assert outbox.forget_old(now=NOW + timedelta(days=29)) == 0

    monkeypatch.setattr(tasks.timezone, "now", lambda: NOW + timedelta(days=31))
    tasks.clear_old_events.call()

    assert list(ChatNotice.objects.values_list("chat", "state")) == [(other.pk, "waiting")]


def test_there_are_fifty_chats_at_most(added, person):
    for _one in range(keeping.MOST_CHATS):
        added("sales")

    with pytest.raises(keeping.TooMany, match="There are 50 chats already"):
        added("sales")


def test_backing_off_never_waits_longer_than_an_hour(named, added, server, tell):
    chat = added("production")
    server.answers = [500] * 12
    named()

    at, waits = NOW, []
    while chat.stopped_at is None:
        tell(chat, at)
        waits.append(chat.try_at - at)
        at = chat.try_at

    assert len(waits) == outbox.MOST_TRIES
    assert max(waits) <= timedelta(hours=1)
    assert timedelta(hours=2) < sum(waits[:-1], timedelta()) < timedelta(hours=6)


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (200, b"ok", "The test was sent: localhost took it (200)."),
        (
            200,
            b'{"success":false,"error":"archived"}',
            "localhost answered 200 but did not take it: archived",
        ),
        (
            200,
            b'{"ok":false,"error":"no hook the-secret-part"}',
            "localhost answered 200 but did not take it: …",
        ),
        (
            403,
            b"no_service",
            "localhost refused it (403). Make a new webhook there and enter its address. It says: “no_service”.",
        ),
        (302, b"", "localhost redirects to another address. Enter the final one; nothing was sent."),
        (504, b"", "localhost answered 504: nobody knows whether it has the message."),
    ],
)
def test_a_test_says_what_the_chat_answered_and_never_the_secret(added, server, status, body, said):
    server.answers, server.body, server.location = [status], body, "http://10.0.0.1/" if status == 302 else ""

    assert telling.try_out(added("service"), now=NOW) == said


@pytest.mark.parametrize(
    "address",
    ["https://10.1.2.3/hooks/the-secret", "https://169.254.169.254/latest", "http://hooks.example.com/x"],
)
def test_private_and_unencrypted_addresses_are_refused_without_naming_the_secret(added, address):
    chat = added("service")
    Chat.objects.update(address=sealed(address))
    chat.refresh_from_db()

    said = telling.try_out(chat, now=NOW)

    chat.refresh_from_db()
    assert said == chat.error != ""
    assert (chat.told_at, "secret" in said) == (None, False)


def test_only_https_or_a_named_host_of_the_house_is_a_chats_address(settings):
    settings.PRIVATE_HOSTS = frozenset({"mattermost.local:8065"})
    asked = [
        "http://mattermost.local/hooks/x", "http://mattermost.local:8065/hooks/x", "https://a.example/x", "ftp://a", "x",
    ]  # fmt: skip

    assert [posting.is_chat(one) for one in asked] == [False, True, True, False, False]


def test_what_a_chat_did_not_take_while_it_was_paused_it_is_never_told(mixed, named, added, server):
    chat = added("production")
    named()
    taken, notices = outbox.claim(chat.pk, now=NOW)

    keeping.pause_chat(chat=taken, by=mixed.staff, now=NOW)  # somebody, while the worker waits for the answer
    outbox.settle(
        chat.pk, notices, outbox.Told(ChatNotice.State.WAITING, "busy"), now=NOW, rng=random.Random(7)
    )
    keeping.resume_chat(chat=taken, by=mixed.staff, now=NOW)

    assert outbox.due(NOW) == []
    assert [one.state for one in chat.notices.all()] == [ChatNotice.State.EMPTY]
