"""How good are chances of labels against what is known: F1, accuracy, and whether 0.8 means 8 in 10.

Sources: expected calibration error, Naeini, Cooper, Hauskrecht, AAAI 2015; bootstrap of paired differences, Efron and
Tibshirani 1993, chapter 16.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Worlds drawn to see whether a difference could be chance.
DRAWS = 2_000
_DRAWN_AT_ONCE = 100


class Bin(NamedTuple):
    """Texts whose chance of the likeliest label lies between `low` and `high`: how many, the mean chance, the share right."""

    low: float
    high: float
    n: int
    chance: float
    right: float


def macro_f1(label: Ints, said: Ints, labels: int) -> float:
    """Mean over labels of the harmonic mean of precision and recall, 0 to 1; a label that nobody has or says counts 0."""
    counts = np.bincount(label * labels + said, minlength=labels * labels).astype(np.float64)
    return float(_macro_f1(counts.reshape(1, labels, labels))[0])


def reliability(chances: Floats, label: Ints, *, bins: int = 10) -> list[Bin]:
    """Return the bins of the likeliest label's chance that hold a text. `chances` (n, k), `label` (n,)."""
    top, right = chances.max(axis=1), chances.argmax(axis=1) == label
    of = np.minimum((top * bins).astype(np.int64), bins - 1)
    return [
        Bin(
            each / bins,
            (each + 1) / bins,
            int(here.sum()),
            float(top[here].mean()),
            float(right[here].mean()),
        )
        for each in range(bins)
        if (here := of == each).any()
    ]


def calibration_error(chances: Floats, label: Ints) -> float:
    """Mean distance between chance and share right over ten bins, 0 (as said) to 1. 0 for no texts."""
    found = reliability(chances, label) if len(label) else []
    return sum(one.n * abs(one.right - one.chance) for one in found) / max(len(label), 1)


def gain(
    label: Ints, new: Ints, old: Ints, group: Ints, labels: int, *, seed: int
) -> tuple[float, float, float]:
    """Return by how much the macro-F1 of `new` beats that of `old`: low, middle, high of 95 in 100 draws.

    All shape (n,). Whole groups are drawn, so that a text copied 100 times is one piece of evidence.
    """
    cells = labels * labels
    groups = int(group.max()) + 1
    both = np.zeros((groups, 2 * cells))
    np.add.at(both, (group, label * labels + new), 1)
    np.add.at(both, (group, cells + label * labels + old), 1)
    rng = np.random.default_rng(seed)
    # Poisson's bootstrap: each group as often as a draw of mean 1 says; in pieces, because there may be many groups.
    drawn = np.concatenate(
        [rng.poisson(1.0, (_DRAWN_AT_ONCE, groups)) @ both for _piece in range(DRAWS // _DRAWN_AT_ONCE)]
    )
    gains = _macro_f1(drawn[:, :cells].reshape(-1, labels, labels)) - _macro_f1(
        drawn[:, cells:].reshape(-1, labels, labels)
    )
    low, middle, high = np.quantile(gains, (0.025, 0.5, 0.975))
    return float(low), float(middle), float(high)


def _macro_f1(counts: Floats) -> Floats:
    """Of confusion counts, shape (m, k, k), rows what is known."""
    both = counts.sum(axis=1) + counts.sum(axis=2)
    right = 2 * np.diagonal(counts, axis1=1, axis2=2)
    return np.asarray(np.divide(right, both, out=np.zeros_like(both), where=both > 0).mean(axis=1))
