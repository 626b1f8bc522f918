"""Invented texts as vectors: tight bundles of directions, so that the true themes are known."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray


def bundles(
    sizes: list[int], *, seed: int, dimension: int = 32, spread: float = 0.08
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return unit rows around random directions, shuffled, and the bundle of each."""
    rng = np.random.default_rng(seed)
    heads = np.random.default_rng(99).normal(size=(len(sizes), dimension))
    truth = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    heads /= np.linalg.norm(heads, axis=1, keepdims=True)
    points = heads[truth] + rng.normal(size=(len(truth), dimension)) * spread
    return (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32), truth


def numbered(word: str = "id") -> Callable[[], str]:
    """Return ids that count up."""
    numbers = itertools.count(1)
    return lambda: f"{word}-{next(numbers)}"


def agreement(left: NDArray[np.int32], right: NDArray[np.int64]) -> float:
    """Return the adjusted Rand index, counted over all pairs: slow and plain."""
    together_left = left[:, None] == left
    together_right = right[:, None] == right
    pairs = ~np.eye(len(left), dtype=bool)
    both = (together_left & together_right & pairs).sum()
    one, other, all_pairs = (together_left & pairs).sum(), (together_right & pairs).sum(), pairs.sum()
    chance = one * other / all_pairs
    return float((both - chance) / ((one + other) / 2 - chance))
