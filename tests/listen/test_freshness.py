"""A source's silence is called unusual only against its own gaps, and only when there are enough of them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from conftest import NOON
from interlock.listen.freshness import State, freshness, freshness_of, span
from interlock.listen.models import Arrival, Import, Source


@pytest.fixture
def source(db):
    """Make a source whose batches came with these gaps in minutes, the last one so long ago."""

    def make(gaps: list[float], silent: timedelta, key: str = "shop", **more: object) -> Source:
        last = NOON - silent
        made = Source.objects.create(key=key, name="the shop", made_at=NOON, last_signal_at=last, **more)
        times = [last]
        for gap in gaps:
            times.append(times[-1] - timedelta(minutes=gap))
        for at in reversed(times):
            Arrival.objects.create(source=made, opened_at=at, received=1, stored=1)
        return made

    return make


def test_a_silence_longer_than_any_before_is_late(source):
    fresh = freshness(source([40] * 30, timedelta(hours=26)), NOON)

    assert fresh.sentence == "Nothing from the shop for 26 h; usual gap 40 min (30 gaps)."
    assert (fresh.state, fresh.usual_gap, fresh.n, fresh.limit) == (
        State.LATE, timedelta(minutes=40), 30, timedelta(minutes=120),
    )  # fmt: skip


def test_a_night_is_usual_once_it_was_met(source):
    fresh = freshness(source([40] * 20 + [900] + [40] * 9, timedelta(hours=15)), NOON)

    assert (fresh.state, fresh.sentence) == (
        State.FRESH, "Last heard from the shop 15 h ago; usual gap 40 min (30 gaps).",
    )  # fmt: skip


def test_with_few_gaps_nothing_is_called_usual(source):
    fresh = freshness(source([40] * 19, timedelta(days=4), kind="api"), NOON)

    assert (fresh.state, fresh.usual_gap) == (State.UNSURE, None)
    assert fresh.sentence == "Last heard from the shop 4 days ago."


def test_what_was_imported_by_hand_is_said_to_be_read_and_not_heard(source):
    fresh = freshness(source([40] * 19, timedelta(days=4), kind="files"), NOON)

    assert (fresh.state, fresh.sentence) == (State.IMPORTED, "the shop was read 4 days ago.")


def test_a_limit_that_somebody_set_counts_from_the_first_signal_on(source):
    fresh = freshness(source([], timedelta(hours=2), freshness_limit=3600), NOON)

    assert fresh.state is State.LATE


def test_a_source_that_never_sent_says_so(db):
    fresh = freshness(Source.objects.create(key="new", name="the desk", made_at=NOON), NOON)

    assert (fresh.state, fresh.sentence) == (State.NEVER, "Nothing from the desk yet.")


def test_a_paused_source_is_not_late(source):
    fresh = freshness(source([40] * 30, timedelta(hours=26), paused_at=NOON), NOON)

    assert fresh.state is State.PAUSED
    assert fresh.sentence.endswith("(30 gaps); it is paused.")


def test_gaps_before_the_last_thirty_days_do_not_count(source):
    fresh = freshness(source([40] * 10 + [60 * 24 * 40] + [40] * 30, timedelta(hours=1)), NOON)

    assert fresh.n == 10


def test_many_sources_cost_two_queries(source, django_assert_num_queries):
    sources = [source([40] * 20, timedelta(hours=1), key=f"s{n}") for n in range(5)]

    with django_assert_num_queries(2):
        found = freshness_of(sources, NOON)

    assert {each.n for each in found.values()} == {20}


def test_uploads_of_a_source_are_heard_as_well(db):
    made = Source.objects.create(key="erp", name="the books", made_at=NOON)
    for days in range(1, 26):
        at = NOON - timedelta(days=days)
        Import.objects.create(source=made, state="done", title="orders.csv", made_at=at, ended_at=at)

    fresh = freshness(made, NOON)

    assert (fresh.usual_gap, fresh.n, fresh.state) == (timedelta(days=1), 24, State.FRESH)
    assert freshness(made, NOON + timedelta(days=3)).state is State.LATE


@pytest.mark.parametrize(
    ("time", "said"),
    [
        (timedelta(seconds=40), "40 s"),
        (timedelta(minutes=40), "40 min"),
        (timedelta(hours=26), "26 h"),
        (timedelta(days=5), "5 days"),
    ],
)
def test_a_span_is_said_in_its_largest_fitting_unit(time, said):
    assert span(time) == said
