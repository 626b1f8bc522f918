"""What is no outcry, as it happens to a company, and beside each the real outcry in the same place that is heard.

Weeks go by in memory, tick by tick, as the watch hears them; what matters then comes in through the inbox or an import.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from django.utils import timezone

from interlock.analytics.outcry.budget import Budget, alarm_at, power_allowed
from interlock.analytics.outcry.memory import kept, new_memory
from interlock.fabric import work
from interlock.listen import intake, settling, tasks
from interlock.listen.inbox import Offered, checked, take_in
from interlock.listen.models import Alarm, OutcryWatch, Signal, StreamKind, WatchedStream
from interlock.listen.outcry.counting import WAIT, Said, ticks_between
from interlock.listen.outcry.listening import TUNING, Look, listen
from listen.live import offer, source, ticket
from listen.small import signal, small_company

pytestmark = pytest.mark.long
BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
STREAMS = (("source", "1"), ("product", "p1"), ("channel", "mail"))
QUARTER = Budget(0.9)


def fresh_look(start):
    streams = {
        key: WatchedStream(kind=key[0], key=key[1], number=at, began_at=start)
        for at, key in enumerate(STREAMS)
    }
    limit = alarm_at(QUARTER, streams=3, ticks_per_day=288)
    return Look(new_memory(3, TUNING), streams, limit, power_allowed(0.1, 3 * 288 * 91.25), deaf=[])


def live_through(look, start, end, an_hour, seed=1):
    """Let people who never spoke before say something, `an_hour(moment)` of them."""
    rng = np.random.default_rng(seed)
    for at in ticks_between(start, end):
        count = rng.poisson(an_hour(at) / 12)
        said = [
            Said(at, int(author), STREAMS[0], STREAMS[1:], low=False)
            for author in rng.integers(1, 2**62, count)
        ]
        listen(look, said, at)


def by_day_in_berlin(at):
    """Nobody speaks at night, ten an hour by day, half of that on Sundays."""
    local = at.astimezone(BERLIN)
    awake = max(0.0, np.sin(np.pi * (local.hour + local.minute / 60 - 6) / 16))
    return 10 * awake * (0.5 if local.weekday() == 6 else 1)


def told(look):
    return [(change.stream.kind, str(change.to), change.at) for change in look.changes]


def rises(look):
    return {kind for kind, to, _at in told(look) if to in {"emerging", "outcry"}}


@pytest.fixture
def in_berlin(settings):
    with timezone.override(BERLIN):
        yield


@pytest.mark.django_db
@pytest.mark.same_everywhere
@pytest.mark.slow
@pytest.mark.parametrize("shift", [datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)])
def test_a_daylight_saving_shift_is_none_and_an_outcry_on_that_day_is_one(in_berlin, shift):
    look = fresh_look(shift - timedelta(days=16))
    live_through(look, shift - timedelta(days=16), shift + timedelta(days=2), by_day_in_berlin)
    assert told(look) == []

    louder = lambda at: by_day_in_berlin(at) + 60  # noqa: E731 - said once
    live_through(look, shift + timedelta(days=2), shift + timedelta(days=2, hours=3), louder, seed=2)
    assert rises(look) == {"source", "product", "channel"}


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.same_everywhere
def test_a_holiday_and_the_return_from_it_are_none_and_an_outcry_afterwards_is_one(in_berlin):
    start = datetime(2026, 6, 1, tzinfo=UTC)
    holiday = start + timedelta(days=15)

    def with_holiday(at):
        return by_day_in_berlin(at) * (0.25 if holiday <= at < holiday + timedelta(days=2) else 1)

    look = fresh_look(start)
    live_through(look, start, start + timedelta(days=20), with_holiday)
    assert told(look) == []

    louder = lambda at: with_holiday(at) + 120  # noqa: E731 - said once
    live_through(look, start + timedelta(days=20), start + timedelta(days=20, hours=3), louder, seed=2)
    assert rises(look) == {"source", "product", "channel"}


@cache
def nine_days():
    """What the detector remembers of nine days with six voices an hour."""
    look = fresh_look(NOON - timedelta(days=9))
    live_through(look, NOON - timedelta(days=9), NOON, lambda at: 6)
    assert told(look) == []
    return kept(look.memory)


@pytest.fixture
def company(transactional_db, home, waiting, reads):
    """One account and product, imported; its shop was heard for nine quiet days."""
    reads(small_company(signal(1), signal(2)))
    intake.run(waiting(), clock=lambda: NOON)
    shop = source()
    OutcryWatch.objects.create(pk=1, listened_until=NOON, state=nine_days())
    for number, (kind, key) in enumerate(STREAMS):
        key = str(shop.pk) if kind == StreamKind.SOURCE else key
        WatchedStream.objects.create(kind=kind, key=key, number=number, began_at=NOON - timedelta(days=9))
    return shop


def comes_in(*rows, at, of="shop"):
    take_in([offer(*rows, of=of)], now=at)
    settling.settle_all(now=lambda: at)


def said_at(at, number, *, now=None, **more):
    of = {"product_id": "p1", "channel": "mail", "account_id": f"a{number}", **more}
    row = checked("signals", ticket(number, occurred_at=at.isoformat(), **of), place="row", now=now or at)
    assert isinstance(row, Offered), row
    return row


def looked(monkeypatch, until):
    """The watch looks as a worker does it, at this time."""
    monkeypatch.setattr(tasks.timezone, "now", lambda: until + WAIT)
    work.ask(tasks.watch_outcries)
    tasks.watch_outcries.func()
    return set(Alarm.objects.values_list("stream__kind", flat=True))


def in_an_hour(count, **more):
    """Who speaks in the hour before one o'clock."""
    return [(NOON + timedelta(minutes=n * 60 / count), n + 10, more) for n in range(count)]


def spread_over_the_hour(people, of="shop"):
    for begin in range(0, 60, 10):
        at = NOON + timedelta(minutes=begin + 10)
        some = [
            said_at(when, number, **more)
            for when, number, more in people
            if begin <= (when - NOON).seconds / 60 < begin + 10
        ]
        if some:
            comes_in(*some, at=at - timedelta(seconds=1), of=of)


def test_two_people_a_minute_are_one(company, monkeypatch):
    spread_over_the_hour(in_an_hour(120))

    assert looked(monkeypatch, NOON + timedelta(hours=1)) == {"source", "product", "channel"}


def test_one_person_who_posts_a_hundred_times_is_none(company, monkeypatch):
    spread_over_the_hour(in_an_hour(120, account_id="angry"))

    assert looked(monkeypatch, NOON + timedelta(hours=1)) == set()
    assert Signal.objects.filter(account_key="angry").count() == 120


def test_a_source_that_starts_is_none(company, monkeypatch):
    spread_over_the_hour(in_an_hour(120), of="newcomer")

    assert looked(monkeypatch, NOON + timedelta(hours=1)) == set()
    assert WatchedStream.objects.filter(kind="source").count() == 2


def test_a_source_that_resumes_and_hands_over_what_was_said_meanwhile_is_none(company, monkeypatch):
    meanwhile = [said_at(NOON - timedelta(hours=1.5) + timedelta(seconds=n), n + 10) for n in range(400)]
    comes_in(*meanwhile, at=NOON + timedelta(minutes=30))

    assert looked(monkeypatch, NOON + timedelta(hours=1)) == set()


def test_a_back_filled_past_is_none(company, monkeypatch):
    past = [said_at(NOON - timedelta(days=3) + timedelta(minutes=n), n + 10) for n in range(400)]
    comes_in(*past, at=NOON + timedelta(minutes=30))

    assert looked(monkeypatch, NOON + timedelta(hours=1)) == set()


def test_an_import_of_what_was_said_this_hour_is_none(company, monkeypatch, waiting, reads):
    fresh = [
        signal(n + 10, occurred_at=NOON + timedelta(seconds=30 * n), product_id="p1", channel="mail")
        for n in range(100)
    ]
    reads(small_company(*fresh))
    intake.run(waiting("again"), clock=lambda: NOON + timedelta(minutes=50))

    assert looked(monkeypatch, NOON + timedelta(hours=1)) == set()
    assert Signal.objects.filter(occurred_at__gte=NOON).count() == 100
