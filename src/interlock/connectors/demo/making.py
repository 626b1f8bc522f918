"""In which batch was each bike made, and what could the lines make in a week?

Batches are cut from the bikes in the order in which they left the house, 120 pieces each and 300 of the
best-seller. Batch B-2641 holds the planted fault R10: its motor controllers fail.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from interlock.connectors.demo.columns import contract_table, dates, keys, labels, money, pieces, times
from interlock.connectors.demo.company import (
    ACCESSORIES,
    BAD_BATCH,
    COMFORT,
    DAY,
    FAMILIES,
    FAMILY_SITES,
    HINGE_MENDED,
    PLOVER,
    PRODUCT_FAMILY,
    PRODUCT_KEYS,
    PRODUCTS,
    TWO_SHIFTS,
    Floats,
    Ints,
    World,
)
from interlock.connectors.demo.orders import CANCELLED, Orders

BATCH_PIECES, BEST_SELLER_PIECES = 120, 300
BAD_BATCH_DAYS = 62  # B-2641 is the Comfort batch finished about so many days before the last day


@dataclass(frozen=True)
class Making:
    """Batches as columns, and the batch of every order line (-1 for parts and for bikes not yet made)."""

    of_line: Ints
    number: Ints  # as in B-2641
    product: Ints
    started: Ints
    finished: Ints
    pieces: Ints

    def bad_batch(self) -> int:
        """Place of B-2641 in the columns."""
        return int(np.flatnonzero(self.number == BAD_BATCH)[0])


def draw_making(world: World, orders: Orders) -> Making:
    """Cut the bikes that left the house into batches and number these by the day they were finished."""
    rng = world.rng(20)
    lines = orders.lines
    made = (lines.ships <= world.now) & (PRODUCT_FAMILY[lines.product] < ACCESSORIES)
    made &= orders.status[lines.order] != CANCELLED
    of_line = np.full(len(lines), -1, dtype=np.int64)
    product: list[Ints] = []
    finished: list[Ints] = []
    count: list[int] = []
    for number in range(len(PRODUCTS)):
        mine = np.flatnonzero(made & (lines.product == number))
        mine = mine[np.argsort(lines.ships[mine], kind="stable")]
        if not len(mine):
            continue
        size = BEST_SELLER_PIECES if number == COMFORT else BATCH_PIECES
        cut = (np.cumsum(lines.quantity[mine]) - 1) // size
        of_line[mine] = cut + sum(count)
        batches = int(cut[-1]) + 1
        opens = np.searchsorted(cut, np.arange(batches))
        finished.append(lines.ships[mine][opens] - rng.integers(6 * 60, 40 * 60, batches))
        product.append(np.full(batches, number))
        count.append(batches)
    return _numbered(world, of_line, np.concatenate(product), np.concatenate(finished), lines.quantity, rng)


def _numbered(
    world: World, of_line: Ints, product: Ints, finished: Ints, quantity: Ints, rng: np.random.Generator
) -> Making:
    place = np.argsort(finished, kind="stable")
    rank = np.empty(len(place), dtype=np.int64)
    rank[place] = np.arange(len(place))
    product, finished = product[place], finished[place]
    away = np.where(product == COMFORT, np.abs(finished - world.before(BAD_BATCH_DAYS)), np.int64(2**62))
    first = BAD_BATCH - int(np.argmin(away))
    of_line = np.where(of_line >= 0, rank[of_line], -1)
    total = np.bincount(of_line[of_line >= 0], weights=quantity[of_line >= 0], minlength=len(place))
    return Making(
        of_line=of_line,
        number=first + np.arange(len(place)),
        product=product,
        started=finished - rng.integers(4 * DAY, 9 * DAY, len(place)),
        finished=finished,
        pieces=total.astype(np.int64),
    )


def batch_keys(making: Making, batches: Ints) -> pa.Array:
    mask = batches < 0
    return keys("B-", making.number[np.where(mask, 0, batches)], empty=mask)


def site_keys(orders: Orders) -> pa.Array:
    return labels(FAMILY_SITES, PRODUCT_FAMILY[orders.lines.product])


def batch_table(world: World, making: Making) -> pa.Table:
    """Return the batches; the only change on record is the mended Plover hinge."""
    rng = world.rng(21)
    family = PRODUCT_FAMILY[making.product]
    scrap = rng.poisson(making.pieces * 0.012)
    unit_cost = np.array([product.price * 52 for product in PRODUCTS])[making.product]
    mended = (family == PLOVER) & (making.finished >= world.before(HINGE_MENDED))
    return contract_table(
        "batches",
        {
            "batch_id": batch_keys(making, np.arange(len(making.number))),
            "product_id": labels(PRODUCT_KEYS, making.product),
            "site_id": labels(FAMILY_SITES, family),
            "line": labels(FAMILY_SITES, family),
            "started_at": times(making.started),
            "finished_at": times(making.finished),
            "planned_qty": pieces(making.pieces + scrap),
            "good_qty": pieces(making.pieces),
            "unit_cost": money(unit_cost + rng.integers(-900, 900, len(unit_cost))),
            "change_ref": labels(("CR-118 hinge pin",), np.where(mended, 0, -1)),
        },
    )


def capacity_table(world: World, orders: Orders) -> pa.Table:
    """Return, by family and week, what was committed, what could be made, and how long it took."""
    rng = world.rng(22)
    lines = orders.lines
    monday = (world.start // DAY + 3) // 7 * 7 - 3  # 1 January 1970 was a Thursday
    week = ((lines.promised // DAY) - monday) // 7
    weeks = int((world.now // DAY - monday) // 7) + 1
    family = PRODUCT_FAMILY[lines.product]
    inside = (week >= 0) & (week < weeks)
    cell = family[inside] * weeks + week[inside]
    committed = np.bincount(cell, weights=lines.quantity[inside], minlength=5 * weeks).astype(np.int64)
    days = (lines.arrives - orders.ordered[lines.order]) / DAY
    middle, cautious = _lead_times(days[inside], cell, 5 * weeks)
    of_cell = np.repeat(np.arange(5), weeks)
    start = np.tile(monday + np.arange(weeks) * 7, 5) * DAY
    squeezed = (of_cell == 1) & (start >= world.before(TWO_SHIFTS))
    room = np.where(squeezed, 0.9, 1.12) * rng.normal(1.0, 0.03, 5 * weeks)
    return contract_table(
        "capacity",
        {
            "site_id": labels(FAMILY_SITES, of_cell),
            "family": labels(FAMILIES, of_cell),
            "week": dates(start),
            "capacity_qty": pieces(np.rint(committed * room).astype(np.int64)),
            "committed_qty": pieces(committed),
            "lead_time_p50_days": pa.array(middle, mask=np.isnan(middle)),
            "lead_time_p80_days": pa.array(cautious, mask=np.isnan(cautious)),
        },
    )


def _lead_times(days: Floats, cell: Ints, cells: int) -> tuple[Floats, Floats]:
    """Return the median and the 80 % point of each cell, or NaN where nothing was promised."""
    place = np.lexsort((days, cell))
    count = np.bincount(cell, minlength=cells)
    first = np.cumsum(count) - count
    ordered = np.r_[days[place], np.nan]
    out = []
    for share in (0.5, 0.8):
        at = first + np.floor(np.maximum(count - 1, 0) * share).astype(np.int64)
        out.append(np.round(np.where(count > 0, ordered[np.minimum(at, len(days))], np.nan), 1))
    return out[0], out[1]
