"""Which of many points lie together?

Points are joined to their nearest neighbours, a joint is as strong as the share of neighbours two points have in
common, and communities are parts joined more strongly inside than their neighbours' number would give by chance.

Sources: Jarvis, Patrick, "Clustering using a similarity measure based on shared near neighbors", IEEE Transactions
on Computers 1973; Traag, Waltman, van Eck, "From Louvain to Leiden", Scientific Reports 9, 2019.
"""

from __future__ import annotations

from typing import Any

import graspologic_native
import numpy as np
import scipy.sparse
from numpy.typing import NDArray

Graph = Any  # scipy.sparse.csr_array, which has no types
_BLOCK = 1024


def neighbours(points: NDArray[np.float32], count: int) -> NDArray[np.int32]:
    """Return the nearest other points of each by cosine, the nearest first.

    Args:
        points: shape (m, d), unit rows.
        count: how many, at most m - 1 are returned.

    Returns:
        Shape (m, min(count, m - 1)).
    """
    count = max(0, min(count, len(points) - 1))
    nearest = np.empty((len(points), count), dtype=np.int32)
    for start in range(0, len(points), _BLOCK):
        near = points[start : start + _BLOCK] @ points.T
        rows = np.arange(len(near))[:, None]
        near[rows[:, 0], start + rows[:, 0]] = -2.0
        best = (
            np.argpartition(-near, count - 1, axis=1)[:, :count] if count else np.empty((len(near), 0), int)
        )
        order = np.argsort(-near[rows, best], axis=1, kind="stable")
        nearest[start : start + _BLOCK] = best[rows, order]
    return nearest


def shared_neighbours(nearest: NDArray[np.int32]) -> Graph:
    """Return the symmetric graph whose weights are the Jaccard index of two points' neighbours, self included.

    Args:
        nearest: shape (m, k), neighbours of each point.

    Returns:
        A sparse (m, m) array, weights above 1 / 15 and up to 1, no loops.
    """
    count, near = nearest.shape
    own = np.hstack([np.arange(count, dtype=np.int32)[:, None], nearest])
    starts = np.arange(0, own.size + 1, near + 1)
    member = scipy.sparse.csr_array((np.ones(own.size), own.ravel(), starts), shape=(count, count))
    graph = scipy.sparse.csr_array(member @ member.T)
    graph.data = graph.data / (2 * (near + 1) - graph.data)
    graph.setdiag(0)
    # The customary floor of shared-neighbour graphs: one shared neighbour of fifteen joins nothing.
    graph.data[graph.data < 1 / 15] = 0
    graph.eliminate_zeros()
    graph.sort_indices()
    return graph


def communities(graph: Graph, resolution: float, *, seed: int, rounds: int = 2) -> NDArray[np.int32]:
    """Return a community number for each point, 0 to k - 1; points without joints stand alone.

    Args:
        graph: symmetric, weights > 0, no loops.
        resolution: > 0; the higher, the more communities.
        rounds: of the whole search, > 0; the second still moves one point in twenty.
    """
    if graph.nnz == 0:  # the compiled code stops the process's thread on a graph without joints
        return np.arange(graph.shape[0], dtype=np.int32)
    _, found = graspologic_native.leiden_csr(
        graph.indptr.astype(np.int64),
        graph.indices.astype(np.int32),
        graph.data.astype(np.float64),
        graph.shape[0],
        resolution=resolution,
        iterations=rounds,
        seed=seed,
    )
    labels = np.full(graph.shape[0], -1, dtype=np.int64)
    labels[list(found.keys())] = list(found.values())
    alone = labels < 0
    labels[alone] = labels.max(initial=-1) + 1 + np.arange(alone.sum())
    return np.unique(labels, return_inverse=True)[1].astype(np.int32)
