"""My feedback: a customer sees what they said through any door, what became of it, and nothing of anybody else."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from converse.loop.conftest import DAY, NOW, deliver_all
from converse.loop.test_closing import LATER, tell
from interlock.converse.loop import own_feedback, replying
from interlock.converse.models import Post, Standing, ToldPerson
from interlock.converse.moderation import erasing
from interlock.listen import settling
from interlock.listen.models import Clock, InboxRow, Signal
from listen.waiting import clock_of, opened, source

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_cache():
    cache.clear()


@pytest.fixture
def marta(person, hinge):
    """A customer whose mail address is known, of the account hagen, with three signals through three doors."""
    customer = person("customer", name="Marta Hagen", account="hagen")
    by_mail = hinge.says(
        "My Heron is late.", "m1", NOW - 6 * DAY, thread="", route={"address": customer.user.email.upper()}
    )
    of_account = hinge.says("Ours opened.", "hagen", NOW - 7 * DAY, contact_key="")
    in_community = hinge.says(
        "Will it fit?", "", NOW - DAY, contact_key=f"community:{customer.pk}", thread=""
    )
    hinge.says("CANARY of a colleague", "hagen", NOW - 5 * DAY, contact_key="somebody else")
    customer.signals = [in_community, by_mail, of_account]
    return customer


def test_a_customer_sees_their_signals_of_every_door_and_no_colleagues(marta):
    assert [one.body for one in own_feedback.signals_of(marta)] == [one.body for one in marta.signals]


def test_of_the_account_nothing_shows_that_another_wrote_by_mail_or_a_colleague_noted(marta, hinge):
    before = own_feedback.signals_of(marta)
    hinge.says(
        "CANARY of a mail",
        "hagen",
        NOW - 4 * DAY,
        contact_key="",
        thread="",
        route={"address": "a@b.example"},
    )
    notes = source("captured", name="Told to a colleague")
    hinge.says("CANARY of a note", "hagen", NOW - 4 * DAY, contact_key="", thread="", source=notes)

    assert own_feedback.signals_of(marta) == before


def test_the_page_holds_nothing_of_others_nor_of_staff(marta, client, hinge):
    client.force_login(marta.user)

    text = client.get(reverse("community:mine")).content.decode()

    assert "My Heron is late." in text
    for secret in ("CANARY", "The hinge opens", "Which latch?", "free of charge", "lee", "Lena"):
        assert secret not in text


def test_what_was_written_to_them_stands_there_with_its_two_buttons(
    marta, client, hinge, foreign, monkeypatch
):
    # Within the days in which no answer is no silence yet.
    monkeypatch.setattr(timezone, "now", lambda: LATER + DAY)
    tell(hinge, marta.signals[1], marta.signals[2])
    deliver_all(foreign, LATER)
    client.force_login(marta.user)

    page = client.get(reverse("community:mine"))
    assert [one.is_asked for one in page.context["said"]] == [False, True, True]
    assert "A second latch, free." in page.content.decode()
    client.post(reverse("loop:say", args=[marta.signals[1].pk]), {"say": "yes"})

    page = client.get(reverse("community:mine"))
    assert [one.says for one in page.context["said"]] == ["", "yes", ""]


def test_what_somebody_took_away_is_not_on_its_way(person):
    stays, gone = Post(standing=Standing.HELD), Post(standing=Standing.TAKEN)
    ada = person("customer", name="Ada Brandt")

    headlines = [own_feedback.headline([], beside, ada) for beside in ([stays, gone], [gone])]

    assert headlines == ["Ada, you told us one thing: 1 is on its way.", "You have not told us anything yet."]


def test_a_no_to_an_answer_that_was_no_letter_opens_the_theme_until_they_say_yes(
    marta, client, hinge, foreign
):
    from interlock.listen.models import Answer, AnsweredSignal  # beside its only use

    (clock,) = opened(marta.signals[0], now=NOW)
    one = Answer.objects.create(author=hinge.lena, text="Yes.", made_at=NOW, state="sent", sent_at=NOW)
    AnsweredSignal.objects.create(answer=one, signal_key=marta.signals[0].key)
    Clock.objects.filter(pk=clock.pk).update(stage="answered", stopped_at=NOW)
    client.force_login(marta.user)

    client.post(reverse("loop:say", args=[marta.signals[0].pk]), {"say": "no"})

    hinge.theme.refresh_from_db()
    assert (clock_of(marta.signals[0]).stage, hinge.theme.state) == ("reopened", "reopened")

    client.post(reverse("loop:say", args=[marta.signals[0].pk]), {"say": "yes"})

    hinge.theme.refresh_from_db()
    assert (hinge.theme.state, hinge.theme.decision) == ("quiet", "A second latch, free of charge.")


def test_what_is_somebody_elses_is_absent(marta, client, hinge):
    client.force_login(marta.user)

    answers = [
        client.post(reverse("loop:say", args=[number]), {"say": "no"}).status_code
        for number in (hinge.early[0].pk, 999_999)
    ]

    assert answers == [404, 404]
    assert clock_of(hinge.early[0]) is None


def test_nothing_that_was_not_told_can_be_answered(marta, client, hinge):
    client.force_login(marta.user)

    client.post(reverse("loop:say", args=[marta.signals[0].pk]), {"say": "no"})

    assert clock_of(marta.signals[0]) is None


def test_a_visitor_is_sent_to_the_door_of_customers(db, client):
    answer = client.post(reverse("loop:say", args=[1]), {"say": "yes"})

    assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (302, reverse("community:enter"))


def test_the_page_asks_as_many_questions_for_three_as_for_thirty(
    marta, client, hinge, django_assert_max_num_queries
):
    for number in range(30):
        hinge.says(f"Once more {number}", "", NOW - 2 * DAY, contact_key=f"community:{marta.pk}", thread="")
    client.force_login(marta.user)

    with django_assert_max_num_queries(40):
        client.get(reverse("community:mine"))


def test_words_added_to_a_no_go_with_who_is_erased(marta, hinge, foreign):
    tell(hinge, marta.signals[1], hinge.early[0])
    told, other = ToldPerson.objects.get(customer="m1"), ToldPerson.objects.get(customer="kim")
    for one, words in ((told, "CANARY, it rattles."), (other, "Mine as well.")):
        replying.add_words(person=one, words=words, now=NOW + DAY)
    settling.settle(now=NOW + DAY)
    replying.add_words(person=told, words="CANARY, not settled.", now=NOW + DAY)

    erasing.erase(person=marta, now=NOW + DAY)

    assert list(Signal.objects.filter(key__startswith="told:").values_list("body", flat=True)) == [
        "Mine as well."
    ]
    assert InboxRow.objects.filter(key__startswith="told:").count() == 1
    assert sorted(ToldPerson.objects.values_list("customer", flat=True)) == ["", "kim"]
