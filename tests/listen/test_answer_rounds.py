"""One text for everybody who waits about a theme: to the right people, once, and taken back until it left."""

from __future__ import annotations

import uuid

import pytest
from django.urls import reverse

from interlock.connectors.live import Reach
from interlock.fabric import no_mail, pacing
from interlock.listen.answers import channels, rounds, sending, writing
from interlock.listen.errors import NotAnswerable, StepRefused
from interlock.listen.models import Answer, AnsweredSignal, AnswerRound, Clock, ReplyRoute, Sending
from listen.themed import direction, joined, theme
from listen.waiting import NOON, Foreign, clock_of, hours, opened, source

pytestmark = pytest.mark.django_db
FEE = direction(1)


@pytest.fixture(autouse=True)
def foreign(monkeypatch):
    """A system that takes answers, known as "small"."""
    system = Foreign()
    monkeypatch.setattr(channels, "live_connectors", lambda: {"small": system})
    return system


@pytest.fixture
def fee(db):
    return theme("The new fee", FEE)


@pytest.fixture
def desk(db):
    return source("small", name="Help desk")


@pytest.fixture
def anna(person):
    return person("contributor", "service", name="Anna")


@pytest.fixture
def asks(fee, desk):
    """Somebody asks about the fee and waits for an answer."""

    def ask(words: str, by: str, **more):
        more = {"source": desk, "thread": f"talk {words}", **more}
        one = joined(more.pop("theme", fee), FEE, words, by=by, **more)
        opened(one)
        return one

    return ask


def begin(fee, by, *to, text="The fee is gone.", reference=None, now=NOON):
    made = rounds.begin(
        theme=fee, by=by, text=text, to={one.pk for one in to}, reference=reference or uuid.uuid4(), now=now
    )
    rounds.write_answers(round_id=made.pk, now=NOON)
    made.refresh_from_db()
    return made


def everybody(fee, by) -> list[list[str]]:
    return [[each.body for each in (one.signal, *one.also)] for one in rounds.plan(fee, by).people]


def deliver_all(foreign, now):
    outside = sending.Outside({"small": foreign}, lambda source: {}, Reach(None, lambda: now, lambda s: None))
    for answer in Answer.objects.order_by("pk"):
        sending.deliver(answer_id=answer.pk, outside=outside)


def test_everybody_who_waits_gets_it_once_by_their_own_channel(fee, anna, asks, foreign):
    kim, lee = asks("Why a fee?", "kim"), asks("A fee?!", "lee")

    begin(fee, anna, kim, lee)
    deliver_all(foreign, NOON + rounds.SENDS_AFTER - hours(0.01))
    assert foreign.kept == []
    deliver_all(foreign, NOON + rounds.SENDS_AFTER)
    deliver_all(foreign, NOON + 2 * rounds.SENDS_AFTER)

    assert [(route.thread, letter.text) for _answers, route, letter in foreign.kept] == [
        ("talk Why a fee?", "The fee is gone."),
        ("talk A fee?!", "The fee is gone."),
    ]
    assert [clock_of(one).stopped_at is None for one in (kim, lee)] == [False, False]


def test_a_person_who_asked_twice_gets_one_answer_that_serves_both(fee, anna, asks):
    first = asks("Why a fee?", "kim", contact_key="c1")
    asks("Still this fee", "kim", contact_key="c1")
    at_work = asks("Fee?", "shop", thread="", route={"address": "lee@example.com"})
    asks("Fee!", "", thread="other", route={"address": "Lee@Example.com"})

    assert everybody(fee, anna) == [["Why a fee?", "Still this fee"], ["Fee?", "Fee!"]]
    begin(fee, anna, first, at_work)

    assert sorted(Answer.objects.values_list("signals__signal_key", flat=True)) == sorted(
        Clock.objects.values_list("signal_key", flat=True)
    )
    assert Answer.objects.count() == 2


def test_two_people_of_one_account_are_two(fee, anna, asks):
    asks("Why a fee?", "shop", contact_key="kim")
    asks("A fee?!", "shop", contact_key="lee")

    assert everybody(fee, anna) == [["Why a fee?"], ["A fee?!"]]


def test_who_must_not_get_the_same_words_as_all_is_passed_over_and_why(fee, anna, asks, person):
    asks("Why a fee?", "kim")
    asks("No way back", "lee", thread="")
    begun = asks("Somebody writes", "mo")
    writing.keep_draft(signal=begun, by=person("lead", "service"), text="Dear Mo", now=NOON)
    Clock.objects.filter(signal_key=asks("Again!", "noa").key).update(urgency=1)
    Clock.objects.filter(signal_key=asks("Mine", "ola").key).update(owner=person("lead", "sales"))
    Clock.objects.filter(signal_key=asks("Own", "pia").key).update(owner=anna)
    Clock.objects.filter(signal_key=asks("Done", "quo").key).update(stopped_at=NOON)

    planned = rounds.plan(fee, anna)

    assert everybody(fee, anna) == [["Why a fee?"], ["Own"]]
    assert planned.passed_over == {"no_channel": 1, "answered": 1, "again": 1, "looked_after": 1}


def test_a_person_failed_before_gets_nothing_for_their_other_signal_either(fee, anna, asks):
    asks("Why a fee?", "kim", contact_key="c1")
    Clock.objects.filter(signal_key=asks("Again!", "kim", contact_key="c1").key).update(urgency=1)

    assert (everybody(fee, anna), rounds.plan(fee, anna).passed_over) == ([], {"again": 1})


def test_who_wants_no_mail_gets_none(fee, anna, asks):
    for who in ("kim", "lee"):
        asked = asks("Why a fee?", who)
        ReplyRoute.objects.filter(signal_key=asked.key).update(address=f"{who}@example.com")
    no_mail.stop(address="Kim@Example.com", now=NOON)

    planned = rounds.plan(fee, anna)

    assert ([one.channel.address for one in planned.people], planned.passed_over) == (
        ["lee@example.com"],
        {"no_mail": 1},
    )


def test_signals_of_other_themes_and_paused_sources_are_left_alone(fee, anna, asks, desk):
    asks("The bell", "kim", theme=theme("The bell", FEE))
    asks("Why a fee?", "lee")
    desk.paused_at = NOON
    desk.save()

    assert (everybody(fee, anna), rounds.plan(fee, anna).passed_over) == ([], {"no_channel": 1})


def test_the_same_form_sent_twice_and_a_worker_that_dies_double_nothing(fee, anna, asks):
    kim, lee, form = asks("Why a fee?", "kim"), asks("A fee?!", "lee"), uuid.uuid4()

    first = begin(fee, anna, kim, lee, reference=form)
    second = begin(fee, anna, kim, lee, reference=form)
    AnswerRound.objects.update(written_at=None)  # as after a death between the last answer and the note of it
    rounds.write_answers(round_id=first.pk, now=NOON)

    assert (first, AnswerRound.objects.count(), Answer.objects.count()) == (second, 1, 2)


def test_nobody_is_added_after_the_list_was_looked_at(fee, anna, asks):
    kim = asks("Why a fee?", "kim")
    asks("A fee?!", "lee")

    assert begin(fee, anna, kim).recipients == [[kim.key]]


def test_who_was_answered_before_the_round_was_written_is_passed_over(fee, anna, asks, person):
    kim, lee = asks("Why a fee?", "kim"), asks("A fee?!", "lee")
    made = rounds.begin(
        theme=fee, by=anna, text="Gone.", to={kim.pk, lee.pk}, reference=uuid.uuid4(), now=NOON
    )
    writing.send(
        signal=lee, also=[], by=person("lead", "service"), text="Dear Lee", reference=uuid.uuid4(), seen=0, now=NOON
    )  # fmt: skip

    rounds.write_answers(round_id=made.pk, now=NOON)

    made.refresh_from_db()
    assert (made.passed_over, made.answers.count()) == (1, 1)
    assert AnsweredSignal.objects.filter(signal_key=lee.key).count() == 1


def test_what_has_not_left_is_taken_back_and_its_people_wait_again(fee, anna, asks, foreign):
    kim, lee = asks("Why a fee?", "kim"), asks("A fee?!", "lee")
    made = begin(fee, anna, kim, lee)
    left = made.answers.order_by("pk").first()
    Answer.objects.filter(pk=left.pk).update(state=Sending.SENDING)

    taken = rounds.take_back(made=made, by=anna, now=NOON)
    rounds.write_answers(round_id=made.pk, now=NOON)  # a worker that was late
    deliver_all(foreign, NOON + rounds.SENDS_AFTER)

    assert (taken, list(Answer.objects.values_list("pk", flat=True))) == (1, [left.pk])
    assert everybody(fee, anna) == [["A fee?!"]]


def test_a_round_is_taken_back_before_it_is_written(fee, anna, asks):
    kim = asks("Why a fee?", "kim")
    made = rounds.begin(theme=fee, by=anna, text="Gone.", to={kim.pk}, reference=uuid.uuid4(), now=NOON)

    rounds.take_back(made=made, by=anna, now=NOON)
    rounds.write_answers(round_id=made.pk, now=NOON)

    assert Answer.objects.count() == 0


def test_a_colleague_takes_it_back_only_as_a_lead(fee, anna, asks, person):
    made = begin(fee, anna, asks("Why a fee?", "kim"))

    with pytest.raises(NotAnswerable, match="Only who wrote these answers, or a lead"):
        rounds.take_back(made=made, by=person("contributor", "sales"), now=NOON)
    assert rounds.take_back(made=made, by=person("lead", "sales"), now=NOON) == 1


def test_an_empty_text_nobody_left_and_a_reader_are_refused(fee, anna, asks, person):
    kim = asks("Why a fee?", "kim")

    with pytest.raises(NotAnswerable, match="nothing to send yet"):
        begin(fee, anna, kim, text="  ")
    with pytest.raises(NotAnswerable, match="None of these people waits"):
        begin(fee, anna)
    with pytest.raises(StepRefused, match="does not include answering"):
        begin(fee, person("observer"), kim)
    assert AnswerRound.objects.count() == 0


def test_a_plan_asks_as_much_for_one_as_for_forty(fee, anna, asks, django_assert_num_queries):
    asks("fee 0", "a0")
    with django_assert_num_queries(5):
        rounds.plan(fee, anna)
    for number in range(1, 40):
        asks(f"fee {number}", f"a{number}")
    with django_assert_num_queries(5):
        assert len(rounds.plan(fee, anna).people) == 40


def test_of_too_many_the_first_200_are_offered_and_the_rest_counted(fee, anna, asks, monkeypatch):
    monkeypatch.setattr(rounds, "MOST_PEOPLE", 2)
    for number in range(3):
        asks(f"fee {number}", f"a{number}")

    assert (everybody(fee, anna), rounds.plan(fee, anna).left) == ([["fee 0"], ["fee 1"]], 1)


def test_on_the_page_it_is_looked_at_first_then_sent_then_taken_back(signed_in, fee, asks):
    browser, url = signed_in("contributor", "service"), reverse("web:answer_theme", args=[fee.key])
    kim = asks("Why a fee?", "kim")
    asks("A fee?!", "lee")
    asks("No way back", "mo", thread="")
    page = browser.get(url)
    assert "2 customers who wait about “The new fee” can be answered together." in page.text
    assert "1 cannot be reached from here" in page.text
    assert "2 through Help desk" in page.text
    values = {
        "text": "The fee is gone.",
        "to": [kim.pk],
        "reference": page.context["form"]["reference"].value(),
    }

    looked = browser.post(url, {**values, "act": "look"})

    assert "Send to one customer" in looked.text
    assert AnswerRound.objects.count() == 0
    sent = browser.post(url, {**values, "act": "send"})
    made = AnswerRound.objects.get()
    assert sent.url == reverse("web:answer_round", args=[made.pk])
    rounds.write_answers(round_id=made.pk, now=NOON)
    assert "0 of one customer has the answer." in browser.get(sent.url).text
    taken = browser.post(reverse("web:take_round_back", args=[made.pk]), follow=True)
    assert "Taken back: one answer." in taken.text
    assert [Answer.objects.count(), everybody(fee, made.by)] == [0, [["Why a fee?"], ["A fee?!"]]]


def test_without_text_or_people_the_page_says_so_and_keeps_what_was_written(signed_in, fee, asks):
    browser, url = signed_in("contributor", "service"), reverse("web:answer_theme", args=[fee.key])
    asks("Why a fee?", "kim")
    reference = str(uuid.uuid4())

    nobody = browser.post(url, {"text": "Gone.", "reference": reference, "act": "send"})
    empty = browser.post(url, {"text": "", "reference": reference, "act": "send"})

    assert (nobody.status_code, empty.status_code, AnswerRound.objects.count()) == (422, 422, 0)
    assert "Tick at least one person" in nobody.text
    assert ">Gone.</textarea>" in nobody.text


def test_where_nobody_waits_the_page_says_so(signed_in, fee):
    page = signed_in("contributor", "service").get(reverse("web:answer_theme", args=[fee.key]))

    assert "Nobody who waits about “The new fee” can be answered together." in page.text


def test_however_many_are_passed_over_those_who_wait_behind_them_are_found(fee, anna, asks, monkeypatch):
    monkeypatch.setattr(rounds, "MOST_SIGNALS", 2)
    for number in range(4):
        Clock.objects.filter(signal_key=asks(f"again {number}", f"a{number}").key).update(urgency=1)
    asks("Fee?", "kim")

    assert (everybody(fee, anna), rounds.plan(fee, anna).passed_over) == ([["Fee?"]], {"again": 2})


def test_what_a_person_asked_long_after_still_counts_against_one_answer_for_all(fee, anna, asks, monkeypatch):
    monkeypatch.setattr(rounds, "MOST_SIGNALS", 2)
    asks("Fee?", "kim", contact_key="c1")
    for number in range(4):
        Clock.objects.filter(signal_key=asks(f"again {number}", f"a{number}").key).update(urgency=1)
    Clock.objects.filter(signal_key=asks("Again!", "kim", contact_key="c1").key).update(urgency=1)

    assert everybody(fee, anna) == []


def test_others_may_write_between_the_letters_of_a_round(fee, anna, asks, monkeypatch):
    gaps = []
    monkeypatch.setattr(pacing, "HELD_SECONDS", 0)
    monkeypatch.setattr(pacing, "let_others_write", lambda: gaps.append("a gap"))

    begin(fee, anna, asks("Why a fee?", "kim"), asks("A fee?!", "lee"))

    assert gaps == ["a gap"] * 2
