"""Writing down what a customer said, and taking it back."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from interlock.listen.models import Arrival, Clock, Signal, Stage
from listen.waiting import clock_of, hours, post

pytestmark = pytest.mark.django_db


def captured(client, **more):
    form = {
        "words": "We need the rack in black.",
        "is_verbatim": "yes",
        "kind": "idea",
        "reason": "functionality",
        "way": "call",
        "at": timezone.localtime(timezone.now() - hours(2)).strftime("%Y-%m-%dT%H:%M"),
        **more,
    }
    return client.post(reverse("listen:capture"), form)


def test_what_a_customer_told_is_a_signal_with_its_source_and_its_clock(signed_in):
    client = signed_in("contributor", "sales")

    answer = captured(client)

    one = Signal.objects.get()
    assert answer["Location"] == reverse("listen:signal", args=[one.pk])
    assert (one.kind, one.body, one.reason, one.channel) == (
        "idea",
        "We need the rack in black.",
        "functionality",
        "call",
    )
    assert one.title == f"Told to {client.person.name} in a call"
    assert (one.source.kind, one.source.received, one.source.stored) == ("captured", 1, 1)
    assert clock_of(one).stage == Stage.RECEIVED
    assert Arrival.objects.get().by == client.person


def test_a_capture_is_taken_back_by_who_made_it_alone(signed_in, person):
    client = signed_in("contributor", "sales")
    captured(client, is_verbatim="no")
    arrival, maker = Arrival.objects.get(), client.person
    client.force_login(person("contributor").user)
    post(client, "undo_capture", arrival.pk)
    assert Signal.objects.count() == 1

    client.force_login(maker.user)
    post(client, "undo_capture", arrival.pk)

    assert (Signal.objects.count(), Clock.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"words": " "}, "required"),
        ({"at": "2999-01-01T10:00"}, "That lies ahead"),
        ({"account": "Nobody & Sons"}, "The records hold nothing called"),
        ({"kind": "nonsense"}, "nonsense"),
    ],
)
def test_what_cannot_be_written_down_says_why_and_keeps_the_text(signed_in, more, words):
    page = captured(signed_in("contributor"), **more)

    assert (page.status_code, Signal.objects.count()) == (422, 0)
    assert words in page.text
