"""What somebody promised: kept, missed by itself, dropped, postponed, linked to elsewhere; and on Today."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from converse.conftest import CUSTOMER_CANARY, NOW
from interlock.converse.errors import NotForThem, NothingSaid, NotYours, WrongState

pytestmark = pytest.mark.django_db
TODAY = NOW.date()


@pytest.fixture
def promise(mixed):
    """Promise something in the talk, by the colleague of Production: `promise(what="...")`."""
    from interlock.converse import services  # see above

    def promised(**more):
        given = {
            "by": mixed.staff,
            "what": "Change the template",
            "owner": mixed.maker,
            "due": TODAY,
            "now": NOW,
        }
        return services.commit(conversation=mixed.talk, **given | more)

    return promised


def test_what_is_open_when_its_day_is_over_is_missed_once_and_why_is_said_afterwards(promise, mixed):
    from interlock.converse import services
    from interlock.fabric import journal

    today, tomorrow = promise(), promise(what="Later", due=TODAY + timedelta(days=1))
    same_day = services.miss_overdue(now=NOW)
    night = NOW + timedelta(days=1)
    missed = [services.miss_overdue(now=night), services.miss_overdue(now=night)]
    today.refresh_from_db()
    tomorrow.refresh_from_db()
    unsaid = (today.state, today.why, today.settled_at)
    services.settle_commitment(
        commitment=today, by=mixed.maker, state="missed", why="The host was down", now=night
    )
    today.refresh_from_db()

    assert (same_day, missed, tomorrow.state) == (0, [1, 0], "open")
    assert unsaid == ("missed", "", night)
    assert (today.state, today.why) == ("missed", "The host was down")
    actors = [(one.actor_id, one.verb) for one in journal.entries_about(mixed.talk)][:2]
    assert actors == [(mixed.maker.pk, "settled"), (None, "settled")]


def test_what_was_settled_before_the_night_looks_is_left_alone(promise, mixed, monkeypatch):
    from interlock.converse import services
    from interlock.converse.services import commitments

    one, night, miss = promise(), NOW + timedelta(days=1), commitments._miss

    def somebody_was_faster(commitment, now):
        services.settle_commitment(commitment=commitment, by=mixed.maker, state="kept", now=now)
        return miss(commitment, now)

    monkeypatch.setattr(commitments, "_miss", somebody_was_faster)
    count = services.miss_overdue(now=night)
    one.refresh_from_db()

    assert (count, one.state) == (0, "kept")


def test_a_later_day_keeps_the_old_one_and_its_reason(promise, mixed):
    from interlock.converse import services

    one, night = promise(), NOW + timedelta(days=1)
    services.miss_overdue(now=night)
    services.postpone(
        commitment=one, by=mixed.maker, due=TODAY + timedelta(days=9), why="Holidays", now=night
    )
    one.refresh_from_db()

    assert (one.state, one.due, one.why, one.settled_at) == ("open", TODAY + timedelta(days=9), "", None)
    assert [(before.due, before.why, before.by) for before in one.postponements.all()] == [
        (TODAY, "Holidays", mixed.maker)
    ]


@pytest.mark.parametrize(
    ("days", "why", "refusal"), [(9, " ", NothingSaid), (0, "So", WrongState), (-1, "So", WrongState)]
)
def test_no_later_day_without_a_reason_and_none_that_is_not_later(promise, mixed, days, why, refusal):
    from interlock.converse import services

    one = promise()
    with pytest.raises(refusal):
        services.postpone(commitment=one, by=mixed.maker, due=TODAY + timedelta(days=days), why=why, now=NOW)

    assert one.postponements.count() == 0


STATES = ("open", "kept", "missed", "dropped")
LEADS = {
    ("open", "kept"), ("open", "missed"), ("open", "dropped"), ("missed", "kept"), ("missed", "missed"),
    ("missed", "dropped"), ("kept", "open"), ("dropped", "open"),
}  # fmt: skip


@pytest.mark.parametrize("came_from", STATES)
@pytest.mark.parametrize("to", STATES)
def test_a_promise_moves_as_the_table_says_and_no_other_way(promise, mixed, came_from, to):
    from interlock.converse import services

    one = promise()
    type(one).objects.update(state=came_from)
    settle = {"commitment": one, "by": mixed.maker, "state": to, "why": "So", "now": NOW}
    if (came_from, to) in LEADS:
        services.settle_commitment(**settle)
    else:
        with pytest.raises(WrongState, match="cannot become"):
            services.settle_commitment(**settle)
    one.refresh_from_db()

    assert one.state == (to if (came_from, to) in LEADS else came_from)


def test_a_guest_settles_what_they_promised_and_nothing_else(promise, mixed):
    from interlock.converse import services

    theirs = promise(owner=mixed.customer, audience="customer")
    ours = promise(audience="customer")
    services.settle_commitment(commitment=theirs, by=mixed.customer, state="kept", now=NOW)
    with pytest.raises(NotYours, match="promised themselves"):
        services.settle_commitment(commitment=ours, by=mixed.customer, state="kept", now=NOW)
    with pytest.raises(NotYours, match="promised themselves"):
        services.postpone(commitment=ours, by=mixed.customer, due=TODAY + timedelta(days=9), why="x", now=NOW)

    theirs.refresh_from_db()
    ours.refresh_from_db()
    assert (theirs.state, ours.state) == ("kept", "open")


@pytest.mark.parametrize(
    "link", ["http://jira.example/1", "javascript:alert(1)", "https://", "ftp://x.example"]
)
def test_a_link_leads_outside_by_https_or_not_at_all(promise, mixed, link):
    with pytest.raises(NothingSaid, match="https://"):
        promise(link=link)

    assert mixed.talk.commitments.count() == 0
    assert promise(link="https://jira.example/browse/X-1").host == "jira.example"


def test_a_promise_is_not_read_by_more_people_than_the_decision_it_carries_out(promise, mixed, say):
    from interlock.converse import services

    say(mixed.maker, "33 days.")
    decision = services.decide(
        conversation=mixed.talk, by=mixed.staff, chosen="33 days", because="it is true", now=NOW
    )
    with pytest.raises(NotForThem, match="do not read the decision"):
        promise(decision=decision, audience="customer")

    assert promise(decision=decision).decision == decision


def test_a_talk_is_decided_again_when_something_new_is_promised_in_it(promise, mixed, say):
    from interlock.converse import services

    say(mixed.maker, "33 days.")
    services.decide(conversation=mixed.talk, by=mixed.staff, chosen="33", because="it is true", now=NOW)
    services.settle_commitment(commitment=promise(), by=mixed.maker, state="kept", now=NOW)
    mixed.talk.refresh_from_db()
    acted = mixed.talk.state
    promise(what="One thing more")
    mixed.talk.refresh_from_db()

    assert (acted, mixed.talk.state) == ("acted", "decided")


def test_the_page_says_what_was_postponed_and_where_it_is_seen_and_takes_the_why(
    client, promise, mixed, noon
):
    from interlock.converse.models import Commitment

    client.force_login(mixed.maker.user)
    today = noon.date()
    client.post(
        f"{mixed.url}commit/",
        {
            "what": "Mend it", "owner": mixed.maker.pk, "due": str(today),
            "link": "https://jira.example/X-1", "audience": "staff",
        },
    )  # fmt: skip
    one = Commitment.objects.get()
    later = client.post(
        f"/commitments/{one.pk}/postpone/", {"due": str(today + timedelta(days=3)), "why": "Fair week"}
    )
    client.post(f"/commitments/{one.pk}/postpone/", {"due": "", "why": ""})
    client.post(f"/commitments/{one.pk}/settle/", {"state": "missed", "why": "Nobody was there"})
    page = client.get(mixed.url).text
    one.refresh_from_db()

    assert later.url == f"{mixed.url}#promise-{one.pk}"
    assert (one.state, one.why, one.due) == ("missed", "Nobody was there", today + timedelta(days=3))
    for words in ("jira.example, outside of Interlock", "postponed it: Fair week.", "Nobody was there"):
        assert words in page


def test_today_asks_the_one_who_promised_and_nobody_else(client, promise, mixed, monkeypatch):
    from interlock.web.today_cards import promise_cards

    monkeypatch.setattr(timezone, "now", lambda: NOW)  # days of another year name it
    promise(what=f"Call back, {CUSTOMER_CANARY}", owner=mixed.customer, audience="customer")
    promise(what="Far away", due=TODAY + timedelta(days=8))
    promise(what="Second", due=TODAY + timedelta(days=5))
    promise(what="First", due=TODAY + timedelta(days=2))

    told = {
        who.name: [(card.kind, card.sentence, card.why) for card in promise_cards(who, (), NOW)]
        for who in (mixed.maker, mixed.customer, mixed.staff)
    }
    assert told == {
        "Oluchi Eze": [
            (
                "Promised by you",
                "First",
                "You promised it by 24\N{NO-BREAK SPACE}November. One more promise of yours is due.",
            )
        ],
        "Marta Hagen": [
            (
                "Promised by you",
                f"Call back, {CUSTOMER_CANARY}",
                "You promised it by 22\N{NO-BREAK SPACE}November.",
            )
        ],
        "Lena Fuchs": [],
    }
    client.force_login(mixed.customer.user)
    assert "Call back" in client.get("/").text


def test_a_miss_stands_on_today_until_somebody_says_why(promise, mixed, django_assert_num_queries):
    from interlock.converse import services
    from interlock.web.today_cards import promise_cards

    one, night = promise(), NOW + timedelta(days=1)
    services.miss_overdue(now=night)
    with django_assert_num_queries(1):
        missed = promise_cards(mixed.maker, (), night)
    services.settle_commitment(commitment=one, by=mixed.maker, state="missed", why="Ill", now=night)

    assert [(card.kind, card.act) for card in missed] == [("Missed by you", "Say why")]
    assert promise_cards(mixed.maker, (), night) == []


def test_a_promise_names_who_reads_each_decision_and_refuses_a_narrower_one_at_its_field(mixed, say, client):
    from interlock.converse import services

    say(mixed.maker, "33 days.")
    made = services.decide(conversation=mixed.talk, by=mixed.staff, chosen="33 days", because="so", now=NOW)
    client.force_login(mixed.staff.user)
    promised = {
        "what": "Tell them", "owner": mixed.staff.pk, "due": TODAY.isoformat(),
        "decision": made.pk, "audience": "customer",
    }  # fmt: skip
    refused = client.post(f"{mixed.url}commit/", promised)
    client.post(f"{mixed.url}commit/", promised | {"audience": "staff"})

    form = refused.context["commit_form"]
    assert (refused.status_code, list(form.errors), form["what"].value()) == (422, ["decision"], "Tell them")
    assert "33 days (Staff only)" in refused.text
    assert [one.decision for one in mixed.talk.commitments.all()] == [made]
