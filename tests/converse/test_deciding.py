"""A decision comes back on its day, and answers the question of the theme that the talk is about."""

from __future__ import annotations

from datetime import timedelta

import pytest

from converse.conftest import NOW
from interlock.converse.errors import NotYours, WrongState

pytestmark = pytest.mark.django_db
DAY = NOW.date() + timedelta(days=10)
THEN = NOW + timedelta(days=10)


@pytest.fixture
def decide(mixed, say):
    """Decide in the talk, once both sides have written: `decide(revisit_on=DAY)`."""
    from interlock.converse import services

    say(mixed.maker, "33 days.")

    def decided(talk=mixed.talk, **more):
        given = {"by": mixed.staff, "chosen": "33 days", "because": "it is true", "now": NOW}
        return services.decide(conversation=talk, **given | more)

    return decided


def test_a_decision_comes_back_on_its_day_to_who_made_it_until_it_was_looked_at(decide, mixed):
    from interlock.converse import services
    from interlock.fabric import journal
    from interlock.web.today_cards import revisit_cards

    one = decide(revisit_on=DAY)
    decide(chosen="Without a day")
    day_before, other = revisit_cards(mixed.staff, THEN - timedelta(days=1)), revisit_cards(mixed.maker, THEN)
    due = [(card.sentence, card.url) for card in revisit_cards(mixed.staff, THEN)]
    services.look_again(decision=one, by=mixed.maker, revisit_on=DAY + timedelta(days=30), now=THEN)
    one.refresh_from_db()

    assert (day_before, other) == ([], [])
    assert due == [("33 days", f"{mixed.url}#decision-{one.pk}")]
    assert (revisit_cards(mixed.staff, THEN), one.revisit_on) == ([], DAY + timedelta(days=30))
    kept = journal.entries_about(mixed.talk)[0]
    assert (kept.verb, kept.detail["was_due"]) == ("looked again at a decision", str(DAY))


def test_nobody_looks_at_it_before_its_day_twice_or_into_the_past_and_no_guest_does(decide, mixed):
    from interlock.converse import services

    one = decide(revisit_on=DAY, audience="customer")
    look = {"decision": one, "by": mixed.staff}
    with pytest.raises(WrongState, match="not yet due"):
        services.look_again(**look, now=NOW)
    with pytest.raises(WrongState, match="still to come"):
        services.look_again(**look, revisit_on=DAY, now=THEN)
    with pytest.raises(NotYours):
        services.look_again(**look | {"by": mixed.customer}, now=THEN)
    services.look_again(**look, now=THEN)
    with pytest.raises(WrongState, match="somebody was first"):
        services.look_again(**look, now=THEN)


def test_the_talk_asks_staff_in_it_to_look_again_and_takes_the_answer(client, decide, mixed):
    from django.utils import timezone

    one = decide(revisit_on=timezone.localdate(), audience="customer")
    asks = {}
    for who in (mixed.customer, mixed.observer, mixed.staff):
        client.force_login(who.user)
        asks[who.role] = f"/decisions/{one.pk}/again/" in client.get(mixed.url).text
    answer = client.post(f"/decisions/{one.pk}/again/", {"revisit_on": ""})
    one.refresh_from_db()

    assert asks == {"customer": False, "observer": False, "lead": True}
    assert (answer.url, one.revisit_on) == (f"{mixed.url}#decision-{one.pk}", None)


@pytest.fixture
def about_theme(mixed):
    """A theme, and a talk about it in which both sides have written: `about_theme(question="...")`."""
    from interlock.converse import services
    from interlock.fabric.contexts import context_for
    from listen.themed import direction, theme

    def made(**more):
        found = theme("Late dates", direction(1), **more)
        talk = services.open_conversation(
            context=context_for(kind="theme", key=found.key, label=found.name), title="Dates",
            purpose="late per 100", question="Which date may we promise?", by=mixed.staff, now=NOW,
            people=[(mixed.staff, "service"), (mixed.maker, "production")],
        )  # fmt: skip
        for who in (mixed.staff, mixed.maker):
            services.say(conversation=talk, by=who, body="A line.", now=NOW)
        return found, talk

    return made


@pytest.mark.parametrize(
    ("asked", "question"), [("", "Which date may we promise?"), ("Ours or theirs?", "Ours or theirs?")]
)
def test_what_a_talk_about_a_theme_decides_is_the_theme_s_decision(
    decide, about_theme, mixed, asked, question
):
    found, talk = about_theme(question=asked)
    decide(talk)
    found.refresh_from_db()

    assert (found.question, found.decision, found.decided_by, found.decided_at) == (
        question, "33 days", mixed.staff, NOW,
    )  # fmt: skip


def test_a_theme_that_is_decided_or_has_ended_keeps_what_it_has(decide, about_theme, mixed):
    decided = {"question": "Which?", "decision": "14 days", "decided_by": mixed.maker, "decided_at": NOW}
    kept, talk = about_theme(**decided)
    ended, old_talk = about_theme(ended_at=NOW)
    decide(talk)
    decide(old_talk)
    kept.refresh_from_db()
    ended.refresh_from_db()

    assert (kept.decision, kept.decided_by, ended.decision) == ("14 days", mixed.maker, "")
    assert [one.decisions.count() for one in (talk, old_talk)] == [1, 1]


def test_a_talk_about_something_else_decides_no_theme(decide, about_theme):
    found, _talk = about_theme(question="Which?")
    decide()
    found.refresh_from_db()

    assert found.decided_at is None
