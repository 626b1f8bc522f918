"""Has the share of bad words, or of new people, shifted beyond chance? A beta-binomial tail per stream.

What is usual is remembered slowly, what is recent quickly; both as counts that fade, eight bytes each.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import betabinom

F32 = NDArray[np.float32]
WORTH = 200.0  # cases the usual share is worth at most: real shares wander more than their counts tell


@dataclass
class Shares:
    """For n streams: cases with and cases in all, recent and usual. Sixteen bytes a stream."""

    recent_with: F32
    recent_all: F32
    usual_with: F32
    usual_all: F32


def new_shares(streams: int) -> Shares:
    return Shares(*(np.zeros(streams, np.float32) for _ in range(4)))


def add(
    shares: Shares,
    with_it: NDArray[np.float64],
    in_all: NDArray[np.float64],
    *,
    recent_ticks: float,
    usual_ticks: float,
) -> None:
    """Let a tick's cases in, in place. `with_it` <= `in_all`, shape (n,); spans are those after which a case fades to 1/e."""
    for kept, came, span in (
        (shares.recent_with, with_it, recent_ticks),
        (shares.recent_all, in_all, recent_ticks),
        (shares.usual_with, with_it, usual_ticks),
        (shares.usual_all, in_all, usual_ticks),
    ):
        kept *= np.float32(1 - 1 / span)
        kept += came.astype(np.float32)


def chance_of_share(shares: Shares, stream: int) -> tuple[float, float, float]:
    """Return (recent share, usual share, chance of a recent share this high if nothing shifted).

    The usual share is that of the cases before the recent ones. Without cases: (0.0, 0.0, 1.0).
    """
    recent_with, recent_all = float(shares.recent_with[stream]), float(shares.recent_all[stream])
    before_all = max(float(shares.usual_all[stream]) - recent_all, 0.0)
    before_with = min(max(float(shares.usual_with[stream]) - recent_with, 0.0), before_all)
    cases = round(recent_all)
    if cases == 0 or before_all < 1:
        return (recent_with / recent_all if recent_all else 0.0), 0.0, 1.0
    usual = (before_with + 0.5) / (before_all + 1)
    worth = min(before_all + 1, WORTH)
    seen = min(round(recent_with), cases)
    tail = float(betabinom.sf(seen - 1, cases, usual * worth, (1 - usual) * worth))
    return recent_with / recent_all, before_with / before_all, tail
