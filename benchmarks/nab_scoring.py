"""The scoring rules of the Numenta Anomaly Benchmark, from their description (Lavin and Ahmad, ICMLA 2015).

Each labelled incident has a window. The first alarm inside it earns up to 1 (weight of a true positive), the more the
earlier it stands: a sigmoid over the place in the window, 0 just behind its right end. Each alarm outside earns a
penalty up to 0.11 (standard profile), the less the nearer behind a window it stands; before the first window it costs
all of it. A window without any alarm costs 1. The first 15 rows in a hundred, 750 at most, are not scored. The sum is
brought to a scale on which saying nothing is 0 and perfection is 100.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FALSE_POSITIVE = 0.11
PROBATION, PROBATION_ROWS = 0.15, 750
FAR = 3.0  # window lengths behind a window from which an alarm costs all
OUTSIDE, PROBATIONARY = -1, -2
Windows = list[tuple[int, int]]


def sigmoid(place: NDArray[np.float64]) -> NDArray[np.float64]:
    """Worth of a place: -1 is the left end of a window, 0 its right end, 1 one window length behind."""
    return np.where(place > FAR, -1.0, 2 / (1 + np.exp(5 * np.minimum(place, FAR))) - 1)


def worth_of_rows(rows: int, windows: Windows) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """What an alarm is worth in each row, and the window it stands in (-1 outside, -2 not scored).

    `windows` are first and last row, both inside, by time.
    """
    worth, window = np.full(rows, -FALSE_POSITIVE), np.full(rows, OUTSIDE)
    for number, (first, last) in enumerate(windows):
        length = last - first + 1
        inside = np.arange(first, last + 1)
        worth[inside] = sigmoid(-(last - inside + 1) / length) / sigmoid(np.array([-1.0]))[0]
        window[inside] = number
        until = windows[number + 1][0] if number + 1 < len(windows) else rows
        behind = np.arange(last + 1, until)
        worth[behind] = sigmoid((behind - last) / max(length - 1, 1)) * FALSE_POSITIVE
    window[: min(int(PROBATION * rows), PROBATION_ROWS)] = PROBATIONARY
    return worth, window


def raw_score(alarms: NDArray[np.bool_], windows: Windows) -> tuple[float, int, int]:
    """Return (sum of points, windows found, alarms outside) of one series."""
    worth, window = worth_of_rows(alarms.size, windows)
    outside = alarms & (window == OUTSIDE)
    points, found = float(worth[outside].sum()), 0
    for number in range(len(windows)):
        inside = alarms & (window == number)
        found += bool(inside.any())
        points += float(worth[inside].max()) if inside.any() else -1.0
    return points, found, int(outside.sum())


def normalised(points: float, windows: int) -> float:
    """0 for saying nothing, 100 for naming every window at its left end and nothing else."""
    return 100 * (points + windows) / (2 * windows)
