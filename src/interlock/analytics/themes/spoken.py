"""Which languages are spoken in a corpus, and which micro-clusters speak each?

A detector reads single texts, and short ones often wrongly. A micro-cluster speaks what most texts of its own and of its
neighbours are read as, so that single errors are outvoted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from interlock.analytics.text.encoders import Encoder
from interlock.analytics.text.languages import UNKNOWN, languages_of
from interlock.analytics.text.own_encoder import OwnEncoder
from interlock.analytics.themes.graph import neighbours

NEIGHBOURS = 10
# A language has themes of its own from so many texts on, and from this share: of 3,000 micro-clusters 150 are its own.
_LEAST_TEXTS, _LEAST_SHARE = 300, 0.05


def languages_apart(encoder: Encoder, texts: Sequence[str]) -> NDArray[np.int64] | None:
    """Return `languages_spoken`; None for an encoder of the user's own, which may know the same matter in two languages."""
    return None if isinstance(encoder, OwnEncoder) else languages_spoken(texts)


def languages_spoken(texts: Sequence[str]) -> NDArray[np.int64] | None:
    """Return the language of each text by number, the most spoken one 0; None where only one is spoken much.

    Args:
        texts: n texts.

    Returns:
        Shape (n,); -1 where it is unknown or spoken by fewer than 300 texts, or than one in twenty.
    """
    codes = [language.code for language in languages_of(texts)]
    said = Counter(code for code in codes if code != UNKNOWN)
    least = max(_LEAST_TEXTS, _LEAST_SHARE * said.total())
    spoken = [code for code, count in said.most_common() if count >= least]
    if len(spoken) < 2:
        return None
    number = {code: place for place, code in enumerate(spoken)}
    return np.array([number.get(code, -1) for code in codes])


def language_of(
    centres: NDArray[np.float32], micro: NDArray[np.integer[Any]], language: NDArray[np.int64] | None
) -> NDArray[np.int64]:
    """Return the language of each micro-cluster; the most spoken one, 0, where no text near it tells.

    Args:
        centres: shape (m, d), unit rows.
        micro: shape (n,), the micro-cluster of each text.
        language: shape (n,), see `languages_spoken`.

    Returns:
        Shape (m,), numbers from 0.
    """
    if language is None:
        return np.zeros(len(centres), dtype=np.int64)
    known = language >= 0
    votes = np.zeros((len(centres), int(language.max(initial=0)) + 1))
    np.add.at(votes, (micro[known], language[known]), 1)
    votes += votes[neighbours(centres, NEIGHBOURS)].sum(axis=1)
    return votes.argmax(axis=1)
