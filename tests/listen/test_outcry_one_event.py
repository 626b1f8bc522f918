"""Streams that ring for one event are one alarm: one notice, one call of the budget, one address; people can part them."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from interlock.fabric import journal
from interlock.listen.errors import EditRefused
from interlock.listen.models import (
    Alarm,
    Notice,
    OutcryWatch,
    Signal,
    SignalVector,
    StreamState,
    ThemedSignal,
    Verdict,
    WatchedStream,
)
from interlock.listen.outcry import joining, judging, looking, one_event, watching
from interlock.listen.themes.vectors import packed
from interlock.web import figures
from interlock.web.today_cards import outcry_card
from listen import outcries
from listen.outcries import listen, spoken, usual
from listen.themed import direction, theme
from listen.waiting import NOON, hours

pytestmark = [pytest.mark.django_db, pytest.mark.long]


@pytest.fixture(scope="module")
def nine_days(module_rows):
    """A shop that was heard for nine quiet days, once for all tests of this file."""
    return outcries.heard_quietly()


@pytest.fixture
def shop(nine_days, home):
    OutcryWatch.objects.update(mails=["desk@aldermoor.example"])
    return nine_days


def told_in_themes(said, *themes, about):
    """Store signals, in turn in each of these themes, each saying the same but for a twist of its own."""
    Signal.objects.bulk_create(said)
    groups = [one.clusters.get() for one in themes]
    ThemedSignal.objects.bulk_create(
        [
            ThemedSignal(
                signal=one, cluster=groups[n % len(groups)], occurred_at=one.occurred_at, week=0, voice=n, let_down=False
            )
            for n, one in enumerate(said)
        ]
    )  # fmt: skip
    say(said, about)


def say(said, about):
    rng = np.random.default_rng(1)
    noise = rng.normal(scale=0.01, size=(len(said), np.shape(about)[-1]))
    rows = packed((about + noise).astype(np.float32))
    SignalVector.objects.bulk_create(
        [SignalVector(signal=one, bytes=row, encoder=1) for one, row in zip(said, rows, strict=True)]
    )


def usually(shop):
    """The newest quiet signals say all sorts of things."""
    all_sorts = np.random.default_rng(2).normal(size=(100, len(direction(1))))
    say(list(Signal.objects.order_by("-occurred_at")[:100]), all_sorts)


def burst(shop, start, people=140, **more):
    return [
        spoken(shop, start + timedelta(seconds=15 * n), by=f"{start:%H%M}-{n}", **more) for n in range(people)
    ]


def charged_twice(shop):
    """One matter that fell into two themes, told on one channel by new people."""
    usually(shop)
    Signal.objects.bulk_create(usual(shop, NOON, NOON + hours(2)))
    pair = theme("Charged twice", direction(1)), theme("Charged twice, item", direction(0.9, 0.4))
    told_in_themes(burst(shop, NOON), *pair, about=direction(1, 0.1))


def listen_often(since, until):
    at = since
    while at < until:
        at += timedelta(minutes=5)
        watching.watch(now=at)


def test_one_event_in_two_themes_a_product_a_channel_and_a_source_is_one_alarm_with_one_notice(shop, person):
    charged_twice(shop)

    listen_often(NOON, NOON + hours(1.5))

    (first,) = looking.events_visible_to(person("lead"))
    assert {one.stream.kind for one in one_event.rows_of(first)} == {"theme", "product", "channel", "source"}
    assert len(one_event.rows_of(first)) == 5
    assert one_event.leading(first).stream.kind == "theme"
    assert looking.account(days=90, now=NOON + hours(2)).alarms == 1
    counted = looking.tab_counts(looking.events_visible_to(person("lead")))
    assert (counted["all"], counted["now"], counted["outcries_now"], counted["emerging_now"]) == (1, 1, 1, 0)
    # Once when it begins, once as an outcry, however many streams it is heard in.
    told = [list(one.alarms.all()) for one in Notice.objects.order_by("at")]
    assert told in ([[first]], [[first], [first]])
    card = outcry_card(person("lead"))
    assert card.url == reverse("web:one_outcry", args=[first.pk])
    assert "Also heard in" in card.why
    assert "more alarm" not in card.why


def test_streams_that_ring_in_one_long_look_are_one_event_as_well(shop):
    charged_twice(shop)
    watching.watch(now=NOON + hours(0.2))  # a theme is known from the look after the first that hears it

    listen(NOON + hours(0.2), NOON + hours(1.5))

    assert Alarm.objects.count() == 5
    assert Alarm.objects.filter(event=None).count() == 1


def test_two_outcries_in_the_same_hour_stay_two(shop):
    usually(shop)
    Signal.objects.bulk_create(usual(shop, NOON, NOON + hours(2)))
    fee, app = theme("The fee", direction(1)), theme("The app breaks", direction(0, 0, 0, 1))
    told_in_themes(burst(shop, NOON), fee, about=direction(1))
    told_in_themes(burst(shop, NOON + timedelta(minutes=1)), app, about=direction(0, 0, 0, 1))

    listen_often(NOON, NOON + hours(1.5))

    themes = Alarm.objects.filter(stream__kind="theme")
    assert {one.label: one_event.first_of(one).pk for one in themes}.keys() == {"The fee", "The app breaks"}
    assert len({one_event.first_of(one).pk for one in themes}) == 2
    assert Alarm.objects.filter(event=None).count() == 2


@pytest.mark.slow
def test_a_stream_that_rings_later_joins_without_a_second_notice_and_the_page_says_when(shop, signed_in):
    usually(shop)
    Signal.objects.bulk_create(usual(shop, NOON, NOON + hours(5)))
    one, other = theme("Charged twice", direction(1)), theme("Double charge", direction(0.9, 0.4))
    told_in_themes(burst(shop, NOON), one, about=direction(1))
    listen_often(NOON, NOON + hours(2))
    before = Notice.objects.count()

    told_in_themes(burst(shop, NOON + hours(2), people=60), other, about=direction(1, 0.1))
    listen_often(NOON + hours(2), NOON + hours(3))

    late = Alarm.objects.get(label="Double charge")
    assert late.event_id is not None
    assert late.joined_at >= late.began_at > NOON + hours(2)
    assert Notice.objects.count() == before
    text = signed_in("lead").get(reverse("web:one_outcry", args=[late.event_id])).content.decode()
    assert "Double charge" in text
    assert f"joined {figures.moment(late.joined_at)}" in text


@pytest.fixture
def five(shop):
    charged_twice(shop)
    watching.watch(now=NOON + hours(0.2))
    listen(NOON + hours(0.2), NOON + hours(1.5))
    return Alarm.objects.get(event=None)


def test_somebody_takes_a_stream_out_it_joins_nothing_again_and_can_be_put_back(five, person):
    clerk, at = person("clerk"), NOON + hours(2)
    part = five.parts.filter(stream__kind="channel").get()

    one_event.take_out(alarm=part, by=clerk, now=at)
    listen_often(NOON + hours(1.5), NOON + hours(2))

    part.refresh_from_db()
    assert (part.event, part.apart_from) == (None, five)
    assert Alarm.objects.filter(event=None).count() == 2
    assert journal.entries_about(five).first().verb == "taken out: another matter"
    with pytest.raises(EditRefused, match="an alarm of its own already"):
        one_event.take_out(alarm=part, by=clerk, now=at)

    assert one_event.put_back(alarm=part, by=clerk, now=at) == five
    part.refresh_from_db()
    assert (part.event, part.apart_from) == (five, None)
    with pytest.raises(EditRefused, match="not taken out"):
        one_event.put_back(alarm=part, by=clerk, now=at)


def test_a_verdict_holds_for_all_streams_and_counts_once_and_is_taken_back_for_all(five, person):
    at, clerk = NOON + hours(2), person("clerk")
    judging.judge(alarm=five, verdict=Verdict.FALSE, reason="A test run", by=clerk, now=at)

    assert not Alarm.objects.filter(ended_at=None).exists()
    assert set(WatchedStream.objects.values_list("state", flat=True)) == {StreamState.QUIET}
    counted = looking.account(days=90, now=at)
    assert (counted.alarms, counted.false) == (1, 1)
    part = five.parts.first()
    with pytest.raises(EditRefused, match="was judged already"):
        one_event.take_out(alarm=part, by=clerk, now=at)

    judging.take_back(alarm=five, by=clerk, now=at)

    assert Alarm.objects.filter(ended_at=None, verdict="").count() == 5
    assert WatchedStream.objects.exclude(state=StreamState.QUIET).count() == 5


def test_an_event_goes_on_as_long_as_any_of_its_streams_does(five, person):
    Alarm.objects.filter(pk=five.pk).update(ended_at=NOON + hours(2))

    (first,) = looking.events_visible_to(person("lead"))
    assert one_event.leading(first).ended_at is None
    assert looking.tab_counts(looking.events_visible_to(person("lead")))["now"] == 1
    assert looking.loudest_now(person("lead")) == [first]


def test_the_page_of_a_stream_leads_to_its_event_and_people_part_them_there(five, signed_in):
    part, browser = five.parts.filter(stream__kind="source").get(), signed_in("lead")

    answer = browser.get(reverse("web:one_outcry", args=[part.pk]))
    assert answer.url == reverse("web:one_outcry", args=[five.pk])
    assert "One event, heard in five streams" in browser.get(answer.url).content.decode()

    taken = browser.post(reverse("web:take_outcry_out", args=[part.pk]), follow=True).content.decode()
    assert "One event, heard in four streams" in taken
    own = browser.get(reverse("web:one_outcry", args=[part.pk])).content.decode()
    assert "another matter than the alarm it was part of" in own
    back = browser.post(reverse("web:put_outcry_back", args=[part.pk]), follow=True).content.decode()
    assert "One event, heard in five streams" in back


def test_the_list_takes_as_many_queries_for_many_streams_as_for_one(
    five, signed_in, django_assert_num_queries
):

    browser, address = signed_in("lead"), reverse("web:outcries")
    browser.get(address)
    with CaptureQueriesContext(connection) as many:
        browser.get(address)
    five.parts.all().delete()
    with CaptureQueriesContext(connection) as one:
        browser.get(address)

    assert len(many) == len(one)


def test_a_single_stream_that_rings_is_compared_with_nothing(shop):
    assert joining.what_is_loud({}, {}, [], NOON) == {}
