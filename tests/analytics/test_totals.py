"""Sums of uncertain amounts: the interval keeps its promise, and ends are never added."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.analytics.totals import Total, part_of, total_of

amount = st.tuples(*[st.integers(0, 10**9)] * 3).map(lambda ends: tuple(sorted(ends)))


def test_nothing_adds_up_to_nothing_and_one_amount_stays_itself():
    assert total_of([]) == Total(0, 0, 0, 0, 0)
    assert total_of([(100, 200, 400)]) == Total(100, 200, 400, 1, 0)


@given(amounts=st.lists(amount, min_size=2, max_size=12))
def test_the_interval_lies_inside_the_added_ends(amounts):
    total = total_of(amounts)

    assert sum(low for low, _mid, _high in amounts) - 1 <= total.high
    assert total.low <= total.mid <= total.high <= 1.1 * sum(high for _low, _mid, high in amounts) + 1
    assert total == total_of(amounts)


def test_independent_amounts_give_a_narrower_interval_than_their_added_ends():
    total = total_of([(60, 100, 140)] * 25)

    # The sum of 25 like normals is 5 times as wide as one, not 25 times.
    assert total.high - total.low == pytest.approx(5 * 80, rel=0.06)
    assert total.mid == pytest.approx(2500, rel=0.01)


def test_the_interval_holds_the_sum_of_drawn_truths_ninety_times_in_a_hundred():
    rng = np.random.default_rng(7)
    amounts = [(500, 1000, 2200), (300, 400, 900), (2000, 2500, 2800)]
    total = total_of(amounts)
    truths = np.zeros(4000)
    for low, mid, high in amounts:
        normal = rng.standard_normal(4000)
        truths += np.maximum(0, mid + normal * np.where(normal < 0, mid - low, high - mid) / 1.6449)

    held = np.mean((truths >= total.low) & (truths <= total.high))
    assert held == pytest.approx(0.90, abs=0.02)


@given(amounts=st.lists(st.tuples(amount, st.booleans()), max_size=12))
def test_a_part_of_a_sum_is_never_larger_than_the_whole(amounts):
    listed, inside = [one for one, _ in amounts], [chosen for _, chosen in amounts]
    whole = total_of(listed).mid

    assert 0 <= part_of(listed, inside) <= whole
    assert part_of(listed, [True] * len(listed)) == whole
    assert part_of(listed, [False] * len(listed)) == 0
