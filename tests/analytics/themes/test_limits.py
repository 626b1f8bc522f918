"""The limit of a theme's week: quiet weeks stay below, a spike does not raise it, nor does another source that begins."""

from __future__ import annotations

import numpy as np
import pytest

from interlock.analytics.themes.limits import theme_limit

WEEKS = 26


def quiet(rng, share: float, a_week: float, scatter: float = 0.3):
    """Voices of a theme and of its source, whose volume scatters from week to week."""
    volume = rng.gamma(1 / scatter**2, a_week * scatter**2, WEEKS)
    own = rng.poisson(share * volume)
    return own[None, :].astype(float), (own + rng.poisson((1 - share) * volume))[None, :].astype(float)


@pytest.mark.parametrize(("share", "a_week"), [(0.02, 300), (0.2, 60), (0.9, 40), (1.0, 40), (0.05, 40)])
def test_a_quiet_week_passes_the_limit_about_once_in_a_hundred(share, a_week):
    rng = np.random.default_rng(3)
    above = sum(theme_limit(*quiet(rng, share, a_week)).above[-1] for _ in range(500))
    assert above <= 13


def test_judged_by_what_is_heard_in_all_a_busy_source_that_begins_hides_a_tripling_and_by_source_it_does_not():
    old = np.full((1, WEEKS), 6.0)
    old[0, ::2] = 4.0
    old[0, -1] = 18.0
    shop, bank = np.full((1, WEEKS), 150.0), np.zeros((1, WEEKS))
    bank[0, -2:] = 6000.0

    apart = theme_limit(np.vstack([old, bank * 0]), np.vstack([shop, bank]))
    together = theme_limit(old, shop + bank)  # the control that fails

    assert apart.above[-1]
    assert apart.usual < 13
    assert not together.above[-1]
    assert together.now > 80


def test_a_spike_raises_neither_its_own_limit_nor_that_of_the_weeks_after():
    rng = np.random.default_rng(4)
    voices, heard = quiet(rng, 0.05, 100)
    calm = theme_limit(voices, heard)
    for week in (-3, -2, -1):
        voices[0, week] += 60
        heard[0, week] += 60

    found = theme_limit(voices, heard)

    assert found.above[-3:] == (True, True, True)
    assert found.usual <= 1.2 * calm.usual
    assert found.now <= 1.2 * calm.now


def test_a_week_that_has_just_begun_is_neither_above_nor_has_it_a_lower_limit():
    rng = np.random.default_rng(5)
    voices, heard = quiet(rng, 0.1, 100)
    voices[0, -1], heard[0, -1] = 2, 3

    found = theme_limit(voices, heard)

    assert not found.above[-1]
    assert found.now == pytest.approx(found.usual)


def test_where_everybody_says_more_the_limit_is_higher():
    rng = np.random.default_rng(6)
    voices, heard = quiet(rng, 0.1, 100)
    voices[0, -1], heard[0, -1] = 30, 300

    found = theme_limit(voices, heard)

    assert not found.above[-1]
    assert found.now > 2 * found.usual


def test_a_source_heard_for_fewer_than_twelve_weeks_is_not_judged():
    young = np.zeros((1, WEEKS))
    young[0, -11:] = 5
    assert theme_limit(young, 10 * young) is None

    old = np.full((1, WEEKS), 5.0)
    found = theme_limit(np.vstack([old, young]), np.vstack([10 * old, 10 * young]))
    assert found.judged == 5

    busy = np.vstack([old / 5, young])
    assert theme_limit(busy, 10 * busy) is None  # most of it through the young one
