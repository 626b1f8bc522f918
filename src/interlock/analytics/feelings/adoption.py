"""May a learnt model take the place of the word lists? Only where it is better on texts that it did not see, beyond chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from interlock.analytics.feelings.learning import Examples, Learnt
from interlock.analytics.feelings.scores import calibration_error, gain, macro_f1


@dataclass(frozen=True)
class Verdict:
    """What the comparison found. F1 are means over the labels, 0 to 1; `low` and `high` hold 95 in 100 of the gain."""

    adopted: bool
    lists_f1: float
    learnt_f1: float
    low: float
    high: float
    lists_error: float  # expected calibration error, 0 to 1
    learnt_error: float


def verdict(examples: Examples, learnt: Learnt, *, seed: int) -> Verdict:
    """Compare a model with the word lists on the texts it was learnt from, each judged without itself."""
    k = len(examples.labels)
    lists = np.asarray(examples.start.argmax(axis=1), dtype=np.int64)
    low, _middle, high = gain(examples.label, learnt.said, lists, examples.group, k, seed=seed)
    return Verdict(
        adopted=low > 0,
        lists_f1=macro_f1(examples.label, lists, k),
        learnt_f1=macro_f1(examples.label, learnt.said, k),
        low=low,
        high=high,
        lists_error=calibration_error(examples.start, examples.label),
        learnt_error=calibration_error(learnt.unseen, examples.label),
    )
