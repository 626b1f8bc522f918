"""The state of many streams: small, kept whole, and each stream on its own."""

import numpy as np
import pytest
from scipy.stats import nbinom, poisson

from analytics.outcry_worlds import quiet_world, seen
from interlock.analytics.outcry.detector import hold, tick
from interlock.analytics.outcry.streams import StateError, from_bytes, grown, new_streams
from interlock.analytics.outcry.tails import count_tail
from interlock.analytics.outcry.tuning import Tuning, tuning_for

TUNING = Tuning()


def step(state, counts, at=0, observed=None):
    counts = np.asarray(counts, float)
    observed = np.ones(counts.size, bool) if observed is None else np.asarray(observed)
    return tick(state, counts, hour=at // 12 % 24, weekday=0, observed=observed, tuning=TUNING)


def test_a_stream_takes_at_most_212_bytes_with_its_authors():
    assert new_streams(10, TUNING).bytes_a_stream + 16 <= 212


def test_streams_do_not_hear_each_other():
    together = list(seen(quiet_world("wandering", 3, 700, seed=1), 3))

    for one in range(3):
        alone = [
            row.rise[0]
            for row in seen((c[one : one + 1] for c in quiet_world("wandering", 3, 700, seed=1)), 1)
        ]
        assert [row.rise[one] for row in together] == pytest.approx(alone, abs=1e-4)


def test_a_state_that_was_kept_goes_on_as_if_nothing_had_been():
    world = list(quiet_world("bursting", 4, 900, seed=2))
    through, stopped = new_streams(4, TUNING), new_streams(4, TUNING)
    for at, counts in enumerate(world):
        went_on = step(through, counts, at)
        if at == 650:
            stopped = from_bytes(stopped.to_bytes(), TUNING)
        again = step(stopped, counts, at)

    assert np.array_equal(went_on.rise, again.rise)
    assert stopped.to_bytes() == through.to_bytes()


@pytest.mark.parametrize("content", [b"", b"no state", b"PK\x03\x04broken"])
def test_bytes_that_are_no_state_are_refused(content):
    with pytest.raises(StateError, match="not a state"):
        from_bytes(content, TUNING)


def test_a_state_of_other_scales_is_refused():
    with pytest.raises(StateError, match="another shape"):
        from_bytes(new_streams(2, tuning_for(1440)).to_bytes(), TUNING)


def test_a_state_grows_by_new_streams_and_keeps_the_old_ones():
    state = new_streams(2, TUNING)
    step(state, [5, 0])

    more = grown(state, 4, TUNING)

    assert more.seen.tolist() == [2, 0, 0, 0]
    assert grown(more, 3, TUNING) is more


def test_what_was_not_observed_teaches_nothing():
    state = new_streams(2, TUNING)
    for at in range(50):
        step(state, [5, 5], at)
    before = state.to_bytes()

    step(state, [0, 900], observed=[False, False])

    assert state.to_bytes() == before


@pytest.mark.parametrize("bad", [-1.0, np.nan, np.inf])
def test_a_count_that_is_none_is_refused(bad):
    with pytest.raises(ValueError, match="finite and not negative"):
        step(new_streams(1, TUNING), [bad])


def test_an_alarm_is_repeated_only_when_ten_times_less_likely_or_after_a_rest():
    bar = np.zeros(1, np.float32)
    rang = [bool(hold(bar, np.float32([power]), 3.0, TUNING)[0]) for power in (2.9, 3.1, 3.5, 4.2, 4.2)]
    rest = [bool(hold(bar, np.float32([0.0]), 3.0, TUNING)[0]) for _ in range(450)]

    assert rang == [False, True, False, False, False]
    assert not any(rest)
    assert hold(bar, np.float32([3.1]), 3.0, TUNING)[0]


@pytest.mark.parametrize(
    ("count", "expected", "spread"), [(3, 0.5, 2.0), (9, 4.0, 3.5), (1, 0.1, 1.0), (6, 2.0, 1.0)]
)
def test_the_tail_of_low_counts_is_scipys(count, expected, spread):
    got = count_tail(np.float32([count]), np.float32([expected]), np.float32([spread]))[0]

    size = expected / (spread - 1) if spread > 1 else None
    tail = nbinom.sf(count - 1, size, 1 / spread) if size else poisson.sf(count - 1, expected)
    assert got == pytest.approx(-np.log10(tail), rel=1e-3)


def test_scales_of_other_ticks_span_the_same_time():
    assert tuning_for(5).scales == TUNING.scales
    assert tuning_for(60).scales == (1, 6, 24)
    assert tuning_for(1440).scales == (1, 3, 9)
    with pytest.raises(ValueError, match="must begin with 1"):
        Tuning(scales=(2, 3, 4))
