"""T1: is the rate of a group well above what its own mix leads one to expect?

Each group's rate is drawn from a prior of two parts: 95 % a Beta around the group's
usual rate, as tight as the ordinary groups are alike, and 5 % a broad Beta around
three times the usual, for the few that are broken. The posterior of a group is again
such a mixture, so the chance of being half again the usual is exact.

Source: two-groups empirical Bayes (Efron, "Large-Scale Inference", 2010, ch. 2 and 5)
with beta-binomial parts; the weights and limits are those of docs/methods.md#t1.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, betaln, gammaln

Floats = NDArray[np.float64]

BROAD_SHARE = 0.05  # faults are rare: one group in twenty a priori
BROAD_TIMES = 3.0  # a broken group is expected around three times the usual ...
BROAD_WEIGHT = 2.0  # ... but that is worth two observations only
TRIM = 0.05  # groups left out when the ordinary ones are described
TIMES = 1.5  # "half again the usual"
SURE = 0.80  # posterior from which a group is named
MIN_N = 30
MIN_X = 5
HIGHEST_USUAL = 0.95
# How alike ordinary groups may be: kappa is the number of observations a Beta is worth.
_KAPPAS = np.geomspace(2.0, 1e5, 48)
# Few groups cannot tell how alike they are; a wide log-normal around 100 steadies kappa
# and is outweighed from about ten groups on (docs/methods.md#t1).
_KAPPA_CENTRE, _KAPPA_WIDTH = np.log(100.0), 1.5


@dataclass(frozen=True)
class RatePrior:
    """How ordinary groups vary around their usual rate.

    Attributes:
        scale: usual rate of ordinary groups over the expected one, about 1.
        kappa: observations the ordinary Beta is worth, 2 to 100,000.
        broad_share: share of broken groups a priori, 0 to 1.
    """

    scale: float
    kappa: float
    broad_share: float = BROAD_SHARE

    def usual(self, expected_rate: Floats) -> Floats:
        """Return the usual rate per group, shape (g,), 1e-9 to 0.95."""
        return np.clip(expected_rate * self.scale, 1e-9, HIGHEST_USUAL)


@dataclass(frozen=True)
class Posterior:
    """A two-part posterior per group: shapes of both Betas and the weight of the broad one, all (g,)."""

    weight: Floats
    a_plain: Floats
    b_plain: Floats
    a_broad: Floats
    b_broad: Floats
    usual: Floats

    @property
    def mean(self) -> Floats:
        """The shrunk rate per group, shape (g,), 0 to 1."""
        plain = self.a_plain / (self.a_plain + self.b_plain)
        broad = self.a_broad / (self.a_broad + self.b_broad)
        return (1 - self.weight) * plain + self.weight * broad

    def above(self, rate: Floats | float) -> Floats:
        """Return P(true rate >= rate) per group, shape (g,), 0 to 1."""
        at = np.clip(rate, 0.0, 1.0)
        plain = 1 - betainc(self.a_plain, self.b_plain, at)
        broad = 1 - betainc(self.a_broad, self.b_broad, at)
        return np.asarray((1 - self.weight) * plain + self.weight * broad)

    def draws(self, group: int, size: int, rng: np.random.Generator) -> Floats:
        """Return `size` draws of the true rate of one group."""
        broad = rng.random(size) < self.weight[group]
        plain = rng.beta(self.a_plain[group], self.b_plain[group], size)
        return np.where(broad, rng.beta(self.a_broad[group], self.b_broad[group], size), plain)


def fit_prior(
    x: Floats, n: Floats, expected_rate: Floats, *, trim: float = TRIM, broad_share: float = BROAD_SHARE
) -> RatePrior:
    """Describe the ordinary groups after leaving out the most extreme ones.

    Args:
        x: events per group, shape (g,), 0 <= x <= n.
        n: cases per group, shape (g,), > 0.
        expected_rate: rate each group's mix leads one to expect, shape (g,), 0 to 1.
        trim: share of groups left out, 0 to 0.5; at least one from three groups on.
        broad_share: share of broken groups a priori.

    Returns:
        The prior; scale 1 and kappa 100 when there is no group or no event.
    """
    if x.size == 0 or x.sum() == 0 or expected_rate.sum() == 0:
        return RatePrior(1.0, float(np.exp(_KAPPA_CENTRE)), broad_share)
    mean = np.clip(expected_rate, 1e-9, HIGHEST_USUAL)
    keep = _ordinary(x, n, mean, trim)
    scale = 1.0
    kappa = 100.0
    for _ in range(3):
        weight = 1 / (1 + (n[keep] - 1) / (kappa + 1))
        scale = float((weight * x[keep]).sum() / max((weight * n[keep] * mean[keep]).sum(), 1e-12))
        scale = scale if scale > 0 else 1.0
        kappa = _fit_kappa(x[keep], n[keep], np.clip(mean[keep] * scale, 1e-9, HIGHEST_USUAL))
    return RatePrior(scale, kappa, broad_share)


def _ordinary(x: Floats, n: Floats, mean: Floats, trim: float) -> NDArray[np.bool_]:
    drop = int(np.ceil(trim * x.size)) if x.size >= 3 else 0
    keep = np.ones(x.size, dtype=bool)
    if drop == 0:
        return keep
    spread = np.sqrt(n * mean * (1 - mean)) + 1e-12
    distance = np.abs(x - n * mean) / spread
    keep[np.argsort(distance, kind="stable")[x.size - drop :]] = False
    return keep


def _fit_kappa(x: Floats, n: Floats, usual: Floats) -> float:
    likelihood = np.array([_log_betabinomial(x, n, usual * k, (1 - usual) * k).sum() for k in _KAPPAS])
    likelihood -= 0.5 * ((np.log(_KAPPAS) - _KAPPA_CENTRE) / _KAPPA_WIDTH) ** 2
    return float(_KAPPAS[int(np.argmax(likelihood))])


def _log_betabinomial(x: Floats, n: Floats, a: Floats, b: Floats) -> Floats:
    choose = gammaln(n + 1) - gammaln(x + 1) - gammaln(n - x + 1)
    return np.asarray(choose + betaln(x + a, n - x + b) - betaln(a, b))


def posterior(x: Floats, n: Floats, expected_rate: Floats, prior: RatePrior) -> Posterior:
    """Return the two-part posterior of each group's true rate; arguments as for `fit_prior`."""
    usual = prior.usual(expected_rate)
    broad_mean = np.minimum(BROAD_TIMES * usual, (1 + usual) / 2)
    a0, b0 = usual * prior.kappa, (1 - usual) * prior.kappa
    a1, b1 = broad_mean * BROAD_WEIGHT, (1 - broad_mean) * BROAD_WEIGHT
    plain = np.log1p(-prior.broad_share) + _log_betabinomial(x, n, a0, b0)
    broad = np.log(prior.broad_share) + _log_betabinomial(x, n, a1, b1)
    weight = 1 / (1 + np.exp(np.clip(plain - broad, -700, 700)))
    return Posterior(weight, a0 + x, b0 + n - x, a1 + x, b1 + n - x, usual)


def half_again(usual: Floats) -> Floats:
    """Return half again the usual rate, shape (g,); half-way to 1 where that would pass 1."""
    return np.asarray(np.where(usual * TIMES < 1, usual * TIMES, (1 + usual) / 2))


def chance_half_again(post: Posterior) -> Floats:
    """Return the chance that each group's true rate is at least half again the usual, (g,), 0 to 1."""
    return post.above(half_again(post.usual))


def tail_p_value(x: Floats, n: Floats, expected_rate: Floats, prior: RatePrior) -> Floats:
    """Return P(at least x events | an ordinary group), shape (g,), 0 to 1; 1.0 where x is 0.

    Extra variation between ordinary groups shrinks the effective number of cases by
    1 + (n - 1) / (kappa + 1), then the binomial tail is exact.
    """
    usual = prior.usual(expected_rate)
    share = 1 / (1 + (np.maximum(n, 1) - 1) / (prior.kappa + 1))
    some = x > 0
    tail = betainc(np.where(some, x * share, 1.0), (n - x) * share + 1, usual)
    return np.where(some, tail, 1.0)
