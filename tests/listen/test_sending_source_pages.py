"""Sources that send by themselves on their pages: what is decided about them, and their batches taken back and put back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from interlock.api.status import status
from interlock.fabric import tokens
from interlock.fabric.models import JournalEntry, Person
from interlock.listen import inbox, pushing, settling, source_page
from interlock.listen.models import Arrival, Clock, Signal, Source
from listen.live import offered

# What is taken in is committed at once.
pytestmark = pytest.mark.django_db(transaction=True)
DECIDED = {"purpose": "To hear of late bikes. ", "silent_hours": "1.5", "answer_hours": "6"}


@pytest.fixture
def till(home) -> Source:
    """A program that sends with a token."""
    now = timezone.now()
    token, _text = tokens.make_token(name="Till", scopes=["signals:write"], by=None, now=now)
    return pushing.open_api_source(token=token, by=None, now=now)


@pytest.fixture
def hook(home) -> Source:
    return pushing.open_webhook(name="Shop hook", fields={}, by=None, now=timezone.now())[0]


def send(source: Source, *numbers: int, ago: timedelta = timedelta(0), **more: object) -> None:
    now = timezone.now() - ago
    rows = [offered(number, occurred_at="2026-03-02T08:00:00Z", **more) for number in numbers]
    inbox.take_in([inbox.Offer(source, rows)], now=now)
    settling.settle_all(now=timezone.now)


def settings_of(source: Source) -> str:
    return reverse("listen:source_settings", args=[source.pk])


def page(client, source: Source) -> str:
    return " ".join(client.get(reverse("listen:source", args=[source.pk])).text.split())


def test_what_is_decided_about_a_program_is_asked_kept_shown_and_noted(signed_in, till):
    client = signed_in("lead")
    assert settings_of(till) in page(client, till)
    asked = client.get(settings_of(till))
    assert list(asked.context["form"].fields) == ["purpose", "silent_hours", "answer_hours"]

    kept = client.post(settings_of(till), DECIDED | {"name": "Another name", "minutes": "5"})

    assert kept.url == reverse("listen:source", args=[till.pk])
    till.refresh_from_db()
    assert (till.name, till.purpose, till.freshness_limit, till.answer_hours, till.ask_every) == (
        "Till", "To hear of late bikes.", 5400, 6, None,
    )  # fmt: skip
    shown = page(client, till)
    assert "To hear of late bikes." in shown
    assert "<dt>Silent too long</dt><dd>90 min</dd><dt>Answer within</dt><dd>6 h</dd>" in shown
    entry = JournalEntry.objects.latest("number")
    assert (entry.verb, entry.detail) == (
        "changed",
        {"changed": ["answer_hours", "freshness_limit", "purpose"]},
    )


def test_a_webhook_may_be_renamed_but_not_to_a_name_that_is_taken(signed_in, hook, till):
    client = signed_in("owner")

    taken = client.post(settings_of(hook), DECIDED | {"name": "TILL"})
    renamed = client.post(settings_of(hook), DECIDED | {"name": "Web shop"})

    assert (taken.status_code, renamed.status_code) == (422, 302)
    assert "There is a source “TILL” already. Choose another name." in taken.text
    hook.refresh_from_db()
    assert (hook.name, hook.key, bool(hook.secrets)) == ("Web shop", "shop-hook", True)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"purpose": ""}, "This field is required."), ({"silent_hours": "0"}, "greater than or equal to 0.1")],
)
def test_what_is_wrong_is_said_and_nothing_is_kept(signed_in, till, wrong, said):
    response = signed_in("owner").post(settings_of(till), DECIDED | wrong)

    assert (response.status_code, said in response.text) == (422, True)
    till.refresh_from_db()
    assert (till.purpose, till.freshness_limit) == ("", None)


def test_who_may_not_import_decides_nothing(signed_in, till):
    client = signed_in("contributor")

    assert client.post(settings_of(till), DECIDED).status_code == 403
    assert settings_of(till) not in page(client, till)


def test_a_limit_that_somebody_set_makes_a_silent_program_late_everywhere(signed_in, till):
    send(till, 1, ago=timedelta(hours=2))
    client = signed_in("lead")
    now = timezone.now()
    lead = Person.objects.get(role="lead")
    assert (status(now).sources[0].freshness.state, source_page.needing_somebody(lead, now)) == ("unsure", [])

    client.post(settings_of(till), DECIDED)

    said = status(now).sources[0].freshness
    assert (said.state, said.limit_seconds) == ("late", 5400)
    assert said.sentence.startswith("Nothing from Till for 2 h")
    listed = client.get(reverse("listen:sources"))
    assert listed.context["headline"] == "Nothing from Till for 2 h."
    assert [row.state for row in listed.context["sources"]] == ["late"]
    assert [row.source for row in source_page.needing_somebody(lead, now)] == [till]


def test_customers_of_a_program_are_answered_within_the_hours_that_somebody_set(signed_in, till):
    signed_in("lead").post(settings_of(till), DECIDED)

    till.refresh_from_db()
    send(till, 1)

    clock = Clock.objects.get()
    assert clock.due_at - clock.opened_at == timedelta(hours=6)


def test_what_was_sent_this_moment_is_taken_back_and_put_back_on_the_page(signed_in, till):
    client = signed_in("lead")
    send(till, *range(50))
    batch = Arrival.objects.get()
    undo, back = (reverse(f"listen:{name}", args=[batch.pk]) for name in ("undo_batch", "put_back_batch"))
    sent = page(client, till)
    assert "still open: what is sent in the next minutes joins it" in sent
    assert "brought 50 new and 0 changed records; still the newest version: 50 of them." in sent
    assert "It is still open and is closed first: what is sent from then on is a batch of its own." in sent
    assert (undo in sent, back in sent) == (True, False)

    client.post(undo)

    gone = page(client, till)
    assert (undo in gone, back in gone) == (False, True)
    assert (Signal.objects.count(), Clock.objects.count()) == (0, 0)
    said = client.post(back, follow=True).text
    assert "50 records are put back; they are on the lists in a moment." in said
    assert undo in said
    settling.settle_all(now=timezone.now)
    assert (Signal.objects.count(), Clock.objects.count()) == (50, 50)
    till.refresh_from_db()
    assert (till.received, till.stored, status(timezone.now()).adds_up) == (50, 50, True)
    assert "is not taken back" in client.post(back, follow=True).text


def test_who_may_not_import_neither_takes_back_nor_puts_back(signed_in, till):
    send(till, 1)
    batch = Arrival.objects.get()
    inbox.undo_arrival(arrival=batch, by=None, now=timezone.now())
    client = signed_in("contributor")
    back = reverse("listen:put_back_batch", args=[batch.pk])

    assert client.post(back).status_code == 403
    assert back not in page(client, till)
