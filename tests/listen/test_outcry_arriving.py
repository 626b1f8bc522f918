"""A source that was heard alone for two days joins products and channels that are known: that is no outcry."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from interlock.analytics.outcry.memory import remembered
from interlock.listen.models import Alarm, OutcryWatch, Signal, WatchedStream
from interlock.listen.outcry import arriving, listening
from listen import outcries
from listen.outcries import listen, spoken, usual
from listen.waiting import NOON, hours, source

pytestmark = [pytest.mark.django_db, pytest.mark.long]


@pytest.fixture(scope="module")
def nine_days(module_rows):
    """A shop that was heard for nine quiet days, once for all tests of this file."""
    return outcries.heard_quietly()


@pytest.fixture
def shop(nine_days, home):
    return nine_days


def joined_by_a_busy_source(shop):
    """Fifty hours of a source ten times as busy, by day more than by night, which then joins."""
    app, rng, at = source(name="App"), random.Random(3), NOON
    made = usual(shop, NOON, NOON + hours(56))
    while at < NOON + hours(56):
        made.append(spoken(app, at, by=f"app-{len(made)}"))
        at += timedelta(minutes=rng.uniform(0.3, 1.7) * (1 if 7 < at.hour < 22 else 2))
    Signal.objects.bulk_create(made)
    listen(NOON, NOON + hours(56))


def test_a_busy_source_that_joins_known_streams_is_no_outcry_and_counts_as_usual(shop):
    joined_by_a_busy_source(shop)

    assert not Alarm.objects.exists()
    memory = remembered(bytes(OutcryWatch.objects.get().state), listening.TUNING)
    product = WatchedStream.objects.get(kind="product").number
    assert memory.streams.mean[product] > 2  # half a voice a tick before it joined


def test_were_it_not_laid_over_what_is_known_its_joining_would_ring(shop, monkeypatch):
    monkeypatch.setattr(arriving, "let_in", lambda *given, **more: None)

    joined_by_a_busy_source(shop)

    assert {one.stream.kind for one in Alarm.objects.all()} >= {"product", "channel"}
