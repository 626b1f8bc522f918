"""How much does each level of each factor move an outcome, plainly and with all else equal?

For one population and outcome: plain rates and their ratio, the difference standardised to the whole
population, both with intervals that are robust to several orders of one account, and the share of outcomes
attributable. The E-value tells how strong an unmeasured cause would have to be to explain it away.

Sources: Hernan, Robins 2020 (standardisation); VanderWeele, Ding, "Sensitivity analysis in observational
research: introducing the E-value", Annals of Internal Medicine 2017.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf, log, sqrt

import numpy as np

from interlock.analytics.drivers.clusters import Errors, Spread, quantile, two_sided
from interlock.analytics.drivers.factors import Codes, Factor, Mask
from interlock.analytics.drivers.logistic import fit, gather
from interlock.analytics.drivers.plain import FEWEST, Interval, Plain, plain_rates, ratio_interval
from interlock.analytics.drivers.standardise import Family, Standardised

LEVELS_AT_ONCE = 8  # keeps the arrays of the modelled orders in a few MB
MODELLED = 50_000  # orders in a model: a fact of 5 orders in 100 is then known to about 1 point in 100
_SPREADER = 2_654_435_761  # Knuth's multiplicative hash: neighbouring accounts fall apart


@dataclass(frozen=True)
class Population:
    """Orders (or accounts) over which one outcome is studied. Arrays have one entry per order."""

    outcome: str
    name: str
    happened: Mask
    account: Codes
    factors: tuple[Factor, ...]

    def part(self, chosen: Mask) -> "Population":
        """The same study over some of the orders."""
        return replace(
            self,
            happened=self.happened[chosen],
            account=self.account[chosen],
            factors=tuple(factor.of(chosen) for factor in self.factors),
        )


@dataclass(frozen=True)
class Adjusted:
    """A level against the others with all else equal: difference, ratio, share of outcomes due to it.

    `chance` is the larger probability of difference and log ratio under no difference: where outcomes are
    few the two scales disagree, and then nothing is claimed.
    """

    difference: Interval
    ratio: Interval
    share: Interval
    chance: float


@dataclass(frozen=True)
class Effect:
    """One level of one factor in one population; `adjusted` is None where there are too few orders to say."""

    outcome: str
    population: str
    factor: Factor
    level: int
    plain: Plain
    adjusted: Adjusted | None = None


def effects(population: Population) -> list[Effect]:
    """Return the effect of every tested level, each adjusted for facts fixed no later than itself.

    Plain figures rest on all orders; adjusted ones, beyond 50,000 orders, on a fixed sample of accounts.
    """
    adjusted = _all_adjusted(_sample(population))
    return [
        Effect(population.outcome, population.name, factor, level, plain, adjusted.get((factor.name, level)))
        for factor in population.factors
        for level, plain in zip(
            factor.tested,
            plain_rates(factor.codes, factor.tested, population.happened, population.account),
            strict=True,
        )
    ]


def e_value(ratio: float) -> float:
    """Return the least risk ratio, with the factor and with the outcome, of a hidden cause that explains all.

    Args:
        ratio: a risk ratio > 0; below 1 it is inverted first.
    """
    above = ratio if ratio >= 1 else 1 / ratio if ratio > 0 else inf
    return above + sqrt(above * (above - 1)) if above < inf else inf


def _sample(population: Population) -> Population:
    """All orders of a share of the accounts; the same accounts every time."""
    orders = len(population.account)
    if orders <= MODELLED:
        return population
    place = (population.account * _SPREADER) % 2**32
    return population.part(place < 2**32 * (MODELLED / orders))


def _all_adjusted(population: Population) -> dict[tuple[str, int], Adjusted]:
    found: dict[tuple[str, int], Adjusted] = {}
    for stage in sorted({factor.stage for factor in population.factors}):
        known = [factor for factor in population.factors if factor.stage <= stage]
        enough = {
            factor.name: _levels_with_enough(population, factor) for factor in known if factor.stage == stage
        }
        if any(enough.values()):
            found |= _adjusted_of_stage(population, known, enough)
    return found


def _levels_with_enough(population: Population, factor: Factor) -> dict[int, int]:
    """The tested levels with orders enough, and on how many accounts each comparison rests."""
    plain = plain_rates(factor.codes, factor.tested, population.happened, population.account)
    return {level: each.accounts for level, each in zip(factor.tested, plain, strict=True) if each.enough}


def _adjusted_of_stage(
    population: Population, known: Sequence[Factor], enough: dict[str, dict[int, int]]
) -> dict[tuple[str, int], Adjusted]:
    coded = [_modelled_codes(factor) for factor in known]
    sizes = [int(codes.max()) + 1 for codes, _ in coded]
    cells = gather([codes for codes, _ in coded], sizes, population.happened)
    fitted = fit(cells)
    spread = Spread(cells, fitted, population.happened, population.account)
    found: dict[tuple[str, int], Adjusted] = {}
    for place, (factor, (_, mapping)) in enumerate(zip(known, coded, strict=True)):
        accounts = enough.get(factor.name)
        if accounts:
            family = Family(cells, fitted, place, int(mapping.max()) + 1)
            for level, adjusted in _adjust(family, mapping, accounts, spread).items():
                found[factor.name, level] = adjusted
    return found


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


def _adjust(family: Family, mapping: Codes, accounts: dict[int, int], spread: Spread) -> dict[int, Adjusted]:
    """Return the adjusted figures per level of one factor."""
    levels = list(accounts)
    done: dict[int, Adjusted] = {}
    for first in range(0, len(levels), LEVELS_AT_ONCE):
        some = levels[first : first + LEVELS_AT_ONCE]
        found = family.against_the_rest(mapping[some])
        errors = spread.errors(found)
        for column, level in enumerate(some):
            done[level] = _adjusted(found, errors, column, accounts[level])
    return done


def _adjusted(found: Standardised, errors: Errors, column: int, accounts: int) -> Adjusted:
    times = quantile(accounts)
    share_with, share_without = found.with_level.value[column], found.without.value[column]
    difference, log_ratio = float(share_with - share_without), log(share_with / share_without)
    error, log_error = float(errors.difference[column]), float(errors.log_ratio[column])
    return Adjusted(
        difference=_around(difference, times * error),
        ratio=ratio_interval(log_ratio, times * log_error),
        share=_around(float(found.attributable.value[column]), times * float(errors.attributable[column])),
        chance=max(_chance(difference, error, accounts), _chance(log_ratio, log_error, accounts)),
    )


def _chance(figure: float, error: float, accounts: int) -> float:
    return two_sided(figure / error, accounts) if error > 0 else 1.0


def _around(mid: float, reach: float) -> Interval:
    return Interval(mid, mid - reach, mid + reach)
