"""A learnt model of feelings: weights of hashed features, calibrated, kept as bytes that carry their hash.

The probabilities of k labels for a text are softmax(temperature x (bias + its features' weights + start x log of what
the word lists say)). Each half of the features has length 1 (cosine), as in TF-IDF.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from interlock.analytics.feelings.bags import BUCKETS, Bag, Bags, bags_of

Floats = NDArray[np.float64]
# Texts at once: their features take about 40 MB.
_BATCH = 4_000
_FORM = 1


class BrokenModel(ValueError):
    """The bytes are no model of this form, or were changed since they were written."""


@dataclass(frozen=True)
class Model:
    """Weights of the features that were seen in learning; words first, then sign runs from BUCKETS onward."""

    labels: tuple[str, ...]
    feature: NDArray[np.int32]  # (f,) ascending, 0..2 BUCKETS - 1
    rarity: NDArray[np.float32]  # (f,) inverse document frequency
    weight: NDArray[np.float32]  # (f, k)
    start: Floats  # (k, k): what the log-probabilities of the word lists add to each label
    bias: Floats  # (k,)
    balance: Floats  # (k,): the label shown is the one whose chance times this is the greatest
    temperature: float
    learnt_from: int  # texts

    @cached_property
    def version(self) -> str:
        """The first 12 digits of the hash of all numbers: equal models have equal names."""
        return hashlib.sha256(self._body()).hexdigest()[:12]

    @cached_property
    def _table(self) -> NDArray[np.float32]:
        """Per feature its rarity squared and, times its rarity, its weights; row 0 for a feature not seen."""
        return np.concatenate(
            [
                np.zeros((1, 1 + len(self.labels)), dtype=np.float32),
                np.concatenate([self.rarity[:, None] ** 2, self.rarity[:, None] * self.weight], axis=1),
            ]
        )

    @cached_property
    def _row(self) -> NDArray[np.int32]:
        """The row of each feature in the table, shape (2 BUCKETS,)."""
        rows = np.zeros(2 * BUCKETS, dtype=np.int32)
        rows[self.feature] = np.arange(1, len(self.feature) + 1)
        return rows

    def probabilities(self, texts: Sequence[str], start: Floats) -> Floats:
        """Return the probability of each label, shape (n, k).

        Args:
            texts: n of them; an empty one is judged by the word lists alone.
            start: shape (n, k), what the word lists say of the same labels.
        """
        if not len(texts):
            return np.empty((0, len(self.labels)))
        scores = [
            self._scores(bags_of(texts[place : place + _BATCH])) for place in range(0, len(texts), _BATCH)
        ]
        logits = self.bias + np.concatenate(scores) + log_start(start) @ self.start
        return np.asarray(softmax(self.temperature * logits, axis=1), dtype=np.float64)

    def shown(self, probabilities: Floats) -> NDArray[np.int64]:
        """Return the number of the label to show for each row of probabilities, shape (n,)."""
        return np.asarray((probabilities * self.balance).argmax(axis=1))

    def pushes(self, text: str, label: str) -> list[tuple[str, float]]:
        """Return the words of a text with what they add to a label's log-odds, in their order; each occurrence."""
        bags = bags_of([text])
        column = 1 + self.labels.index(label)
        per_sign = np.zeros(len(bags.signs))
        for offset, bag in ((0, bags.words), (BUCKETS, bags.runs)):
            rows = self._table[self._row[bag.feature + offset]].astype(np.float64)
            length = np.sqrt(rows[:, 0].sum()) or 1.0
            against = np.delete(rows[:, 1:], column - 1, axis=1).mean(axis=1)
            spread = self.temperature * (rows[:, column] - against) / length / (bag.end - bag.start)
            for start, end, value in zip(bag.start, bag.end, spread, strict=True):
                per_sign[start:end] += value
        return _by_word(bags.signs, per_sign)

    def _scores(self, bags: Bags) -> Floats:
        return self._half(bags.words, 0, bags.n) + self._half(bags.runs, BUCKETS, bags.n)

    def _half(self, bag: Bag, offset: int, n: int) -> Floats:
        sums = np.zeros((n, 1 + len(self.labels)))
        if len(bag.text):
            rows = self._table[self._row[bag.feature + offset]]
            first = np.flatnonzero(np.concatenate([[True], bag.text[1:] != bag.text[:-1]]))
            sums[bag.text[first]] = np.add.reduceat(rows, first, axis=0)
        length = np.sqrt(sums[:, :1])
        return np.divide(sums[:, 1:], length, out=np.zeros_like(sums[:, 1:]), where=length > 0)

    def to_bytes(self) -> bytes:
        """Return the model as bytes: 32 of hash, then NumPy's own form, which runs no code when read."""
        body = self._body()
        return hashlib.sha256(body).digest() + body

    def _body(self) -> bytes:
        file = io.BytesIO()
        about = {
            "form": _FORM,
            "labels": self.labels,
            "temperature": self.temperature,
            "learnt_from": self.learnt_from,
        }
        np.savez(
            file,
            about=np.frombuffer(json.dumps(about).encode(), dtype=np.uint8),
            feature=self.feature,
            rarity=self.rarity,
            weight=self.weight,
            start=self.start,
            bias=self.bias,
            balance=self.balance,
        )
        return file.getvalue()


def from_bytes(kept: bytes) -> Model:
    """Return the model that `to_bytes` wrote.

    Raises:
        BrokenModel: the hash does not fit, or the form is of another release.
    """
    digest, body = kept[:32], kept[32:]
    if hashlib.sha256(body).digest() != digest:
        raise BrokenModel(
            "The file of the model of feelings is not what was written (its hash differs). "
            "Let it be learnt anew; until then the word lists judge."
        )
    with np.load(io.BytesIO(body), allow_pickle=False) as read:
        about = json.loads(read["about"].tobytes())
        if about["form"] != _FORM:
            raise BrokenModel(
                f"The model of feelings has form {about['form']}, this release reads {_FORM}. Let it be learnt anew."
            )
        arrays = {name: read[name] for name in ("feature", "rarity", "weight", "start", "bias", "balance")}
    return Model(
        labels=tuple(about["labels"]),
        temperature=about["temperature"],
        learnt_from=about["learnt_from"],
        **arrays,
    )


def log_start(start: Floats) -> Floats:
    """Log-probabilities of the word lists, kept from minus infinity."""
    return np.asarray(np.log(np.clip(start, 1e-3, 1.0)))


def _by_word(signs: NDArray[np.uint32], per_sign: Floats) -> list[tuple[str, float]]:
    """Sum what was spread over signs by the words between spaces."""
    inside = np.concatenate([[False], signs != ord(" "), [False]])
    starts = np.flatnonzero(inside[1:] & ~inside[:-1])
    ends = np.flatnonzero(~inside[1:] & inside[:-1])
    text = signs.tobytes().decode("utf-32-le", "replace")
    return [
        (text[start:end], float(per_sign[start:end].sum())) for start, end in zip(starts, ends, strict=True)
    ]
