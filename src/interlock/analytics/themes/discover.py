"""What do these texts talk about, when nobody has said how many things there are?

The texts are stood for by at most 3,000 micro-clusters; these are joined to a graph of shared neighbours, and its
communities are the themes. How fine the communities are is chosen without any label: over resamples of the
micro-clusters, the resolution whose themes are best apart (mean silhouette) wins. The themes' own graph, cut at the
resolution of plain modularity, gives the upper level. Where several languages are spoken, each is cut as if it were alone.

Sources: as in graph.py; Rousseeuw, "Silhouettes", Journal of Computational and Applied Mathematics 20, 1987.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from interlock.analytics.themes.errors import NothingToGroupError
from interlock.analytics.themes.graph import Graph, communities, neighbours, shared_neighbours
from interlock.analytics.themes.model import Assigned, ThemeModel, assign
from interlock.analytics.themes.quantise import nearest_row, quantise, sums_of
from interlock.analytics.themes.spoken import NEIGHBOURS, language_of

MOST_MICRO, MOST_IN_ALL = 3_000, 6_000
# More texts than these say nothing new about 3,000 centres; the rest is only assigned.
SAMPLE = 50_000
# Half a power of two apart, from "a dozen themes" to "one theme for a handful of micro-clusters".
RESOLUTIONS = tuple(float(2.0 ** (step / 2)) for step in range(-2, 11))
_RESAMPLES, _RESAMPLED_SHARE = 2, 0.8
# Fewer different texts than this are one theme: there is nothing to compare silhouettes with.
_LEAST_POINTS = 8
# A theme smaller than one voice in 2,000, or than five, is joined to the one nearest to it: nothing is said of fewer than five.
LEAST_SHARE, LEAST_VOICES = 1 / 2_000, 5
REACH_QUANTILE = 0.05
_LEAST_FOR_REACH = 20


def discover(
    vectors: NDArray[np.float32],
    weights: NDArray[np.float64],
    *,
    encoder: str,
    seed: int,
    new_id: Callable[[], str],
    language: NDArray[np.int64] | None = None,
) -> tuple[ThemeModel, Assigned]:
    """Find themes, and the theme of every text.

    Args:
        vectors: shape (n, d), unit rows; rows of zeros (no text) belong to no theme.
        weights: shape (n,), voices behind each text, > 0.
        encoder: Encoder.version of the vectors.
        seed: the same seed and vectors give the same themes.
        new_id: called for the id of each micro-cluster, theme and group.
        language: shape (n,), see `spoken.languages_spoken`; None where all speak one.

    Raises:
        NothingToGroupError: no row but zeros.
    """
    rng = np.random.default_rng(seed)
    said = np.flatnonzero(vectors.any(axis=1))
    if not len(said):
        raise NothingToGroupError("There is no text to find themes in: every one of them is empty.")
    if len(said) > SAMPLE:
        said = np.sort(rng.choice(said, SAMPLE, replace=False))
    first, voices = _different(vectors[said], weights[said])
    points = vectors[said[first]]
    centres, parts = _centres_of(points, voices, None if language is None else language[said[first]], rng)
    micro = nearest_row(points, centres)
    theme, group = _cut(centres, np.bincount(micro, voices, minlength=len(centres)), parts, seed)
    model = ThemeModel(
        encoder=encoder,
        centres=centres,
        micro_ids=tuple(new_id() for _ in centres),
        weight=np.zeros(len(centres)),
        reach=reach_of(points, voices, micro, centres, theme),
        theme=theme,
        theme_ids=tuple(new_id() for _ in range(theme.max() + 1)),
        group=group,
        group_ids=tuple(new_id() for _ in range(group.max() + 1)),
    )
    assigned = assign(model, vectors)
    return weighed(model, assigned, weights), assigned


def _centres_of(
    points: NDArray[np.float32],
    voices: NDArray[np.float64],
    language: NDArray[np.int64] | None,
    rng: np.random.Generator,
) -> tuple[NDArray[np.float32], list[NDArray[np.int64]]]:
    """Return at most about 3,000 centres of each language, and which are whose; 6,000 of all languages.

    Where these are too few, each language gets the same number, and what one does not need goes to the others: with a share
    by size 600 English questions beside 4,200 comments lost half of their agreement with the labels.
    """
    centres = quantise(points, voices, MOST_MICRO, rng)
    if language is None:
        return centres, [np.arange(len(centres))]
    micro = nearest_row(points, centres)
    spoken = language_of(centres, micro, language)[micro]
    texts = np.bincount(spoken)
    found, left = [], MOST_IN_ALL
    for place, number in enumerate(np.argsort(texts)):
        share = min(int(texts[number]), MOST_MICRO, left // (len(texts) - place))
        left -= share
        if share:
            inside = spoken == number
            found.append(quantise(points[inside], voices[inside], share, rng))
    ends = np.cumsum([len(each) for each in found])
    return np.concatenate(found), np.split(np.arange(ends[-1]), ends[:-1])


def _cut(
    centres: NDArray[np.float32], weight: NDArray[np.float64], parts: Sequence[NDArray[np.int64]], seed: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the theme of each centre, the largest first, and the group of each theme.

    A resolution means finer themes in a larger graph, so that in one graph of two languages the smaller one would get hardly any.
    """
    theme = np.empty(len(centres), dtype=np.int32)
    groups: list[int] = []
    for part in parts:
        near = neighbours(centres[part], 2 * NEIGHBOURS)
        graph = shared_neighbours(near[:, :NEIGHBOURS])
        own = join_small(themes_in(centres[part], near, graph, seed=seed), centres[part], weight[part])
        theme[part] = own + len(groups)
        groups += (groups_of(graph, own, seed=seed) + max(groups, default=-1) + 1).tolist()
    order = _by_size(theme, weight)
    return np.argsort(order).astype(np.int32)[theme], np.array(groups, dtype=np.int32)[order]


def weighed(model: ThemeModel, assigned: Assigned, weights: NDArray[np.float64]) -> ThemeModel:
    """Return the model with the voices of these texts, and of no others, in its micro-clusters."""
    placed = assigned.micro >= 0
    weight = np.bincount(assigned.micro[placed], weights[placed], minlength=len(model.centres))
    return ThemeModel(**{**vars(model), "weight": weight.astype(np.float64)})


def themes_in(
    centres: NDArray[np.float32], near: NDArray[np.int32], graph: Graph, *, seed: int
) -> NDArray[np.int32]:
    """Return the theme of each centre, at the resolution that keeps themes best apart; shape (m,)."""
    if len(centres) < _LEAST_POINTS:
        return np.zeros(len(centres), dtype=np.int32)
    scores = resolution_scores(centres, near, seed=seed)
    if scores.max() <= 0:  # no cut leaves texts nearer to their own theme than to another
        return np.zeros(len(centres), dtype=np.int32)
    return communities(graph, RESOLUTIONS[int(scores.argmax())], seed=seed)


def resolution_scores(
    centres: NDArray[np.float32], near: NDArray[np.int32], *, seed: int
) -> NDArray[np.float64]:
    """Return the mean silhouette that each resolution reaches on resamples of the centres.

    Args:
        centres: shape (m, d), unit rows, m >= 2.
        near: shape (m, >= 10), their neighbours, the nearest first; spare ones replace those not drawn.

    Returns:
        One score for each resolution, -1 to 1.
    """
    rng = np.random.default_rng(seed)
    size = max(2, round(len(centres) * _RESAMPLED_SHARE))
    resamples = [np.sort(rng.choice(len(centres), size, replace=False)) for _ in range(_RESAMPLES)]

    def scored(turn: int) -> list[float]:
        drawn = resamples[turn]
        points, graph = centres[drawn], shared_neighbours(neighbours_within(near, drawn))
        cuts = (communities(graph, resolution, seed=seed + turn, rounds=1) for resolution in RESOLUTIONS)
        return [silhouette(points, cut) for cut in cuts]

    # Side by side: the search for communities, most of the work, lets other threads of the process run.
    with ThreadPoolExecutor(_RESAMPLES) as side_by_side:
        scores = np.array(list(side_by_side.map(scored, range(_RESAMPLES))))
    mean: NDArray[np.float64] = scores.mean(axis=0)
    return mean


def silhouette(points: NDArray[np.float32], member_of: NDArray[np.int32]) -> float:
    """Return the mean silhouette under the cosine distance; 0 for a point alone, and for one set or all alone.

    Means of cosines over a set are cosines with its sum, so no matrix of all pairs is needed.

    Args:
        points: shape (m, d), unit rows.
        member_of: shape (m,), 0 to k - 1.
    """
    size = np.bincount(member_of).astype(np.float64)
    if not 1 < len(size) < len(points):
        return 0.0
    sums = sums_of(points, np.ones(len(points)), member_of.astype(np.int64), len(size))
    likeness = (points @ sums.T).astype(np.float64)
    rows = np.arange(len(points))
    own_size = size[member_of]
    own = 1 - (likeness[rows, member_of] - 1) / np.maximum(own_size - 1, 1)
    distance = 1 - likeness / size
    distance[rows, member_of] = np.inf
    other = distance.min(axis=1)
    apart = (other - own) / np.maximum(np.maximum(other, own), 1e-9)
    return float(np.where(own_size > 1, apart, 0.0).mean())


def join_small(
    theme: NDArray[np.int32], centres: NDArray[np.float32], weight: NDArray[np.float64]
) -> NDArray[np.int32]:
    """Return themes of which none is smaller than five voices or one in 2,000, numbered by size, the largest first.

    Where all are that small, there is nothing to join them to, and they stay.

    Args:
        theme: shape (m,); centres: shape (m, d); weight: shape (m,), voices.
    """
    voices = np.bincount(theme, weight)
    small = voices < max(LEAST_SHARE * weight.sum(), LEAST_VOICES)
    if small.any() and not small.all():
        means = sums_of(centres, np.ones(len(centres)), theme.astype(np.int64), len(voices))
        means /= np.bincount(theme)[:, None]
        likeness = means @ means.T
        likeness[:, small] = -2.0
        target = np.where(small, likeness.argmax(axis=1), np.arange(len(voices)))
        theme = target[theme].astype(np.int32)
    rank = np.argsort(_by_size(theme, weight))
    return np.unique(rank[theme], return_inverse=True)[1].astype(np.int32)


def _by_size(theme: NDArray[np.int32], weight: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the numbers of the themes, the one of the most voices first."""
    return np.argsort(-np.bincount(theme, weight), kind="stable")


def groups_of(graph: Graph, theme: NDArray[np.int32], *, seed: int) -> NDArray[np.int32]:
    """Return the group of each theme: communities of themes at the resolution of plain modularity; shape (k,)."""
    rows = np.arange(len(theme))
    member = scipy.sparse.csr_array((np.ones(len(theme)), (theme, rows)))
    between = scipy.sparse.csr_array(member @ graph @ member.T)
    between.setdiag(0)
    between.eliminate_zeros()
    between.sort_indices()
    return communities(between, 1.0, seed=seed)


def reach_of(
    points: NDArray[np.float32],
    weights: NDArray[np.float64],
    micro: NDArray[np.int64],
    centres: NDArray[np.float32],
    theme: NDArray[np.int32],
) -> NDArray[np.float32]:
    """Return how like its nearest centre a text of the theme must be: the 5 % quantile of texts held out; (m,).

    A text helped to make its own centre, so it is compared with the centre its fellow members would have made, or,
    when it had none, with the nearest other centre.
    """
    sums = sums_of(points, weights, micro, len(centres))
    own = np.einsum("nd,nd->n", points, sums[micro])
    rest = sums[micro] - weights[:, None].astype(np.float32) * points
    length = np.sqrt(np.einsum("nd,nd->n", rest, rest))
    alone = np.bincount(micro, minlength=len(centres))[micro] == 1
    held_out = (own - weights) / np.maximum(length, 1e-9)
    held_out[alone] = _next_best(points[alone], centres, micro[alone])
    everywhere = float(np.quantile(held_out, REACH_QUANTILE))
    reach = np.full(theme.max() + 1, everywhere, dtype=np.float32)
    theme_of = theme[micro]
    for number in range(len(reach)):
        inside = held_out[theme_of == number]
        if len(inside) >= _LEAST_FOR_REACH:
            reach[number] = np.quantile(inside, REACH_QUANTILE)
    return reach[theme]


def _different(
    vectors: NDArray[np.float32], weights: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the place of each different row, in order of appearance, and the weight of all its copies."""
    whole = np.ascontiguousarray(vectors).view(f"V{vectors.shape[1] * vectors.itemsize}").ravel()
    first_of: dict[bytes, int] = {}
    number = np.array([first_of.setdefault(row.tobytes(), len(first_of)) for row in whole])
    return np.unique(number, return_index=True)[1], np.bincount(number, weights)


def neighbours_within(near: NDArray[np.int32], drawn: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return the first ten neighbours of each drawn point that were drawn too, by their new numbers."""
    number = np.full(len(near), -1, dtype=np.int32)
    number[drawn] = np.arange(len(drawn))
    found = number[near[drawn]]
    first = np.argsort(found < 0, axis=1, kind="stable")[:, :NEIGHBOURS]
    found = np.take_along_axis(found, first, axis=1)
    # Where fewer were drawn, the point itself stands in: it is its own neighbour already.
    return np.where(found < 0, np.arange(len(drawn), dtype=np.int32)[:, None], found)


def _next_best(
    points: NDArray[np.float32], centres: NDArray[np.float32], own: NDArray[np.int64]
) -> NDArray[np.float32]:
    best = np.zeros(len(points), dtype=np.float32)
    if len(centres) > 1:
        for start in range(0, len(points), 1024):
            near = points[start : start + 1024] @ centres.T
            near[np.arange(len(near)), own[start : start + 1024]] = -2.0
            best[start : start + 1024] = near.max(axis=1)
    return best
