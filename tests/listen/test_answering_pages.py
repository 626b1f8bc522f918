"""Answering on a signal's page, and the steps that are taken there."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from interlock.listen import stages
from interlock.listen.models import Answer, AnsweredSignal, Clock, Sending, Stage
from interlock.web import today_cards
from listen.waiting import clock_of, form_of, post, queue, source, waits

pytestmark = pytest.mark.django_db


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
    shown = client.get(reverse("listen:signal", args=[one.pk])).text
    assert 'href="https://reviews.example.com/7"' in shown
    assert f"{client.person.name} looks after it." in shown

    post(client, "settle", answer.pk, where="under the review")

    answer.refresh_from_db()
    clock = clock_of(one)
    assert (answer.state, answer.foreign_id) == (Sending.SENT, "under the review")
    assert (clock.stage, clock.stopped_at) == (Stage.ANSWERED, answer.sent_at)
    assert "need your hand" not in queue(client).text
    assert "To be found at: under the review" in client.get(reverse("listen:signal", args=[one.pk])).text


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


def test_a_signal_without_title_and_name_is_headed_by_its_own_words(signed_in):
    one, silent = waits("It rattles again.", by=""), waits("", by="")
    client = signed_in("contributor")

    headed = client.get(reverse("listen:signal", args=[one.pk])).text

    assert "It rattles again.</h1>" in headed
    assert "A customer: ticket" not in headed
    assert (
        "Ticket, without words and without a name.</h1>"
        in client.get(reverse("listen:signal", args=[silent.pk])).text
    )


def test_today_names_who_waits_first_only_where_there_is_a_name(signed_in):
    client = signed_in("contributor")
    Clock.objects.filter(signal_key=waits(by="", ago=50).key).update(owner=client.person)

    (unnamed,) = today_cards.answer_cards(client.person, timezone.now())
    Clock.objects.filter(signal_key=waits(by="a7", ago=60).key).update(owner=client.person)
    (named,) = today_cards.answer_cards(client.person, timezone.now())

    assert (unnamed.sentence, unnamed.act) == ("A customer waits for your answer.", "Answer the customer")
    assert (named.sentence, named.act) == (
        "Two customers wait for your answer, Shop a7 first.",
        "Answer Shop a7",
    )
