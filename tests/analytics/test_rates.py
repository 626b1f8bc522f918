"""T1, on simulated companies: few false alarms, most alarms right, money that covers the truth."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.analytics.statistics import (
    MIN_N,
    MIN_X,
    SURE,
    Side,
    chance_half_again,
    difference,
    excess_rate_draws,
    fit_prior,
    interval,
    positive_draws,
    posterior,
    q_values,
    tail_p_value,
)

USUAL = 0.10
ALIKE = 80.0  # ordinary groups vary like Beta(8, 72)


class Company:
    """Groups of very different size; some broken, at two to four times the usual."""

    def __init__(self, rng, groups, median, broken):
        self.n = np.maximum(5, rng.lognormal(np.log(median), 0.8, groups)).round()
        self.rate = rng.beta(USUAL * ALIKE, (1 - USUAL) * ALIKE, groups)
        worst = rng.choice(groups, broken, replace=False)
        self.rate[worst] = USUAL * rng.uniform(2, 4, broken)
        self.x = rng.binomial(self.n.astype(int), self.rate).astype(float)
        self.expected = np.full(groups, self.x.sum() / self.n.sum())

    @property
    def wrong(self):
        return self.rate >= 1.5 * USUAL


def two_part(company):
    prior = fit_prior(company.x, company.n, company.expected)
    post = posterior(company.x, company.n, company.expected, prior)
    named = (chance_half_again(post) >= SURE) & (company.n >= MIN_N) & (company.x >= MIN_X)
    return named, post


def twice_the_average(company):
    return company.x / company.n > 2 * company.expected


def simulate(groups, median, broken, *, runs=60):
    rng = np.random.default_rng(7)
    return [Company(rng, groups, median, broken) for _ in range(runs)]


def false_alarms(companies, named):
    return np.mean([(named(c) & ~c.wrong).sum() for c in companies])


def share_right(companies, named):
    alarms = sum(named(c).sum() for c in companies)
    return sum((named(c) & c.wrong).sum() for c in companies) / alarms


def test_with_nothing_wrong_a_run_of_300_groups_rings_falsely_at_most_three_times_in_ten():
    companies = simulate(300, 60, broken=0)

    assert false_alarms(companies, lambda c: two_part(c)[0]) <= 0.3


@pytest.mark.parametrize(
    ("groups", "median", "broken"), [(60, 200, 3), pytest.param(300, 60, 9, marks=pytest.mark.slow)]
)
def test_with_planted_faults_nine_alarms_in_ten_are_right(groups, median, broken):
    companies = simulate(groups, median, broken)

    assert share_right(companies, lambda c: two_part(c)[0]) >= 0.9
    assert sum((two_part(c)[0] & c.wrong).sum() for c in companies) >= 0.5 * broken * len(companies)


def test_the_naive_rule_of_twice_the_average_fails_the_same_two_tests():
    assert false_alarms(simulate(300, 60, broken=0), twice_the_average) > 0.3
    assert share_right(simulate(300, 60, broken=9), twice_the_average) < 0.9


@pytest.mark.parametrize(
    ("groups", "median", "broken"), [(60, 200, 3), pytest.param(300, 60, 9, marks=pytest.mark.slow)]
)
def test_the_excess_interval_covers_the_truth_85_to_95_times_in_100(groups, median, broken):
    covered = []
    for company in simulate(groups, median, broken, runs=80):
        named, post = two_part(company)
        for group in np.flatnonzero(named):
            found = interval(excess_rate_draws(post, group, np.random.default_rng(group)))
            covered.append(found.low <= company.rate[group] - USUAL <= found.high)

    assert len(covered) > 100
    assert 0.85 <= np.mean(covered) <= 0.95


def test_the_watch_list_is_right_about_nine_times_in_ten_too():
    def watched(company):
        prior = fit_prior(company.x, company.n, company.expected)
        return q_values(tail_p_value(company.x, company.n, company.expected, prior)) <= 0.10

    assert share_right(simulate(300, 60, broken=9), watched) >= 0.8


def test_the_chance_agrees_with_drawing_from_the_posterior():
    x, n, expected = np.array([40.0, 12.0]), np.array([100.0, 100.0]), np.array([0.1, 0.1])
    post = posterior(x, n, expected, fit_prior(x, n, expected))
    rng = np.random.default_rng(1)

    drawn = [np.mean(post.draws(g, 20_000, rng) >= 1.5 * post.usual[g]) for g in (0, 1)]

    assert chance_half_again(post) == pytest.approx(drawn, abs=0.02)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 200)), min_size=0, max_size=30))
def test_chances_and_means_stay_in_range_whatever_the_counts(pairs):
    x = np.array([float(a) for a, _ in pairs])
    n = np.array([float(a + b + 1) for a, b in pairs])
    expected = np.full(x.size, x.sum() / n.sum() if x.size else 0.0)

    post = posterior(x, n, expected, fit_prior(x, n, expected))

    for values in (
        chance_half_again(post),
        post.mean,
        tail_p_value(x, n, expected, fit_prior(x, n, expected)),
    ):
        assert np.all((values >= 0) & (values <= 1))


def test_money_of_excess_times_an_uplift_covers_the_truth_about_as_often_as_it_says():
    """Fewer reorders come from 400 broken and 3,000 kept promises; the truth is 0.19 of 100 each."""
    rng = np.random.default_rng(11)
    covered = []
    for company in simulate(60, 200, broken=3, runs=120):
        named, post = two_part(company)
        broken, kept = rng.binomial(400, 0.31), rng.binomial(3000, 0.50)
        found = difference(Side(400, broken, 400, broken, broken), Side(3000, kept, 3000, kept, kept))
        for group in np.flatnonzero(named):
            own = np.random.default_rng(group)
            draws = excess_rate_draws(post, group, own) * company.n[group]
            money = interval(draws * positive_draws(-found.value, found.error, own) * 100)
            truth = (company.rate[group] - USUAL) * company.n[group] * 0.19 * 100
            covered.append(money.low <= truth <= money.high)

    assert len(covered) > 200
    assert 0.85 <= np.mean(covered) <= 0.95
