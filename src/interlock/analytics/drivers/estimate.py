"""How much does each level of each factor move an outcome, plainly and with all else equal?

For one population and outcome: plain rates and their ratio, the difference standardised to the whole
population, both with intervals that are robust to several orders of one account, the share of outcomes
attributable, and the E-value (how strong an unmeasured cause would have to be to explain it away).

Sources: Hernan, Robins 2020 (standardisation); VanderWeele, Ding, "Sensitivity analysis in observational
research: introducing the E-value", Annals of Internal Medicine 2017; Greenland, Drescher 1993
(attributable fraction from a model).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp, inf, log, sqrt

import numpy as np

from interlock.analytics.drivers.clusters import distinct, quantile, summed_variance, two_sided
from interlock.analytics.drivers.factors import Codes, Factor, Floats, Mask
from interlock.analytics.drivers.logistic import Cells, fit, gather
from interlock.analytics.drivers.standardise import Family, Influence, Standardised

FEWEST = 30  # orders on either side below which nothing is said, as in the common test kit
FEWEST_OUTCOMES = 5.0  # outcomes expected on the smaller side if there were no difference


@dataclass(frozen=True)
class Population:
    """Orders (or accounts) over which one outcome is studied. Arrays have one entry per order."""

    outcome: str
    name: str
    happened: Mask
    account: Codes
    factors: tuple[Factor, ...]


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95 % interval."""

    mid: float
    low: float
    high: float


@dataclass(frozen=True)
class Effect:
    """One level of one factor against the other levels, in one population.

    The adjusted figures are None where there are too few orders to say; `p` is 1 then. `p` is the larger
    one of difference and log ratio: where outcomes are few the two disagree, and then nothing is claimed.
    """

    outcome: str
    population: str
    factor: Factor
    level: int
    n_with: int
    n_without: int
    x_with: int
    x_without: int
    plain_ratio: Interval | None
    adjusted: Interval | None = None
    adjusted_ratio: Interval | None = None
    share: Interval | None = None
    p: float = 1.0

    @property
    def enough(self) -> bool:
        return self.adjusted is not None


def effects(population: Population) -> list[Effect]:
    """Return the effect of every tested level, each adjusted for facts fixed no later than itself."""
    found: list[Effect] = []
    for stage in sorted({factor.stage for factor in population.factors}):
        known = [factor for factor in population.factors if factor.stage <= stage]
        tested = [factor for factor in known if factor.stage == stage and factor.tested]
        if tested:
            found += _effects_of_stage(population, known, tested)
    return found


def e_value(ratio: float) -> float:
    """Return the least risk ratio, with the factor and with the outcome, of a hidden cause that explains all.

    Args:
        ratio: a risk ratio > 0; below 1 it is inverted first.
    """
    above = ratio if ratio >= 1 else 1 / ratio if ratio > 0 else inf
    return above + sqrt(above * (above - 1)) if above < inf else inf


def _effects_of_stage(
    population: Population, known: Sequence[Factor], tested: Sequence[Factor]
) -> list[Effect]:
    plain = [_plain(population, factor, level) for factor in tested for level in factor.tested]
    if not any(_says_enough(effect) for effect in plain):
        return plain
    coded = [_modelled_codes(factor) for factor in known]
    cells = gather(
        [codes for codes, _ in coded], [int(codes.max()) + 1 for codes, _ in coded], population.happened
    )
    fitted = fit(cells)
    spread = _Spread(population, cells, fitted.expected)
    adjusted: list[Effect] = []
    for factor in tested:
        place = known.index(factor)
        mapping = coded[place][1]
        family = Family(cells, fitted, place, int(mapping.max()) + 1)
        for effect in (each for each in plain if each.factor is factor):
            if _says_enough(effect):
                effect = _adjust(effect, family.against_the_rest(int(mapping[effect.level])), spread)
            adjusted.append(effect)
    return adjusted


def _modelled_codes(factor: Factor) -> tuple[Codes, Codes]:
    """Return codes from 0 without gaps, and the code of each level.

    Levels with fewer than 30 orders share one code; orders of which the records do not say come last.
    """
    counts = np.bincount(factor.codes + 1, minlength=len(factor.levels) + 1)[1:]
    kept = counts >= FEWEST
    mapping = np.where(kept, np.cumsum(kept) - 1, kept.sum())
    mapping[counts == 0] = 0  # no order has it, so the code is never used
    codes = np.where(factor.codes >= 0, mapping[factor.codes], mapping.max() + 1)
    return codes.astype(np.int64), mapping.astype(np.int64)


def _says_enough(effect: Effect) -> bool:
    smaller = min(effect.n_with, effect.n_without)
    if smaller < FEWEST:
        return False
    n, x = effect.n_with + effect.n_without, effect.x_with + effect.x_without
    return smaller * x / n >= FEWEST_OUTCOMES and smaller * (n - x) / n >= FEWEST_OUTCOMES


def _plain(population: Population, factor: Factor, level: int) -> Effect:
    with_, known = factor.codes == level, factor.codes >= 0
    without = known & ~with_
    n1, n0 = int(with_.sum()), int(without.sum())
    x1, x0 = int(population.happened[with_].sum()), int(population.happened[without].sum())
    ratio = _plain_ratio(population, with_, without) if n1 and n0 else None
    return Effect(population.outcome, population.name, factor, level, n1, n0, x1, x0, ratio)


def _plain_ratio(population: Population, with_: Mask, without: Mask) -> Interval | None:
    """Risk ratio by the log method; where a side has no outcome, half an outcome is added to both."""
    n1, n0 = with_.sum(), without.sum()
    x1, x0 = population.happened[with_].sum(), population.happened[without].sum()
    if x1 + x0 == 0:
        return None
    add = 0.5 if x1 == 0 or x0 == 0 else 0.0
    r1, r0 = (x1 + add) / (n1 + add), (x0 + add) / (n0 + add)
    influence = np.where(with_, (population.happened - r1) / (n1 * r1), 0.0)
    influence -= np.where(without, (population.happened - r0) / (n0 * r0), 0.0)
    error = sqrt(summed_variance(influence, population.account))
    if add:  # the sandwich is 0 on an empty side; the textbook variance is not
        error = max(error, sqrt(1 / (x1 + add) - 1 / (n1 + add) + 1 / (x0 + add) - 1 / (n0 + add)))
    reach = _multiplier(population.account, with_, without) * error
    return _ratio_interval(log(r1 / r0), reach, x1 / n1 / (x0 / n0) if not add else r1 / r0)


def _ratio_interval(log_ratio: float, reach: float, mid: float) -> Interval:
    return Interval(float(mid), exp(min(log_ratio - reach, 700.0)), exp(min(log_ratio + reach, 700.0)))


def _multiplier(account: Codes, with_: Mask, without: Mask) -> float:
    return quantile(min(distinct(account[with_]), distinct(account[without])))


class _Spread:
    """Turns influences per cell into standard errors over accounts."""

    def __init__(self, population: Population, cells: Cells, expected: Floats) -> None:
        self.account, self.factors = population.account, population.factors
        self._of = cells.of
        self._residual = population.happened - expected[cells.of]
        self._orders = len(population.account)

    def error(self, *parts: tuple[float, Influence]) -> float:
        """Standard error of a weighted sum of figures."""
        base = np.sum([weight * part.base for weight, part in parts], axis=0)
        slope = np.sum([weight * part.slope for weight, part in parts], axis=0)
        influence = base[self._of] + slope[self._of] * self._residual
        return sqrt(summed_variance(influence, self.account)) / self._orders


def _adjust(effect: Effect, found: Standardised, spread: _Spread) -> Effect:
    codes = effect.factor.codes
    with_, without = codes == effect.level, (codes >= 0) & (codes != effect.level)
    accounts = min(distinct(spread.account[with_]), distinct(spread.account[without]))
    times = quantile(accounts)
    difference = found.share_with - found.share_without
    log_ratio = log(found.share_with / found.share_without)
    error = spread.error((1.0, found.influence_with), (-1.0, found.influence_without))
    log_error = spread.error(
        (1 / found.share_with, found.influence_with), (-1 / found.share_without, found.influence_without)
    )
    share_error = spread.error((1.0, found.influence_attributable))
    return replace(
        effect,
        adjusted=_around(difference, times * error),
        adjusted_ratio=_ratio_interval(log_ratio, times * log_error, exp(log_ratio)),
        share=_around(found.attributable, times * share_error),
        p=max(_chance(difference, error, accounts), _chance(log_ratio, log_error, accounts)),
    )


def _chance(figure: float, error: float, accounts: int) -> float:
    return two_sided(figure / error, accounts) if error > 0 else 1.0


def _around(mid: float, reach: float) -> Interval:
    return Interval(mid, mid - reach, mid + reach)
