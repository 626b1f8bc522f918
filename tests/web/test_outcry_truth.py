"""What pages say of an alarm is counted, of one moment, and leads to its rows; who was not told stands there too."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from interlock.analytics.outcry.standing import Spread
from interlock.converse import services as talks
from interlock.fabric.contexts import context_for
from interlock.listen.models import Alarm, Notice, NoticeState, OutcryWatch, Theme, WatchedStream
from interlock.listen.outcry import alarms, looking, pace, past, trial
from interlock.web.today_cards import outcry_card
from listen.themed import direction, theme
from listen.waiting import NOON, hours, said, source
from web.alarms import KNOWN, alarm

pytestmark = pytest.mark.django_db
NEW = {**KNOWN, "customers": 19, "voices": 19, "signals": 19, "before": 0}


def text_of(browser, name, *args) -> str:
    return browser.get(reverse(name, args=args)).content.decode()


def test_where_nothing_was_said_before_there_is_no_times_the_usual(signed_in, home):
    one = alarm(known=NEW, times=56.9)
    browser = signed_in("lead")

    on_page, in_list = text_of(browser, "web:one_outcry", one.pk), text_of(browser, "web:outcries")
    rows = browser.get(reverse("web:outcries_csv")).content.decode()

    assert "is an outcry since" in on_page
    assert "new, 19 customers, none before." in on_page
    assert "56.9" not in on_page + in_list + rows
    assert "Too little to say what is usual." in on_page


def test_where_little_was_said_before_that_is_what_is_told(signed_in, home):
    one = alarm(known={**NEW, "before": 3}, times=56.9)

    text = text_of(signed_in("lead"), "web:one_outcry", one.pk)

    assert "19 customers in a day, 3 signals in the 90 days before." in text


def test_what_is_known_is_counted_and_only_a_usual_below_one_in_six_hours_asks_what_was_before(home):
    shop = source(name="Shop")
    for number in range(4):
        said("It broke.", by=f"a{number % 3}", at=NOON - hours(number), source=shop, product_key="P1",
             rating_share=0.2 if number else None)  # fmt: skip
    said("It broke.", by="early", at=NOON - timedelta(days=20), source=shop, product_key="P1")
    stream = WatchedStream.objects.create(kind="product", key="P1", number=0, began_at=NOON)
    spread = Spread(times=9, voices=2.7, new_share=None, growth=3, usual=0.36)

    known = alarms.known(stream, spread, NOON)

    counted = {name: known[name] for name in ("signals", "voices", "customers", "rated", "low", "discontent")}
    assert counted == {"signals": 4, "voices": 3, "customers": 3, "rated": 3, "low": 3, "discontent": 3}
    assert known["before"] == 1
    usual = Spread(times=9, voices=2.7, new_share=None, growth=3, usual=40.0)
    assert alarms.known(stream, usual, NOON)["before"] is None


def test_the_pace_and_what_is_known_are_of_one_moment(home):
    one = alarm(kind="product", key="P1")
    at = NOON + timedelta(minutes=5)
    loud = {one.stream.number: (at, Spread(times=9, voices=3, new_share=1.0, growth=3))}

    pace.keep(loud, pace.renewed(loud))

    kept = Alarm.objects.get().known
    assert kept["at"] == kept["now"]["at"] == at.isoformat()


def test_today_leads_with_the_outcry_that_most_people_speak_in(home, person):
    loudest = alarm(kind="theme", key="a", label="Charged twice", known={**KNOWN, "voices": 38})
    alarm(kind="theme", key="b", label="Unblock my PIN", known={**KNOWN, "voices": 9}, began=NOON - hours(1))
    alarm(kind="source", key="1", label="Bank", known={**KNOWN, "voices": 400}, began=NOON)

    someone = person("lead")

    assert looking.loudest_now(someone)[0] == loudest
    assert "Charged twice" in str(outcry_card(someone).sentence)


def test_a_conversation_opened_from_an_alarm_shows_on_its_theme_and_leads_the_alarm(signed_in, home, person):
    fee = theme("The new fee", direction(1))
    Theme.objects.filter(pk=fee.pk).update(state="outcry", state_since=NOON)
    one = alarm(kind="theme", key=fee.key, label="The new fee")
    person("lead", "service", name="Anna Berg")
    browser = signed_in("contributor", "sales")
    assert "Nobody talks about it yet" in text_of(browser, "web:one_theme", fee.key)
    about = context_for(kind="outcry", key=str(one.pk), label=one.label)
    talk = talks.open_conversation(
        context=about, title="What happened?", question="What happened?", purpose="Fewer voices", due=NOON.date(),
        functions=["sales"], people=[(browser.person, "sales")], by=browser.person, now=NOON,
    )  # fmt: skip

    on_theme = text_of(browser, "web:one_theme", fee.key)
    on_alarm = text_of(browser, "web:one_outcry", one.pk)

    address = reverse("converse:conversation", args=[talk.pk])
    assert address in on_theme
    assert "Nobody talks about it yet" not in on_theme
    assert on_alarm.count("btn-primary") == 1
    assert f'min-h-10 py-2 whitespace-normal" href="{address}"' in on_alarm


def test_who_could_not_be_told_yet_stands_with_the_alarm(signed_in, home):
    one = alarm()
    for to, error in (("desk@example.com", "mail.example.com is not known."), ("late@example.com", "")):
        notice = Notice.objects.create(at=NOON, to=to, state=NoticeState.WAITING, error=error)
        notice.alarms.add(one)

    text = text_of(signed_in("lead"), "web:one_outcry", one.pk)

    assert "mail.example.com is not known." in text
    assert "late@example.com" not in text  # it simply waits its turn


def test_stopping_a_second_going_through_keeps_what_the_first_found(signed_in, home):
    found = {
        "since": NOON.isoformat(),
        "until": NOON.isoformat(),
        "at": NOON.isoformat(),
        "signals": 7,
        "streams": 1,
    }
    past.keep({"state": "done", **found, "left_out": [], "tests": []})
    browser = signed_in("owner")

    trial.ask_for(by=browser.person, now=NOON)
    past.keep({"state": "running", "at": NOON.isoformat(), "done": 1, "ticks": 9, "signals": 7, "streams": 1})
    trial.stop(by=browser.person, now=NOON)
    text = text_of(browser, "web:outcry_watch")

    assert OutcryWatch.objects.get().past["last"]["state"] == "done"
    assert "Somebody stopped the last going through; this is what the one before it found." in text
    assert "7 signals in 1 streams" in text
    past.keep({"state": "done", **found, "left_out": [], "tests": []})
    assert "last" not in OutcryWatch.objects.get().past
