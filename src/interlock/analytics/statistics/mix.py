"""What would a group's own mix of regions, families, months and channels lead one to expect?

Indirect standardisation by a multiplicative model: rate of a cell = overall rate x one
factor per level of each mix variable x one factor per group. Factors are found by
iterative proportional fitting with gamma penalties. A group's factor is held back more
strongly (10 events) than a mix factor (1 event), so that what a region can explain is
never charged to the team that merely sells there; where both vary, the data decide.

Source: Breslow, Day, "Statistical Methods in Cancer Research" II (1987), 2.3 and 4;
Deming, Stephan, Annals of Mathematical Statistics 11 (1940).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]

MIX_HOLD = 1.0  # events that a mix factor is drawn towards 1 by
GROUP_HOLD = 10.0  # events that a group factor is drawn towards 1 by
ROUNDS = 25
CLOSE = 1e-3


@dataclass(frozen=True)
class MixFit:
    """The model fitted to all cells, from which it is asked what is expected.

    Attributes:
        x: events per cell, shape (c,).
        n: cases per cell, shape (c,).
        group: group of each cell, codes from 0, shape (c,).
        mix: level of each cell per mix variable, codes from 0, each shape (c,).
        fitted: events expected of each cell, the group's own factor left out, shape (c,).
        factors: factor of each level, per mix variable.
    """

    x: Floats
    n: Floats
    group: Codes
    mix: Sequence[Codes]
    fitted: Floats
    factors: list[Floats]

    def expected(self, judged: Mask | None = None) -> Floats:
        """Return the events that each cell's mix leads one to expect; `judged` as for `expected_events`."""
        fitted = self.fitted
        if judged is not None and judged.any() and not judged.all():
            rest = np.where(judged, 0.0, self.x), np.where(judged, 0.0, self.n)
            if rest[0].sum() > 0:
                _, factors = _fit(*rest, self.group, self.mix, self.factors)
                fitted = self.n * (rest[0].sum() / rest[1].sum())
                for codes, factor in zip(self.mix, factors, strict=True):
                    fitted = fitted * factor[codes]
        return np.asarray(np.minimum(fitted, 0.95 * self.n))


def fit_mix(x: Floats, n: Floats, group: Codes, mix: Sequence[Codes]) -> MixFit:
    """Fit the model to all cells; arguments as for `expected_events`."""
    if x.size == 0 or n.sum() == 0:
        return MixFit(x, n, group, mix, np.zeros_like(n, dtype=float), [])
    fitted, factors = _fit(x, n, group, mix, [np.ones(int(codes.max()) + 1) for codes in mix])
    return MixFit(x, n, group, mix, fitted, factors)


def expected_events(
    x: Floats, n: Floats, group: Codes, mix: Sequence[Codes], judged: Mask | None = None
) -> Floats:
    """Return the events that each cell's mix leads one to expect, its group's own factor left out.

    Args:
        x: events per cell, shape (c,), >= 0.
        n: cases per cell, shape (c,), >= 0.
        group: group of each cell, codes from 0, shape (c,).
        mix: level of each cell per mix variable, codes from 0, each shape (c,).
        judged: cells that stand out, shape (c,): they do not shape what is expected of them. A level that
            occurs in such cells alone keeps the factor that all cells give it, so that it is not charged
            to the group.

    Returns:
        Shape (c,), 0 to 0.95 n; sums to about the sum of x over the cells not judged. Zeros where no case
        exists.
    """
    return fit_mix(x, n, group, mix).expected(judged)


def _fit(
    x: Floats, n: Floats, group: Codes, mix: Sequence[Codes], towards: list[Floats]
) -> tuple[Floats, list[Floats]]:
    """Fit the factors of all mix variables, each drawn towards the one given; the group's own apart."""
    factors = [factor.copy() for factor in towards]
    own = np.ones(int(group.max()) + 1)
    # Events stay as they are from round to round, and each factor is laid on its cells once.
    seen = [_summed(x, codes, factor.size) for codes, factor in zip(mix, factors, strict=True)]
    seen_own = _summed(x, group, own.size)
    in_cells = [factor[codes] for codes, factor in zip(mix, factors, strict=True)]
    fitted = n * (x.sum() / n.sum())  # base x all mix factors, kept up to date as each factor moves
    for in_cell in in_cells:
        fitted = fitted * in_cell
    for _ in range(ROUNDS):
        moved = 0.0
        own_cell = own[group]
        for index, codes in enumerate(mix):
            fitted /= in_cells[index]
            awaited = _summed(fitted * own_cell, codes, factors[index].size)
            factor = (seen[index] + MIX_HOLD * towards[index]) / (awaited + MIX_HOLD)
            moved = max(moved, float(np.abs(factor - factors[index]).max()))
            in_cells[index] = factor[codes]
            fitted *= in_cells[index]
            factors[index] = factor
        own = (seen_own + GROUP_HOLD) / (_summed(fitted, group, own.size) + GROUP_HOLD)
        if moved < CLOSE:
            break
    return fitted, factors


def _summed(values: Floats, codes: Codes, levels: int) -> Floats:
    return np.asarray(np.bincount(codes, weights=values, minlength=levels), dtype=np.float64)
