"""Is the harm still there? A long window must not name a fault that was mended in the middle of it.

A window longer than 90 days is judged twice: as a whole, and by its own recent part. The
recent part must be above the usual, surely (80 in 100), and likelier than not by a quarter
of what the whole is above it. Where it has too few cases, or is above the usual but not
surely, the group is only suspected; where it is not above it, nothing is said.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc

from interlock.analytics.statistics import MIN_N, SURE, Posterior
from interlock.analytics.symptoms.cube import Cube

if TYPE_CHECKING:
    from interlock.analytics.symptoms.search import Groups

STANDING, GONE, UNSURE = "standing", "gone", "unsure"
LIKELIER_THAN_NOT = 0.5
QUARTER = 0.25  # of the excess: a fault that is being mended still stands, one that is mended does not
OWN_WEIGHT = 2.0
MOST_PARTS = 2  # of 90 days each: what lies further back is not recent


@dataclass(frozen=True)
class Recent:
    """The recent part of an alarm: x of n over so many days, and what it says of the harm."""

    x: int
    n: int
    days: int
    verdict: str


def recent_part(
    cube: Cube, cells: NDArray[np.bool_], groups: "Groups", full: Posterior, index: int
) -> Recent | None:
    """Judge the last 90 days of a group, or the last 180 where 90 hold too few cases.

    Args:
        cube: counts of the window that is judged.
        cells: the cells of the group, shape (c,).
        groups: the grouping it belongs to.
        full: the posterior over the whole window.
        index: the group in the grouping.

    Returns:
        None when the window is not longer than its recent part.
    """
    if cube.parts.size == 0 or cube.parts.max() == 0:
        return None
    least = min(MIN_N, groups.bar.min_n)
    parts = range(1, 2 if groups.columns == ("due_month",) else MOST_PARTS + 1)
    for count in parts:
        inside = cells & (cube.parts < count)
        n = float(cube.n[inside].sum())
        if n >= least:
            break
    x, days = float(cube.x[inside].sum()), 90 * count
    if n == 0:
        return Recent(0, 0, days, GONE)
    usual = float(groups.prior.usual(np.array([float(groups.expected_cell[inside].sum()) / n]))[0])
    times = float(full.mean[index] / full.usual[index])
    return Recent(round(x), round(n), days, _verdict(x, n, usual, times, enough=n >= least))


def _verdict(x: float, n: float, usual: float, times: float, *, enough: bool) -> str:
    """Judge the recent part by its own cases; a prior worth two cases at the usual only steadies it."""
    a, b = OWN_WEIGHT * usual + x, OWN_WEIGHT * (1 - usual) + n - x
    quarter = min(usual * (1 + QUARTER * max(times - 1, 0.0)), 1.0)
    above, by_a_quarter = 1 - betainc(a, b, usual), 1 - betainc(a, b, quarter)
    if above < LIKELIER_THAN_NOT:
        return GONE
    return STANDING if enough and above >= SURE and by_a_quarter >= LIKELIER_THAN_NOT else UNSURE
