"""What would the outcome be if every order had this level instead of the others, all else as it is?

G-computation: predict each order under the level and under the mix of the other levels, with the order's
own other facts, and average. Beside each figure stands the influence of every order on it, so that orders
of one account can be summed before squaring (cluster-robust intervals, M-estimation). All levels of a
family are worked out together, one column a level.

Sources: Hernan, Robins, "Causal Inference: What If", 2020, chapter 13 (standardisation);
Stefanski, Boos, "The calculus of M-estimation", 2002 (sandwich variance); Greenland, Drescher,
"Maximum likelihood estimation of the attributable fraction", Biometrics 1993.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.special import expit

from interlock.analytics.drivers.logistic import Cells, Codes, Fit, Floats, offsets

Own = tuple[Codes, Codes]  # cells and columns


@dataclass(frozen=True)
class Influence:
    """Influence of an order on figures: `base[cell] + (design[cell] @ direction) * residual` of the order.

    Shapes (cells, levels) and (parameters, levels); scaled so that figure - truth is about the mean of it
    over all orders.
    """

    base: Floats
    direction: Floats


@dataclass(frozen=True)
class Figure:
    """One figure for several levels, shape (levels,), with its influence."""

    value: Floats
    influence: Influence


@dataclass(frozen=True)
class Standardised:
    """Levels against the rest: outcome shares under each, and the share of all outcomes due to the level."""

    with_level: Figure
    without: Figure
    attributable: Figure


class Family:
    """The predictions of one fitted model with one family set to each of its levels in turn."""

    def __init__(self, cells: Cells, fit: Fit, family: int, known_levels: int) -> None:
        """Levels from `known_levels` on mean "not known": such orders stay out of the averages."""
        self._cells, self._fit, self._family = cells, fit, family
        self._start = offsets(cells)[family]
        self._orders = float(cells.n.sum())
        self._code = cells.codes[family]
        self._known = self._code < known_levels
        self._weight = np.where(self._known, cells.n, 0.0)
        self._total = float(self._weight.sum())
        self._counts = np.bincount(self._code, self._weight, known_levels)[:known_levels]
        beta = fit.beta[family]
        self._p = expit((fit.eta - beta[self._code])[:, None] + beta[None, :known_levels])
        self._v = self._p * (1 - self._p)
        self._sums = self._p @ self._counts
        self._means = self._weight @ self._p / self._total
        self._gradients = self._mean_gradients()

    def against_the_rest(self, levels: Codes) -> Standardised:
        """Compare some levels, each with all others, these in the mix in which they occur."""
        mix = np.repeat(self._counts[:, None], len(levels), axis=1)
        mix[levels, np.arange(len(levels))] = 0.0
        mix /= mix.sum(axis=0)
        own = self._own(levels)
        rest = self._of_the_rest(self._p, self._sums, levels)
        return Standardised(
            with_level=self._with(levels),
            without=self._rest(levels, mix, rest, own),
            attributable=self._due(levels, mix, rest, own),
        )

    def _of_the_rest(self, under: Floats, sums: Floats, levels: Codes) -> Floats:
        """`under @ mix` from the sum over all levels: the mix of the others is all orders but those of the level."""
        own = self._counts[levels]
        return (sums[:, None] - under[:, levels] * own) / (self._total - own)

    def _own(self, levels: Codes) -> Own:
        """The cells of these levels, and the column of each; a cell has one level, so most of a table of both is empty."""
        column = np.full(self._cells.sizes[self._family], -1)
        column[levels] = np.arange(len(levels))
        columns = column[self._code]
        (cells,) = np.nonzero(columns >= 0)
        return cells, columns[cells]

    def _with(self, levels: Codes) -> Figure:
        base = (
            self._known[:, None] * (self._p[:, levels] - self._means[levels]) * (self._orders / self._total)
        )
        return Figure(self._means[levels], Influence(base, self._direction(self._gradients[:, levels])))

    def _rest(self, levels: Codes, mix: Floats, rest: Floats, own: Own) -> Figure:
        """As under one level; besides, the mix of the other levels is itself estimated from the orders."""
        value = self._means @ mix
        means = self._means[np.minimum(self._code, len(self._means) - 1)]
        others = (means[:, None] - value) * (self._orders / (self._total - self._counts[levels]))
        others[own] = 0.0
        base = (rest - value) * (self._orders / self._total) + others
        base[~self._known] = 0.0
        return Figure(value, Influence(base, self._direction(self._gradients @ mix)))

    def _due(self, levels: Codes, mix: Floats, rest: Floats, own: Own) -> Figure:
        """The share of all outcomes that would not be if the level's orders had been like the others."""
        outcomes = float(self._cells.x[self._known].sum())
        scale = self._orders / outcomes
        cells, columns = own
        excess = self._p[cells, levels[columns]] - rest[own]
        value = np.bincount(columns, self._cells.n[cells] * excess, len(levels)) / outcomes
        base = (self._known * self._fit.expected * -scale)[:, None] * value
        base[own] += excess * scale
        direction = self._direction(self._due_gradients(levels, mix, own)) / outcomes
        direction[0] -= value * scale  # the outcome of a known order itself, in the denominator
        unknown = slice(self._start + len(self._counts), self._start + self._cells.sizes[self._family])
        direction[unknown] += value * scale
        return Figure(value, Influence(base, direction))

    def _mean_gradients(self) -> Floats:
        """Column l: derivative of the mean prediction under level l by the model's parameters."""
        weighted = self._v * (self._weight / self._total)[:, None]
        gradients = np.asarray(self._cells.design.T @ weighted)
        return self._with_own_block(gradients, np.diag(weighted.sum(axis=0)))

    def _due_gradients(self, levels: Codes, mix: Floats, own: Own) -> Floats:
        """Column j: derivative of the summed excess of the own orders of level j by the parameters."""
        cells, columns = own
        n, v = self._cells.n[cells], self._v[cells]
        count, under = self._counts[levels[columns]], v[np.arange(len(cells)), levels[columns]]
        others = (v @ self._counts - under * count) / (self._total - count)
        excess = n * (under - others)
        width = len(levels)
        designs = [
            (code[cells], size) for code, size in zip(self._cells.codes, self._cells.sizes, strict=True)
        ]
        sums = [
            np.bincount(code * width + columns, excess, size * width).reshape(size, width)
            for code, size in [(np.zeros_like(cells), 1), *designs]  # the intercept first
        ]
        gradients = np.concatenate(sums)
        counted = csr_array((n, columns, np.arange(len(cells) + 1)), (len(cells), width))
        block = -mix * np.asarray(counted.T @ v).T
        block[levels, np.arange(width)] = np.bincount(columns, n * under, width)
        return self._with_own_block(gradients, block)

    def _with_own_block(self, gradients: Floats, block: Floats) -> Floats:
        """Predictions set the family's level, so its parameters enter by that level, not by the order's."""
        gradients[self._start : self._start + self._cells.sizes[self._family]] = 0.0
        gradients[self._start : self._start + len(block)] = block
        return gradients

    def _direction(self, gradients: Floats) -> Floats:
        return self._fit.inverse @ gradients * self._orders
