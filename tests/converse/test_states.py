"""Where a talk may go from where it stands: the whole machine as a table, resting talks and what they offer, undo."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest

from converse.conftest import NOW
from interlock.converse.errors import NothingSaid, NotYours, WrongState

pytestmark = pytest.mark.django_db
STATES = ("open", "framed", "two_way", "decided", "acted", "closed", "dormant", "parked")
MAY_GO = {
    "open": {"framed", "dormant", "parked"},
    "framed": {"two_way", "dormant", "parked"},
    "two_way": {"framed", "decided", "dormant", "parked"},
    "decided": {"two_way", "acted", "parked"},
    "acted": {"two_way", "decided", "closed"},
    "closed": {"open", "framed", "two_way", "decided", "acted"},
    "dormant": {"open", "framed", "two_way", "parked", "closed"},
    "parked": {"open", "framed", "two_way", "decided", "acted"},
}
REST = NOW + timedelta(days=15)


def state_of(talk) -> str:
    talk.refresh_from_db()
    return talk.state


@pytest.fixture
def resting(mixed):
    """The talk after 15 quiet days; only one function has written."""
    from interlock.converse import services

    services.rest_quiet_conversations(now=REST)
    assert state_of(mixed.talk) == "dormant"
    return mixed


def test_the_machine_goes_where_the_table_says_and_refuses_the_rest_with_a_sentence(mixed):
    from interlock.converse.models import Conversation
    from interlock.converse.services import states

    for came_from, to in product(STATES, STATES):
        Conversation.objects.filter(pk=mixed.talk.pk).update(state=came_from)
        talk = Conversation.objects.get(pk=mixed.talk.pk)
        if to in MAY_GO[came_from]:
            states.move(talk, to, mixed.staff, NOW)
            assert state_of(mixed.talk) == to
        else:
            with pytest.raises(WrongState, match="cannot become"):
                states.move(talk, to, mixed.staff, NOW)
            assert state_of(mixed.talk) == came_from

    assert set(Conversation.State.values) == set(STATES)


def test_a_resting_talk_is_decided_where_both_sides_had_written(mixed, say):
    from interlock.converse import services

    say(mixed.maker, "33 days.")
    services.rest_quiet_conversations(now=REST)
    rested = state_of(mixed.talk)
    services.decide(conversation=mixed.talk, by=mixed.staff, chosen="33", because="it is true", now=REST)

    assert (rested, state_of(mixed.talk)) == ("dormant", "decided")


def test_a_resting_talk_of_one_side_is_not_decided_and_goes_on_resting(resting):
    from interlock.converse import services

    with pytest.raises(WrongState, match="Both functions"):
        services.decide(conversation=resting.talk, by=resting.staff, chosen="33", because="so", now=REST)

    assert state_of(resting.talk) == "dormant"


def test_a_resting_talk_is_closed_with_a_reason_and_that_is_taken_back(resting):
    from interlock.converse import services

    with pytest.raises(NothingSaid, match="why it is closed"):
        services.close_conversation(conversation=resting.talk, by=resting.staff, now=REST)
    services.close_conversation(conversation=resting.talk, by=resting.staff, reason="It was us", now=REST)
    closed = (state_of(resting.talk), resting.talk.closed_reason)
    services.resume_conversation(conversation=resting.talk, by=resting.staff, now=REST)
    soon = services.rest_quiet_conversations(now=REST + timedelta(days=13))

    assert closed == ("closed", "It was us")
    assert (state_of(resting.talk), soon) == ("framed", 0)


def test_what_is_parked_until_a_day_comes_back_on_it_by_itself(resting):
    from interlock.converse import services
    from interlock.fabric import journal

    day = (REST + timedelta(days=3)).date()
    with pytest.raises(WrongState, match="still to come"):
        services.park_conversation(
            conversation=resting.talk, by=resting.staff, reason="Fair", until=REST.date(), now=REST
        )
    services.park_conversation(
        conversation=resting.talk, by=resting.staff, reason="Fair", until=day, now=REST
    )
    early = services.take_up_parked(now=REST + timedelta(days=2))
    parked = state_of(resting.talk)
    on_the_day = [services.take_up_parked(now=REST + timedelta(days=3)) for _again in range(2)]

    assert (early, parked, on_the_day, state_of(resting.talk)) == (0, "parked", [1, 0], "framed")
    assert resting.talk.parked_until is None
    assert journal.entries_about(resting.talk)[0].actor is None


def test_what_is_parked_without_a_day_waits_for_somebody(resting):
    from interlock.converse import services

    services.park_conversation(conversation=resting.talk, by=resting.staff, reason="Fair", now=REST)

    assert services.take_up_parked(now=REST + timedelta(days=900)) == 0


def test_a_closed_talk_of_kept_promises_is_acted_again_when_that_is_taken_back(mixed, say):
    from interlock.converse import services

    say(mixed.maker, "33 days.")
    services.decide(conversation=mixed.talk, by=mixed.staff, chosen="33", because="it is true", now=NOW)
    one = services.commit(
        conversation=mixed.talk, by=mixed.staff, what="Change it", owner=mixed.maker, due=NOW.date(), now=NOW
    )
    services.settle_commitment(commitment=one, by=mixed.maker, state="kept", now=NOW)
    services.close_conversation(conversation=mixed.talk, by=mixed.staff, now=NOW)
    closed = state_of(mixed.talk)
    with pytest.raises(NotYours):
        services.resume_conversation(conversation=mixed.talk, by=mixed.customer, now=NOW)
    services.resume_conversation(conversation=mixed.talk, by=mixed.staff, now=NOW)

    assert (closed, state_of(mixed.talk)) == ("closed", "acted")


def test_the_page_of_a_resting_talk_makes_three_offers_to_staff_in_it_and_none_to_guests(
    client, resting, say
):
    offers = ('href="#decide"', 'href="#park"', 'href="#close"')
    told = {}
    for who in (resting.staff, resting.customer, resting.observer):
        client.force_login(who.user)
        page = client.get(resting.url).text
        told[who.role] = [offer in page for offer in offers]

    # Only one side has written, so that there is nothing to decide yet.
    assert told == {"lead": [False, True, True], "customer": [False] * 3, "observer": [False] * 3}
    say(resting.maker, "33 days.")
    type(resting.talk).objects.update(state="dormant")
    client.force_login(resting.staff.user)
    page = client.get(resting.url).text
    assert [offer in page for offer in offers] == [True, True, True]
    assert all(f'id="{place}"' in page for place in ("decide", "park", "close"))


def test_parking_and_closing_on_the_page_offer_to_be_taken_back(client, resting):
    client.force_login(resting.staff.user)
    refused = client.post(f"{resting.url}close/", {"reason": ""})
    closed = client.post(f"{resting.url}close/", {"reason": "canary: it was us"}, follow=True).text
    client.post(f"{resting.url}resume/")
    taken_back = state_of(resting.talk)
    parked = client.post(f"{resting.url}park/", {"reason": "Fair", "until": "2099-03-01"}, follow=True).text

    assert refused.status_code == 422
    assert f'action="{resting.url}resume/"' in closed
    assert (taken_back, state_of(resting.talk)) == ("framed", "parked")
    assert "Taken up again on" in parked
    client.force_login(resting.customer.user)
    assert "Fair" not in client.get(resting.url).text


def test_the_list_is_narrowed_to_a_state_for_staff_and_never_for_guests(client, mixed):
    from interlock.converse import services

    other = services.open_conversation(
        context=mixed.talk.context, title="Brakes squeal", by=mixed.staff, now=NOW,
        people=[(mixed.staff, "service"), (mixed.customer, "customer")],
    )  # fmt: skip
    shown = {}
    for who in (mixed.staff, mixed.customer):
        client.force_login(who.user)
        shown[who.role] = {
            query: [f"/conversations/{talk.pk}/" in page for talk in (mixed.talk, other)]
            for query in ("", "?state=open", "?state=framed", "?state=closed")
            for page in [client.get(f"/conversations/{query}").text]
        }

    assert shown == {
        "lead": {
            "": [True, True], "?state=open": [False, True], "?state=framed": [True, False],
            "?state=closed": [True, True],
        },
        "customer": {query: [True, True] for query in ("", "?state=open", "?state=framed", "?state=closed")},
    }  # fmt: skip
