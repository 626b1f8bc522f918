"""While somebody is away, what falls to them falls to their stand-in, who is told and named; then it ends by itself."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from interlock.converse import queries as talks
from interlock.converse import services
from interlock.converse.community import boards
from interlock.converse.models import Duty, Notice, NoticeChoice
from interlock.converse.notices import planning
from interlock.fabric import away, people, work
from interlock.fabric.models import Context
from interlock.listen import stages, waiting
from interlock.web.today_cards import promise_cards, talk_cards
from listen.waiting import opened, said

NOW = timezone.make_aware(datetime(2026, 3, 2, 15))  # noqa: DTZ001 - made aware
BACK = NOW + timedelta(days=3)


@pytest.fixture
def ana(person):
    return person("lead", "sales", name="Ana")


@pytest.fixture
def rui(person, ana):
    """Rui, who stands in for Ana until Thursday morning."""
    rui = person("contributor", "service", name="Rui")
    people.set_away(person=ana, until=BACK, stand_in=rui, by=ana, now=NOW)
    return rui


@pytest.fixture
def mails(settings, monkeypatch):
    from interlock.converse.notices import sending  # Django must be set up before rooms are imported

    settings.MAIL_SERVER = {
        "host": "127.0.0.1", "port": 1, "security": "none", "user": "", "password": "", "sender": "a@example.com",
    }  # fmt: skip
    sent = []
    monkeypatch.setattr(
        sending, "post", lambda _office, note, *, now, wait: sent.append((note.to, note.subject))
    )
    return sent


@pytest.fixture
def talk(ana, person):
    """A talk that waits for Ana's answer today."""
    tom = person("lead", "production", name="Tom")
    return services.open_conversation(
        context=Context.objects.create(kind="order", key="A", label="Order A"),
        title="Which date holds?",
        purpose="dates",
        question="Which date holds?",
        due=NOW.date(),
        by=tom,
        people=[(tom, "production"), (ana, "sales")],
        now=NOW,
    )


def test_an_absence_begins_and_ends_by_itself(ana, rui):
    people.set_away(person=ana, since=NOW + timedelta(days=1), until=BACK, stand_in=rui, by=ana, now=NOW)

    assert [away.is_away(ana, NOW + timedelta(days=days)) for days in (0, 1, 2, 3)] == [
        False,
        True,
        True,
        False,
    ]
    assert away.words(ana, NOW) == ""
    assert away.words(ana, NOW + timedelta(days=1)) == "Ana is away until 5\u00a0March; Rui stands in."
    assert away.stood_in_for(rui, NOW) == []
    assert away.stood_in_for(rui, NOW + timedelta(days=1)) == [ana.pk]


def test_stand_ins_who_are_away_hand_on_and_rings_end(ana, rui, person):
    eva = person("contributor", "service", name="Eva")
    people.set_away(person=rui, until=BACK, stand_in=eva, by=rui, now=NOW)
    assert away.helpers(NOW) == {ana.pk: eva.pk, rui.pk: eva.pk}

    people.set_away(person=eva, until=BACK, stand_in=ana, by=eva, now=NOW)

    assert away.helpers(NOW) == {}


def test_a_stand_in_is_of_the_same_side_and_organisation(ana, person):
    tom, tim = (person("partner", name=name, account="motrane") for name in ("Tom", "Tim"))
    stranger, customer = person("partner", account="vantero"), person("customer")

    people.set_away(person=tom, until=BACK, stand_in=tim, by=tom, now=NOW)
    assert away.stood_in_for(tim, NOW) == [tom.pk]

    for wrong in (stranger, customer, ana, tom):
        with pytest.raises(people.NoStandIn, match="nothing was changed"):
            people.set_away(person=tom, until=BACK, stand_in=wrong, by=tom, now=NOW)
    with pytest.raises(people.NoStandIn):
        people.set_away(person=ana, until=BACK, stand_in=tim, by=ana, now=NOW)


def test_customers_who_wait_are_the_stand_in_s_while_it_lasts(ana, rui):
    [clock] = opened(said())
    stages.acknowledge(clock=clock, by=ana, now=NOW)
    late = clock.due_at

    people.set_away(person=ana, until=late + timedelta(days=1), stand_in=rui, by=ana, now=NOW)

    assert list(waiting.due_for(rui, late)) == [clock]
    mine = waiting.WaitingFilters(whose="mine")
    assert list(mine.narrow(waiting.clocks_visible_to(rui), rui, late)) == [clock]
    assert list(waiting.due_for(rui, late + timedelta(days=2))) == []


def test_a_talk_that_waits_and_a_promise_stand_on_today_of_the_stand_in(ana, rui, talk):
    services.say(conversation=talk, by=ana, body="I ask.", now=NOW)
    services.commit(conversation=talk, by=ana, what="Ask Motrane", owner=ana, due=BACK.date(), now=NOW)
    [card] = promise_cards(rui, away.stood_in_for(rui, NOW), NOW)
    assert (card.sentence, card.kind) == ("Ask Motrane", "Promised, you stand in")
    assert "Ana promised it by 5\u00a0March" in card.why
    assert promise_cards(rui, away.stood_in_for(rui, BACK), BACK) == []


def test_what_the_stand_in_wrote_counts_as_the_answer(ana, rui, talk):
    assert [card.sentence for card in talk_cards(rui, away.stood_in_for(rui, NOW))] == ["Which date holds?"]

    services.say(conversation=talk, by=rui, body="33 days.", now=NOW)

    assert talk_cards(rui, away.stood_in_for(rui, NOW)) == []
    assert list(talks.waiting_for(ana)) == [talk]


def test_the_mail_of_a_due_answer_goes_to_the_stand_in(ana, rui, talk, mails):
    NoticeChoice.objects.create(person=rui, hour=8)

    planning.plan(now=NOW)
    work.run_ready()

    due = list(Notice.objects.filter(why=Notice.Why.DUE))
    assert [one.person for one in due] == [rui]
    assert (rui.user.email, "An answer for which you stand in is due today: Which date holds?") in mails


def test_who_is_named_while_away_is_told_and_so_is_the_stand_in(ana, rui, talk, mails):
    tom = talk.opened_by
    services.say(conversation=talk, by=tom, body="@Ana which date?", now=NOW)

    work.run_ready()

    assert sorted(mails) == sorted(
        [
            (ana.user.email, "Tom names you: Which date holds?"),
            (rui.user.email, "Tom names Ana, for whom you stand in: Which date holds?"),
        ]
    )


def test_the_stand_in_is_host_on_the_days_of_who_is_away(ana, rui):
    Duty.objects.create(person=ana, day=NOW.date(), until=time(20))

    assert boards.on_duty(NOW).person == rui
    people.set_away(person=ana, until=BACK, stand_in=None, by=ana, now=NOW)
    assert boards.on_duty(NOW) is None
    people.set_away(person=ana, until=None, stand_in=None, by=ana, now=NOW)
    assert boards.on_duty(NOW).person == ana


def test_it_is_said_on_the_line_beside_the_talk_and_on_the_profile(signed_in, ana, person):
    rui, now = person("contributor", "service", name="Rui"), timezone.now()
    browser = signed_in("lead", "production")
    talk = services.open_conversation(
        context=Context.objects.create(kind="order", key="A", label="Order A"),
        title="Which date holds?",
        by=browser.person,
        people=[(ana, "sales")],
        now=now,
    )
    for words in ("First.", "Last."):
        services.say(conversation=talk, by=ana, body=words, now=now)
    page = reverse("converse:conversation", args=[talk.pk])
    assert "stands in" not in browser.get(page).content.decode()

    people.set_away(person=ana, until=now + timedelta(days=2), stand_in=rui, by=ana, now=now)

    said = away.words(ana, now)
    assert said.endswith("; Rui stands in.")
    assert browser.get(page).content.decode().count(said) == 2  # her last line, and beside the talk
    assert said in browser.get(reverse("web:person", args=[ana.pk])).content.decode()
    assert said in browser.get(reverse("web:people")).content.decode()


def test_the_rail_counts_the_talk_and_the_list_of_talks_leads_to_it_while_one_stands_in(
    ana, rui, talk, client
):
    client.force_login(rui.user)
    today = timezone.now()
    people.set_away(person=ana, until=today + timedelta(days=3), stand_in=rui, by=ana, now=today)
    counted = client.get("/conversations/")
    services.say(conversation=talk, by=rui, body="33 days.", now=NOW)
    answered = client.get("/conversations/")

    assert [
        counted.context["navigation"].doors[3].waiting,
        counted.context["waiting"],
        answered.context["waiting"],
    ] == ["1", 1, 0]
    assert [f'href="/conversations/{talk.pk}/"' in page.text for page in (counted, answered)] == [True, True]
    assert "They wait for somebody you stand in for" in counted.text
    assert "They wait for somebody you stand in for" not in answered.text
