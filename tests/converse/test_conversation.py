"""A talk from its opening to its close, and who may see and change what."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from interlock.converse.errors import NothingSaid, NotYours, TooLate, WrongState

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def people(person):
    return {name: person("contributor", name) for name in ("sales", "production", "service")}


@pytest.fixture
def talk(people):
    from interlock.converse import services
    from interlock.fabric.contexts import context_for

    return services.open_conversation(
        context=context_for(kind="team", key="north", label="Shops North"),
        title="Which date may we promise?",
        purpose="late per 100",
        question="Which date may we promise?",
        due=date(2026, 12, 6),
        functions=("sales", "production"),
        people=[(people["sales"], "sales"), (people["production"], "production")],
        by=people["service"],
        now=NOW,
    )


def state_of(conversation) -> str:
    conversation.refresh_from_db()
    return conversation.state


def test_a_talk_with_purpose_and_question_is_framed_at_once_and_open_without(talk, people):
    from interlock.converse import services

    bare = services.open_conversation(context=talk.context, title="Brakes", by=people["sales"], now=NOW)

    assert (talk.state, bare.state) == ("framed", "open")


def test_the_second_function_makes_it_two_way_the_second_person_of_one_function_does_not(
    talk, people, person
):
    from interlock.converse import services

    states = []
    for speaker in (people["sales"], person("contributor", "sales"), people["production"]):
        services.say(conversation=talk, by=speaker, body="A line.", now=NOW)
        states.append(state_of(talk))

    assert states == ["framed", "framed", "two_way"]


def test_from_a_decision_and_kept_commitments_to_the_close(talk, people):
    from interlock.converse import services
    from interlock.fabric import journal

    for name in ("sales", "production"):
        services.say(conversation=talk, by=people[name], body="A line.", now=NOW)
    services.decide(conversation=talk, by=people["sales"], chosen="33 days", because="it is true", now=NOW)
    promise = services.commit(
        conversation=talk,
        by=people["sales"],
        what="Change it",
        owner=people["production"],
        due=NOW.date(),
        now=NOW,
    )
    services.settle_commitment(commitment=promise, by=people["production"], state="missed", now=NOW)
    missed = state_of(talk)
    services.settle_commitment(commitment=promise, by=people["production"], state="kept", now=NOW)
    acted = state_of(talk)
    services.close_conversation(conversation=talk, by=people["sales"], now=NOW)

    assert (missed, acted, state_of(talk)) == ("decided", "acted", "closed")
    verbs = [entry.verb for entry in reversed(journal.entries_about(talk))]
    assert verbs == [
        "opened", "invited", "invited", "became framed", "wrote", "wrote", "became two_way", "decided",
        "became decided", "committed", "settled", "settled", "became acted", "became closed",
    ]  # fmt: skip


def test_nothing_is_decided_before_both_have_written(talk, people):
    from interlock.converse import services

    services.say(conversation=talk, by=people["sales"], body="A line.", now=NOW)

    with pytest.raises(WrongState, match="Both functions have to write"):
        services.decide(conversation=talk, by=people["sales"], chosen="33 days", because="so", now=NOW)


def test_an_empty_line_is_not_sent(talk, people):
    from interlock.converse import services

    with pytest.raises(NothingSaid, match="nothing was sent"):
        services.say(conversation=talk, by=people["sales"], body="  \n", now=NOW)

    assert talk.messages.count() == 0


def test_fourteen_quiet_days_let_it_rest_and_a_line_wakes_it(talk, people):
    from interlock.converse import services

    services.say(conversation=talk, by=people["sales"], body="A line.", now=NOW)
    early = services.rest_quiet_conversations(now=NOW + timedelta(days=13))
    services.rest_quiet_conversations(now=NOW + timedelta(days=15))
    resting = state_of(talk)
    services.say(conversation=talk, by=people["production"], body="Here I am.", now=NOW + timedelta(days=16))

    assert (early, resting, state_of(talk)) == (0, "dormant", "two_way")


def test_a_parked_talk_takes_no_line_until_it_is_taken_up_again(talk, people):
    from interlock.converse import services

    services.park_conversation(conversation=talk, by=people["sales"], reason="Fair week", now=NOW)
    with pytest.raises(WrongState, match="is over"):
        services.say(conversation=talk, by=people["sales"], body="A line.", now=NOW)
    services.resume_conversation(conversation=talk, by=people["sales"], now=NOW)

    assert state_of(talk) == "framed"


def test_an_author_corrects_for_ten_minutes_and_undoes_it(talk, people):
    from interlock.converse import corrections, services

    line = services.say(conversation=talk, by=people["sales"], body="14 days.", now=NOW)
    corrected = corrections.edit_message(
        message=line, by=people["sales"], body="33 days.", now=NOW + timedelta(minutes=9)
    ).body
    undone = corrections.undo_edit(message=line, by=people["sales"], now=NOW + timedelta(minutes=10)).body

    assert (corrected, undone) == ("33 days.", "14 days.")
    with pytest.raises(TooLate, match="ten minutes"):
        corrections.edit_message(message=line, by=people["sales"], body="x", now=NOW + timedelta(minutes=11))


def test_only_the_author_changes_a_line_and_what_is_taken_away_leaves_its_place(talk, people):
    from interlock.converse import corrections, queries, services

    line = services.say(conversation=talk, by=people["sales"], body="14 days.", now=NOW)
    with pytest.raises(NotYours):
        corrections.edit_message(message=line, by=people["production"], body="x", now=NOW)
    with pytest.raises(NotYours):
        corrections.remove_message(message=line, by=people["production"], now=NOW)
    corrections.remove_message(message=line, by=people["sales"], now=NOW + timedelta(days=3))

    assert talk.messages.get().removed_at is not None
    assert queries.functions_heard(talk) == set()


def test_guests_see_only_the_talks_they_were_asked_into(talk, people, person):
    from interlock.converse import queries, services

    partner, other = person("partner"), person("customer")
    services.invite(conversation=talk, person=partner, function="partner", by=people["sales"], now=NOW)

    assert list(queries.conversations_visible_to(partner)) == [talk]
    assert list(queries.conversations_visible_to(other)) == []
    with pytest.raises(NotYours, match="not asked"):
        services.say(conversation=talk, by=other, body="Hello", now=NOW)


def test_a_guest_talks_but_does_not_say_where_the_talk_goes(talk, people, person):
    from interlock.converse import services

    partner, staff = person("partner"), people["sales"]
    services.invite(conversation=talk, person=partner, function="partner", by=staff, now=NOW)
    for speaker in (staff, partner):
        services.say(conversation=talk, by=speaker, body="A line.", now=NOW)
    decision = {"conversation": talk, "chosen": "33 days", "because": "it is true", "now": NOW}

    with pytest.raises(NotYours, match="Guests do not decide"):
        services.decide(by=partner, **decision)
    with pytest.raises(NotYours, match="Guests do not decide"):
        services.park_conversation(conversation=talk, by=partner, reason="Later", now=NOW)
    services.park_conversation(conversation=talk, by=staff, reason="Fair week", now=NOW)
    with pytest.raises(NotYours, match="Guests do not decide"):
        services.resume_conversation(conversation=talk, by=partner, now=NOW)
    services.resume_conversation(conversation=talk, by=staff, now=NOW)
    services.decide(by=staff, **decision)

    assert (state_of(talk), talk.decisions.count()) == ("decided", 1)


def test_a_talk_in_which_somebody_writes_at_the_last_moment_does_not_rest(talk, people, monkeypatch):
    from interlock.converse import services

    services.say(conversation=talk, by=people["sales"], body="A line.", now=NOW)
    late, rest = NOW + timedelta(days=15), services.states._rest

    def somebody_was_faster(quiet, now):
        services.say(conversation=talk, by=people["production"], body="Here I am.", now=late)
        return rest(quiet, now)

    monkeypatch.setattr(services.states, "_rest", somebody_was_faster)

    assert (services.rest_quiet_conversations(now=late), state_of(talk)) == (0, "two_way")


def test_talk_is_told_per_pair_and_context_in_one_query(talk, people, django_assert_num_queries):
    from interlock.converse import queries, services

    services.say(conversation=talk, by=people["sales"], body="A line.", now=NOW)
    pair, other = (talk.context_id, "sales", "production"), (talk.context_id, "service", "finance")

    with django_assert_num_queries(1):
        one_side = queries.talk_by_pair([pair, other], NOW - timedelta(days=30))
    services.say(conversation=talk, by=people["production"], body="A line.", now=NOW)
    both = queries.talk_by_pair([pair], NOW - timedelta(days=30))
    later = queries.talk_by_pair([pair], NOW + timedelta(days=1))

    assert (one_side[pair], one_side[other], both[pair], later[pair]) == (
        "one_side",
        "silent",
        "two_way",
        "silent",
    )
