"""A few thousand centres that stand for any number of points.

Spherical k-means in two levels: a coarse one cuts the points into cells, a fine one works inside each cell, so that the
work grows with the root of the number of centres.

Source: Dhillon, Modha, "Concept decompositions for large sparse text data using clustering", Machine Learning 42,
2001.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from interlock.analytics.text.encoders import unit_rows

# After these rounds fewer than one point in fifty still changes its centre.
_ROUNDS = 4
_BLOCK = 2048


def quantise(
    points: NDArray[np.float32], weights: NDArray[np.float64], count: int, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Return about `count` unit rows near the points; the points themselves where there are no more.

    Args:
        points: shape (n, d), unit rows, different from each other.
        weights: shape (n,), > 0: how hard a point pulls its centre.
        count: > 0.

    Returns:
        Shape (m, d), m <= min(n, count) + the number of cells.
    """
    if len(points) <= count:
        return points
    cell_centres = _means(points, weights, round(np.sqrt(count)), rng)
    cells = nearest_row(points, cell_centres)
    fine = []
    for cell in range(len(cell_centres)):
        inside = np.flatnonzero(cells == cell)
        if len(inside):
            share = max(1, round(count * len(inside) / len(points)))
            fine.append(_means(points[inside], weights[inside], share, rng))
    return np.concatenate(fine)


def nearest_row(points: NDArray[np.float32], centres: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return which centre is most alike to each point; shapes (n, d), (m, d) to (n,)."""
    nearest = np.empty(len(points), dtype=np.int64)
    for start in range(0, len(points), _BLOCK):
        nearest[start : start + _BLOCK] = (points[start : start + _BLOCK] @ centres.T).argmax(axis=1)
    return nearest


def sums_of(
    points: NDArray[np.float32], weights: NDArray[np.float64], member_of: NDArray[np.int64], count: int
) -> NDArray[np.float32]:
    """Return the weighted sum of the members of each of `count` sets; shape (count, d)."""
    places = np.arange(len(points))
    members = scipy.sparse.csr_array(
        (weights.astype(np.float32), (member_of, places)), shape=(count, len(points))
    )
    return np.asarray(members @ points)


def _means(
    points: NDArray[np.float32], weights: NDArray[np.float64], count: int, rng: np.random.Generator
) -> NDArray[np.float32]:
    if len(points) <= count:
        return points
    centres = points[rng.choice(len(points), count, replace=False)]
    for _ in range(_ROUNDS):
        nearest = nearest_row(points, centres)
        # A centre that lost its last member stays where it was.
        held = np.bincount(nearest, minlength=count) > 0
        moved = unit_rows(sums_of(points, weights, nearest, count))
        centres = np.where(held[:, None], moved, centres)
    return centres[held]
