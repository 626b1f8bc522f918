"""Signed messages of other systems: genuine ones are taken once, all others look the same to whoever sends them."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from standardwebhooks import Webhook

from api.conftest import signal
from interlock.api.models import SeenMessage
from interlock.api.webhooks.signatures import Signed, is_genuine
from interlock.listen import pushing
from interlock.listen.models import InboxRow, Source

# The example that the Standard Webhooks specification prints.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"test": 2432232314}'
PUBLISHED = Signed(
    "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
)
SENT_AT = datetime.fromtimestamp(1614265330, UTC)


def test_the_published_example_is_genuine():
    assert is_genuine(PUBLISHED, BODY, [SECRET], SENT_AT)


@pytest.mark.parametrize(
    ("seconds", "genuine"), [(-310, False), (-290, True), (0, True), (290, True), (310, False)]
)
def test_a_message_is_good_for_five_minutes_by_either_clock(seconds, genuine):
    assert is_genuine(PUBLISHED, BODY, [SECRET], SENT_AT + timedelta(seconds=seconds)) is genuine


def test_any_of_two_secrets_and_any_of_several_signatures_will_do():
    other = Webhook("whsec_" + "B" * 32).sign(PUBLISHED.message_id, SENT_AT, BODY.decode())
    several = Signed(PUBLISHED.message_id, PUBLISHED.timestamp, f"v1a,AAAA {other} {PUBLISHED.signatures}")

    assert is_genuine(PUBLISHED, BODY, ["whsec_" + "A" * 32, SECRET], SENT_AT)
    assert is_genuine(several, BODY, [SECRET], SENT_AT)
    assert not is_genuine(several, BODY, ["whsec_" + "A" * 32], SENT_AT)


def test_no_message_with_a_flipped_bit_is_genuine():
    rng = random.Random(7)
    parts = [PUBLISHED.message_id, PUBLISHED.timestamp, PUBLISHED.signatures, BODY.decode()]

    accepted = 0
    for _ in range(10_000):
        which = rng.randrange(4)
        changed = list(parts)
        place = rng.randrange(len(changed[which]))
        letter = chr(ord(changed[which][place]) ^ (1 << rng.randrange(7)))
        changed[which] = changed[which][:place] + letter + changed[which][place + 1 :]
        signed = Signed(*changed[:3])
        accepted += is_genuine(signed, changed[3].encode(), [SECRET], SENT_AT)

    assert accepted == 0


@pytest.mark.parametrize(
    "broken",
    [
        Signed("", PUBLISHED.timestamp, PUBLISHED.signatures),
        Signed("x" * 256, PUBLISHED.timestamp, PUBLISHED.signatures),
        Signed(PUBLISHED.message_id, "", PUBLISHED.signatures),
        Signed(PUBLISHED.message_id, "1614265330.5", PUBLISHED.signatures),
        Signed(PUBLISHED.message_id, "9" * 400, PUBLISHED.signatures),
        Signed(PUBLISHED.message_id, "٣", PUBLISHED.signatures),
        Signed(PUBLISHED.message_id, PUBLISHED.timestamp, ""),
        Signed(PUBLISHED.message_id, PUBLISHED.timestamp, "v1"),
        Signed(PUBLISHED.message_id, PUBLISHED.timestamp, "v1,*** v1,é"),
        Signed(PUBLISHED.message_id, PUBLISHED.timestamp, PUBLISHED.signatures.replace("v1", "v2")),
    ],
)
def test_headers_that_are_missing_or_malformed_are_not_genuine(broken):
    assert not is_genuine(broken, BODY, [SECRET], SENT_AT)


def test_a_genuine_message_is_stored(webhook):
    desk = webhook()

    answer = desk.send(signal())

    assert answer.status_code == 202
    assert desk.tallies() == (1, 1, 0, 0)
    assert list(InboxRow.objects.values_list("source__key", "key")) == [("help-desk", "help-desk:s-1")]


def test_the_same_message_again_is_well_and_changes_nothing(webhook):
    desk = webhook()
    desk.send(signal())
    desk.send(signal(body="It came at last."), "msg-2")

    again = desk.send(signal())

    assert (again.status_code, again.json()) == (200, {"source": "help-desk", "repeated": True})
    assert desk.tallies() == (2, 2, 0, 0)
    assert "at last" in InboxRow.objects.get().payload
    assert SeenMessage.objects.count() == 2


def test_an_unknown_address_and_a_wrong_signature_look_the_same(webhook):
    desk = webhook()
    wrong = desk.send(signal(), secret="whsec_" + "A" * 32)
    desk.path = "/hooks/nobody/"

    unknown = desk.send(signal())

    assert (wrong.status_code, wrong.content) == (unknown.status_code, unknown.content)
    assert dict(wrong.headers) == dict(unknown.headers)
    assert wrong.status_code == 401
    assert desk.tallies() == (0, 0, 0, 0)


def test_a_removed_webhook_looks_like_an_unknown_one(webhook):
    desk = webhook()
    desk.source.removed_at = timezone.now()
    desk.source.save()

    assert desk.send(signal()).status_code == 401


def test_an_old_message_is_refused_however_well_signed(webhook):
    assert webhook().send(signal(), at=timezone.now() - timedelta(minutes=6)).status_code == 401


def test_the_old_secret_is_good_for_a_day_after_a_change(webhook):
    desk, now = webhook(), timezone.now()

    new = pushing.change_secret(source=desk.source, by=None, now=now)

    desk.source.refresh_from_db()
    assert pushing.good_secrets(desk.source, now + timedelta(hours=23)) == [new, desk.secret]
    assert pushing.good_secrets(desk.source, now + timedelta(hours=24)) == [new]
    assert [
        desk.send(signal(key), key, secret=each).status_code for key, each in [("a", desk.secret), ("b", new)]
    ] == [202, 202]


def test_a_webhook_whose_secret_cannot_be_read_any_more_gets_a_new_one(webhook, settings):
    desk = webhook()
    settings.SECRET_KEY = "another key of this installation, long enough"

    lost = desk.send(signal())
    desk.secret = pushing.change_secret(source=desk.source, by=None, now=timezone.now())

    assert (lost.status_code, lost.json()["code"], lost["Retry-After"]) == (503, "secret_unreadable", "300")
    assert (desk.send(signal()).status_code, desk.tallies()) == (202, (1, 1, 0, 0))


def test_pages_say_what_to_do_about_a_secret_that_cannot_be_read(webhook, settings, signed_in):
    desk, client, sentence = webhook(), signed_in("lead"), "the secret key of this installation changed"
    pages = {
        "sources": reverse("listen:sources"),
        "source": reverse("listen:source", args=[desk.source.pk]),
        "keys": reverse("api:keys"),
        "status": reverse("api:status"),
    }
    assert {name for name, url in pages.items() if sentence in client.get(url).text} == set()

    Source.objects.update(secrets=desk.source.secrets[:-8] + "AAAAAAA=")  # as if sealed with another key
    assert {name for name, url in pages.items() if sentence in client.get(url).text} == set(pages)
    assert "Messages of Help desk are turned away." in client.get(pages["sources"]).text

    page = client.post(reverse("api:secret", args=[desk.source.pk]))
    assert "The new secret of Help desk; it is shown once." in page.text
    assert "is good for 24 hours more.</p>" not in page.text
    assert sentence not in page.text


def test_secrets_are_not_kept_in_the_clear(webhook):
    desk = webhook()

    assert desk.secret[6:] not in desk.source.secrets
    assert "secret" not in str(desk.source.connection)


def test_a_message_of_which_nothing_could_be_taken_is_read_anew_when_it_comes_again(webhook):
    desk = webhook()
    refused = desk.send({"id": 7, "text": "Late"})
    pushing.change_fields(
        source=desk.source,
        fields={
            "signal_id": "id",
            "body": "text",
            "kind": '"complaint"',
            "occurred_at": '"2026-03-02T11:00:00Z"',
        },
        by=None,
        now=timezone.now(),
    )

    again = desk.send({"id": 7, "text": "Late"})

    assert (refused.status_code, again.status_code) == (422, 202)
    assert desk.tallies() == (2, 1, 0, 1)


def test_foreign_json_is_taken_by_its_fields(webhook):
    desk = webhook(
        {
            "signal_id": "ticket.id",
            "body": "ticket.comments.0.text",
            "occurred_at": "ticket.created",
            "kind": '"ticket"',
        }
    )

    answer = desk.send(
        {
            "ticket": {"id": 42, "created": 1772449200, "comments": [{"text": "Late"}]},
            "lang": "en",
            "extra": 1,
        }
    )

    assert answer.status_code == 202
    row = InboxRow.objects.get()
    assert row.key == "help-desk:42"
    assert row.payload == (
        '{"signal_id":"help-desk:42","kind":"ticket","occurred_at":"2026-03-02T11:00:00Z","lang":"en","body":"Late"}'
    )


def test_a_signed_body_that_cannot_be_read_is_refused_and_counted(webhook):
    desk = webhook()

    answer = desk.send(b"{")

    assert (answer.status_code, answer.json()["code"], desk.tallies()) == (400, "not_json", (1, 0, 0, 1))


def test_a_packed_body_is_refused(webhook):
    assert webhook().send(signal(), headers={"Content-Encoding": "gzip"}).status_code == 415


def test_a_paused_webhook_asks_to_come_back(webhook):
    desk = webhook()
    desk.source.paused_at = timezone.now()
    desk.source.save()

    assert desk.send(signal()).status_code == 503
    assert desk.tallies() == (0, 0, 0, 0)
