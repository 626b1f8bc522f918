"""The trial on the company's own past: what is read, what is refused, and what is kept."""

from __future__ import annotations

import random
from datetime import timedelta

import numpy as np
import pytest
from django.urls import reverse

from interlock.fabric import work
from interlock.listen.models import OutcryWatch, Signal
from interlock.listen.outcry import past, setting, trial
from listen.outcries import spoken
from listen.waiting import NOON, hours, source

pytestmark = [pytest.mark.django_db, pytest.mark.long]
START = NOON - timedelta(days=30)


def quiet_month(shop, *, every=60.0, days=30.0, people=200, seed=1, **more):
    """About a signal an hour by people who come back, brought by an import."""
    rng, at, made = random.Random(seed), START, []
    while at < START + timedelta(days=days):
        made.append(
            spoken(shop, at, by=f"regular-{rng.randrange(people)}", received_at=None, in_records=True, **more)
        )
        at += timedelta(minutes=rng.uniform(0.3, 1.7) * every)
    return made


def burst(shop, at, number=120):
    return [
        spoken(shop, at + timedelta(minutes=2 * n), by=f"new-{n}", received_at=None, in_records=True)
        for n in range(number)
    ]


@pytest.fixture
def shop(home):
    return source(name="Shop")


def test_an_outcry_of_the_past_is_heard_and_leads_to_its_signals(shop, signed_in):
    Signal.objects.bulk_create([*quiet_month(shop), *burst(shop, NOON - timedelta(days=6))])

    past.go_through(now=NOON)

    kept = OutcryWatch.objects.get().past
    assert (kept["state"], kept["streams"], kept["signals"]) == ("done", 3, Signal.objects.count())
    assert [round(one["days"]) for one in kept["tests"]] == [30, 91, 365]
    own = kept["tests"][1]
    # One event, in source, channel and product.
    assert (own["alarm_count"], own["incident_count"], own["heard"], own["false"]) == (1, 1, 1, 0)
    assert len(own["alarms"][0]["also"]) == 2
    assert own["lead_hours"] > 0
    assert {own["alarms"][0]["label"], *own["alarms"][0]["also"]} == {"Shop", "mail", "Panniers"}
    answer = signed_in("lead").get(reverse("web:outcry_watch"))
    assert "Once it would have rung: one of one incident heard" in answer.content.decode()
    for one in answer.context["past"]["rows"]:
        assert "It broke again" in answer.client.get(one.url).content.decode()


def test_people_count_once_a_day_and_stream_as_when_heard_live(shop):
    made = quiet_month(shop)
    loud = [
        spoken(shop, NOON - hours(60) + timedelta(minutes=n), by="angry", received_at=None)
        for n in range(200)
    ]
    Signal.objects.bulk_create([*made, *loud])

    read = past.read_past(NOON)

    assert read.signals == len(made) + 200
    by_day = np.bincount(read.at // 288, weights=read.stream == read.streams.index(("source", str(shop.pk))))
    assert by_day.max() < 40


def test_a_source_that_has_just_begun_speaks_for_itself_alone(shop):
    Signal.objects.bulk_create(quiet_month(shop))

    read = past.read_past(NOON)

    products = read.at[read.stream == read.streams.index(("product", "P1"))]
    assert read.at.min() == 0
    assert products.min() >= 576


def test_a_source_that_knows_only_the_day_is_left_out_and_named(shop):
    days = source(name="Reviews by day")
    made = [
        spoken(days, (START + timedelta(days=n % 30)).replace(hour=0), received_at=None, product="P2")
        for n in range(200)
    ]
    Signal.objects.bulk_create([*quiet_month(shop), *made])

    read = past.read_past(NOON)

    assert read.left_out == ["Reviews by day"]
    assert ("product", "P2") not in read.streams


@pytest.mark.parametrize(
    ("days", "every", "why"),
    [(10, 20.0, "There are 9 days of signals"), (30, 500.0, "with a stream of 50 signals at least")],
)
def test_too_little_past_is_refused_with_what_it_takes(shop, days, every, why, signed_in):
    Signal.objects.bulk_create(quiet_month(shop, days=days, every=every)[: 40 if every > 100 else None])

    past.go_through(now=NOON)

    text = signed_in("lead").get(reverse("web:outcry_watch")).content.decode()
    assert "Too little to say" in text
    assert why in text


def test_no_signal_at_all_is_refused(home):
    past.go_through(now=NOON)

    assert OutcryWatch.objects.get().past["why"] == "No signal was heard yet."


@pytest.mark.slow
def test_an_own_budget_is_tried_beside_the_usual_ones(shop, signed_in):
    browser = signed_in("owner")
    setting.set_budget(false_alarms=2, span="month", by=browser.person, now=NOON)
    Signal.objects.bulk_create(quiet_month(shop))

    past.go_through(now=NOON)

    text = browser.get(reverse("web:outcry_watch")).content.decode()
    assert text.count("in force") == 1
    setting.set_budget(false_alarms=5, span="year", by=browser.person, now=NOON)
    assert "Another budget is in force" in browser.get(reverse("web:outcry_watch")).content.decode()


def test_an_owner_begins_it_sees_how_far_it_came_and_stops_it(shop, signed_in, monkeypatch):
    Signal.objects.bulk_create(quiet_month(shop))
    browser = signed_in("owner")
    address = reverse("web:outcry_watch")

    browser.post(reverse("web:outcry_past"), {"what": "begin"})
    browser.post(reverse("web:outcry_past"), {"what": "begin"})
    assert "It waits for a worker" in browser.get(address).content.decode()
    assert trial.is_under_way()
    past.keep({"state": "running", "done": 4320, "ticks": 8640, "signals": 700, "streams": 3})
    assert "50\xa0% of 30 days, 3 streams, 700 signals" in browser.get(address).content.decode()
    browser.post(reverse("web:outcry_past"), {"what": "stop"})
    work.run_ready()

    assert OutcryWatch.objects.get().past["state"] == "stopped"
    past.keep({"state": "running", "done": 1, "ticks": 8640, "signals": 700, "streams": 3})
    assert "ended before it was done" in browser.get(address).content.decode()


def busier_by_half_way(shop):
    """A quiet month, and from its middle on a source twenty times as busy that speaks of the same product."""
    app, rng, at = source(name="App"), random.Random(5), START + timedelta(days=15)
    made = quiet_month(shop)
    while at < NOON:
        made.append(spoken(app, at, by=f"app-{len(made)}", received_at=None, in_records=True))
        at += timedelta(minutes=rng.uniform(0.3, 1.7) * 3)
    Signal.objects.bulk_create(made)


def counted_in_a_busier_past():
    past.go_through(now=NOON)
    own = OutcryWatch.objects.get().past["tests"][1]
    return own["alarm_count"], own["incident_count"]


@pytest.mark.slow
def test_a_busy_source_that_joined_known_streams_was_neither_alarm_nor_incident(shop):
    busier_by_half_way(shop)

    assert counted_in_a_busier_past() == (0, 0)


@pytest.mark.slow
def test_were_it_just_counted_it_would_have_been_both(shop, monkeypatch):
    monkeypatch.setattr(past._Voices, "arrivals", lambda voices: {})
    busier_by_half_way(shop)

    alarms, incidents = counted_in_a_busier_past()
    assert alarms >= 1
    assert incidents >= 1
