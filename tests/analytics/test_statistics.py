"""T2 to T4, standardisation and multiple testing, against slow obvious versions and worked examples."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, false_discovery_control

from interlock.analytics.statistics import (
    Side,
    cusum,
    difference,
    difference_within,
    expected_events,
    q_values,
    share_above,
    weekly_limit,
    wilson,
)

shares = st.tuples(st.integers(0, 300), st.integers(0, 300)).filter(lambda pair: sum(pair) > 0)


@given(shares)
def test_the_wilson_interval_agrees_with_another_hand(pair):
    x, n = pair[0], sum(pair)

    theirs = binomtest(x, n).proportion_ci(0.95, method="wilson")

    assert [float(end) for end in wilson(x, n)] == pytest.approx([theirs.low, theirs.high], abs=1e-9)


def test_nothing_is_known_of_no_cases():
    assert [float(end) for end in wilson(0, 0)] == [0.0, 1.0]


@given(shares)
def test_a_share_against_a_target_agrees_with_the_exact_test(pair):
    x, n = pair[0], sum(pair)

    ours = share_above(np.array([float(x)]), np.array([float(n)]), 0.1)[0]

    assert ours == pytest.approx(binomtest(x, n, 0.1, alternative="greater").pvalue, abs=1e-9)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60))
def test_q_values_agree_with_another_hand(p_values):
    assert q_values(np.array(p_values)) == pytest.approx(false_discovery_control(p_values), abs=1e-12)


def side(pairs):
    """Sums over clusters, one pair (x, n) a cluster."""
    x, n = (np.array(part, dtype=float) for part in zip(*pairs, strict=True))
    return Side(n.sum(), x.sum(), (n * n).sum(), (x * x).sum(), (x * n).sum())


def test_newcombes_own_example_of_method_ten():
    left, right = side([(1, 1)] * 56 + [(0, 1)] * 14), side([(1, 1)] * 48 + [(0, 1)] * 32)

    found = difference(left, right)

    assert found is None  # 70 and 80 cases: not yet known below 100 a side
    doubled = difference(side([(1, 1)] * 112 + [(0, 1)] * 28), side([(1, 1)] * 96 + [(0, 1)] * 64))
    assert doubled.value == pytest.approx(0.20)
    assert (doubled.low, doubled.high) == pytest.approx((0.0960, 0.2974), abs=0.001)


def test_cases_of_one_account_count_for_less_when_they_go_together():
    alike = side([(4, 4)] * 40 + [(0, 4)] * 40)
    mixed = side([(2, 4)] * 80)
    other = side([(1, 1)] * 100 + [(0, 1)] * 100)

    assert alike.design_effect == pytest.approx(4.0)
    assert difference(alike, other).error > difference(mixed, other).error


def test_a_difference_within_segments_is_not_fooled_by_their_mix():
    shops = (side([(1, 1)] * 180 + [(0, 1)] * 20), side([(1, 1)] * 45 + [(0, 1)] * 5))
    riders = (side([(1, 1)] * 5 + [(0, 1)] * 45), side([(1, 1)] * 20 + [(0, 1)] * 180))

    found = difference_within([shops, riders])

    assert found.value == pytest.approx(0.0, abs=1e-9)
    assert found.low < 0 < found.high


def test_the_newcombe_interval_covers_the_truth_about_95_times_in_100():
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(400):
        a, b = rng.binomial(1, 0.30, 150), rng.binomial(1, 0.45, 400)
        found = difference(side([(x, 1) for x in a]), side([(x, 1) for x in b]))
        covered += found.low <= -0.15 <= found.high

    assert 0.92 <= covered / 400 <= 0.98


def standardised_by_hand(x, n, group, region):
    """Every group is expected to have the rates of the regions it works in."""
    rates = {r: x[region == r].sum() / n[region == r].sum() for r in set(region)}
    return [sum(n[i] * rates[region[i]] for i in np.flatnonzero(group == g)) for g in sorted(set(group))]


def test_expected_events_agree_with_standardising_by_hand_when_no_group_stands_out():
    group = np.array([0, 0, 1, 1, 2, 2])
    region = np.array([0, 1, 0, 1, 0, 1])
    n = np.array([4000.0, 1000.0, 1000.0, 4000.0, 2500.0, 2500.0])
    x = np.where(region == 1, 0.3, 0.1) * n

    found = np.bincount(group, expected_events(x, n, group, [region]))

    assert found == pytest.approx(standardised_by_hand(x, n, group, region), rel=0.01)


def test_a_group_does_not_raise_what_is_expected_of_itself():
    group = np.array([0, 0, 1, 1, 2, 2])
    region = np.array([0, 1, 0, 1, 0, 1])
    n = np.array([3000.0, 300.0, 300.0, 3000.0, 300.0, 3000.0])
    x = np.where(group == 0, 0.4, 0.1) * n

    cases = np.bincount(group, x)
    ours = cases / np.bincount(group, expected_events(x, n, group, [region]))
    naive = cases / standardised_by_hand(x, n, group, region)

    assert ours[0] / ours[1] == pytest.approx(4.0, rel=0.1)
    assert naive[0] / naive[2] < 2.5


@given(st.integers(0, 10_000))
def test_expected_events_never_pass_the_cases_and_are_never_negative(seed):
    rng = np.random.default_rng(seed)
    n = rng.integers(0, 50, 40).astype(float)
    x = rng.binomial(n.astype(int), 0.2).astype(float)

    found = expected_events(x, n, rng.integers(0, 5, 40), [rng.integers(0, 4, 40), rng.integers(0, 3, 40)])

    assert np.all((found >= 0) & (found <= n))


def test_a_quiet_week_stays_below_its_limit_99_times_in_100():
    rng = np.random.default_rng(2)
    above = 0
    for _ in range(2000):
        weeks = rng.poisson(12, 41).astype(float)
        above += weeks[-1] > weekly_limit(weeks[:-1], np.ones(40), 1.0).limit

    assert above / 2000 <= 0.02


def test_a_limit_needs_twelve_weeks_of_past():
    assert weekly_limit(np.ones(11), np.ones(11), 1.0) is None


def test_the_cusum_rings_soon_after_a_rise_and_not_before():
    counts = np.array([2.0] * 30 + [6.0] * 10)

    assert 30 <= cusum(counts, np.full(40, 2.0)) <= 34
    assert cusum(counts[:30], np.full(30, 2.0)) is None
