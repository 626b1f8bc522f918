"""Learn feelings from texts whose labels are known, with honest chances: what came out on texts held back decides.

Multinomial logistic regression over TF-IDF of words and sign runs and over what the word lists say, by L-BFGS. Five folds, with
texts alike in one fold, so that a copied text never judges itself: the first chooses how strongly weights are held, all five
give the chances of every text from a model that did not see it. One temperature is fitted to these (Guo and others, "On
calibration of modern neural networks", ICML 2017).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy  # its larger parts load when they are asked for, a second later
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack
from scipy.special import log_softmax, softmax
from threadpoolctl import threadpool_limits

from interlock.analytics.feelings.bags import BUCKETS, Bag, bags_of
from interlock.analytics.feelings.model import Model, log_start
from interlock.analytics.feelings.scores import macro_f1

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FOLDS = 5
# Below these numbers a model would be noise: it stays with the word lists.
LEAST_TEXTS, LEAST_PER_LABEL = 200, 30
# More texts than this teach little more and cost minutes; the newest count.
MOST_TEXTS = 30_000
# How strongly weights are held towards 0, per text; in use the one with the least surprise on the first fold.
HOLDS = (3e-5, 1e-4, 3e-4, 1e-3)
# The word lists' part is held towards itself: without evidence a learnt model says what the lists say.
_START_HOLD = 1e-3
_STEPS = 80


class TooFewTexts(ValueError):
    """Not enough labelled texts to learn from; the message says how many are missing."""


@dataclass(frozen=True)
class Examples:
    """n labelled texts. `label` (n,) in 0..k-1; `weight` (n,) > 0; `group` (n,) near-duplicates; `start` (n, k)."""

    labels: tuple[str, ...]
    texts: Sequence[str]
    label: Ints
    weight: Floats
    group: Ints
    start: Floats


@dataclass(frozen=True)
class Learnt:
    """A model, and for every example the chances by a model that did not see its text: shape (n, k), calibrated."""

    model: Model
    unseen: Floats
    said: Ints  # the label shown for each, by marks that did not see it either


def learn(examples: Examples, *, seed: int) -> Learnt:
    """Learn a model.

    Raises:
        TooFewTexts: fewer than LEAST_TEXTS different texts, or than LEAST_PER_LABEL of two labels.
    """
    check_enough(examples)
    fold = np.random.default_rng(seed).permutation(examples.group.max() + 1)[examples.group] % FOLDS
    design = _Design.of(examples)
    logits = np.zeros_like(examples.start)
    # With several threads BLAS waits for itself on vectors of this size: 30 s of CPU instead of 1.
    with threadpool_limits(1):
        hold = min(HOLDS, key=lambda each: _surprise(design, examples, fold == 0, each))
        for number in range(FOLDS):
            held_back = fold == number
            logits[held_back] = design.logits(design.fitted(examples, ~held_back, hold), held_back)
        model = design.model(examples, design.fitted(examples, np.ones(len(fold), dtype=bool), hold))
    temperature = _temperature(logits, examples)
    unseen = np.asarray(softmax(temperature * logits, axis=1), dtype=np.float64)
    said = np.zeros(len(fold), dtype=np.int64)
    for number in range(FOLDS):
        others = fold != number
        said[~others] = (unseen[~others] * _balance(unseen[others], examples.label[others])).argmax(axis=1)
    balance = _balance(unseen, examples.label)
    return Learnt(replace(model, temperature=temperature, balance=balance), unseen, said)


def check_enough(examples: Examples) -> None:
    """Raise TooFewTexts, see `learn`. Texts alike count once."""
    different = len(np.unique(examples.group))
    if different < LEAST_TEXTS:
        raise TooFewTexts(f"{different} different labelled texts; learning begins with {LEAST_TEXTS}.")
    counts = np.array(
        [len(np.unique(examples.group[examples.label == each])) for each in range(len(examples.labels))]
    )
    enough = int((counts >= LEAST_PER_LABEL).sum())
    if enough < 2:
        raise TooFewTexts(
            f"{enough} of the labels {', '.join(examples.labels)} have {LEAST_PER_LABEL} different texts; learning needs two."
        )


@dataclass(frozen=True)
class _Design:
    """The examples as a sparse matrix (n, f) of the features seen twice or more, and the word lists' part (n, k)."""

    x: csr_array
    start: Floats
    feature: NDArray[np.int32]
    rarity: NDArray[np.float32]

    @classmethod
    def of(cls, examples: Examples) -> _Design:
        bags = bags_of(examples.texts)
        n = len(examples.texts)
        halves = [_counted(bag, offset, n) for bag, offset in ((bags.words, 0), (bags.runs, BUCKETS))]
        features = [feature for feature, _rarity, _x in halves]
        return cls(
            csr_array(hstack([x for _feature, _rarity, x in halves])),
            log_start(examples.start),
            np.concatenate(features).astype(np.int32),
            np.concatenate([rarity for _feature, rarity, _x in halves]).astype(np.float32),
        )

    def fitted(self, examples: Examples, rows: NDArray[np.bool_], hold: float) -> Floats:
        """Parameters (f + k + 1, k): weights, the word lists' part, bias. Penalised maximum likelihood."""
        x, start, label = self.x[rows], self.start[rows], examples.label[rows]
        weight = examples.weight[rows] / examples.weight[rows].sum()
        f, k = x.shape[1], len(examples.labels)
        turned = csr_array(x.T)
        trusted = np.concatenate([np.zeros((f, k)), np.eye(k), np.zeros((1, k))])
        held = np.concatenate([np.full(f, hold), np.full(k, _START_HOLD), [0.0]])[:, None]

        def loss(flat: Floats) -> tuple[float, Floats]:
            moved = flat.reshape(-1, k)
            parameters = moved + trusted
            logs = log_softmax(_logits(x, start, parameters), axis=1)
            wrong = weight[:, None] * np.exp(logs)
            wrong[np.arange(len(label)), label] -= weight
            slope = np.concatenate([turned @ wrong, start.T @ wrong, wrong.sum(axis=0, keepdims=True)])
            fit = -float(weight @ logs[np.arange(len(label)), label])
            return fit + float((held * moved**2).sum()) / 2, (slope + held * moved).ravel()

        found = scipy.optimize.minimize(
            loss,
            np.zeros((f + k + 1) * k),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": _STEPS, "ftol": 1e-6},
        )
        return np.asarray(found.x.reshape(-1, k) + trusted, dtype=np.float64)

    def logits(self, parameters: Floats, rows: NDArray[np.bool_]) -> Floats:
        return _logits(self.x[rows], self.start[rows], parameters)

    def model(self, examples: Examples, parameters: Floats) -> Model:
        f, k = len(self.feature), len(examples.labels)
        return Model(
            labels=examples.labels,
            feature=self.feature,
            rarity=self.rarity,
            weight=parameters[:f].astype(np.float32),
            start=parameters[f : f + k],
            bias=parameters[-1],
            balance=np.ones(k),
            temperature=1.0,
            learnt_from=len(examples.texts),
        )


def _logits(x: csr_array, start: Floats, parameters: Floats) -> Floats:
    f, k = x.shape[1], start.shape[1]
    return np.asarray(x @ parameters[:f] + start @ parameters[f : f + k] + parameters[-1])


def _counted(bag: Bag, offset: int, n: int) -> tuple[Ints, Floats, csr_array]:
    """Features seen in two texts or more, how rare each is, and the texts' unit rows over them."""
    once = np.unique(bag.text * BUCKETS + bag.feature)
    texts_with = np.bincount(once % BUCKETS, minlength=BUCKETS)
    kept = np.flatnonzero(texts_with >= 2)
    rarity = np.log((1 + n) / (1 + texts_with[kept])) + 1
    column = np.full(BUCKETS, -1)
    column[kept] = np.arange(len(kept))
    seen = column[bag.feature] >= 0
    rows, columns = bag.text[seen], column[bag.feature[seen]]
    squares = np.bincount(rows, weights=rarity[columns] ** 2, minlength=n)
    values = rarity[columns] / np.sqrt(squares[rows])
    return kept + offset, rarity, csr_array((values, (rows, columns)), shape=(n, len(kept)))


def _surprise(design: _Design, examples: Examples, held_back: NDArray[np.bool_], hold: float) -> float:
    """Mean log loss on texts held back."""
    logs = log_softmax(design.logits(design.fitted(examples, ~held_back, hold), held_back), axis=1)
    label, weight = examples.label[held_back], examples.weight[held_back]
    return -float(weight @ logs[np.arange(len(label)), label] / weight.sum())


def _temperature(logits: Floats, examples: Examples) -> float:
    """The factor of the logits with the least log loss, between 1/5 and 5."""
    rows = np.arange(len(logits))

    def loss(log_factor: float) -> float:
        logs = log_softmax(np.exp(log_factor) * logits, axis=1)
        return -float(examples.weight @ logs[rows, examples.label])

    return float(
        np.exp(scipy.optimize.minimize_scalar(loss, bounds=(-np.log(5), np.log(5)), method="bounded").x)
    )


def _balance(chances: Floats, label: Ints) -> Floats:
    """Factors of the chances by which the likeliest label has the best macro-F1, shape (k,); the first is 1.

    A rare label such as "neutral" is seldom the likeliest; by chances alone it would never be shown.
    """
    k = chances.shape[1]
    balance = np.ones(k)
    tried = np.exp(np.linspace(-1.5, 1.5, 31))
    for _round in range(2):
        for each in range(1, k):
            options = [np.where(np.arange(k) == each, factor, balance) for factor in tried]
            balance = max(options, key=lambda one: macro_f1(label, (chances * one).argmax(axis=1), k))
    return balance
