"""Which operational facts could move an outcome, and at which level does each order stand?

Every fact becomes a factor with named levels. Stage 1 facts are fixed when the order is placed, stage 2
facts come about while it is fulfilled: a factor is adjusted only for facts that are fixed no later than
itself, so that "several sellers" keeps the harm it does by being slow.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]

DAY = 86_400
YEAR_DAYS = 365.25
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
TENURES = ("new", "first year", "1 to 3 years", "over 3 years")
TENURE_EDGES = (30.0, YEAR_DAYS, 3 * YEAR_DAYS)  # days between the customer's start and the order
BANDS = ("low", "middle", "high")
FIFTHS = ("lowest fifth", "second fifth", "middle fifth", "fourth fifth", "highest fifth")
MOST_LEVELS = 40  # levels of a named fact beyond the 40 largest are one level "other"
MOST_FAMILIES = 12  # product families are only adjusted for: a dozen hold most orders
WHEN_ORDERED, WHEN_FULFILLED = 1, 2


@dataclass(frozen=True)
class Dose:
    """How much of a fact: a measure per order and the edges and names of the bins shown."""

    measure: Floats
    edges: tuple[float, ...]  # ascending; bin i holds edges[i-1] <= measure < edges[i]
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Factor:
    """A fact in levels. `codes` holds -1 where the records do not say; `tested` lists the levels judged."""

    name: str
    levels: tuple[str, ...]
    codes: Codes
    stage: int
    tested: tuple[int, ...]
    dose: Dose | None = None

    def machine_name(self, level: int) -> str:
        """`late` for a yes-or-no fact, `region: RJ` for one of several levels."""
        return self.name if self.tested == (1,) else f"{self.name}: {self.levels[level]}"

    def of(self, orders: Mask) -> "Factor":
        """The same factor over some of the orders."""
        dose = self.dose and replace(self.dose, measure=self.dose.measure[orders])
        return replace(self, codes=self.codes[orders], dose=dose)


@dataclass(frozen=True)
class Missing:
    """A factor that could not be tested, and why in plain words."""

    factor: str
    reason: str


def numbers(rows: pa.Table, name: str) -> Floats:
    """Return a column as doubles with NaN for null."""
    return np.asarray(rows[name].cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)


def yes_no(name: str, yes: Mask, known: Mask, words: tuple[str, str], stage: int) -> Factor:
    """Return a factor of two levels, of which the second is tested."""
    return Factor(name, words, np.where(known, yes.astype(np.int64), -1), stage, (1,))


def named(rows: pa.Table, column: str, *, most: int = MOST_LEVELS) -> tuple[tuple[str, ...], Codes]:
    """Return the levels of a text column, largest first, and the level per row; rare ones are "other"."""
    encoded = rows[column].combine_chunks().dictionary_encode()
    raw = np.asarray(encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False), dtype=np.int64)
    words = encoded.dictionary.to_pylist()
    counts = np.bincount(raw[raw >= 0], minlength=len(words))
    order = sorted(range(len(words)), key=lambda i: (-counts[i], words[i]))
    place = np.full(len(words) + 1, -1, dtype=np.int64)
    for rank, i in enumerate(order):
        place[i] = min(rank, most)
    levels = tuple(words[i] for i in order[:most]) + (("other",) if len(words) > most else ())
    return levels, place[raw]


def order_factors(rows: pa.Table) -> tuple[tuple[Factor, ...], tuple[Missing, ...]]:
    """Return what the rows of `facts.order_rows` let us test or adjust for, and what is missing."""
    builders: Sequence[tuple[str, Callable[[pa.Table], Factor | str]]] = (
        ("late", _late),
        ("several_sellers", _several_sellers),
        ("short_or_cancelled", _short),
        ("price_band", _price_band),
        ("region", _region),
        ("season", _season),
        ("tenure", _tenure),
        ("year", _year),
        ("lines", _lines),
        ("family", _family),
        ("channel", _channel),
    )
    made = [(name, build(rows)) for name, build in builders]
    factors = tuple(each for _, each in made if isinstance(each, Factor))
    missing = tuple(Missing(name, each) for name, each in made if isinstance(each, str) and each)
    return factors, missing


def _late(rows: pa.Table) -> Factor | str:
    known = ~np.isnan(numbers(rows, "days_late"))
    if not known.any():
        return "No order line has both a promised and a delivered date."
    late = numbers(rows, "late") > 0
    factor = yes_no("late", late, known, ("on time", "late"), WHEN_FULFILLED)
    return replace(factor, dose=_days_dose(numbers(rows, "days_late")))


def _days_dose(days: Floats) -> Dose:
    labels = (
        "7 or more days early",
        "1 to 7 days early",
        "less than 1 day early",
        "less than 2 days late",
        "2 to 4 days late",
        "4 to 8 days late",
        "8 to 15 days late",
        "15 or more days late",
    )
    return Dose(days, (-7.0, -1.0, 0.0, 2.0, 4.0, 8.0, 15.0), labels)


def _several_sellers(rows: pa.Table) -> Factor | str:
    sites = numbers(rows, "sites")
    known = sites >= 1
    if not (sites > 1).any():
        return "No order has lines from more than one seller or site, or the site of lines is not recorded."
    factor = yes_no("several_sellers", sites > 1, known, ("one seller", "several sellers"), WHEN_ORDERED)
    labels = ("1 seller or site", "2 sellers or sites", "3 or more sellers or sites")
    return replace(factor, dose=Dose(np.where(known, sites, np.nan), (2.0, 3.0), labels))


def _short(rows: pa.Table) -> Factor | str:
    delivered, short = numbers(rows, "delivered"), numbers(rows, "short")
    partly = (delivered > 0) & (short > 0)
    if not partly.any():
        return "No order arrived in part only, with the rest cancelled or past its promise."
    return yes_no("short_or_cancelled", partly, delivered > 0, ("whole", "short"), WHEN_FULFILLED)


def _price_band(rows: pa.Table) -> Factor | str:
    amount = numbers(rows, "amount")
    if not (amount > 0).any():
        return "Order lines carry no amounts."
    share = _place_in_currency(amount, rows)
    known = ~np.isnan(share)
    codes = np.where(known, np.searchsorted([1 / 3, 2 / 3], np.nan_to_num(share), "right"), -1)
    return Factor(
        "price_band", BANDS, codes, WHEN_ORDERED, (0, 1, 2), Dose(share, (0.2, 0.4, 0.6, 0.8), FIFTHS)
    )


def _place_in_currency(amount: Floats, rows: pa.Table) -> Floats:
    """Share of orders of the same currency that cost less; amounts of two currencies do not compare."""
    _, currency = named(rows, "currency")
    place = np.full(len(amount), np.nan)
    for code in np.unique(currency):
        same = np.flatnonzero((currency == code) & ~np.isnan(amount))
        sorted_amounts = np.sort(amount[same])
        place[same] = np.searchsorted(sorted_amounts, amount[same], "left") / max(len(same), 1)
    return place


def _region(rows: pa.Table) -> Factor | str:
    return _named_factor(rows, "region", "No account has a region.", "All orders come from one region.")


def _season(rows: pa.Table) -> Factor | str:
    months = _calendar(rows, "M") % 12
    if len(np.unique(months)) < 2:
        return "All orders were placed in the same month."
    return Factor("season", MONTHS, months, WHEN_ORDERED, tuple(range(12)))


def _calendar(rows: pa.Table, unit: str) -> Codes:
    ordered = numbers(rows, "ordered").astype(np.int64).astype("datetime64[s]")
    return ordered.astype(f"datetime64[{unit}]").astype(np.int64)


def _tenure(rows: pa.Table) -> Factor | str:
    days = (numbers(rows, "ordered") - numbers(rows, "since")) / DAY
    return tenure_factor(days)


def tenure_factor(days: Floats) -> Factor | str:
    """Return how long the customer had been one, from days since the start; before it counts as new."""
    known = ~np.isnan(days)
    codes = np.where(known, np.searchsorted(TENURE_EDGES, np.nan_to_num(days), "right"), -1)
    if len(np.unique(codes[known])) < 2:
        return "No two orders differ in how long the customer had been one."
    return Factor("tenure", TENURES, codes, WHEN_ORDERED, tuple(range(4)), Dose(days, TENURE_EDGES, TENURES))


def _year(rows: pa.Table) -> Factor | str:
    years = _calendar(rows, "Y")
    found, codes = np.unique(years, return_inverse=True)
    levels = tuple(str(1970 + int(year)) for year in found)
    return Factor("year", levels, codes.astype(np.int64), WHEN_ORDERED, ())


def _lines(rows: pa.Table) -> Factor | str:
    lines = numbers(rows, "lines")
    known = lines >= 1
    codes = np.where(known, np.searchsorted([2, 3], np.nan_to_num(lines), "right"), -1)
    return Factor("lines", ("1", "2", "3 or more"), codes, WHEN_ORDERED, ())


def _family(rows: pa.Table) -> Factor | str:
    factor = _named_factor(rows, "family", "", "", most=MOST_FAMILIES)
    return replace(factor, tested=()) if isinstance(factor, Factor) else ""


def _channel(rows: pa.Table) -> Factor | str:
    factor = _named_factor(rows, "channel", "", "", most=MOST_FAMILIES)
    return replace(factor, tested=()) if isinstance(factor, Factor) else ""


def _named_factor(
    rows: pa.Table, column: str, absent: str, single: str, most: int = MOST_LEVELS
) -> Factor | str:
    levels, codes = named(rows, column, most=most)
    if len(levels) < 2:
        return single if levels else absent
    tested = tuple(i for i, level in enumerate(levels) if level != "other")
    return Factor(column, levels, codes, WHEN_ORDERED, tested)
