"""What goes wrong at the door: refused or cleaned with a reason, counted, nothing executed, nobody else affected."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from api.conftest import signal
from interlock.listen import settling
from interlock.listen.models import InboxRow, RefusedRow, Signal

REFUSED = {
    "10 MB of text": ({"body": "x" * 10_000_000}, "body", "body has 10,000,000 characters; at most 1,000,000"),
    "no characters": ({"body": ""}, "body", "The signal says nothing"),
    "only spaces": ({"body": " \t\n "}, "body", "The signal says nothing"),
    "only zero-width characters": ({"body": "\u200b\u200d\ufeff\u2060"}, "body", "The signal says nothing"),
    "only NUL": ({"body": "\0"}, "body", "The signal says nothing"),
    "no id": ({"signal_id": None}, "signal_id", "signal_id is missing"),
    "a number as id": ({"signal_id": 7}, "signal_id", "signal_id must be a text"),
    "a day that does not exist": ({"occurred_at": "2026-02-30T10:00:00Z"}, "occurred_at", "must be a time that exists"),
    "words as a time": ({"occurred_at": "yesterday"}, "occurred_at", "must be a time that exists"),
    "a number as a time": ({"occurred_at": 1_772_449_200}, "occurred_at", "must be a time as"),
    "a time without zone": ({"occurred_at": "2026-03-02T10:00:00"}, "occurred_at", "has no time zone"),
    "before all time": ({"occurred_at": "0001-01-01T00:00:00Z"}, "occurred_at", "of the years 1970 to 9999"),
    "the far future": ({"occurred_at": "2062-01-01T00:00:00Z"}, "occurred_at", "lies in the future"),
    "an unknown kind": ({"kind": "grumble"}, "kind", "must be one of"),
    "an address that would run": ({"url": "javascript:alert(1)"}, "url", "must be an address that begins"),
    "a list as text": ({"body": ["a"]}, "body", "must be a text; this is a list"),
    "money without end": ({"cost": "1e400"}, "cost", "must be an amount"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_with_its_field_and_reason_and_kept(shop, program, name):
    change, field, reason = REFUSED[name]

    answer = shop.post(signal() | change)

    [refusal] = answer.json()["refusals"]
    assert (answer.status_code, refusal["field"]) == (422, field)
    assert reason in refusal["reason"]
    assert shop.tallies() == (1, 0, 0, 1)
    assert 0 < len(RefusedRow.objects.get().payload) <= 64_000
    assert program("other").post(signal()).status_code == 202


def test_one_bad_signal_takes_none_of_its_neighbours_along(shop):
    rows = [signal(str(number), **change) if "signal_id" not in change else signal() | change
            for number, (change, _field, _reason) in enumerate(REFUSED.values())]  # fmt: skip

    answer = shop.post([signal("first"), *rows, signal("last")])

    body = answer.json()
    assert (answer.status_code, body["stored"], body["refused"]) == (202, 2, len(REFUSED))
    assert [each["index"] for each in body["refusals"]] == list(range(1, len(REFUSED) + 1))


TAKEN = {
    "only emoji": "😡🚲🔥👩‍👩‍👧‍👦",
    "right to left": "الدراجة وصلت متأخرة أسبوعًا.",
    "mixed scripts": "Велосипед came 遅れた で مكسور, ну вот",
    "zero width within": "the\u200bbike\u200dis\ufefflate",
    "turned around": "late \u202eetal ekib\u202c bike",
    "scripts and remote images": '<img src="http://10.0.0.1/pixel.gif"><script>alert(1)</script><b onclick=x>Late</b>',
    "a spreadsheet's formula": '=HYPERLINK("http://evil.example")',
    "a million characters": "x" * 1_000_000,
    "a query": "'; DROP TABLE listen_signal; --",
    "a template": "{{ settings.SECRET_KEY }} {% debug %} %(name)s {0}",
}


@pytest.mark.parametrize("name", TAKEN)
def test_it_is_stored_word_for_word(shop, name):
    answer = shop.post(signal(body=TAKEN[name]))

    assert answer.status_code == 202
    assert json.loads(InboxRow.objects.get().payload)["body"] == TAKEN[name]


def test_what_no_database_stores_is_taken_out_of_the_text(shop):
    shop.post(signal(body="be\0fore"))

    assert json.loads(InboxRow.objects.get().payload)["body"] == "before"


@pytest.mark.django_db(transaction=True)
def test_html_is_shown_as_the_text_it_is(shop, signed_in):
    shop.post(
        signal(title="<script>alert(2)</script>", body=TAKEN["scripts and remote images"], account_id="<b>A")
    )
    settling.settle_all(now=timezone.now)
    browser = signed_in("owner")

    one = Signal.objects.get()
    pages = [browser.get(reverse("listen:signal", args=[one.pk])), browser.get(reverse("listen:signals"))]

    assert one.body == TAKEN["scripts and remote images"]
    for number, page in enumerate(pages):
        text = page.content.decode()
        assert "&lt;script&gt;alert(" in text, number
        assert "<script>alert(" not in text
        assert '<img src="http://10' not in text
        assert "<b>A" not in text


def test_refused_html_is_shown_as_text_on_the_status_page(shop, signed_in):
    shop.post(signal(kind="<script>alert(3)</script>"))

    page = signed_in("owner").get(reverse("api:status")).content.decode()

    assert "&lt;script&gt;alert(3)" in page
    assert "<script>alert(3)" not in page


@pytest.mark.parametrize(
    ("minutes", "status"), [(-60 * 24 * 365, 202), (0, 202), (9, 202), (11, 422), (60, 422)]
)
def test_a_sender_s_clock_may_be_ten_minutes_ahead(shop, minutes, status):
    occurred_at = (timezone.now() + timedelta(minutes=minutes)).isoformat()

    assert shop.post(signal(occurred_at=occurred_at)).status_code == status


def test_a_signed_in_browser_cannot_be_made_to_write(shop, signed_in):
    """A cookie opens nothing that writes, so another site's form has nothing to ride on."""
    browser = signed_in("owner")

    answer = browser.post("/api/v1/signals", json.dumps(signal()), "application/json")

    assert (answer.status_code, InboxRow.objects.count()) == (401, 0)


def test_no_token_reaches_the_log(shop, caplog):
    caplog.set_level("DEBUG")
    shop.post(signal())
    shop.post(b"{")
    shop.client.post("/api/v1/signals", headers={"Authorization": f"Basic {shop.token}"})

    assert caplog.text
    assert shop.token not in caplog.text


def test_what_programs_ask_passes_the_throttle_first():
    from interlock.api.throttle import Throttle  # the server's own module is slow to load
    from interlock.config.wsgi import application

    assert isinstance(application, Throttle)
