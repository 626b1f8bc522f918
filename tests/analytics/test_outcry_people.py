"""Who speaks: distinct authors, shifted shares, and the states of a theme."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interlock.analytics.outcry import shares, voices
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


def test_a_share_that_did_not_shift_is_likely_and_one_that_did_is_not():
    kept = shares.new_shares(2)
    for at in range(2000):
        bad = [2, 2] if at < 1950 else [2, 9]
        shares.add(kept, np.array(bad, float), np.array([10.0, 10]), recent_ticks=50, usual_ticks=5000)

    recent, usual, chance = shares.chance_of_share(kept, 0)
    shifted = shares.chance_of_share(kept, 1)

    assert (recent, usual) == (pytest.approx(0.2), pytest.approx(0.2))
    assert chance > 0.4
    assert shifted[0] > 0.5
    assert shifted[2] < 1e-6


def test_without_cases_no_share_is_unlikely():
    assert shares.chance_of_share(shares.new_shares(1), 0) == (0.0, 0.0, 1.0)


def test_shares_keep_their_rate_of_false_alarms():
    rng = np.random.default_rng(3)
    kept = shares.new_shares(400)
    for _ in range(400):
        cases = rng.poisson(1.0, 400).astype(float)
        shares.add(
            kept, rng.binomial(cases.astype(int), 0.3).astype(float), cases, recent_ticks=40, usual_ticks=4000
        )

    unlikely = sum(shares.chance_of_share(kept, one)[2] < 0.01 for one in range(400))

    assert unlikely <= 12  # 4 expected at one in a hundred


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
