"""Intervals of the usual cover what they claim to cover."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import nbinom, poisson

from interlock.analytics.outcry.usual import WEEK, UsualWeek, times_interval, usual_week

WEEKS = 4


def quiet_hours(rng, weeks, *, mean=8.0, spread=2.0):
    """A company's hours: busy by day, half as busy at weekends, over-dispersed."""
    hour = np.arange(weeks * WEEK)
    rate = mean * (1.2 - np.cos(2 * np.pi * (hour % 24) / 24)) * np.where(hour // 24 % 7 >= 5, 0.5, 1.1)
    return rng.negative_binomial(rate / (spread - 1), 1 / spread).astype(float)


def test_95_of_100_quiet_hours_lie_between_the_limits():
    rng, inside, hours = np.random.default_rng(1), 0, 0
    for _world in range(40):
        counts = quiet_hours(rng, WEEKS + 1)
        low, high = usual_week(counts[: WEEKS * WEEK], 0).between()
        after = counts[WEEKS * WEEK :]
        inside, hours = inside + int(((low <= after) & (after <= high)).sum()), hours + after.size

    assert 0.93 <= inside / hours <= 0.99


def test_limits_of_poisson_would_not_cover_them():
    rng, inside, hours = np.random.default_rng(1), 0, 0
    for _world in range(40):
        counts = quiet_hours(rng, WEEKS + 1)
        learnt = usual_week(counts[: WEEKS * WEEK], 0)
        low, high = type(learnt)(learnt.expected, 1.0).between()
        after = counts[WEEKS * WEEK :]
        inside, hours = inside + int(((low <= after) & (after <= high)).sum()), hours + after.size

    assert inside / hours < 0.9


def test_the_week_may_begin_at_any_hour():
    counts = quiet_hours(np.random.default_rng(2), WEEKS)

    whole, shifted = usual_week(counts, 0), usual_week(np.roll(counts, -30), 30)

    assert shifted.expected == pytest.approx(whole.expected)


def test_less_than_a_week_is_no_usual_and_silence_expects_nothing():
    assert usual_week(np.ones(WEEK - 1), 0) is None
    low, high = usual_week(np.zeros(WEEK), 0).between()
    assert (low.max(), high.max()) == (0, 0)


@pytest.mark.parametrize("spread", [1.0, 3.0])
def test_the_interval_of_a_pace_covers_it(spread):
    rng, truth, usual, ticks, covered = np.random.default_rng(3), 3.0, 0.8, 72, 0
    for _world in range(300):
        rate = truth * usual
        counts = (
            rng.poisson(rate, 600)
            if spread == 1
            else rng.negative_binomial(rate / (spread - 1), 1 / spread, 600)
        )
        pace = rate
        for count in counts:
            pace += (count - pace) / ticks
        low, high = times_interval(pace / usual, usual, spread, ticks)
        covered += low <= truth <= high

    assert 0.92 <= covered / 300 <= 0.99


def test_without_anything_heard_the_interval_begins_at_nothing():
    low, high = times_interval(0.0, 0.5, 1.0, 72)

    assert (low, high > 0) == (0.0, True)


@pytest.mark.parametrize("spread", [1.0, 1.01, 3.0, 50.0])
def test_the_limits_are_the_quantiles_of_the_distribution(spread):
    mean = np.r_[0.0, np.geomspace(1e-3, 1e6, WEEK - 1)]

    found = UsualWeek(mean, spread).between()

    law = poisson(mean) if spread == 1 else nbinom(np.maximum(mean, 1e-9) / (spread - 1), 1 / spread)
    assert np.array_equal(found, (law.ppf(0.025), law.ppf(0.975)))
