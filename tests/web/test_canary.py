"""A telephone number and an address in a customer's words reach nobody without the right, on any page or file."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from interlock.fabric import tokens
from interlock.fabric.contexts import context_address
from interlock.listen import inbox, pushing, settling
from interlock.listen.models import Signal

CANARIES = (b"7700 900123", b"mara.canary@example.org", b"Canaria")
WORDS = "Hi Canaria, call me on +44 7700 900123 or write to mara.canary@example.org. Plover rattles?"


@pytest.fixture
def signal(db, home, person) -> Signal:
    """A live signal that waits for an answer, and a refused one, both with the canaries in their words."""
    from django.utils import timezone

    now = timezone.now()
    token, _text = tokens.make_token(name="Shop", scopes=["signals:write"], by=person("owner"), now=now)
    source = pushing.open_api_source(token=token, by=None, now=now)
    row = {"signal_id": "x:1", "kind": "complaint", "occurred_at": now.isoformat(), "title": WORDS, "body": WORDS, "reason": WORDS[:100], "account_id": "a1"}  # fmt: skip
    good = inbox.checked("signals", row, place="0", now=now)
    bad = inbox.checked("signals", row | {"kind": WORDS}, place="1", now=now)
    inbox.take_in([inbox.Offer(source=source, rows=[good], refused=[bad])], now=now)
    settling.settle_all(now=lambda: now)
    return Signal.objects.get()


def addresses(signal: Signal) -> list[str]:
    named = ["listen:signals", "listen:signals_csv", "listen:waiting", "listen:waiting_csv", "listen:sources", "web:today", "web:more"]  # fmt: skip
    source = signal.source_id
    return [
        *(reverse(name) for name in named),
        reverse("listen:signal", args=[signal.pk]),
        reverse("web:search") + "?q=rattles",
        reverse("listen:signals") + "?q=rattles",
        context_address("account", "a1"),
        reverse("listen:source", args=[source]),
        reverse("listen:source_refused", args=[source]),
        reverse("api:status"),
    ]


def leaks(client, signal: Signal) -> list[str]:
    found = []
    for address in addresses(signal):
        answer = client.get(address)
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        found += [address for canary in CANARIES if canary in content]
    return found


@pytest.mark.parametrize(("role", "function"), [("contributor", "sales"), ("observer", "service")])
def test_no_page_or_file_shows_the_canaries_to_those_without_the_right(signed_in, signal, role, function):
    assert leaks(signed_in(role, function), signal) == []


def test_the_same_pages_show_them_to_those_with_the_right_so_the_check_can_fail(signed_in, signal):
    shown = set(leaks(signed_in("owner"), signal))

    assert {
        reverse("listen:signal", args=[signal.pk]),
        reverse("listen:signals"),
        reverse("listen:waiting"),
    } <= shown
    assert any(re.search("csv", address) for address in shown)
