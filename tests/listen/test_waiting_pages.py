"""The queue, one signal's page with its answer, and writing down what a customer said."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from interlock.fabric.models import Person
from interlock.listen import stages, waiting
from interlock.listen.models import Answer, AnsweredSignal, Arrival, Clock, Sending, Signal, Stage
from listen.waiting import Foreign, clock_of, hours, opened, said, source

pytestmark = pytest.mark.django_db


@pytest.fixture
def channel(monkeypatch):
    """Sources of the kind `small` can send answers."""
    from interlock.listen.answers import channels

    monkeypatch.setattr(channels, "live_connectors", lambda: {"small": Foreign()})


def waits(words: str = "Where is it?", *, ago: float = 1, **more):
    """A signal that came in so many hours ago, with its clock."""
    now = timezone.now()
    one = said(words, at=now - hours(ago), **more)
    opened(one, now=now)
    return one


def queue(client, query: str = ""):
    return client.get(reverse("listen:waiting") + query)


def shown(response) -> list[str]:
    return [row.signal.body for row in response.context["page"].rows]


def post(client, name: str, number: int, **values):
    return client.post(reverse(f"listen:{name}", args=[number]), values)


def form_of(client, signal) -> dict[str, object]:
    """What the form on a signal's page sends, as far as the page fills it in."""
    form = client.get(reverse("listen:signal", args=[signal.pk])).context["loop"].form
    return {name: form[name].value() for name in form.fields}


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
    assert "Of 30 whose hour came in the last 30 days" in page.text
    assert "70 in 100" in page.text.replace("\xa0", " ")
    assert len(queue(client, "?show=in_time").context["page"].rows) == 21
    assert len(queue(client, "?show=late").context["page"].rows) == 9

    stages.set_aside(clock=clock, stage=Stage.SPAM, by=person("lead"), now=now)
    assert "The hour of 29 customers came in the last 30 days" in queue(client).text


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


def test_one_answer_serves_all_that_the_customer_wrote(signed_in, channel):
    client = signed_in("contributor", "service")
    mailbox = source("small")
    kim = {"source": mailbox, "route": {"address": "kim@example.com"}}
    first = waits("Where is it?", by="a1", thread="m1", **kim)
    waits("Hello?", by="a1", thread="m2", **kim)
    waits("From the same talk", by="", thread="m1", **kim)
    waits("Somebody else", by="a9")
    form = form_of(client, first)
    assert len(form["also"]) == 2

    post(client, "answer", first.pk, **form | {"text": "It comes on Tuesday."})

    answer = Answer.objects.get()
    assert (answer.state, answer.text, answer.author) == (
        Sending.WAITING,
        "It comes on Tuesday.",
        client.person,
    )
    assert set(answer.signals.values_list("signal_key", flat=True)) == {first.key, *form["also"]}
    assert clock_of(first).stopped_at is None


def test_signals_of_another_customer_cannot_be_slipped_in(signed_in):
    client = signed_in("contributor")
    mine, other = waits(by="a1"), waits(by="a2")
    waits("Hello?", by="a1")
    form = form_of(client, mine)

    page = post(client, "answer", mine.pk, **form | {"text": "Yes.", "also": [other.key]})

    assert (page.status_code, Answer.objects.count()) == (422, 0)


def test_the_same_form_sent_twice_is_one_answer(signed_in, channel):
    client = signed_in("contributor")
    one = waits(thread="m1", source=source("small"))
    form = form_of(client, one) | {"text": "Yes."}

    post(client, "answer", one.pk, **form)
    post(client, "answer", one.pk, **form)

    assert Answer.objects.count() == 1


def test_of_two_who_answer_at_once_the_second_hears_of_the_first_and_keeps_the_text(
    signed_in, client, person
):
    one = waits()
    anna = person("contributor", "service", name="Anna")
    ben = signed_in("contributor", "sales")
    form = form_of(ben, one)
    from interlock.listen.answers import writing

    written = writing.send(
        signal=one, also=[], by=anna, text="Tuesday.", reference="0" * 32, seen=0, now=timezone.now()
    )

    page = post(ben, "answer", one.pk, **form | {"text": "Wednesday."})
    page = ben.get(page["Location"])

    assert list(Answer.objects.exclude(state=Sending.DRAFT)) == [written]
    assert "Anna answered at" in page.text
    assert page.context["loop"].draft.text == "Wednesday."
    # Having read it, Ben may still write.
    post(ben, "answer", one.pk, **form_of(ben, one) | {"text": "Or Wednesday."})
    assert Answer.objects.exclude(state=Sending.DRAFT).count() == 2


def test_an_answer_is_taken_back_before_a_worker_has_it(signed_in, channel):
    client = signed_in("contributor")
    one = waits(thread="m1", source=source("small"))
    post(client, "answer", one.pk, **form_of(client, one) | {"text": "Tuseday."})
    answer = Answer.objects.get()

    post(client, "take_back", answer.pk)
    answer.refresh_from_db()
    assert (answer.state, form_of(client, one)["text"]) == (Sending.DRAFT, "Tuseday.")

    post(client, "answer", one.pk, **form_of(client, one) | {"text": "Tuesday."})
    Answer.objects.update(state=Sending.SENDING)
    post(client, "take_back", Answer.objects.get().pk)
    assert Answer.objects.get().state == Sending.SENDING


def test_without_a_channel_the_answer_is_a_task_until_somebody_says_where_it_went(signed_in):
    client = signed_in("contributor")
    one = waits(url="https://reviews.example.com/7")
    post(client, "answer", one.pk, **form_of(client, one) | {"text": "Thank you."})
    answer = Answer.objects.get()
    assert answer.state == Sending.BY_HAND
    assert "These answers need your hand" in queue(client).text
    assert 'href="https://reviews.example.com/7"' in client.get(reverse("listen:signal", args=[one.pk])).text

    post(client, "settle", answer.pk, where="under the review")

    answer.refresh_from_db()
    clock = clock_of(one)
    assert (answer.state, answer.foreign_id) == (Sending.SENT, "under the review")
    assert (clock.stage, clock.stopped_at) == (Stage.ANSWERED, answer.sent_at)
    assert "need your hand" not in queue(client).text


def test_a_draft_is_ones_own_and_kept_while_one_types(signed_in, person):
    client, one = signed_in("contributor"), waits()
    kept = client.post(
        reverse("listen:draft", args=[one.pk]), {"text": "Dear"}, headers={"HX-Request": "true"}
    )

    assert "Kept as a draft" in kept.text
    assert form_of(client, one)["text"] == "Dear"
    client.force_login(person("lead").user)
    assert form_of(client, one)["text"] == ""


def test_an_earlier_answer_is_offered_without_names_and_never_sent(signed_in, person):
    client = signed_in("lead", "service")
    like, odd = waits("The hinge opens while riding", by="a1"), waits("Where is my invoice?", by="a2")
    anna = person("contributor", name="Anna")
    for signal, text in ((like, "Dear Ms Hagen, we mend the hinge."), (odd, "Here it is.")):
        sent = Answer.objects.create(
            author=anna, text=text, made_at=timezone.now(), state=Sending.SENT, sent_at=timezone.now()
        )
        AnsweredSignal.objects.create(answer=sent, signal_key=signal.key)
        stages.answered(keys=[signal.key], by=anna, now=timezone.now(), how="mail")
        stages.confirm(clock=clock_of(signal), by=client.person, how="mail", now=timezone.now())
    one = waits("My hinge opens while riding uphill", by="a3")

    page = client.get(reverse("listen:signal", args=[one.pk]) + "?draft")

    assert page.context["loop"].form["text"].value() == "Dear Ms [name], we mend the hinge."
    assert page.context["loop"].offer.signal == like
    assert Answer.objects.count() == 2
    nothing = client.get(reverse("listen:signal", args=[waits("A bell, please", by="a4").pk]) + "?draft")
    assert nothing.context["loop"].offer is None
    assert "There is nothing to draft from" in nothing.text
    assert "There is nothing to draft from" not in page.text + signal_page_of(client, one).text


def signal_page_of(client, signal):
    return client.get(reverse("listen:signal", args=[signal.pk]))


@pytest.mark.parametrize(
    ("step", "more", "stage"),
    [
        ("acknowledge", {}, Stage.ACKNOWLEDGED),
        ("duplicate", {}, Stage.DUPLICATE),
        ("spam", {}, Stage.SPAM),
        ("confirm", {"how": "phone"}, Stage.RECEIVED),
    ],
)
def test_steps_are_taken_on_the_page(signed_in, step, more, stage):
    client, one = signed_in("contributor"), waits()

    post(client, "step", one.pk, step=step, **more)

    assert clock_of(one).stage == stage
    assert post(client, "step", one.pk, step="nonsense").status_code == 404
    post(client, "take_up_again", one.pk)
    assert clock_of(one).stage not in stages.ASIDE_STAGES


def test_the_address_of_a_customer_is_shown_to_those_with_the_right_alone(signed_in, channel):
    one = waits(thread="m1", source=source("small"), route={"address": "kim@example.com"})
    path = reverse("listen:signal", args=[one.pk])

    assert "kim@example.com" in signed_in("lead").get(path).text
    assert "kim@example.com" not in signed_in("contributor", "sales").get(path).text
    assert "kim@example.com" not in signed_in("observer").get(path).text


def test_today_says_whose_answer_is_due_and_the_rail_how_many_wait(signed_in, home):
    client = signed_in("contributor")
    one = waits(ago=23)
    stages.acknowledge(clock=clock_of(one), by=client.person, now=timezone.now())

    assert list(waiting.due_for(client.person, timezone.now())) == [clock_of(one)]
    assert waiting.waiting_note(client.person) == "1"
    assert waiting.waiting_note(Person(role="customer")) == ""
    assert list(waiting.due_for(client.person, timezone.now() - timedelta(hours=8))) == []


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
