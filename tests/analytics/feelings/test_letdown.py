"""What is known counts whole, what words tell counts by its chance, and both doubts widen the interval."""

import numpy as np
import pytest

from interlock.analytics.feelings.letdown import MARGIN, LetDown, let_down
from interlock.analytics.statistics.shares import wilson


def test_nobody_spoke():
    assert let_down(sure=0, known=0, chances=0, by_words=0) == LetDown(0, 0, 0.0, 1.0)


def test_what_is_known_alone_has_the_usual_interval():
    found = let_down(sure=30, known=100, chances=0, by_words=0)

    assert (found.expected, found.judged) == (30, 100)
    assert (found.low, found.high) == pytest.approx([float(end) for end in wilson(30, 100)])


def test_words_widen_the_interval_by_their_part():
    known = let_down(sure=50, known=100, chances=0, by_words=0)
    half = let_down(sure=25, known=50, chances=25, by_words=50)
    words = let_down(sure=0, known=0, chances=50, by_words=100)

    assert known.expected == half.expected == words.expected == 50
    assert half.high - known.high == pytest.approx(MARGIN / 2)
    assert words.high - known.high == pytest.approx(MARGIN)
    assert known.low - words.low == pytest.approx(MARGIN)


def test_the_interval_stays_within_0_and_1():
    assert let_down(sure=0, known=0, chances=0.5, by_words=100).low == 0.0
    assert let_down(sure=0, known=0, chances=99.5, by_words=100).high == 1.0


@pytest.mark.parametrize("shift", [-0.12, 0.12])
def test_the_interval_holds_the_truth_where_chances_are_off_by_less_than_the_margin(shift):
    rng = np.random.default_rng(4)
    held = plain_held = 0
    for _ in range(400):
        share = rng.uniform(0.2, 0.8)
        chances = np.clip(rng.normal(share + shift, 0.1, 60), 0, 1).sum()

        found = let_down(sure=0, known=0, chances=float(chances), by_words=60)

        held += found.low <= share <= found.high
        low, high = wilson(float(chances), 60)
        plain_held += bool(low <= share <= high)

    assert held >= 0.95 * 400
    assert plain_held < 0.9 * 400  # the control: without the margin the same worlds are missed
