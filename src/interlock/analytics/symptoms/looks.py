"""How far back must be looked to tell? As little as the number of cases allows.

Ninety days are the present. Where they hold few cases, 180 are judged instead, and then a
year as well (two where even a year is thin): the short look finds what began lately, the
long one what is too rare to show in a season. Both looks are paid for as if they were
groupings, and the long one names nothing that its own recent part does not bear out.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import ibis.expr.types as ir

from interlock.analytics.symptoms.cube import PART_DAYS, Cube, Period, cube_of
from interlock.analytics.symptoms.search import MOST_NAMED, Alarm, Bar, find_alarms

ENOUGH = 6000  # cases from which one look is enough: about 100 groups of 60
THIN = 2000  # cases below which a look is made twice as long: about 30 groups of 60
LONGEST_DAYS = 730
# The chances of a false alarm are shared out between the looks; the present gets the most of them.
SHARES = {1: (1.0,), 2: (0.75, 0.25)}


def longest_before(last: date) -> date:
    """Return the first day that the longest look may reach back to."""
    return last - timedelta(days=LONGEST_DAYS - 1)


def looks(facts: ir.Table, columns: tuple[str, ...], first: date, last: date) -> list[Cube]:
    """Return the counts of the look, or of the short and the long look.

    Args:
        facts: rows with `on` (day), `month`, `hit`, `amount` and the columns.
        columns: group columns.
        first: the first day of the facts; no look begins before it.
        last: the last day judged.
    """

    def start(days: int) -> date:
        return max(last - timedelta(days=days - 1), first)

    present = cube_of(facts, columns, Period(start(PART_DAYS), last))
    if present.n.sum() >= ENOUGH or start(PART_DAYS) == first:
        return [present]
    whole = cube_of(facts, columns, Period(start(LONGEST_DAYS), last))
    days = PART_DAYS if present.n.sum() >= THIN else 2 * PART_DAYS
    short = whole.since(start(days), days // PART_DAYS)
    if short.n.sum() >= ENOUGH or start(days) == first:
        return [short]
    # A year is four parts and five days; the five days are let go.
    year = whole.since(start(4 * PART_DAYS), 4)
    return [short, year if year.n.sum() >= THIN else whole]


def look_for_alarms(
    facts: ir.Table,
    columns: tuple[str, ...],
    groupings: Sequence[tuple[str, ...]],
    mix: tuple[str, ...],
    days: tuple[date, date],
    bar: Bar | None = None,
) -> list[Alarm]:
    """Return the groups that stand out in any look, each cause once; arguments as for `find_alarms`.

    `days` are the first day of the facts and the last day judged.
    """
    cubes = looks(facts, columns, *days)
    bar = bar or Bar()
    alarms: list[Alarm] = []
    for cube, share in zip(cubes, SHARES[len(cubes)], strict=True):
        paid = replace(bar, runs=bar.runs / share, looks=1 / share)
        found = find_alarms(cube, groupings, mix, paid, alarms)
        sure = [alarm for alarm in found if alarm.tier == "detected"]
        again = {(alarm.columns, alarm.key) for alarm in sure}
        alarms = [alarm for alarm in alarms if (alarm.columns, alarm.key) not in again]
        known = {(alarm.columns, alarm.key) for alarm in alarms}
        alarms += sure + [a for a in found if a.tier != "detected" and (a.columns, a.key) not in known]
    return _few_suspected(alarms)


def _few_suspected(alarms: list[Alarm]) -> list[Alarm]:
    """Keep all that is named or watched, and of the suspected the surest few."""
    suspected = sorted((a for a in alarms if a.tier == "suspected"), key=lambda a: -a.probability * a.x)
    kept = [id(alarm) for alarm in suspected[: MOST_NAMED["suspected"]]]
    return [alarm for alarm in alarms if alarm.tier != "suspected" or id(alarm) in kept]
