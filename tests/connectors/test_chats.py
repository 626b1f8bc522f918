"""Each chat is posted to in its own form, and no name in a message means anything to it."""

from __future__ import annotations

import pytest

from interlock.connectors import chats

TEXT = (
    "Outcry: <!channel> @all [Lamps](http://evil.example) ![x](y)\nhttps://here.example/a_1/\n\nAlso: A & B"
)


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("https://hooks.slack.com/services/T0/B0/x", "slack"),
        ("https://chat.googleapis.com/v1/spaces/A/messages?key=k&token=t", "google"),
        ("https://prod-1.westeurope.logic.azure.com:443/workflows/x", "teams"),
        ("https://default0.environment.api.powerplatform.com/powerautomate/x", "teams"),
        ("https://acme.webhook.office.com/webhookb2/x", "teams"),
        ("https://chat.acme.example/hooks/abcdefghijklmnopqrstuvwxyz", "mattermost"),
        ("https://chat.acme.example/hooks/65f0c1d2e3a4b5c6d7e8f901/AbCdEfGhIjKlMnOpQrStUv", "rocketchat"),
        ("https://chat.acme.example/anything", "other"),
        ("https://evil.example/hooks.slack.com/x", "other"),
        ("https://hooks.slack.com.evil.example/x", "other"),
    ],
)
def test_the_kind_is_read_from_the_address_where_that_is_sure(address, kind):
    assert chats.kind_of(address) == kind


@pytest.mark.parametrize("kind", ["slack", "other"])
def test_slack_is_sent_entities(kind):
    assert chats.payload(kind, TEXT) == {
        "text": "Outcry: &lt;!channel&gt; @\u200ball [Lamps](http://evil.example) ![x](y)\nhttps://here.example/a_1/"
        "\n\nAlso: A &amp; B"
    }


@pytest.mark.parametrize("kind", ["mattermost", "rocketchat", "google"])
def test_chats_that_know_no_entities_are_sent_broken_signs_and_whole_addresses(kind):
    said = chats.payload(kind, TEXT)["text"]

    assert said.replace("\u200b", "") == TEXT
    for sign in ("<!", "!c", "@a", "[L", "](", "!["):
        assert sign not in said
    assert "https://here.example/a_1/\n" in said


@pytest.mark.parametrize("kind", ["mattermost", "rocketchat", "google"])
def test_what_looks_like_an_address_calls_no_channel(kind):
    said = chats.payload(
        kind, "Outcry: https://x<users/all> https://,@channel https://x[a](https://evil.example)"
    )["text"]

    for sign in ("<u", "@c", "[a", "]("):
        assert sign not in said


def test_teams_is_sent_a_card_of_runs_which_know_no_markdown():
    [attachment] = chats.payload("teams", TEXT, open_word="Open")["attachments"]

    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert attachment["content"]["body"] == [
        {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": TEXT.split("\n")[0]}]},
        {"type": "ActionSet", "actions": [{"type": "Action.OpenUrl", "title": "Open", "url": "https://here.example/a_1/"}]},
        {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": "Also: A & B"}]},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"ok", ""),
        (b"1", ""),
        (b"", ""),
        (b'{"name": "spaces/A/messages/B"}', ""),
        (b'{"success":true}', ""),
        (b'{"success":false,"error":"channel archived"}', "channel archived"),
        (b'{"ok":false}', "it says that it failed"),
        (
            b"Webhook message delivery failed with error: 429",
            "Webhook message delivery failed with error: 429",
        ),
        (b'{"a": ' * 500, ""),
        (b"[1]", ""),
    ],
)
def test_a_success_that_is_none_is_heard(body, said):
    assert chats.refusal(body) == said
