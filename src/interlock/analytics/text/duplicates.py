"""Which texts say the same, word for word or nearly? And how many voices are that?

Equal words (after `cleaning.compared`) are one group. Longer texts also join when at least 80 % of their pairs of
neighbouring words are the same: copied letters with another name in them. Candidates come from MinHash signatures cut into bands;
each is then checked exactly, so that chance collisions never join anything. Linear in the number of texts, whatever they
are: within a band a text is compared with the band's first and with its neighbour, not with all.

Sources: Broder, "On the resemblance and containment of documents", 1997; Leskovec, Rajaraman, Ullman, "Mining of
Massive Datasets", chapter 3.
"""

from __future__ import annotations

import zlib
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from interlock.analytics.text.cleaning import compared

Ints = NDArray[np.int64]
Words = NDArray[np.uint64]

# Share of equal word pairs from which two texts are one: a letter of 20 words with one changed, or 40 with three. At 0.7
# "how long does it take to get my new card" and "... my pin" were one in banking77, which is another matter.
ALIKE = 0.8
# Below this a changed word changes the matter ("my card was late", "my parcel was late"): only equal texts join.
SHORTEST = 8
# 12 bands of 4: a pair alike by .8 becomes a candidate 998 times in 1,000; one by .3, 9 times in 100, fails the check.
_BANDS, _ROWS = 12, 4
_CHUNK = 20_000


@dataclass(frozen=True)
class Echo:
    """How widely something is said: rows, voices (texts alike from one customer are one), customers known by key."""

    rows: int
    voices: int
    customers: int


def voice_groups(texts: Sequence[str]) -> Ints:
    """Return the group of each text, shape (n,), numbered from 0 in the order of first sight.

    A text without words or emoji says nothing and is alone. Which texts are grouped does not depend on their order.
    """
    numbers: dict[str, int] = {}
    own = np.empty(len(texts), dtype=np.int64)
    for place, text in enumerate(texts):
        words = compared(text)
        own[place] = numbers.setdefault(words or f"\0{place}", len(numbers))
    joined = _joined([words.split() if words[:1] != "\0" else [] for words in numbers])
    _, first, group = np.unique(joined[own], return_index=True, return_inverse=True)
    order = np.empty(len(first), dtype=np.int64)
    order[np.argsort(first)] = np.arange(len(first))
    return np.asarray(order[group])


def echo(groups: Sequence[Hashable] | Ints, customers: Sequence[str]) -> Echo:
    """Count rows, voices and customers. Rows whose customer is unknown ("") are one voice for each group."""
    voices = set(zip(_plain(groups), customers, strict=True))
    return Echo(len(customers), len(voices), len({customer for customer in customers if customer}))


def _plain(groups: Sequence[Hashable] | Ints) -> Sequence[Hashable]:
    return groups.tolist() if isinstance(groups, np.ndarray) else groups


def _joined(texts: list[list[str]]) -> Ints:
    """A component number for each different text: those nearly alike share one."""
    component = np.arange(len(texts))
    long = np.flatnonzero([len(words) >= SHORTEST for words in texts])
    if not len(long):
        return component
    shingled: dict[int, set[tuple[str, str]]] = {}

    def shingles(place: int) -> set[tuple[str, str]]:
        if place not in shingled:
            shingled[place] = set(zip(texts[place], texts[place][1:], strict=False))
        return shingled[place]

    edges = np.empty((0, 2), dtype=np.int64)
    for some in _candidates([texts[place] for place in long]):
        pairs = long[some]
        # What earlier bands joined needs no second look: 100,000 letters alike cost one look each.
        pairs = pairs[component[pairs[:, 0]] != component[pairs[:, 1]]]
        alike = [_alike(shingles(one), shingles(other)) for one, other in pairs.tolist()]
        edges = np.concatenate([edges, pairs[np.array(alike, dtype=bool)]])
        graph = coo_array((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(len(texts),) * 2)
        component = connected_components(graph, directed=False)[1].astype(np.int64)
    return component


def _alike(one: set[tuple[str, str]], other: set[tuple[str, str]]) -> bool:
    shared = len(one & other)
    return shared >= ALIKE * (len(one) + len(other) - shared)


def _candidates(texts: list[list[str]]) -> Iterator[Ints]:
    """Band by band the pairs of places to look at, shape (pairs, 2), at most two for each text."""
    # Ties within a band are ordered by the text itself, so that the result does not depend on the order of the texts.
    ties = np.array([zlib.crc32(" ".join(words).encode()) for words in texts], dtype=np.uint64)
    signatures = np.concatenate(
        [_signatures(texts[start : start + _CHUNK]) for start in range(0, len(texts), _CHUNK)]
    )
    for band in range(_BANDS):
        keys = _mixed(signatures[:, band * _ROWS : (band + 1) * _ROWS])
        order = np.lexsort((ties, keys))
        same = keys[order][1:] == keys[order][:-1]
        starts = np.concatenate([[0], np.flatnonzero(~same) + 1])
        firsts = np.repeat(order[starts], np.diff(np.append(starts, len(order))))
        later = np.flatnonzero(same) + 1
        beside = np.stack([order[later], order[later - 1]], axis=1)
        with_first = np.stack([order[later], firsts[later]], axis=1)
        yield np.unique(np.concatenate([beside, with_first]), axis=0).astype(np.int64)


def _signatures(texts: list[list[str]]) -> Words:
    """The least of 48 hashes over the word pairs of each text, shape (n, 48)."""
    lengths = np.array([len(words) for words in texts])
    hashed = np.array([zlib.crc32(word.encode()) for words in texts for word in words], dtype=np.uint64)
    pairs = hashed[:-1] * np.uint64(0x9E3779B97F4A7C15) + hashed[1:]
    ends = np.cumsum(lengths)
    inside = np.ones(len(hashed) - 1, dtype=bool)
    inside[ends[:-1] - 1] = False  # the pair of a text's last word and the next text's first
    pairs, starts = pairs[inside], np.concatenate([[0], np.cumsum(lengths - 1)[:-1]])
    least = [np.minimum.reduceat(_spread(pairs ^ salt), starts) for salt in _SALTS]
    return np.stack(least, axis=1)


def _mixed(rows: Words) -> Words:
    """One number for each row of several."""
    mixed = np.zeros(len(rows), dtype=np.uint64)
    for column in rows.T:
        mixed = _spread(mixed ^ column)
    return mixed


def _spread(numbers: Words) -> Words:
    """SplitMix64's last step: every bit of a number decides about every bit of the result."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))


_SALTS = _spread(np.arange(1, _BANDS * _ROWS + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15))
