"""Has the share of bad words, or of new people, shifted beyond chance? A beta-binomial tail per stream.

What is usual is remembered slowly, what is recent quickly; both as counts that fade, eight bytes each.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import scipy  # its larger parts load when they are asked for, a second later
from numpy.typing import NDArray

F32 = NDArray[np.float32]
# Cases the usual share is worth at most. Real shares wander more than their counts tell: simulated ones that drift by three
# tenths of a logit from day to day break a budget at 200 and keep it at 50 (tests/analytics/test_outcry_people.py).
WORTH = 50.0
SMALLEST = 1e-15  # chance that is still told apart from none


@dataclass
class Shares:
    """For n streams: cases with and cases in all, recent and usual. Sixteen bytes a stream."""

    recent_with: F32
    recent_all: F32
    usual_with: F32
    usual_all: F32


def new_shares(streams: int) -> Shares:
    return Shares(*(np.zeros(streams, np.float32) for _ in range(4)))


def joined(one: Shares, other: Shares) -> Shares:
    """The streams of the one, then those of the other."""
    return Shares(
        **{
            each.name: np.concatenate([getattr(one, each.name), getattr(other, each.name)])
            for each in fields(Shares)
        }
    )


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


@dataclass(frozen=True)
class Shift:
    """Of k streams: the recent share, the usual one before it, and how unlikely so high a share is, as powers of ten."""

    recent: NDArray[np.float64]
    usual: NDArray[np.float64]
    cases: NDArray[np.float64]  # recent
    known: NDArray[np.float64]  # cases behind the usual share
    power: NDArray[np.float64]  # 3.0 is one in a thousand


def shifts(shares: Shares, rows: NDArray[np.int64]) -> Shift:
    """Compare the recent share of some streams with their usual one.

    Args:
        shares: n streams.
        rows: shape (k,), 0 to n - 1.

    Returns:
        Arrays of shape (k,); a stream without recent or without earlier cases has shares of 0 and a power of 0.
    """
    recent_with, cases = (one[rows].astype(np.float64) for one in (shares.recent_with, shares.recent_all))
    known = np.maximum(shares.usual_all[rows] - cases, 0.0)
    before = np.clip(shares.usual_with[rows] - recent_with, 0.0, known)
    usual, worth = (before + 0.5) / (known + 1), np.minimum(known + 1, WORTH)
    counted = np.round(cases)
    seen = np.minimum(np.round(recent_with), counted)
    tail = scipy.stats.betabinom.sf(seen - 1, np.maximum(counted, 1), usual * worth, (1 - usual) * worth)
    power = np.where((counted > 0) & (known >= 1), -np.log10(np.maximum(tail, SMALLEST)), 0.0)
    return Shift(
        recent=np.where(cases > 0, recent_with / np.maximum(cases, 1e-9), 0.0),
        usual=np.where(known >= 1, before / np.maximum(known, 1e-9), 0.0),
        cases=cases,
        known=known,
        power=np.maximum(power, 0.0),
    )
