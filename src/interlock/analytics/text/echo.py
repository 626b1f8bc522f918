"""From which likeness on do two texts say nearly the same?

Cosines of different encoders are not comparable, so each has levels of its own, found on banking77 (10,003 questions
of 77 intents): of pairs that reach the level, how many ask for the same? `benchmarks/echo.py` prints the table.
Short questions ("card arrival") reach a level as rightly as whole sentences do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from interlock.analytics.text.duplicates import Echo
from interlock.analytics.text.own_encoder import PREFIX


@dataclass(frozen=True)
class Levels:
    """Cosines from which texts count as alike. `right` are the shares of labelled pairs that meant the same."""

    strict: float
    usual: float
    loose: float
    right: tuple[float, float, float]


MINILM = Levels(0.85, 0.75, 0.65, (0.96, 0.81, 0.55))
STUDENT = Levels(0.87, 0.78, 0.69, (0.95, 0.8, 0.55))

# Where to look, in groups of like texts. On banking77 in 3,006 groups the nearest 96 held 99.9 of 100 texts alike by the
# usual level and 97 by the loose one; no text alike by either lay in a group whose centre was less alike than this below it.
NEAREST_GROUPS, CENTRE_BELOW = 96, 0.2


def is_measured(encoder: str) -> bool:
    """Tell whether levels are known for an encoder, by its version. Those of others lie elsewhere: with a multilingual
    E5 nearly all pairs of questions to a bank were more alike than 0.75, and four in five asked for the same only from 0.94 on."""
    return not encoder.startswith(PREFIX)


def levels_of(encoder: str) -> Levels:
    """Return the levels of an encoder, by its version; a student's where none were measured."""
    return MINILM if encoder.startswith("minilm") else STUDENT


def echo_from(
    level: float, likeness: NDArray[np.float32], voices: NDArray[np.int64], customers: NDArray[np.int64]
) -> Echo:
    """Count rows, voices and customers whose likeness reaches the level.

    Args:
        level: a cosine.
        likeness: shape (n,).
        voices: shape (n,), a number for who said what.
        customers: shape (n,), a number for who spoke; 0 for one that nobody knows.
    """
    heard = likeness >= level
    known = customers[heard]
    return Echo(int(heard.sum()), len(np.unique(voices[heard])), len(np.unique(known[known != 0])))
