"""A text as a bag of hashed features: words, pairs of neighbouring words, and runs of 2 to 5 signs within words.

All texts of a batch are one array of code points, and every feature is a hash over a stretch of it (a polynomial hash by
prefix sums, as Rabin and Karp's), so that no Python loop touches a word. Hashing needs no vocabulary to be kept or looked up.

Source: Weinberger and others, "Feature hashing for large scale multitask learning", ICML 2009.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Hashes = NDArray[np.uint64]

# Buckets of each half, words and sign runs: 50,000 texts of one company fill about half of them.
BUCKETS = 2**18
RUNS = (2, 3, 4, 5)
# A feeling shows in the first lines; what follows in a letter of 10 MB is an attachment.
LONGEST = 2_000
_SPACE = 32
_BASE = np.uint64(0x9E3779B97F4A7C15)
_INVERSE = np.uint64(pow(int(_BASE), -1, 2**64))
_TABLE = (
    0x3000  # code points below are looked up; above stand scripts without spaces and emoji, all of them kept
)
_FEELING = 2
# 0 is no part of a word, 1 a letter or digit, 2 a sign of feeling: an emoji, an exclamation or question mark.
_KINDS = np.array(
    [_FEELING if 0x2190 <= point < 0x2C00 else int(chr(point).isalnum()) for point in range(_TABLE)] + [1]
)
_KINDS[[ord("!"), ord("?")]] = _FEELING


@dataclass(frozen=True)
class Bag:
    """Features of a batch of n texts, one half of them (words or sign runs), in the order of the texts.

    `feature` (m,) in 0..BUCKETS-1 and `text` (m,) non-decreasing; `start` and `end` are places in `signs`.
    """

    feature: Ints
    text: Ints
    start: Ints
    end: Ints


@dataclass(frozen=True)
class Bags:
    """Both halves, and the signs they were made of: shape (s,), code points."""

    n: int
    words: Bag
    runs: Bag
    signs: NDArray[np.uint32]


def bags_of(texts: Sequence[str]) -> Bags:
    """Return the features of texts; a text without words has none."""
    signs, owner = _signs(texts)
    hashed = _Hashing(signs)
    return Bags(len(texts), _words(signs, owner, hashed), _runs(signs, owner, hashed), signs)


def _signs(texts: Sequence[str]) -> tuple[NDArray[np.uint32], Ints]:
    """All texts as code points, and whose each is: small letters, digits as 0, nothing thrice, spaces for the rest."""
    cut = [text[:LONGEST].lower() for text in texts]
    # Two spaces around each text, so that no run of signs reaches from one into the next.
    joined = "  " + "  ".join(cut) + "  " * bool(cut)
    signs = np.frombuffer(joined.encode("utf-32-le", "replace"), dtype=np.uint32).copy()
    owner = np.concatenate([[0, 0], np.repeat(np.arange(len(cut)), [len(text) + 2 for text in cut])])
    signs[(signs >= ord("0")) & (signs <= ord("9"))] = ord("0")
    signs[_KINDS[np.minimum(signs, _TABLE)] == 0] = _SPACE
    thrice = (signs[2:] == signs[1:-1]) & (signs[1:-1] == signs[:-2])
    keep = np.concatenate([[True, True], ~thrice])
    return signs[keep], owner[keep].astype(np.int64)


class _Hashing:
    """Hashes of any stretches of the signs, from the sums of their beginnings."""

    def __init__(self, signs: NDArray[np.uint32]) -> None:
        one = np.ones(1, dtype=np.uint64)
        power: Hashes = np.cumprod(np.concatenate([one, np.full(len(signs), _BASE)]))
        self.inverse: Hashes = np.cumprod(np.concatenate([one, np.full(len(signs), _INVERSE)]))
        sums = np.cumsum(signs * power[:-1], dtype=np.uint64)
        self.sums: Hashes = np.concatenate([np.zeros(1, dtype=np.uint64), sums])

    def __call__(self, start: Ints, end: Ints) -> Hashes:
        return np.asarray((self.sums[end] - self.sums[start]) * self.inverse[start])


def _words(signs: NDArray[np.uint32], owner: Ints, hashed: _Hashing) -> Bag:
    """Words and pairs of neighbours. A sign of feeling is a word of its own."""
    kind = _KINDS[np.minimum(signs, _TABLE)]
    before = np.concatenate([[0], kind[:-1]])
    after = np.concatenate([kind[1:], [0]])
    start = np.flatnonzero((kind > 0) & ((kind != before) | (kind == _FEELING)))
    end = np.flatnonzero((kind > 0) & ((kind != after) | (kind == _FEELING))) + 1
    text, hashes = owner[start], hashed(start, end)
    beside = np.flatnonzero(text[1:] == text[:-1])
    pairs = hashes[beside] * _BASE + hashes[beside + 1]
    order = np.argsort(np.concatenate([text, text[beside]]), kind="stable")
    return Bag(
        _bucket(np.concatenate([hashes, pairs]))[order],
        np.concatenate([text, text[beside]])[order],
        np.concatenate([start, start[beside]])[order],
        np.concatenate([end, end[beside + 1]])[order],
    )


def _runs(signs: NDArray[np.uint32], owner: Ints, hashed: _Hashing) -> Bag:
    """Runs of 2 to 5 signs that hold no space but at their ends."""
    spaces = np.concatenate([[0], np.cumsum(signs == _SPACE)])
    starts, lengths = [], []
    for length in RUNS:
        start = np.arange(max(len(signs) - length + 1, 0))
        inside = spaces[start + length - 1] - spaces[start + 1]
        found = start[(inside == 0) & (spaces[start + length] - spaces[start] < length)]
        starts.append(found)
        lengths.append(np.full(len(found), length))
    begin, size = np.concatenate(starts), np.concatenate(lengths)
    # A run that begins with the space before a word belongs to the word's text.
    text = owner[begin + (signs[begin] == _SPACE)]
    order = np.argsort(text, kind="stable")
    begin, size = begin[order], size[order]
    features = _bucket(hashed(begin, begin + size) + size.astype(np.uint64))
    return Bag(features, text[order], begin, begin + size)


def _bucket(hashes: Hashes) -> Ints:
    """The bucket of a hash: its upper bits, after every bit has been let decide (SplitMix64's last step)."""
    hashes = (hashes ^ (hashes >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    hashes = (hashes ^ (hashes >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((hashes ^ (hashes >> np.uint64(31))) >> np.uint64(46)).astype(np.int64)
