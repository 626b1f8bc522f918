"""Who speaks: distinct authors, shifted shares, and the states of a theme."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.outcry_worlds import A_DAY
from interlock.analytics.outcry import shares, voices
from interlock.analytics.outcry.budget import power_allowed
from interlock.analytics.outcry.standing import Spread, Standing, standing


def hashes(rng, count):
    return rng.integers(1, 2**63, count, dtype=np.uint64)


def test_one_person_posting_fifty_times_is_one_voice():
    rows = voices.new_rows(2)
    author = np.full(50, 12345, np.uint64)

    first = voices.count_voices(rows, np.zeros(50, np.int64), author)
    later = voices.count_voices(rows, np.zeros(50, np.int64), author)

    assert first == pytest.approx([1, 0], abs=0.01)
    assert later.tolist() == [0, 0]


def test_posts_of_nobody_known_each_count():
    counted = voices.count_voices(voices.new_rows(1), np.zeros(7, np.int64), np.zeros(7, np.uint64))

    assert counted.tolist() == [7]


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 400), st.integers(0, 2**31))
def test_distinct_authors_are_counted_within_a_fifth(authors, seed):
    rng = np.random.default_rng(seed)
    who = hashes(rng, authors)
    rows, counted = voices.new_rows(1), 0.0
    for part in np.array_split(np.concatenate([who, who]), 40):
        counted += voices.count_voices(rows, np.zeros(part.size, np.int64), part)[0]

    # Beyond 96 set bits the row is cleared, and whoever speaks again counts again: at most twice.
    assert 0.75 * authors - 5 <= counted <= (1.25 if authors < 120 else 2.4) * authors + 5


def test_rows_of_authors_take_sixteen_bytes_and_come_back():
    rows = voices.new_rows(3)
    voices.count_voices(rows, np.array([0, 1, 1]), np.array([5, 9, 200], np.uint64))

    kept = voices.packed(rows)

    assert kept.shape == (3, 16)
    assert np.array_equal(voices.unpacked(kept), rows)


def test_only_the_first_words_of_somebody_known_count_as_an_opinion():
    rows = voices.new_rows(2)
    stream, author = np.array([0, 0, 1, 0, 0]), np.array([7, 7, 7, 0, 0], np.uint64)

    before = voices.first_words(rows, stream, author)
    voices.count_voices(rows, stream, author)

    assert before.tolist() == [True, False, True, True, True]
    assert voices.first_words(rows, stream, author).tolist() == [False, False, False, True, True]


def test_a_share_that_did_not_shift_is_likely_and_one_that_did_is_not():
    kept = shares.new_shares(2)
    for at in range(2000):
        bad = [2, 2] if at < 1950 else [2, 9]
        shares.add(kept, np.array(bad, float), np.array([10.0, 10]), recent_ticks=50, usual_ticks=5000)

    found = shares.shifts(kept, np.array([0, 1]))

    assert (found.recent[0], found.usual[0]) == (pytest.approx(0.2), pytest.approx(0.2))
    assert found.power[0] < 0.4
    assert found.recent[1] > 0.5
    assert found.power[1] > 6


def test_without_cases_no_share_is_unlikely():
    found = shares.shifts(shares.new_shares(1), np.array([0]))

    assert [each.tolist() for each in (found.recent, found.usual, found.power)] == [[0.0], [0.0], [0.0]]


def powers_of_wandering_shares(streams, days):
    """The highest power each stream reached, and how many judgements there were. Shares drift by 0.3 of a logit a day."""
    rng = np.random.default_rng(5)
    mean, base = np.exp(rng.uniform(-3.5, 1, streams)), rng.beta(2, 5, streams)
    kept, wave, judged = shares.new_shares(streams), np.zeros(streams), 0
    highest, pace = np.zeros(streams), np.exp(-1 / A_DAY)
    for at in range(days * A_DAY):
        wave = pace * wave + np.sqrt(1 - pace**2) * 0.3 * rng.standard_normal(streams)
        cases = rng.poisson(mean)
        bad = rng.binomial(cases, 1 / (1 + (1 / base - 1) * np.exp(-wave)))
        shares.add(kept, bad * 1.0, cases * 1.0, recent_ticks=A_DAY, usual_ticks=30 * A_DAY)
        if at > 7 * A_DAY and at % 12 == 0:  # once an hour
            judged += streams
            highest = np.maximum(highest, shares.shifts(kept, np.arange(streams)).power)
    return highest, judged


@pytest.mark.slow
def test_shares_that_wander_from_day_to_day_keep_to_their_budget():
    highest, judged = powers_of_wandering_shares(300, 16)

    assert (
        highest >= power_allowed(3, judged)
    ).sum() <= 8  # Poisson with mean 3 passes 8 four times in 1,000


@pytest.mark.slow
def test_the_control_that_takes_shares_for_steady_breaks_the_same_budget(monkeypatch):
    monkeypatch.setattr(shares, "WORTH", 1e9)

    highest, judged = powers_of_wandering_shares(300, 16)

    assert (highest >= power_allowed(3, judged)).sum() > 10


LOUD = Spread(times=6, voices=40, new_share=0.8, growth=3)


@pytest.mark.parametrize(
    ("before", "rings", "spread", "after"),
    [
        ("quiet", False, LOUD, "quiet"),
        ("quiet", True, Spread(6, 3, 0.9, 3), "quiet"),  # three voices are no theme of a company
        ("quiet", True, LOUD, "outcry"),
        ("quiet", True, Spread(6, 40, 0.5, 3), "emerging"),  # the same people, only louder
        ("quiet", True, Spread(6, 40, None, 3), "emerging"),  # nobody knows who
        ("quiet", True, Spread(2, 40, 0.9, 3), "emerging"),
        ("quiet", True, Spread(6, 40, 0.9, 1.2), "emerging"),  # no doubling within a day
        ("emerging", False, Spread(2, 40, 0.9, 1), "emerging"),
        ("emerging", False, LOUD, "outcry"),
        ("emerging", False, Spread(1.2, 9, 0.9, 1), "quiet"),
        ("outcry", False, Spread(2, 40, 0.2, 1), "outcry"),
        ("outcry", False, Spread(1.0, 9, 0.2, 1), "quiet"),
    ],
)
def test_a_stream_stands_where_its_spread_puts_it(before, rings, spread, after):
    assert standing(Standing(before), rings=rings, spread=spread) == Standing(after)


@pytest.mark.parametrize(
    ("before", "falls", "spread", "after"),
    [
        ("quiet", True, Spread(0.3, 2, None, 1, pace=0.0), "fallen"),
        ("fallen", True, Spread(0.1, 1, None, 1, pace=0.1), "fallen"),
        ("fallen", False, Spread(0.4, 9, None, 1, pace=0.6), "quiet"),
        ("emerging", True, Spread(2, 40, None, 1, pace=0.0), "emerging"),  # what is loud does not fall silent
    ],
)
def test_a_stream_falls_silent_and_speaks_again(before, falls, spread, after):
    assert standing(Standing(before), rings=False, falls=falls, spread=spread) == Standing(after)


def test_a_fallen_stream_that_rings_is_loud_and_a_shifted_share_holds_an_alarm():
    assert standing(Standing.FALLEN, rings=True, spread=LOUD) == Standing.OUTCRY
    low = Spread(1, 40, 0.2, 1, is_low=True)
    assert standing(Standing.EMERGING, rings=False, spread=low) == Standing.EMERGING
