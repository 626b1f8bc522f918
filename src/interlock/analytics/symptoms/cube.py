"""A small table of counts that stands for millions of rows: one pass, then numpy.

A cube has one cell per combination of group columns and month. Rules share it, so each
fact table is read once.
"""

from dataclasses import dataclass, replace
from datetime import date

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from interlock.analytics.symptoms.bench import YEAR_DAYS

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
MONTH = "month"
PART = "part"
PART_DAYS = 90
CURRENCY = "currency"


@dataclass(frozen=True)
class Period:
    """The days judged."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """Number of days judged."""
        return (self.last - self.first).days + 1

    @property
    def per_year(self) -> float:
        """How often the period fits into a year."""
        return YEAR_DAYS / self.days

    @property
    def params(self) -> dict[str, str]:
        """The period as a row query carries it."""
        return {"from": self.first.isoformat(), "to": self.last.isoformat()}


@dataclass(frozen=True)
class Cube:
    """Counts per cell of the days judged.

    Attributes:
        period: the days judged.
        codes: level of each cell per column, -1 where the record has none, each shape (c,).
        levels: the levels' keys per column.
        n: cases; x: events; amount: money on all cases; hit_amount: money on events; all (c,).
        months: month number of each cell, (c,).
        parts: age of each cell in steps of 90 days, 0 for the last 90 days of the window, (c,).
    """

    period: Period
    codes: dict[str, Codes]
    levels: dict[str, list[str]]
    n: Floats
    x: Floats
    amount: Floats
    hit_amount: Floats
    months: Codes
    parts: Codes

    def holds(self, columns: tuple[str, ...], key: tuple[str, ...]) -> NDArray[np.bool_]:
        """Return which cells belong to a group, shape (c,)."""
        inside = np.ones(self.n.size, dtype=bool)
        for name, part in zip(columns, key, strict=True):
            level = self.levels[name].index(part) if part in self.levels[name] else -2
            inside &= self.codes[name] == level
        return inside

    def since(self, first: date, parts: int) -> "Cube":
        """Return the counts of the last `parts` times 90 days, which begin on `first`."""
        chosen = self.parts < parts
        kept = {name: codes[chosen] for name, codes in self.codes.items()}
        sums = (self.n, self.x, self.amount, self.hit_amount)
        n, x, amount, hit_amount = (values[chosen] for values in sums)
        return replace(
            self, period=Period(first, self.period.last), codes=kept, n=n, x=x, amount=amount,
            hit_amount=hit_amount, months=self.months[chosen], parts=self.parts[chosen],
        )  # fmt: skip


def cube_of(facts: ir.Table, columns: tuple[str, ...], period: Period) -> Cube:
    """Count facts of a period by columns, month and part.

    Args:
        facts: rows with `on` (day), `hit` (0 or 1), `amount` (may be null), `month` and the columns.
        columns: group columns of type string.
        period: the days counted.

    Where the facts have a `currency` it is one more column, as amounts of two currencies are never added.
    """
    columns += (CURRENCY,) if CURRENCY in facts.columns else ()
    age = ibis.literal(period.last).delta(facts.on, unit="day").cast("int64")
    facts = facts.filter(facts.on >= period.first).mutate(part=(age / PART_DAYS).floor().cast("int64"))
    counted = facts.group_by([*columns, MONTH, PART]).agg(
        n=ibis._.count(),
        x=ibis._.hit.sum(),
        amount_sum=ibis._.amount.sum(),
        hit_amount=(ibis._.amount * ibis._.hit).sum(),
    )
    return _from_arrow(counted.to_pyarrow(), columns, period)


def _from_arrow(cells: pa.Table, columns: tuple[str, ...], period: Period) -> Cube:
    codes: dict[str, Codes] = {}
    levels: dict[str, list[str]] = {}
    for name in columns:
        codes[name], levels[name] = _in_order(cells[name])
    numbers = {name: cells[name].fill_null(0).to_numpy().astype(np.int64) for name in (MONTH, PART)}
    # Engines return groups in any order, and sums of floats and ties would follow it.
    order = np.lexsort([*codes.values(), *numbers.values()])
    return Cube(
        period,
        {name: of_column[order] for name, of_column in codes.items()},
        levels,
        _floats(cells["n"])[order],
        _floats(cells["x"])[order],
        _floats(cells["amount_sum"])[order],
        _floats(cells["hit_amount"])[order],
        numbers[MONTH][order],
        numbers[PART][order],
    )


def _in_order(column: pa.ChunkedArray) -> tuple[Codes, list[str]]:
    """Return a code per cell, -1 where the record has none, and the levels in the order of the alphabet."""
    encoded = column.combine_chunks().dictionary_encode()
    found = encoded.dictionary.to_pylist()
    levels = sorted(found)
    place = {level: code for code, level in enumerate(levels)}
    new = np.array([*(place[level] for level in found), -1], dtype=np.int64)
    return new[encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)], levels


def _floats(column: pa.ChunkedArray) -> Floats:
    return np.asarray(np.nan_to_num(column.cast(pa.float64()).to_numpy()), dtype=np.float64)


def dense(codes: Codes) -> Codes:
    """Return codes renumbered from 0 without gaps; unknown (-1) becomes a level of its own."""
    return np.unique(codes, return_inverse=True)[1].astype(np.int64)


def join_codes(cube: Cube, columns: tuple[str, ...]) -> tuple[Codes, NDArray[np.bool_]]:
    """Return one group code per cell for a combination of columns, and whether all are known."""
    known = np.ones(cube.n.size, dtype=bool)
    joined = np.zeros(cube.n.size, dtype=np.int64)
    for name in columns:
        known &= cube.codes[name] >= 0
        joined = joined * (len(cube.levels[name]) + 1) + cube.codes[name] + 1
    return dense(joined), known
