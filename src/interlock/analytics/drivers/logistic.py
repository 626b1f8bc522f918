"""How likely is the outcome given facts that all come in levels?

A logistic regression whose inputs are level codes, never a matrix of dummies: counts per pair of levels
are all that Newton's method needs, so a million orders fit in a second and little memory. Equal orders are
first gathered into cells. A weak normal prior (standard deviation 5 on the log-odds scale) keeps
estimates finite where a level has no or only bad outcomes; elsewhere it changes nothing that is printed.

Source: McCullagh, Nelder, "Generalized Linear Models", 2nd ed. 1989, chapter 4; checked against statsmodels.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.special import expit

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

PRIOR_PRECISION = 1 / 5.0**2  # log-odds; 5 is e^5 = 150 times the odds, beyond any effect met
STEPS = 50
CLOSE_ENOUGH = 1e-9  # largest step on the log-odds scale


@dataclass(frozen=True)
class Cells:
    """Orders gathered by equal levels: `codes[f][c]` is the level of family f in cell c."""

    codes: tuple[Codes, ...]
    sizes: tuple[int, ...]  # levels per family
    n: Floats  # orders per cell
    x: Floats  # outcomes per cell
    of: Codes  # cell of each order

    @cached_property
    def design(self) -> csr_array:
        """Intercept and one column per level, shape (cells, parameters), 1 where the cell has it."""
        count, width = len(self.n), 1 + len(self.codes)
        places = np.zeros((count, width), dtype=np.int64)
        for column, (start, code) in enumerate(zip(offsets(self), self.codes, strict=True), start=1):
            places[:, column] = start + code
        rows = np.arange(count + 1) * width
        return csr_array((np.ones(count * width), places.ravel(), rows), shape=(count, 1 + sum(self.sizes)))


@dataclass(frozen=True)
class Fit:
    """Log-odds per level (reference levels hold 0) and what the influence of an order needs."""

    intercept: float
    beta: tuple[Floats, ...]
    eta: Floats  # log-odds per cell
    expected: Floats  # expit of it
    inverse: Floats  # inverse of the penalised information over all levels, zero at references


def gather(codes: Sequence[Codes], sizes: Sequence[int], outcome: NDArray[np.bool_]) -> Cells:
    """Return the cells of equal orders.

    Args:
        codes: per family, shape (orders,), levels from 0 to size - 1.
        sizes: levels per family.
        outcome: shape (orders,).

    Returns:
        At most as many cells as orders; a single cell when there is no family.
    """
    key = np.zeros(len(outcome), dtype=np.int64)
    for code, size in zip(codes, sizes, strict=True):
        key = key * size + code
    kept, of = np.unique(key, return_inverse=True)
    n = np.bincount(of, minlength=len(kept)).astype(float)
    x = np.bincount(of, weights=outcome, minlength=len(kept))
    levels: list[Codes] = []
    for size in reversed(sizes):
        kept, level = np.divmod(kept, size)
        levels.append(level)
    return Cells(tuple(reversed(levels)), tuple(sizes), n, x, of)


def fit(cells: Cells) -> Fit:
    """Return the penalised maximum-likelihood fit; the largest level of each family is the reference.

    Raises:
        ValueError: there is no order, or Newton's method has not settled after 50 steps.
    """
    if cells.n.sum() == 0:
        raise ValueError("no orders to fit")
    free = _free(cells)
    theta = np.zeros(len(free))
    theta[0] = _log_odds((cells.x.sum() + 0.5) / (cells.n.sum() + 1))
    penalty = np.where(np.arange(len(free)) == 0, 0.0, PRIOR_PRECISION)
    for _ in range(STEPS):
        eta = _eta(cells, theta)
        p = expit(eta)
        score = _totals(cells, cells.x - cells.n * p) - penalty * theta
        information = _gram(cells, cells.n * p * (1 - p)) + np.diag(penalty)
        step = np.zeros(len(free))
        step[free] = np.linalg.solve(information[np.ix_(free, free)], score[free])
        step *= min(1.0, 5.0 / max(float(np.abs(step).max()), 1e-300))
        theta += step
        if np.abs(step).max() < CLOSE_ENOUGH:
            return _settled(cells, theta, free, information)
    raise ValueError("the logistic fit did not settle")


def _settled(cells: Cells, theta: Floats, free: NDArray[np.bool_], information: Floats) -> Fit:
    inverse = np.zeros_like(information)
    inverse[np.ix_(free, free)] = np.linalg.inv(information[np.ix_(free, free)])
    parts = np.split(theta[1:], np.cumsum(cells.sizes)[:-1]) if cells.sizes else []
    eta = _eta(cells, theta)
    return Fit(float(theta[0]), tuple(parts), eta, expit(eta), inverse)


def offsets(cells: Cells) -> list[int]:
    """Return where each family's levels start in a vector over intercept and all levels."""
    return [int(start) for start in 1 + np.cumsum([0, *cells.sizes[:-1]])] if cells.sizes else []


def _log_odds(share: float) -> float:
    return float(np.log(share / (1 - share)))


def _free(cells: Cells) -> NDArray[np.bool_]:
    """Every level but the largest of its family, and none that no order has."""
    free = np.ones(1 + sum(cells.sizes), dtype=bool)
    for start, code, size in zip(offsets(cells), cells.codes, cells.sizes, strict=True):
        counts = np.bincount(code, weights=cells.n, minlength=size)
        free[start : start + size] = counts > 0
        free[start + int(np.argmax(counts))] = False
    return free


def _eta(cells: Cells, theta: Floats) -> Floats:
    eta = np.full(len(cells.n), theta[0])
    for start, code, size in zip(offsets(cells), cells.codes, cells.sizes, strict=True):
        eta += theta[start : start + size][code]
    return eta


def _totals(cells: Cells, weight: Floats) -> Floats:
    """Design transposed times a weight per cell."""
    sums = [np.bincount(code, weight, size) for code, size in zip(cells.codes, cells.sizes, strict=True)]
    return np.concatenate([[weight.sum()], *sums])


def _gram(cells: Cells, weight: Floats) -> Floats:
    """Design transposed times weight times design, from counts per pair of levels."""
    starts = offsets(cells)
    totals = _totals(cells, weight)
    gram = np.diag(totals)
    gram[0, :] = gram[:, 0] = totals
    for f, (at, code, size) in enumerate(zip(starts, cells.codes, cells.sizes, strict=True)):
        for g in range(f + 1, len(starts)):
            pair = np.bincount(code * cells.sizes[g] + cells.codes[g], weight, size * cells.sizes[g])
            block = pair.reshape(size, cells.sizes[g])
            gram[at : at + size, starts[g] : starts[g] + cells.sizes[g]] = block
            gram[starts[g] : starts[g] + cells.sizes[g], at : at + size] = block.T
    return gram
