"""Owners are reminded before the hour, somebody else is called at the hour, nobody who is away is."""

from __future__ import annotations

import uuid

import pytest
from django.urls import reverse
from django.utils import timezone

from interlock.fabric import journal, people
from interlock.fabric.models import Event
from interlock.listen import escalation, stages
from interlock.listen.models import Answer, AnsweredSignal, Clock, Sending
from listen.waiting import NOON, days, hours, opened, said

pytestmark = pytest.mark.django_db
DUE = NOON + hours(24)


@pytest.fixture
def house(person):
    """An owner, two leads of service, one lead of sales and two who answer."""
    return {
        "owner": person("owner", name="Olga"),
        "lena": person("lead", "service", name="Lena"),
        "lars": person("lead", "service", name="Lars"),
        "sam": person("lead", "sales", name="Sam"),
        "anna": person("contributor", "service", name="Anna"),
        "ben": person("contributor", "service", name="Ben"),
    }


def owned(by):
    [clock] = opened(said())
    return stages.acknowledge(clock=clock, by=by, now=NOON)


def called_to(clock):
    clock.refresh_from_db()
    return clock.escalated_to


def test_the_owner_is_reminded_once_when_a_fifth_of_the_time_is_left(house):
    clock = owned(house["anna"])

    assert escalation.remind_owners(now=NOON + hours(19)) == 0
    assert escalation.remind_owners(now=NOON + hours(19.5)) == 1
    assert escalation.remind_owners(now=NOON + hours(20)) == 0

    [reminder, _took] = journal.entries_about(clock)
    assert (reminder.actor, reminder.verb) == (None, "reminded who looks after it")
    assert list(Event.objects.filter(verb="reminded").values_list("about_key", flat=True)) == [
        clock.signal_key
    ]


def test_whoever_is_called_to_a_customer_gets_all_that_this_customer_waits_for(house):
    clocks = opened(*(said(f"Where is it? {number}", by="a1") for number in range(3)))
    [other] = opened(said("And mine?", by="a2"))

    assert escalation.call_stand_ins(now=DUE) == 4

    assert len({called_to(clock) for clock in clocks}) == 1
    assert called_to(other) != called_to(clocks[0])


def test_at_the_hour_the_stand_in_is_called_once(house):
    anna = people.set_away(
        person=house["anna"], until=None, stand_in=house["ben"], by=house["anna"], now=NOON
    )
    clock = owned(anna)

    assert escalation.call_stand_ins(now=DUE - hours(0.1)) == 0
    assert escalation.call_stand_ins(now=DUE) == 1
    assert escalation.call_stand_ins(now=DUE + hours(1)) == 0

    assert called_to(clock) == house["ben"]
    entry = journal.entries_about(clock)[0]
    assert (entry.verb, entry.detail["to"]) == ("called somebody to it: overdue", "Ben")


def test_who_is_away_is_passed_over_along_the_chain(house):
    for who, stand_in in (("anna", "ben"), ("ben", "sam")):
        people.set_away(
            person=house[who], until=NOON + days(9), stand_in=house[stand_in], by=house["owner"], now=NOON
        )
    clock = owned(house["anna"])

    escalation.call_stand_ins(now=DUE)

    assert called_to(clock) == house["sam"]


def test_two_who_stand_in_for_each_other_and_are_both_away_end_at_a_lead_of_service(house):
    for who, stand_in in (("anna", "ben"), ("ben", "anna")):
        people.set_away(
            person=house[who], until=NOON + days(9), stand_in=house[stand_in], by=house["owner"], now=NOON
        )
    clock = owned(house["anna"])

    escalation.call_stand_ins(now=DUE)

    assert called_to(clock) in {house["lena"], house["lars"]}


def test_leads_of_service_take_turns_and_owners_come_last(house):
    clocks = opened(*(said(by=f"a{number}") for number in range(4)))
    escalation.call_stand_ins(now=DUE)
    assert sorted(called_to(one).name for one in clocks) == ["Lars", "Lars", "Lena", "Lena"]

    for name in ("lena", "lars"):
        people.end_access(person=house[name], by=house["owner"], now=NOON)
    escalation.call_stand_ins(now=DUE + hours(1))
    assert {called_to(one).name for one in clocks} == {"Olga"}


def test_with_nobody_here_it_still_stands_in_the_journal_and_first_in_the_queue(db, home):
    [clock] = opened(said())

    assert escalation.call_stand_ins(now=DUE) == 1
    assert escalation.call_stand_ins(now=DUE + hours(1)) == 0

    clock.refresh_from_db()
    assert (clock.escalated_at, clock.escalated_to, clock.stopped_at) == (DUE, None, None)


def test_whoever_comes_back_is_called_to_what_nobody_could_be_called_to(person):
    [clock] = opened(said())
    lena = person("lead", "service", name="Lena")
    people.set_away(person=lena, until=DUE + hours(2), stand_in=None, by=lena, now=NOON)
    assert escalation.call_stand_ins(now=DUE) == 1
    assert called_to(clock) is None

    assert escalation.call_stand_ins(now=DUE + hours(1)) == 0
    assert escalation.call_stand_ins(now=DUE + hours(3)) == 1

    assert (called_to(clock), clock.escalated_at) == (lena, DUE + hours(3))
    assert [entry.detail["to"] for entry in journal.entries_about(clock)] == ["Lena", ""]


def test_clocks_for_which_nobody_is_here_hide_no_others(person, monkeypatch):
    monkeypatch.setattr(escalation, "AT_ONCE", 2)
    lena = person("lead", "service", name="Lena")
    stuck = opened(*(said(by=f"a{number}") for number in range(3)))
    Clock.objects.update(owner=lena, escalated_at=DUE)  # the only one who could be called owns them
    late = opened(*(said(by=f"b{number}", at=NOON + hours(1)) for number in range(3)))

    numbers = [escalation.call_stand_ins(now=DUE + hours(1)) for _look in range(3)]

    assert numbers == [2, 1, 0]
    assert [called_to(one) for one in (*stuck, *late)] == [None] * 3 + [lena] * 3


def test_nobody_is_called_to_an_answer_that_is_on_its_way(house):
    clock = owned(house["anna"])
    answer = Answer.objects.create(
        author=house["anna"], text="Yes.", made_at=NOON, state=Sending.WAITING, reference=uuid.uuid4()
    )
    AnsweredSignal.objects.create(answer=answer, signal_key=clock.signal_key)

    assert escalation.call_stand_ins(now=DUE) == 0

    Answer.objects.update(state=Sending.FAILED)
    assert escalation.call_stand_ins(now=DUE) == 1


def test_calling_to_many_takes_a_constant_number_of_reads(house, django_assert_max_num_queries):
    opened(*(said(by=f"a{number}") for number in range(20)))

    # For each: the clock, and five for its journal line in its own savepoint.
    with django_assert_max_num_queries(20 * 7 + 20):
        assert escalation.call_stand_ins(now=DUE) == 20


def test_one_says_on_the_page_of_people_who_stands_in(signed_in, person):
    ben = person("contributor", name="Ben")
    client = signed_in("contributor", "service")
    until = timezone.localdate() + days(3)

    page = client.post(
        reverse("web:away", args=[client.person.pk]), {"until": until, "stand_in": ben.pk}, follow=True
    )

    client.person.refresh_from_db()
    assert client.person.stand_in == ben
    assert timezone.localtime(client.person.away_until).date() == until + days(1)
    assert "Ben stands in" in page.text


@pytest.mark.parametrize("wrong", ["observer", "self"])
def test_who_cannot_stand_in_is_refused(signed_in, person, wrong):
    client = signed_in("contributor")
    other = person("observer") if wrong == "observer" else client.person

    until = (timezone.localdate() + days(3)).isoformat()
    page = client.post(reverse("web:away", args=[client.person.pk]), {"stand_in": other.pk, "until": until})

    client.person.refresh_from_db()
    assert client.person.stand_in is None
    assert (page.status_code, f'value="{until}"' in page.text) == (422, True), "what was typed stays"
    assert list(page.context["away_form"].errors) == ["stand_in"]


def test_nobody_sends_a_colleague_away_but_an_owner(signed_in, person):
    ben, cora = person("contributor", name="Ben"), person("contributor", name="Cora")

    refused = signed_in("lead").post(reverse("web:away", args=[ben.pk]), {"stand_in": cora.pk})
    assert refused.status_code == 403

    signed_in("owner").post(reverse("web:away", args=[ben.pk]), {"stand_in": cora.pk})
    ben.refresh_from_db()
    assert ben.stand_in == cora


def test_a_clock_that_was_opened_again_is_reminded_and_called_anew(house):
    clock = owned(house["anna"])
    escalation.call_stand_ins(now=DUE)
    answer = Answer.objects.create(author=house["anna"], text="Yes.", made_at=DUE, state=Sending.SENT)
    AnsweredSignal.objects.create(answer=answer, signal_key=clock.signal_key)
    stages.answered(keys=[clock.signal_key], by=house["anna"], now=DUE, how="mail")
    stages.reopen(clock=clock, by=house["anna"], how="phone", now=DUE)

    assert escalation.call_stand_ins(now=DUE + hours(23)) == 0
    assert escalation.call_stand_ins(now=DUE + hours(25)) == 1
    assert clock_of_key(clock).escalated_at == DUE + hours(25)


def clock_of_key(clock):
    clock.refresh_from_db()
    return clock
