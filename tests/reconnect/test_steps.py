"""The steps people take: each with its guard, each in the journal."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from interlock.reconnect.errors import GuardUnmet, NotAllowed, TooManyConvenings
from reconnect.conftest import NOW, symptom

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(person):
    return {name: person("lead", name) for name in ("sales", "production", "service")}


@pytest.fixture
def talk(disconnect, people):
    """The conversation that brings the two together, without a word yet."""
    from interlock.converse import services as talks
    from interlock.reconnect import services

    conversation = talks.open_conversation(
        context=disconnect.context,
        title="Dates",
        purpose="late per 100",
        question="Which date may we promise?",
        functions=disconnect.pair,
        people=[(people["sales"], "sales"), (people["production"], "production")],
        by=people["service"],
        now=NOW,
    )
    type(disconnect).objects.filter(pk=disconnect.pk).update(conversation=conversation)
    disconnect.refresh_from_db()
    services.state_safety(disconnect=disconnect, by=people["service"], now=NOW)
    return conversation


def state_of(disconnect) -> str:
    disconnect.refresh_from_db()
    return disconnect.state


def test_it_is_acknowledged_when_one_named_person_of_each_side_says_so(disconnect, people):
    from interlock.reconnect import services

    services.acknowledge(disconnect=disconnect, by=people["sales"], function="sales", now=NOW)
    after_one = state_of(disconnect)
    services.acknowledge(disconnect=disconnect, by=people["production"], function="production", now=NOW)

    assert (after_one, state_of(disconnect)) == ("detected", "acknowledged")


def test_nobody_speaks_for_a_function_that_is_not_theirs(disconnect, people):
    from interlock.reconnect import services

    with pytest.raises(GuardUnmet, match="do not speak for that function"):
        services.acknowledge(disconnect=disconnect, by=people["service"], function="sales", now=NOW)


def test_one_person_of_both_functions_cannot_be_both_sides(disconnect, person):
    from interlock.reconnect import services

    both = person("owner", "sales", "production")
    for function in ("sales", "production"):
        services.acknowledge(disconnect=disconnect, by=both, function=function, now=NOW)

    assert state_of(disconnect) == "detected"
    assert [one.function for one in disconnect.acknowledgements.all()] == ["sales"]


def test_safety_is_unknown_until_a_named_person_says_so(disconnect, people):
    from interlock.reconnect import services

    for function in ("sales", "production"):
        services.acknowledge(disconnect=disconnect, by=people[function], function=function, now=NOW)
    before = (state_of(disconnect), disconnect.safety, disconnect.safety_by)

    services.state_safety(disconnect=disconnect, by=people["service"], now=NOW)

    assert before == ("acknowledged", "unknown", None)
    assert (state_of(disconnect), disconnect.safety, disconnect.safety_by) == (
        "safety_check",
        "stated",
        people["service"],
    )


def test_a_facilitator_comes_from_neither_function(disconnect, people):
    from interlock.reconnect import services

    with pytest.raises(GuardUnmet, match="neither of the two functions"):
        services.state_safety(
            disconnect=disconnect, by=people["service"], facilitator=people["sales"], now=NOW
        )


def test_two_replies_carry_it_to_convened_and_a_commitment_to_agreed(disconnect, people, talk):
    from interlock.converse import services as talks
    from interlock.reconnect import services

    states = []
    talks.say(conversation=talk, by=people["sales"], body="Our template says 14 days.", now=NOW)
    services.follow_conversation(disconnect=disconnect, now=NOW)
    states.append(state_of(disconnect))
    talks.say(conversation=talk, by=people["production"], body="We need 33.", now=NOW)
    services.follow_conversation(disconnect=disconnect, now=NOW)
    states.append(state_of(disconnect))
    promise = talks.commit(
        conversation=talk,
        by=people["sales"],
        what="Change it",
        owner=people["sales"],
        due=date(2026, 12, 1),
        now=NOW,
    )
    services.follow_conversation(disconnect=disconnect, now=NOW)
    states.append(state_of(disconnect))
    talks.settle_commitment(commitment=promise, by=people["sales"], state="kept", now=NOW)
    services.follow_conversation(disconnect=disconnect, now=NOW)
    states.append(state_of(disconnect))

    assert states == ["detected", "convened", "agreed", "measuring"]


def test_two_windows_without_it_after_the_mending_resolve_it_and_its_return_is_told(
    disconnect, people, talk, detect
):
    from interlock.reconnect.models import Disconnect

    Disconnect.objects.filter(pk=disconnect.pk).update(state="measuring", measuring_from=NOW.date())
    detect(until=NOW.date() + timedelta(days=95))
    detect(until=NOW.date() + timedelta(days=102))
    resolved = state_of(disconnect)
    detect(symptom(), until=NOW.date() + timedelta(days=120), now=NOW + timedelta(days=120))

    assert (resolved, state_of(disconnect)) == ("resolved", "recurred")
    assert (disconnect.safety, disconnect.conversation, disconnect.acknowledgements.count()) == (
        "unknown",
        None,
        0,
    )


def test_harm_in_a_window_from_before_the_mending_is_not_held_against_it(disconnect, talk, detect):
    from interlock.reconnect.models import Disconnect

    Disconnect.objects.filter(pk=disconnect.pk).update(state="measuring", measuring_from=NOW.date())
    detect(symptom(), until=NOW.date() + timedelta(days=30))

    assert state_of(disconnect) == "measuring"


@pytest.mark.parametrize(
    ("reason", "votes"), [("wrong_data", 1), ("known", 0), ("not_us", 1), ("not_worth_it", 0)]
)
def test_dismissing_closes_it_with_a_reason_and_undo_takes_all_of_it_back(disconnect, people, reason, votes):
    from interlock.reconnect import services
    from interlock.reconnect.models import Judgement

    services.dismiss(disconnect=disconnect, by=people["sales"], reason=reason, note="see ERP", now=NOW)
    dismissed = (state_of(disconnect), disconnect.dismissal, Judgement.objects.count())
    services.undo_dismissal(disconnect=disconnect, by=people["sales"], now=NOW)

    assert dismissed == ("dismissed", reason, votes)
    assert (state_of(disconnect), disconnect.dismissal, Judgement.objects.count()) == ("detected", "", 0)


@pytest.mark.parametrize(
    ("reason", "voted", "then"),
    [("not_us", True, (False, True)), ("not_us", False, (False, False)), ("known", True, (True, False))],
)
def test_a_dismissal_takes_the_place_of_an_earlier_vote_and_undo_gives_it_back(
    disconnect, people, reason, voted, then
):
    from interlock.reconnect import services
    from interlock.reconnect.models import Judgement

    def vote():
        return Judgement.objects.values_list("useful", "by_dismissal").get()

    services.judge(disconnect=disconnect, by=people["sales"], useful=voted, now=NOW)
    services.dismiss(disconnect=disconnect, by=people["sales"], reason=reason, now=NOW)
    dismissed = vote()
    services.undo_dismissal(disconnect=disconnect, by=people["sales"], now=NOW)

    assert (dismissed, vote()) == (then, (voted, False))


def test_what_was_dismissed_stays_so_when_the_rules_find_it_again(disconnect, people, detect):
    from interlock.reconnect import services

    services.dismiss(disconnect=disconnect, by=people["sales"], reason="known", now=NOW)
    detect(symptom())

    assert state_of(disconnect) == "dismissed"


def test_a_vote_counts_once_a_person_can_change_and_can_be_taken_back(disconnect, people):
    from interlock.reconnect import queries, services

    services.judge(disconnect=disconnect, by=people["sales"], useful=True, now=NOW)
    services.judge(disconnect=disconnect, by=people["sales"], useful=False, now=NOW)
    services.judge(disconnect=disconnect, by=people["service"], useful=True, now=NOW)
    counted = queries.useful_of_last("R01")
    services.undo_judgement(disconnect=disconnect, by=people["sales"], now=NOW)

    assert (counted, queries.useful_of_last("R01")) == ((1, 2), (1, 1))


def test_a_rule_below_twelve_useful_of_its_last_twenty_is_muted_and_nudges_nobody(detect, person):
    from interlock.reconnect import queries, services
    from interlock.reconnect.models import Disconnect

    detect(symptom())
    found = Disconnect.objects.get()
    for number in range(20):
        services.judge(
            disconnect=found,
            by=person("contributor"),
            useful=number < 11,
            now=NOW + timedelta(minutes=number),
        )
    muted = queries.muted_rules()

    detect(symptom())

    assert muted == {"R01": 11}
    assert Disconnect.objects.get().state == "suspected"


def test_nobody_is_asked_into_a_third_open_conversation(disconnect, people):
    from interlock.converse import services as talks
    from interlock.reconnect import services

    for number in range(2):
        talks.open_conversation(
            context=disconnect.context,
            title=f"Talk {number}",
            people=[(people["sales"], "sales")],
            by=people["service"],
            now=NOW,
        )

    with pytest.raises(TooManyConvenings, match="Lead Sales"):
        services.bring_together(
            disconnect=disconnect,
            by=people["service"],
            people=[(people["sales"], "sales")],
            title="Dates",
            purpose="late",
            question="Which?",
            due=date(2026, 12, 6),
            now=NOW,
        )


def test_a_move_that_the_table_does_not_know_is_refused(disconnect):
    from interlock.reconnect.services.moving import move

    with pytest.raises(NotAllowed, match="“Detected” cannot become “Agreed”"):
        move(disconnect, "agreed", by=None, now=NOW)
