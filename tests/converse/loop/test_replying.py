"""A customer's yes and no by the link of a letter: counted once pressed, changed at will, and what a no does."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.urls import reverse

from converse.loop.conftest import DAY, NOW, deliver_all
from converse.loop.test_closing import LATER, tell
from interlock.converse.loop import counting, replying, steps
from interlock.converse.loop.views import answering
from interlock.converse.models import LoopCount, ToldPerson
from interlock.fabric import journal
from interlock.listen import settling
from interlock.listen.models import Clock, InboxRow, Signal, Theme, ThemeState
from interlock.listen.stages import close_silent
from interlock.listen.themes import deciding
from listen.waiting import clock_of, opened

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_cache():
    cache.clear()


@pytest.fixture
def told(hinge, foreign):
    """The four were told; who each is, by name."""
    opened(*hinge.early, now=NOW)
    tell(hinge)
    deliver_all(foreign, LATER)
    counting.note_told()
    return {one.customer: one for one in ToldPerson.objects.all()}


def link(person) -> str:
    return reverse("loop:answer", args=[person.key])


def counted() -> tuple[int, int]:
    counting.count(now=NOW)
    one = LoopCount.objects.get(block=0)
    return one.confirmed, one.refused


def test_reading_the_page_counts_nothing_however_often(told, client):
    for say in ("yes", "no", ""):
        assert client.get(f"{link(told['kim'])}?say={say}").status_code == 200
        assert client.head(f"{link(told['kim'])}?say={say}").status_code in {200, 405}

    assert ToldPerson.objects.exclude(choice="").count() == 0
    assert counted() == (0, 0)


def test_a_yes_closes_the_loop_and_a_no_after_it_opens_it_again(told, hinge, client):
    client.post(link(told["kim"]), {"say": "yes"})
    assert clock_of(hinge.early[0]).stage == "closed_confirmed"
    assert counted() == (1, 0)

    client.post(link(told["kim"]), {"say": "no"})
    clock = clock_of(hinge.early[0])
    assert (clock.stage, clock.urgency, clock.stopped_at) == ("reopened", 1, None)
    assert counted() == (0, 1)

    client.post(link(told["kim"]), {"say": "yes"})
    assert clock_of(hinge.early[0]).stage == "closed_confirmed"
    assert counted() == (1, 0)


def test_the_same_press_twice_counts_once(told, client):
    for _press in range(2):
        client.post(link(told["kim"]), {"say": "yes"})

    assert counted() == (1, 0)
    assert ToldPerson.objects.get(pk=told["kim"].pk).choice == "yes"


def test_a_no_opens_the_theme_with_lineage_journal_and_a_card_on_today(told, hinge):
    replying.say(person=told["lee"], solved=False, now=NOW + DAY)

    hinge.theme.refresh_from_db()
    assert (hinge.theme.state, hinge.theme.decided_at, hinge.theme.decision) == ("reopened", None, "")
    assert [(one.kind, one.said["decision"]) for one in hinge.theme.changes.all()] == [
        ("reopened", "A second latch, free of charge.")
    ]
    assert journal.entries_about(hinge.theme).filter(verb__startswith="was opened again").exists()
    assert list(deciding.asking(hinge.lena)) == [hinge.theme]


def test_a_second_no_opens_nothing_twice(told, hinge):
    replying.say(person=told["lee"], solved=False, now=NOW + DAY)
    replying.say(person=told["mo"], solved=False, now=NOW + DAY)

    assert hinge.theme.changes.filter(kind="reopened").count() == 1
    assert counted() == (0, 2)


def as_decided(theme) -> dict[str, object]:
    """Everything that a no takes away."""
    return Theme.objects.values(
        "state", "state_since", "question", "decider", "decide_by", "decision", "decided_by", "decided_at", "decided_no"
    ).get(pk=theme.pk)  # fmt: skip


def test_the_decision_stands_again_once_everybody_who_said_no_says_yes(told, hinge):
    before = as_decided(hinge.theme)

    for name in ("lee", "mo"):
        replying.say(person=told[name], solved=False, now=NOW + DAY)
    replying.say(person=told["lee"], solved=True, now=NOW + 2 * DAY)
    assert as_decided(hinge.theme)["state"] == "reopened"
    replying.say(person=told["mo"], solved=True, now=NOW + 2 * DAY)

    assert as_decided(hinge.theme) == before
    assert journal.entries_about(hinge.theme).filter(verb__startswith="stands again").count() == 1
    assert list(deciding.asking(hinge.lena)) == []


def test_a_third_no_after_it_opens_it_once_more(told, hinge):
    for solved in (False, True, False):
        replying.say(person=told["lee"], solved=solved, now=NOW + DAY)

    assert as_decided(hinge.theme)["state"] == "reopened"
    assert [one.undone_at is None for one in hinge.theme.changes.order_by("pk")] == [False, True]


def test_what_was_asked_anew_meanwhile_is_not_put_back(told, hinge):
    replying.say(person=told["lee"], solved=False, now=NOW + DAY)
    deciding.ask_decision(
        theme=hinge.theme, question="And now?", decider=None, decide_by=None, function="product",
        by=hinge.lena, now=NOW + DAY,
    )  # fmt: skip
    asked = as_decided(hinge.theme)

    replying.say(person=told["lee"], solved=True, now=NOW + 2 * DAY)

    assert as_decided(hinge.theme) == asked
    assert asked["state"] == "reopened"


def test_a_yes_of_who_never_said_no_opens_and_closes_nothing(told, hinge):
    replying.say(person=told["lee"], solved=False, now=NOW + DAY)

    replying.say(person=told["kim"], solved=True, now=NOW + 2 * DAY)

    assert as_decided(hinge.theme)["state"] == "reopened"


def test_an_opened_theme_that_is_decided_anew_can_be_told_again(told, hinge, foreign):
    replying.say(person=told["lee"], solved=False, now=NOW + DAY)
    hinge.theme.refresh_from_db()
    deciding.ask_decision(
        theme=hinge.theme, question="And now?", decider=hinge.lena, decide_by=(NOW + 3 * DAY).date(),
        function="product", by=hinge.lena, now=NOW + DAY,
    )  # fmt: skip
    hinge.theme.refresh_from_db()
    assert hinge.theme.state == ThemeState.DECIDING
    deciding.decide(theme=hinge.theme, decision="A steel latch.", by=hinge.lena, now=NOW + 2 * DAY)

    from interlock.converse.loop import closing  # beside its only use

    people = closing.plan(closing.course_of(hinge.theme)).people
    assert sorted(one.signal.contact_key for one in people) == ["kim", "mo", "noa", "ola"]


def test_a_second_failure_of_the_same_customer_goes_to_a_lead(told, hinge, person):
    lead = person("lead", "service", name="Ines Calder")
    Clock.objects.filter(signal_key=hinge.early[0].key).update(urgency=1)

    replying.say(person=told["kim"], solved=False, now=NOW + DAY)
    replying.say(person=told["lee"], solved=False, now=NOW + DAY)

    assert clock_of(hinge.early[0]).escalated_to == lead
    assert clock_of(hinge.early[1]).escalated_to is None
    assert "twice" in clock_of(hinge.early[0]).because


def test_who_changes_their_mind_was_not_failed_twice(told, hinge, person):
    person("lead", "service", name="Ines Calder")

    for solved in (False, True, False):
        replying.say(person=told["kim"], solved=solved, now=NOW + DAY)

    clock = clock_of(hinge.early[0])
    assert (clock.stage, clock.urgency, clock.escalated_to) == ("reopened", 1, None)
    assert "twice" not in clock.because


def test_a_signal_of_history_gets_a_clock_by_a_no(hinge, foreign):
    tell(hinge)
    deliver_all(foreign, LATER)
    kim = ToldPerson.objects.get(customer="kim")
    assert clock_of(hinge.early[0]) is None

    replying.say(person=kim, solved=False, now=NOW + DAY)

    clock = clock_of(hinge.early[0])
    assert (clock.stage, clock.urgency, clock.stopped_at) == ("reopened", 1, None)


def test_what_is_spam_stays_so(told, hinge):
    Clock.objects.filter(signal_key=hinge.early[0].key).update(stage="spam")

    replying.say(person=told["kim"], solved=False, now=NOW + DAY)

    assert clock_of(hinge.early[0]).stage == "spam"


def test_words_that_come_with_a_no_are_a_signal_of_the_same_customer_once(told, hinge):
    for _try in range(2):  # a task may run twice
        replying.add_words(person=told["mo"], words="It rattles now.\0", now=NOW + DAY)
    settling.settle(now=NOW + DAY)

    made = Signal.objects.get(body="It rattles now.")
    assert (made.kind, made.contact_key, made.source.kind, clock_of(made)) == (
        "complaint",
        "mo",
        "closures",
        None,
    )
    assert InboxRow.objects.filter(key=made.key).count() == 1


def test_who_is_erased_leaves_no_link_and_no_name(told, hinge, client):
    replying.forget(keys=[hinge.early[2].key])

    assert client.get(link(told["mo"])).status_code == 404
    assert not ToldPerson.objects.filter(customer="mo").exists()
    assert ToldPerson.objects.filter(customer="kim").exists()


def test_silence_is_silence(told, hinge):
    close_silent(now=LATER + 15 * DAY)

    chain = steps.chains([hinge.early[0]])[0]
    assert (chain.says, counted()) == ("silent", (0, 0))


def test_a_made_up_link_and_one_of_nobody_look_alike(told, client):
    pages = [client.get(reverse("loop:answer", args=[key])) for key in ("x", "a" * 24, told["kim"].key[:-1])]

    assert [page.status_code for page in pages] == [404] * 3
    assert client.post(reverse("loop:answer", args=["a" * 24]), {"say": "yes"}).status_code == 404


def test_a_page_of_a_link_names_no_other_customer_and_no_staff_words(told, hinge, client):
    page = client.get(link(told["kim"]))

    text = page.content.decode()
    assert "A second latch, free." in text
    assert [word in text for word in ("lee", "noa", "free of charge", "The hinge opens", "Lena")] == [
        False
    ] * 5
    assert page.headers["Referrer-Policy"] == "same-origin"  # no-referrer would have browsers' forms refused


def test_one_machine_may_ask_only_so_often(told, client, monkeypatch):
    monkeypatch.setattr(answering, "AN_HOUR", 3)

    answers = [client.get(link(told["kim"])).status_code for _try in range(5)]

    assert answers == [200, 200, 200, 429, 429]
