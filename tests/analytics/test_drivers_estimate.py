"""The estimates agree with statsmodels and slow counting, and keep their promises in simulated companies."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.genmod.families import Binomial
from statsmodels.genmod.generalized_linear_model import GLM

from interlock.analytics.drivers.estimate import Effect, Population, e_value, effects
from interlock.analytics.drivers.factors import WHEN_FULFILLED, WHEN_ORDERED, Factor
from interlock.analytics.drivers.logistic import fit, gather
from interlock.analytics.drivers.plain import plain_rates
from interlock.analytics.statistics import FALSE_SHARE, q_values


def population(happened, account, late, region, regions: int = 4) -> Population:
    """Orders that are late or not, of a region that is fixed earlier."""
    factors = (
        Factor("late", ("on time", "late"), np.asarray(late, dtype=np.int64), WHEN_FULFILLED, (1,)),
        Factor(
            "region", tuple("ABCDEFGH"[:regions]), np.asarray(region), WHEN_ORDERED, tuple(range(regions))
        ),
    )
    return Population("bad_rating", "orders", np.asarray(happened), np.asarray(account), factors)


def world(rng, *, effect=0.0, confounding=0.0, orders=2000, accounts=500, account_spread=0.0) -> Population:
    """A company where region moves lateness and ratings, lateness moves ratings by `effect` log-odds, and
    both lateness and mood differ between accounts by `account_spread`."""
    account = rng.integers(accounts, size=orders)
    region = rng.integers(4, size=orders)
    slow = confounding * (region == 0)
    shared = account_spread * rng.normal(size=accounts)[account]
    late = rng.random(orders) < 1 / (1 + np.exp(1.5 - 2 * slow - shared))
    mood = account_spread * rng.normal(size=accounts)[account]
    bad = rng.random(orders) < 1 / (1 + np.exp(1.7 - slow - effect * late - mood))
    return population(bad, account, late, region)


def of(found: list[Effect], name: str) -> Effect:
    return next(effect for effect in found if effect.factor.machine_name(effect.level) == name)


def standardised_by_statsmodels(people: Population) -> tuple[float, float]:
    """The risk difference and attributable share of lateness from predictions, in four lines."""
    late, region = people.factors[0].codes, people.factors[1].codes
    dummies = pd.get_dummies(region, drop_first=True).to_numpy(float)
    columns = np.column_stack([np.ones(len(late)), late, dummies])
    model = GLM(people.happened.astype(float), columns, family=Binomial()).fit()
    p1, p0 = (
        model.predict(np.column_stack([columns[:, :1], np.full(len(late), v), dummies])) for v in (1, 0)
    )
    return float((p1 - p0).mean()), float(((p1 - p0) * late).sum() / people.happened.sum())


def test_the_logistic_fit_is_the_one_of_statsmodels():
    people = world(np.random.default_rng(1), effect=1.0, confounding=1.0)
    late, region = people.factors[0].codes, people.factors[1].codes
    columns = np.column_stack([np.ones(len(late)), late, *(region == level for level in (1, 2, 3))])
    reference = GLM(people.happened.astype(float), columns, family=Binomial()).fit()

    found = fit(gather([late, region], [2, 4], people.happened))

    assert found.beta[0][1] - found.beta[0][0] == pytest.approx(reference.params[1], abs=2e-3)
    assert found.beta[1][3] - found.beta[1][0] == pytest.approx(reference.params[4], abs=2e-3)
    spread = found.inverse[1, 1] + found.inverse[2, 2] - 2 * found.inverse[1, 2]
    assert np.sqrt(spread) == pytest.approx(reference.bse[1], rel=5e-3)


@pytest.mark.parametrize("seed", range(5))
def test_adjusted_differences_and_shares_are_those_of_statsmodels(seed):
    people = world(np.random.default_rng(seed), effect=1.0, confounding=1.0)

    adjusted = of(effects(people), "late").adjusted

    difference, share = standardised_by_statsmodels(people)
    assert adjusted.difference.mid == pytest.approx(difference, abs=5e-4)
    assert adjusted.share.mid == pytest.approx(share, abs=1e-3)


def test_intervals_are_those_of_leaving_out_one_account_after_the_other():
    people = world(np.random.default_rng(3), effect=1.0, confounding=1.0, accounts=60, account_spread=0.5)
    left_out = np.array(
        [standardised_by_statsmodels(people.part(people.account != account)) for account in range(60)]
    )
    difference_error, share_error = np.sqrt(59 / 60 * ((left_out - left_out.mean(axis=0)) ** 2).sum(axis=0))

    adjusted = of(effects(people), "late").adjusted

    t_times = 2.0010  # two-sided 95 % for 59 degrees of freedom
    assert adjusted.difference.high - adjusted.difference.mid == pytest.approx(
        t_times * difference_error, rel=0.05
    )
    assert adjusted.share.high - adjusted.share.mid == pytest.approx(t_times * share_error, rel=0.05)


def test_a_level_of_several_is_compared_with_the_mix_of_the_others():
    people = world(np.random.default_rng(4), confounding=1.5)

    found = of(effects(people), "region: A")

    with_ = people.factors[1].codes == 0
    plain = people.happened[with_].mean() - people.happened[~with_].mean()
    assert found.adjusted.difference.mid == pytest.approx(plain, abs=1e-3)  # nothing precedes the region


levels = st.lists(st.integers(-1, 2), min_size=2, max_size=60)


@given(levels=levels, seed=st.integers(0, 2**16))
def test_plain_rates_agree_with_counting_by_hand(levels, seed):
    rng = np.random.default_rng(seed)
    codes, happened = np.array(levels), rng.random(len(levels)) < 0.4
    account = rng.integers(5, size=len(levels))

    found = plain_rates(codes, (0, 1, 2), happened, account)

    for level, plain in enumerate(found):
        with_ = [bool(h) for h, code in zip(happened, codes, strict=True) if code == level]
        without = [bool(h) for h, code in zip(happened, codes, strict=True) if code not in (level, -1)]
        assert (plain.n_with, plain.x_with) == (len(with_), sum(with_))
        assert (plain.n_without, plain.x_without) == (len(without), sum(without))
        if with_ and without and any(with_) and any(without):
            ratio = (sum(with_) / len(with_)) / (sum(without) / len(without))
            assert plain.ratio.mid == pytest.approx(ratio)
            assert plain.ratio.low <= ratio * 1.000001


def test_the_plain_risk_ratio_has_the_textbook_interval_when_every_account_orders_once():
    codes = np.repeat([1, 1, 0, 0], [225, 117, 459, 4363])
    happened = np.repeat([True, False, True, False], [225, 117, 459, 4363])

    (plain,) = plain_rates(codes, (1,), happened, np.arange(5164))

    error = np.sqrt(1 / 225 - 1 / 342 + 1 / 459 - 1 / 4822)
    times = 1.9669  # t with 341 degrees of freedom
    assert plain.ratio.low == pytest.approx(plain.ratio.mid * np.exp(-times * error), rel=1e-3)
    assert plain.ratio.high == pytest.approx(plain.ratio.mid * np.exp(times * error), rel=1e-3)


def test_e_values_are_those_of_vanderweele_and_ding():
    assert e_value(3.9) == pytest.approx(7.26, abs=0.01)  # maternal smoking, their first example
    assert e_value(0.8) == pytest.approx(1.81, abs=0.01)
    assert e_value(1.0) == 1.0


def test_a_factor_that_only_looks_bad_vanishes_after_adjustment_and_the_plain_one_does_not():
    rng = np.random.default_rng(5)
    found = [of(effects(world(rng, confounding=1.5)), "late") for _ in range(60)]

    blamed = [effect.adjusted.chance < 0.05 for effect in found]
    naively_blamed = [effect.plain.ratio.low > 1 for effect in found]

    assert np.mean(blamed) <= 0.12
    assert np.mean(naively_blamed) >= 0.9


def test_intervals_cover_the_truth_about_95_times_in_100():
    rng = np.random.default_rng(6)
    truth = of(effects(world(rng, effect=1.0, confounding=1.0, orders=45_000, accounts=45_000)), "late")
    covered = []
    for _ in range(300):
        adjusted = of(
            effects(world(rng, effect=1.0, confounding=1.0, orders=800, accounts=300)), "late"
        ).adjusted
        covered.append(adjusted.difference.low <= truth.adjusted.difference.mid <= adjusted.difference.high)

    assert 0.91 <= np.mean(covered) <= 0.985


def test_orders_of_one_account_are_not_independent_and_ignoring_it_covers_too_seldom():
    rng = np.random.default_rng(7)
    covered, naively = [], []
    for _ in range(200):
        people = world(rng, orders=1200, accounts=40, account_spread=2.0)
        alone = Population("bad_rating", "orders", people.happened, np.arange(1200), people.factors)
        for interval, result in (
            (of(effects(people), "late").adjusted.difference, covered),
            (of(effects(alone), "late").adjusted.difference, naively),
        ):
            result.append(interval.low <= 0 <= interval.high)

    assert np.mean(covered) >= 0.90
    assert np.mean(naively) < 0.85


def test_with_nothing_wrong_at_most_one_company_in_ten_gets_a_driver():
    rng = np.random.default_rng(8)
    named = []
    for _ in range(200):
        found = [each.adjusted for each in effects(world(rng)) if each.adjusted]
        named.append((q_values(np.array([each.chance for each in found])) <= FALSE_SHARE).any())

    assert np.mean(named) <= 0.15  # 0.10, and two standard errors of 200 companies


def test_a_planted_driver_is_found():
    rng = np.random.default_rng(9)

    found = [of(effects(world(rng, effect=1.0, confounding=1.0)), "late") for _ in range(40)]

    assert np.mean([effect.adjusted.difference.low > 0 for effect in found]) >= 0.95


@settings(max_examples=25, deadline=None)
@given(orders=st.integers(1, 120), rate=st.floats(0, 1), seed=st.integers(0, 2**16))
def test_small_and_one_sided_companies_get_no_verdict_but_no_error_either(orders, rate, seed):
    rng = np.random.default_rng(seed)
    people = population(
        rng.random(orders) < rate,
        rng.integers(10, size=orders),
        rng.random(orders) < rate,
        rng.integers(4, size=orders),
    )

    found = effects(people)

    assert len(found) == 5
    assert all(effect.adjusted is None or effect.plain.enough for effect in found)
