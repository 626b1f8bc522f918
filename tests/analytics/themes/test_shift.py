"""Whether what a theme says has shifted: the false rate under talk that comes in bursts, and what is found."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2

from interlock.analytics.statistics.multiple import FALSE_SHARE, q_values
from interlock.analytics.themes.shift import _pearson, sayings, shift_of

SAYINGS, WEEKLY = 8, 10


def weeks(rng: np.random.Generator, number: int, mix: np.ndarray, bursts: float) -> np.ndarray:
    """People by saying and week; the mix of a week lies around the usual one, the closer the greater `bursts`."""
    return np.array(
        [rng.multinomial(rng.poisson(WEEKLY), rng.dirichlet(mix * bursts)) for _week in range(number)], dtype=float
    ).T  # fmt: skip


def world(rng: np.random.Generator, bursts: float, moved: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """A theme of eight sayings over 13 weeks and 4; of the newest voices the share `moved` went over to the third."""
    mix = rng.dirichlet(np.full(SAYINGS, 2.0))
    now = mix * (1 - moved)
    now[2] += moved
    return weeks(rng, 13, mix, bursts), weeks(rng, 4, now, bursts)


def plain_chance(before: np.ndarray, newest: np.ndarray) -> float:
    """The chance by a plain chi-square, which takes every person for independent."""
    moved, freedom = _pearson(np.column_stack([before.sum(axis=1), newest.sum(axis=1)]))
    return float(chi2.sf(moved, freedom))


@pytest.mark.parametrize("bursts", [1_000, 20, 8])
def test_where_nothing_shifts_hardly_a_list_of_themes_says_that_something_did(bursts):
    rng = np.random.default_rng(5)
    lists = [[world(rng, bursts) for _theme in range(20)] for _list in range(60)]

    found = [
        (q_values(np.array([shift_of(*one).chance for one in many])) <= FALSE_SHARE).any() for many in lists
    ]

    assert sum(found) <= 6 + 2 * 2.4  # one list in ten of 60, and two standard errors


def test_the_control_that_takes_bursts_for_shifts_breaks_that_rate():
    rng = np.random.default_rng(5)
    lists = [[world(rng, 8) for _theme in range(20)] for _list in range(60)]

    found = [
        (q_values(np.array([plain_chance(*one) for one in many])) <= FALSE_SHARE).any() for many in lists
    ]

    assert sum(found) > 50


def test_a_saying_to_which_half_of_the_voices_went_over_is_found_and_named():
    rng = np.random.default_rng(6)
    found = [shift_of(*world(rng, 20, moved=0.5)) for _theme in range(200)]

    sure = [one for one in found if one.chance < 0.005]

    assert len(sure) > 130
    assert sum(one.rose == 2 for one in sure) > 0.95 * len(sure)
    assert np.mean([one.grown for one in sure]) == pytest.approx(0.5, abs=0.1)


def test_too_few_people_or_a_theme_of_one_saying_say_nothing():
    full = np.full((3, 13), 4.0)

    assert shift_of(full, np.full((3, 4), 1.0)) is None
    assert shift_of(np.full((3, 13), 1.0), np.full((3, 4), 4.0)) is None
    assert shift_of(np.full((1, 13), 9.0), np.full((1, 4), 9.0)) is None
    assert shift_of(full, np.full((3, 4), 4.0)).chance > 0.9


def test_like_groups_are_one_saying_and_no_more_than_eight_are_told_apart():
    rng = np.random.default_rng(7)
    axes = np.eye(12, dtype=np.float32)[rng.integers(0, 3, 30)]
    near = axes + rng.normal(scale=0.05, size=axes.shape).astype(np.float32)

    three = sayings(near, most=3)

    assert len({(int(axis.argmax()), int(saying)) for axis, saying in zip(axes, three, strict=True)}) == 3
    assert int(sayings(near).max()) + 1 <= 8
    assert sayings(near[:1]).tolist() == [0]
    assert sayings(near[:0]).tolist() == []
