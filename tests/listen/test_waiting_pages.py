"""The queue: who stands first, what it is narrowed by, its pages and its file."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from interlock.fabric.models import Person
from interlock.listen import stages, waiting
from interlock.listen.models import Answer, AnsweredSignal, Clock, Sending, Signal, Stage
from listen.waiting import clock_of, hours, queue, said, shown, source, waits

pytestmark = pytest.mark.django_db


def test_who_failed_again_stands_first_then_who_is_due_first(signed_in):
    waits("third", ago=2, by="a1")
    waits("second", ago=40, by="a2")
    said("Broke", kind="complaint", by="a3", at=timezone.now() - hours(100))
    waits("first", ago=1, by="a3")

    page = queue(signed_in("contributor"))

    assert shown(page) == ["first", "second", "third"]
    assert "One customer</a> has waited longer than we allow ourselves." in page.text
    assert "Second failure in 30 days: complaint on" in page.text
    assert "due 16 h ago" in page.text
    assert "in 21 h" in page.text


def test_customers_are_counted_once_and_their_signals_beside(signed_in):
    for number in range(3):
        waits(f"again {number}", ago=30, by="a1")
    waits("other", ago=2, by="a2")
    for number in range(2):
        waits(f"nobody knows who {number}", ago=30, by="")

    page = queue(signed_in("contributor"))

    now = timezone.now()
    found = waiting.counts(Clock.objects.all(), now)
    assert (found.waiting, found.signals, found.overdue, found.overdue_signals) == (4, 6, 3, 5)
    assert waiting.customers(Clock.objects.all()) == 4
    assert "4 customers wait for an answer" in page.text
    assert "3 customers</a> have waited longer" in page.text
    assert "With 5 signals; the list has a row for each." in page.text
    assert "Download these 6 rows" in page.text
    assert waiting.waiting_note(page.wsgi_request.user.person) == "4"


def test_nobody_waiting_is_said_as_the_good_news_it_is(signed_in):
    assert "Nobody waits for an answer." in queue(signed_in("observer")).text


def test_the_queue_is_narrowed_by_whose_kind_source_and_hour(signed_in):
    client = signed_in("contributor")
    shop = source(key="shop", name="Shop")
    waits("mine", by="a1")
    mine = waits("post", kind="post", ago=20, by="a2", source=shop)
    stages.acknowledge(clock=clock_of(mine), by=client.person, now=timezone.now())

    assert shown(queue(client, "?whose=mine")) == ["post"]
    assert shown(queue(client, "?whose=nobody")) == ["mine"]
    assert shown(queue(client, "?kind=post")) == ["post"]
    assert shown(queue(client, "?source=shop")) == ["post"]
    assert shown(queue(client, "?show=overdue")) == ["post"]
    assert shown(queue(client, "?kind=idea")) == []
    assert shown(queue(client, "?kind=nonsense")) == ["post", "mine"]


def test_pages_go_on_where_they_ended_both_ways(signed_in):
    client = signed_in("contributor")
    for number in range(70):
        waits(f"{number:02}", ago=number / 100, by=f"a{number}")
    whole = [f"{number:02}" for number in reversed(range(70))]

    first = queue(client)
    second = queue(client, first.context["later"])
    third = queue(client, second.context["later"])

    assert shown(first) + shown(second) + shown(third) == whole
    assert (first.context["earlier"], third.context["later"]) == ("", "")
    assert shown(queue(client, third.context["earlier"])) == shown(second)
    assert shown(queue(client, "?after=forged")) == shown(first)


def test_the_share_answered_in_time_is_stated_from_thirty_on(signed_in, person):
    client, now = signed_in("observer"), timezone.now()
    shop = source()
    for number in range(30):
        clock = Clock.objects.create(
            signal_key=f"h{number}",
            kind="ticket",
            source=shop,
            stage=Stage.ANSWERED,
            opened_at=now - hours(100),
            due_at=now - hours(76),
            stopped_at=now - hours(80 if number < 21 else 70),
        )
    page = queue(client)
    assert "Of 30 signals whose hour came in the last 30 days" in page.text
    assert "70 in 100" in page.text.replace("\xa0", " ")
    assert len(queue(client, "?show=in_time").context["page"].rows) == 21
    assert len(queue(client, "?show=late").context["page"].rows) == 9

    stages.set_aside(clock=clock, stage=Stage.SPAM, by=person("lead"), now=now)
    assert "The hour of 29 signals came in the last 30 days" in queue(client).text


def test_the_queue_downloads_with_words_masked_for_those_without_the_right(signed_in):
    waits("Write to kim@example.com")
    client = signed_in("contributor", "sales")

    answer = client.get(reverse("listen:waiting_csv"))
    [row] = csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode()))

    assert (row["kind"], row["stage"], row["body"]) == ("ticket", "received", "Write to [e-mail]")


def test_why_somebody_comes_first_is_masked_too_for_it_may_quote_a_customer(signed_in):
    waits("It broke")
    Clock.objects.update(because="Second failure in 30 days: call kim@example.com on 2 Mar.", urgency=1)
    Answer.objects.create(
        author=Person.objects.create(name="Anna"),
        text="Sorry.",
        made_at=timezone.now(),
        state=Sending.FAILED,
        error="The server refused <kim@example.com>.",
    )
    AnsweredSignal.objects.create(answer=Answer.objects.get(), signal_key=Clock.objects.get().signal_key)
    client = signed_in("contributor", "sales")

    pages = [
        queue(client).text,
        client.get(reverse("listen:signal", args=[Signal.objects.get().pk])).content.decode(),
        b"".join(client.get(reverse("listen:waiting_csv")).streaming_content).decode(),
    ]

    assert ["kim@example.com" in page for page in pages] == [False] * 3
    assert ["[e-mail]" in page for page in pages] == [True] * 3


def test_the_queue_of_thirty_takes_as_many_queries_as_of_three(signed_in, django_assert_max_num_queries):
    client = signed_in("contributor")
    for number in range(3):
        waits(by=f"a{number}")
    with django_assert_max_num_queries(30) as few:
        queue(client)
    for number in range(27):
        waits(by=f"b{number}", source=Clock.objects.first().source)
    with django_assert_max_num_queries(len(few)):
        queue(client)


def test_hostile_words_are_shown_as_words(signed_in):
    one = waits("<script>alert(1)</script>", title="<img src=x onerror=alert(1)>")
    client = signed_in("lead")

    for page in (queue(client), client.get(reverse("listen:signal", args=[one.pk]))):
        assert "<script>alert" not in page.text
        assert "<img src=x" not in page.text


def test_today_says_whose_answer_is_due_and_the_rail_how_many_wait(signed_in, home):
    client = signed_in("contributor")
    one = waits(ago=23)
    stages.acknowledge(clock=clock_of(one), by=client.person, now=timezone.now())

    assert list(waiting.due_for(client.person, timezone.now())) == [clock_of(one)]
    assert waiting.waiting_note(client.person) == "1"
    assert waiting.waiting_note(Person(role="customer")) == ""
    assert list(waiting.due_for(client.person, timezone.now() - timedelta(hours=8))) == []
