"""What would the outcome be if every order had this level instead of the others, all else as it is?

G-computation: predict each order under the level and under the mix of the other levels, with the order's
own other facts, and average. Each figure comes with the influence of every order on it, so that orders
of one account can be summed before squaring (cluster-robust intervals, M-estimation).

Sources: Hernan, Robins, "Causal Inference: What If", 2020, chapter 13 (standardisation);
Stefanski, Boos, "The calculus of M-estimation", 2002 (sandwich variance).
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from interlock.analytics.drivers.logistic import Cells, Codes, Fit, Floats, along, offsets


@dataclass(frozen=True)
class Influence:
    """Influence of an order on a figure: `base[cell] + slope[cell] * (outcome - expected[cell])`.

    Scaled so that figure - truth is about the mean of it over all orders.
    """

    base: Floats
    slope: Floats


@dataclass(frozen=True)
class Standardised:
    """One level against the others: outcome shares under each, and the share of outcomes due to it."""

    share_with: float
    share_without: float
    attributable: float
    influence_with: Influence
    influence_without: Influence
    influence_attributable: Influence


class Family:
    """The predictions of one fitted model with one family set to each of its levels in turn."""

    def __init__(self, cells: Cells, fit: Fit, family: int, known_levels: int) -> None:
        """Levels from `known_levels` on mean "not known": such orders stay out of the averages."""
        self._cells, self._fit, self._family = cells, fit, family
        self._orders = float(cells.n.sum())
        self._code = cells.codes[family]
        self._known = self._code < known_levels
        self._weight = np.where(self._known, cells.n, 0.0)
        self._total = float(self._weight.sum())
        self._counts = np.bincount(self._code, self._weight, known_levels)[:known_levels]
        beta = fit.beta[family]
        self._p = expit((fit.eta - beta[self._code])[:, None] + beta[None, :known_levels])
        self._v = self._p * (1 - self._p)
        self._means = self._weight @ self._p / self._total
        self._gradients = self._all_gradients(known_levels)

    def against_the_rest(self, level: int) -> Standardised:
        """Compare one level with the other levels, these in the mix in which they occur."""
        mix = np.where(np.arange(len(self._counts)) == level, 0.0, self._counts)
        mix /= mix.sum()
        only = np.eye(len(mix))[level]
        rest = float(mix @ self._means)
        attributable, influence = self._attributable(level, mix)
        return Standardised(
            share_with=float(self._means[level]),
            share_without=rest,
            attributable=attributable,
            influence_with=self._mean_influence(only),
            influence_without=self._rest_influence(level, mix, rest),
            influence_attributable=influence,
        )

    def _mean_influence(self, mix: Floats) -> Influence:
        used = np.flatnonzero(mix)
        p = self._p[:, used] @ mix[used]
        base = np.where(self._known, p - float(mix @ self._means), 0.0) * (self._orders / self._total)
        return Influence(base, self._slope(self._gradients @ mix))

    def _rest_influence(self, level: int, mix: Floats, rest: float) -> Influence:
        """As for a mean; besides, the mix of the other levels is itself estimated from the orders."""
        influence = self._mean_influence(mix)
        others = self._known & (self._code != level)
        means = self._means[np.minimum(self._code, len(self._means) - 1)]
        scale = self._orders / (self._total - self._counts[level])
        return Influence(influence.base + np.where(others, (means - rest) * scale, 0.0), influence.slope)

    def _attributable(self, level: int, mix: Floats) -> tuple[float, Influence]:
        """The share of all outcomes that would not be if the level's orders had been like the others."""
        own = np.flatnonzero(self._code == level)
        change = -mix
        change[level] += 1.0
        excess = np.zeros(len(self._code))
        excess[own] = self._p[own] @ change
        outcomes = float(self._cells.x[self._known].sum())
        share = float(self._cells.n @ excess) / outcomes
        scale = self._orders / outcomes
        base = excess - share * np.where(self._known, self._fit.expected, 0.0)
        slope = self._slope(self._own_gradient(own, level, change)) / outcomes - share * self._known * scale
        return share, Influence(base * scale, slope)

    def _all_gradients(self, levels: int) -> Floats:
        """Column l: derivative of the mean prediction under level l by the model's parameters."""
        gradients = np.zeros((len(self._fit.inverse), levels))
        weighted = self._v * self._weight[:, None] / self._total
        gradients[0] = weighted.sum(axis=0)
        for f, (start, code) in enumerate(zip(offsets(self._cells), self._cells.codes, strict=True)):
            size = self._cells.sizes[f]
            for level in range(levels):
                if f == self._family:
                    gradients[start + level, level] = gradients[0, level]
                else:
                    gradients[start : start + size, level] = np.bincount(code, weighted[:, level], size)
        return gradients

    def _own_gradient(self, own: Codes, level: int, change: Floats) -> Floats:
        """Derivative of the summed excess of the level's own orders by the model's parameters."""
        weighted = self._v[own] * (self._cells.n[own, None] * change[None, :])
        whole = weighted.sum(axis=1)
        gradient = np.zeros(len(self._fit.inverse))
        gradient[0] = whole.sum()
        for f, (start, code) in enumerate(zip(offsets(self._cells), self._cells.codes, strict=True)):
            size = self._cells.sizes[f]
            if f == self._family:
                gradient[start : start + weighted.shape[1]] = weighted.sum(axis=0)
            else:
                gradient[start : start + size] = np.bincount(code[own], whole, size)
        return gradient

    def _slope(self, gradient: Floats) -> Floats:
        return along(self._cells, self._fit.inverse @ gradient) * self._orders
