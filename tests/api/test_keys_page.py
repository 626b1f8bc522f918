"""The page of tokens and webhooks: secrets are shown once, and what is taken back opens nothing."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from standardwebhooks import Webhook

from api.conftest import Program, signal
from api.webhook_sender import Sender
from interlock.fabric.models import ApiToken, JournalEntry
from interlock.listen.models import Source

KEYS = "api:keys"


def make_token(browser, **more):
    sent = {"token-name": "shop", "token-scopes": ["signals:write"], "token-days": ""} | more
    return browser.post(reverse(KEYS), sent)


def shown_token(answer) -> str:
    return re.search(r'value="(ilk_[\w-]{43})"', answer.content.decode()).group(1)


def test_a_token_is_shown_once_and_works(signed_in):
    browser = signed_in("lead")

    answer = make_token(browser)

    text = shown_token(answer)
    page = browser.get(reverse(KEYS)).content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert "curl http://testserver/api/v1/signals" in answer.content.decode()
    assert text not in page
    assert text[:10] in page
    assert Program(text, Source.objects.get()).post(signal()).status_code == 202


def test_the_text_of_a_token_is_kept_nowhere(signed_in, caplog):
    text = shown_token(make_token(signed_in("lead")))

    kept = str(list(ApiToken.objects.values())) + str(list(JournalEntry.objects.values()))
    assert text not in kept
    assert text[10:] not in kept
    assert text not in caplog.text


def test_a_token_may_end(signed_in):
    make_token(signed_in("lead"), **{"token-days": "30"})

    left = ApiToken.objects.get().expires_at - timezone.now()
    assert timedelta(days=29) < left <= timedelta(days=30)


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"token-name": ""}, "This field is required"),
        ({"token-scopes": []}, "This field is required"),
        ({"token-scopes": ["all"]}, "Select a valid choice"),
        ({"token-days": "0"}, "greater than or equal to 1"),
    ],
)
def test_a_wrong_form_makes_nothing_and_says_why(signed_in, sent, said):
    answer = make_token(signed_in("lead"), **sent)

    assert (answer.status_code, ApiToken.objects.count()) == (422, 0)
    assert said in answer.content.decode()


def test_two_usable_tokens_of_one_name_are_refused(signed_in):
    browser = signed_in("lead")
    make_token(browser)

    answer = make_token(browser)

    assert (answer.status_code, ApiToken.objects.count()) == (422, 1)
    assert "A token named “shop” is in use." in answer.content.decode()


def test_a_name_of_another_kind_of_source_is_refused(signed_in, webhook):
    webhook(name="shop")

    answer = make_token(signed_in("lead"))

    assert (answer.status_code, ApiToken.objects.count()) == (422, 0)


def test_a_revoked_token_opens_nothing_and_the_next_one_goes_on_with_its_source(signed_in):
    browser = signed_in("lead")
    first = Program(shown_token(make_token(browser)), Source.objects.get())
    first.post(signal("a"))

    browser.post(reverse("api:revoke", args=[ApiToken.objects.get().pk]))
    refused = first.post(signal("b"))
    second = Program(shown_token(make_token(browser)), first.source)

    assert refused.status_code == 401
    assert second.post(signal("b")).status_code == 202
    assert second.tallies() == (2, 2, 0, 0)


def test_a_webhook_is_made_with_an_address_and_a_secret_that_work(signed_in):
    answer = signed_in("lead").post(
        reverse("api:webhook"),
        {"hook-name": "Help desk", "hook-fields_text": 'kind = "ticket"\r\nbody = text'},
    )

    page = answer.content.decode()
    secret = re.search(r'value="(whsec_[^"]+)"', page).group(1).replace("&#x2B;", "+").replace("&#x3D;", "=")
    sender = Sender(Source.objects.get(), secret)
    sent = sender.send({"text": "Late", "signal_id": "7", "occurred_at": "2026-03-02T11:00:00Z"})
    assert "http://testserver/hooks/help-desk/" in page
    assert Webhook(secret)
    assert sent.status_code == 202


def test_a_field_that_signals_do_not_have_is_named(signed_in):
    answer = signed_in("lead").post(
        reverse("api:webhook"), {"hook-name": "Desk", "hook-fields_text": "words = text"}
    )

    assert (answer.status_code, Source.objects.count()) == (422, 0)
    assert "Line 1: signals have no field “words”." in answer.content.decode()


def test_a_kind_of_signal_that_there_is_not_is_named(signed_in):
    answer = signed_in("lead").post(
        reverse("api:webhook"), {"hook-name": "Desk", "hook-fields_text": 'kind = "rant"'}
    )

    assert (answer.status_code, Source.objects.count()) == (422, 0)
    assert "Line 1: “rant” is no kind of signal. There are: ticket," in answer.content.decode()


def test_fields_and_secret_of_a_webhook_change_on_the_page(signed_in, webhook):
    desk, browser = webhook(), signed_in("lead")
    prefix = f"fields-{desk.source.pk}"

    kept = browser.post(
        reverse("api:fields", args=[desk.source.pk]), {f"{prefix}-fields_text": "body = a.b"}, follow=True
    )
    wrong = browser.post(reverse("api:fields", args=[desk.source.pk]), {f"{prefix}-fields_text": "body"})
    changed = browser.post(reverse("api:secret", args=[desk.source.pk]))

    desk.source.refresh_from_db()
    assert desk.source.connection == {"fields": {"body": "a.b"}}
    assert "The next message of Help desk is read so." in kept.content.decode()
    assert (wrong.status_code, "Line 1 is not of the form" in wrong.content.decode()) == (422, True)
    assert "The old secret is good for 24 hours more." in changed.content.decode()
    assert desk.send(signal() | {"a": {"b": "Late"}}).status_code == 202


def test_an_api_source_is_no_webhook(signed_in, program):
    shop = program("shop")

    assert signed_in("lead").post(reverse("api:secret", args=[shop.source.pk])).status_code == 404
