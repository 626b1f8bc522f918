"""Which groups stand out, each cause named once?

Every grouping tried (team x family, team, site, region ...) is judged by T1 against the
group's own mix, and the number of groupings is paid for: a fault is a priori as rare per
run, not per grouping. Then the likeliest group is named first, its excess is taken out
of all groups that overlap it, and only what still stands out without it is named next.
What was named is then left out of what is expected of it and of all others, and the
search is made once more, so that no fault raises the usual rate it is judged by.

Source: Kulldorff, Communications in Statistics 26 (1997), for the order by likelihood.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from interlock.analytics.statistics import (
    BROAD_SHARE,
    FALSE_SHARE,
    MIN_N,
    MIN_X,
    SURE,
    TIMES,
    MixFit,
    Posterior,
    RatePrior,
    fit_mix,
    fit_prior,
    half_again,
    posterior,
    q_values,
    tail_p_value,
)
from interlock.analytics.symptoms.cube import Codes, Cube, Floats, dense, join_codes
from interlock.analytics.symptoms.standing import GONE, STANDING, Recent, recent_part
from interlock.analytics.symptoms.worth import Worth, worth_of

MOST_NAMED = {"detected": 12, "watch": 5, "suspected": 3}
_SUSPECT_N, _SUSPECT_X = 10, 3
_LIKELIER_THAN_NOT = 0.5
_TARGET_WEIGHT = 1.0  # against a fixed target a group is judged by its own cases alone
_ABOVE_MIX = 1.2
_SURE_OF_TARGET = 0.975  # the one-sided half of a 95 % interval


@dataclass(frozen=True)
class Bar:
    """How far above the usual a group must be, and how surely.

    Attributes:
        min_n: cases below which a group is only suspected.
        runs: how many such searches the rule makes; each adds to the chances of a false alarm.
        looks: by how much that is because the same cases are read over shorter and longer times.
        points: limit as usual + points (0 to 1); half again the usual when None.
        whole: the grouping whose groups may stand for the whole company against a target.
        targets: groupings judged against a fixed share instead (T2), with that share.
    """

    min_n: int = MIN_N
    runs: float = 1.0
    looks: float = 1.0
    points: float | None = None
    whole: tuple[str, ...] = ()
    targets: Mapping[tuple[str, ...], float] = field(default_factory=dict)

    def limit(self, columns: tuple[str, ...], usual: Floats) -> Floats:
        """Return the rate a group must pass, shape (g,), 0 to 1."""
        if columns in self.targets:
            return np.full(usual.size, self.targets[columns])
        if self.points is not None:
            return np.minimum(usual + self.points, (1 + usual) / 2)
        return half_again(usual)

    def sure(self, columns: tuple[str, ...]) -> float:
        """Return the chance from which a group is named, 0 to 1."""
        return _SURE_OF_TARGET if columns in self.targets else SURE


@dataclass
class Groups:
    """One grouping of the cells, judged."""

    columns: tuple[str, ...]
    bar: Bar
    group: Codes
    first: Codes
    usable: NDArray[np.bool_]
    n: Floats
    x: Floats
    awaited: Floats
    usual_cell: Floats
    expected_cell: Floats
    prior: RatePrior
    expected_rate: Floats
    q: Floats

    def key(self, cube: Cube, group: int) -> tuple[str, ...]:
        """Return the keys of a group, one per column."""
        cell = self.first[group]
        return tuple(cube.levels[name][cube.codes[name][cell]] for name in self.columns)


@dataclass(frozen=True)
class Alarm:
    """A group that stands out; `probability` is the chance that it passes its bar."""

    columns: tuple[str, ...]
    key: tuple[str, ...]
    n: int
    x: int
    usual: float
    probability: float
    tier: str
    post: Posterior
    worth: Worth
    groups: Groups
    group: int
    cube: Cube
    recent: Recent | None = None


def find_alarms(
    cube: Cube,
    groupings: Sequence[tuple[str, ...]],
    mix: tuple[str, ...],
    bar: Bar | None = None,
    known: Sequence[Alarm] = (),
) -> list[Alarm]:
    """Return the groups of the current window that stand out, likeliest first, each cause once.

    Args:
        cube: counts of the window that is judged.
        groupings: combinations of columns to try; all are paid for.
        mix: columns to adjust for, besides the month.
        bar: how far above the usual counts; half again from 30 cases when not given.
        known: alarms of a shorter look; what they explain is not charged to others.
    """
    bar = bar or Bar()
    if cube.n.sum() == 0 or cube.x.sum() == 0:
        return []
    rare = _rareness(cube, groupings) / bar.runs
    surely = [alarm for alarm in known if alarm.tier == "detected"]
    named = np.zeros(cube.n.size, dtype=bool)
    for alarm in surely:
        named |= cube.holds(alarm.columns, alarm.key)
    fits = [_fit_of(cube, columns, mix) for columns in groupings]
    for _ in range(2):
        judged = [
            _judge(cube, columns, fit, rare, bar, named) for columns, fit in zip(groupings, fits, strict=True)
        ]
        _share_q_values(judged)
        alarms, sure = _name_once(cube, judged, surely)
        if not (sure & ~named).any():
            break
        named |= sure
    return alarms


def _rareness(now: Cube, groupings: Sequence[tuple[str, ...]]) -> float:
    """Return by how much trying several groupings makes a fault in any one group less likely.

    A run has as many faults as its finest grouping alone would have; they are shared out
    over all groups tried. 1.0 for one grouping, 1 / k for k groupings of one size.
    """
    sizes = [np.unique(join_codes(now, columns)[0]).size for columns in groupings]
    return max(sizes) / sum(sizes)


def alarms_against(
    cube: Cube, column: str, expected: Mapping[str, float], bar: Bar | None = None
) -> list[Alarm]:
    """Return the groups of one column that stand out from rates known beforehand, likeliest first.

    Args:
        cube: counts of the window that is judged.
        column: the column whose levels are the groups.
        expected: rate per level, 0 to 1; levels without one are not judged.
        bar: how far above the usual counts.
    """
    if cube.n.sum() == 0 or cube.x.sum() == 0:
        return []
    group, known = join_codes(cube, (column,))
    size = int(group.max()) + 1
    n, x = (np.bincount(group, weights=w, minlength=size) for w in (cube.n, cube.x))
    first = _first_cell(group, size)
    rate = np.array([expected.get(_level(cube, column, int(cell)), np.nan) for cell in first])
    usable = known[first] & (n > 0) & np.isfinite(rate)
    rate = np.nan_to_num(rate, nan=0.5)
    prior = fit_prior(x[usable], n[usable], rate[usable])
    usual_cell = cube.n * prior.usual(rate)[group]
    awaited = n * rate
    expected_cell = cube.n * rate[group]
    one = Groups(
        (column,), bar or Bar(), group, first, usable, n, x, awaited, usual_cell, expected_cell, prior, rate,
        np.ones(size),
    )  # fmt: skip
    _share_q_values([one])
    return _name_once(cube, [one], ())[0]


def _first_cell(group: Codes, size: int) -> Codes:
    first = np.zeros(size, dtype=np.int64)
    first[group[::-1]] = np.arange(group.size)[::-1]
    return first


def _level(cube: Cube, column: str, cell: int) -> str:
    code = cube.codes[column][cell]
    return cube.levels[column][code] if code >= 0 else ""


def _fit_of(now: Cube, columns: tuple[str, ...], mix: tuple[str, ...]) -> MixFit:
    """Fit what the mix of a grouping's groups leads one to expect, once for both searches."""
    adjust = [dense(now.codes[name]) for name in mix if columns != (name,)] + (
        [] if "due_month" in columns else [dense(now.months)]
    )
    return fit_mix(now.x, now.n, join_codes(now, columns)[0], adjust)


def _judge(
    now: Cube,
    columns: tuple[str, ...],
    fit: MixFit,
    rare: float,
    bar: Bar,
    named: NDArray[np.bool_],
) -> Groups:
    group, known = join_codes(now, columns)
    expected = fit.expected(named)
    size = int(group.max()) + 1
    n, x, awaited = (np.bincount(group, weights=w, minlength=size) for w in (now.n, now.x, expected))
    first = _first_cell(group, size)
    usable = known[first] & (n > 0)
    rate = awaited / np.maximum(n, 1)
    if columns in bar.targets:
        # Over target like everybody else is not the group's doing; only one grouping speaks for all.
        usable &= (x > _ABOVE_MIX * awaited) | ((n > now.n.sum() / 2) & (columns == bar.whole))
        rate = np.full(size, bar.targets[columns])
        prior = RatePrior(1.0, _TARGET_WEIGHT, BROAD_SHARE)
    else:
        prior = fit_prior(x[usable], n[usable], rate[usable], broad_share=BROAD_SHARE * rare)
    usual_cell = expected * prior.scale
    expected_cell = expected if columns not in bar.targets else now.n * bar.targets[columns]
    return Groups(
        columns,
        bar,
        group,
        first,
        usable,
        n,
        x,
        awaited,
        usual_cell,
        expected_cell,
        prior,
        rate,
        np.ones(size),
    )


def _share_q_values(judged: list[Groups]) -> None:
    tested = [g.usable & (g.n >= _SUSPECT_N) for g in judged]
    p = [
        tail_p_value(g.x[t], g.n[t], g.expected_rate[t], g.prior) for g, t in zip(judged, tested, strict=True)
    ]
    q = np.split(q_values(np.concatenate(p)), np.cumsum([part.size for part in p])[:-1])
    for groups, chosen, part in zip(judged, tested, q, strict=True):
        groups.q[chosen] = part


def _name_once(
    now: Cube, judged: list[Groups], known: Sequence[Alarm]
) -> tuple[list[Alarm], NDArray[np.bool_]]:
    """Return the alarms, and the cells of all groups that surely stand out, whether named or mended."""
    alarms: list[Alarm] = []
    passed: list[tuple[Groups, int]] = []
    sure = np.zeros(now.n.size, dtype=bool)
    left = now.x.copy()
    for groups in judged:
        for alarm in known:
            cells = now.holds(alarm.columns, alarm.key)
            if alarm.columns == groups.columns and cells.any():
                index = int(groups.group[np.argmax(cells)])
                passed.append((groups, index))
                left[cells] = np.minimum(left[cells], _explained(now, groups, index)[cells])
    for tier in ("detected", "watch", "suspected"):
        while sum(alarm.tier == tier for alarm in alarms) < MOST_NAMED[tier]:
            best = max(
                (pick for g in judged if (pick := _strongest(g, left, tier, alarms, passed))),
                key=lambda pick: pick[0],
                default=None,
            )
            if best is None:
                break
            _, groups, index = best
            cells = groups.group == index
            passed.append((groups, index))
            sure |= cells & (tier == "detected")
            alarm = _alarm(now, groups, index, tier, cells)
            if alarm.recent is None or alarm.recent.verdict != GONE:
                alarms.append(alarm)
            left[cells] = np.minimum(left[cells], _explained(now, groups, index)[cells])
    return alarms, sure


def _explained(now: Cube, groups: Groups, index: int) -> Floats:
    """Return the events that would be left in each cell had the group not stood out."""
    target = groups.bar.targets.get(groups.columns)
    if target is None:
        return groups.usual_cell
    beyond = groups.x[index] / groups.n[index] - target
    return np.asarray(np.minimum(groups.usual_cell, np.maximum(now.x - beyond * now.n, 0.0)))


def _strongest(
    groups: Groups, left: Floats, tier: str, alarms: list[Alarm], passed: list[tuple[Groups, int]]
) -> tuple[float, Groups, int] | None:
    x = np.bincount(groups.group, weights=left, minlength=groups.n.size)
    post = posterior(x, np.maximum(groups.n, 1), groups.expected_rate, groups.prior)
    sure = post.above(groups.bar.limit(groups.columns, post.usual)) >= groups.bar.sure(groups.columns)
    counted = (groups.n >= groups.bar.min_n) & (groups.x >= MIN_X)
    if tier == "detected":
        standing = sure & counted
    elif tier == "watch":
        awaited = post.usual * groups.n
        half_left = x - awaited >= 0.5 * (groups.x - awaited)
        likely = post.above(groups.bar.limit(groups.columns, post.usual)) >= _LIKELIER_THAN_NOT
        standing = counted & (groups.q <= FALSE_SHARE / groups.bar.looks) & likely & half_left
    else:
        standing = sure & ~counted & (groups.n >= _SUSPECT_N) & (groups.x >= _SUSPECT_X)
    standing &= groups.usable
    for other, index in passed:
        if other is groups:
            standing[index] = False
    if groups.columns in groups.bar.targets and any(alarm.n > groups.n.sum() / 2 for alarm in alarms):
        # The whole company is over target and named; a part of it must stand out from that.
        standing &= counted & (groups.x > TIMES * groups.awaited)
    if not standing.any():
        return None
    alike = np.inf if groups.columns in groups.bar.targets else groups.prior.kappa
    score = np.where(standing, _likelihood(x, groups.n, post.usual, alike), -np.inf)
    index = int(np.argmax(score))
    return float(score[index]), groups, index


def _likelihood(x: Floats, n: Floats, usual: Floats, kappa: float) -> Floats:
    """Poisson log-likelihood of the excess, discounted by the spread of ordinary groups."""
    awaited = np.maximum(n * usual, 1e-9)
    gain = x * np.log(np.maximum(x, 1e-9) / awaited) - (x - awaited)
    return np.asarray(np.where(x > awaited, gain, 0.0) / (1 + np.maximum(n - 1, 0) / (kappa + 1)))


def _alarm(now: Cube, groups: Groups, index: int, tier: str, cells: NDArray[np.bool_]) -> Alarm:
    full = posterior(groups.x, np.maximum(groups.n, 1), groups.expected_rate, groups.prior)
    recent = recent_part(now, cells, groups, full, index)
    if tier != "suspected" and recent and recent.verdict not in (STANDING, GONE):
        tier = "suspected"
    return Alarm(
        groups.columns,
        groups.key(now, index),
        round(groups.n[index]),
        round(groups.x[index]),
        float(full.usual[index]),
        float(full.above(groups.bar.limit(groups.columns, full.usual))[index]),
        tier,
        full,
        worth_of(now, cells),
        groups,
        index,
        now,
        recent,
    )
