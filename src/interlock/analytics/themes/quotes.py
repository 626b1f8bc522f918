"""Which texts of a theme say best what it is about, each in another way?

Source: Carbonell, Goldstein, "The use of MMR", SIGIR 1998, for quotes that differ.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from interlock.analytics.text.cleaning import compared

_QUOTES, _QUOTE_CANDIDATES = 3, 60
# Shorter ones are no sentence, longer ones are not read.
_QUOTE_SIGNS = (20, 240)
# How much a quote must differ from those chosen before; .5 weighs both alike.
_DIFFERENCE = 0.5


def quotes_of(
    texts: Sequence[str], vectors: NDArray[np.float32], inside: NDArray[np.int64]
) -> tuple[int, ...]:
    """Return the most typical text, then those that are typical and unlike the ones before."""
    likeness = vectors[inside] @ vectors[inside].mean(axis=0)
    fit = np.array([_QUOTE_SIGNS[0] <= len(texts[place]) <= _QUOTE_SIGNS[1] for place in inside])
    order = np.lexsort((-likeness, ~fit))[:_QUOTE_CANDIDATES]
    chosen: list[int] = []
    said: set[str] = set()
    while len(chosen) < _QUOTES and len(order):
        before = vectors[inside[chosen]]
        alike = (vectors[inside[order]] @ before.T).max(axis=1) if chosen else np.zeros(len(order))
        best = int((likeness[order] - _DIFFERENCE * alike - ~fit[order]).argmax())
        words = compared(texts[inside[order[best]]])
        if words not in said:
            chosen.append(int(order[best]))
            said.add(words)
        order = np.delete(order, best)
    return tuple(int(inside[place]) for place in chosen)
