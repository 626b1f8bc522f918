"""Who ordered what and when, what was promised, and when did it come?

Orders are drawn in rounds: every account that has an order waits for it, and whether the promise was kept
decides how likely the next order is. That is the planted effect: after a broken promise everybody reorders
within 180 days 19 points less often.
"""

from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from interlock.connectors.demo.columns import contract_table, keys, labels, money, pieces, times
from interlock.connectors.demo.company import (
    CURRENCY,
    DAY,
    FLEETS,
    NEVER,
    PRODUCT_KEYS,
    SHOPS,
    TEAM_KEYS,
    WEB,
    Bools,
    Floats,
    Ints,
    World,
)
from interlock.connectors.demo.people import SHOP_COUNT, People, account_keys
from interlock.connectors.demo.promise import Lines, draw_lines

REORDER_KEPT = {FLEETS: 0.80, WEB: 0.40}
REORDER_LOSS = 0.19
SHOP_PAUSE_KEPT, SHOP_PAUSE_BROKEN = 0.004, 0.194
SHOP_GAP_DAYS = 8.0
CANCELLED_SHARE = 0.016
# More e-bikes are bought in spring than in November; the swing is small, because shops order ahead.
SEASON = (0.86, 0.92, 1.05, 1.12, 1.15, 1.10, 1.04, 1.02, 1.03, 0.98, 0.84, 0.89)

OPEN, SHIPPED, DELIVERED, CANCELLED = range(4)
STATUS = ("open", "shipped", "delivered", "cancelled")


@dataclass(frozen=True)
class Orders:
    """All orders in time order, and their lines."""

    account: Ints
    ordered: Ints
    status: Ints
    cancelled: Ints  # when, or NEVER
    lines: Lines

    def __len__(self) -> int:
        return len(self.account)


def draw_orders(world: World, people: People) -> tuple[Orders, Ints]:
    """Draw all orders; also return the day on which each account left, or NEVER."""
    rng = world.rng(10)
    ended = np.full(len(people), NEVER)
    account, ordered = _first_orders(world, people, rng)
    rounds: list[tuple[Ints, Ints, Lines]] = []
    while len(account):
        lines = draw_lines(world, people, (account, ordered), bool(rounds), rng)
        rounds.append((account, ordered, lines))
        broken = np.zeros(len(account), dtype=bool)
        broken[lines.order[lines.late]] = True
        last = np.full(len(account), NEVER)
        np.maximum.at(last, lines.order, lines.arrives)
        account, ordered = _next_orders(world, people, (account, ordered, last, broken), ended, rng)
    _riders_who_left(world, people, rounds, ended, rng)
    return _joined(world, rounds, rng), ended


def _first_orders(world: World, people: People, rng: np.random.Generator) -> tuple[Ints, Ints]:
    scale = world.orders / 50_000
    riders = np.flatnonzero(people.segment == WEB)
    buying = rng.permutation(riders)[: round(22_300 * scale)]
    fleets = np.flatnonzero(people.segment == FLEETS)
    shops = np.arange(SHOP_COUNT)
    days = np.concatenate([
        rng.uniform(0, 24, len(shops)), rng.uniform(0, 420, len(fleets)), _season_days(world, len(buying),
        rng),
    ])  # fmt: skip
    account = np.concatenate([shops, fleets, buying]).astype(np.int64)
    return account, world.start + np.floor(days).astype(np.int64) * DAY + _time_of_day(len(account), rng)


def _season_days(world: World, count: int, rng: np.random.Generator) -> Floats:
    day = np.arange(730)
    month = world.months(world.start + day * DAY)
    weight = np.array(SEASON)[month - 1] * (1.28 - 0.36 * day / 730)
    chosen: Floats = rng.choice(day, count, p=weight / weight.sum()).astype(np.float64)
    return chosen


def _time_of_day(count: int, rng: np.random.Generator) -> Ints:
    minutes: Ints = np.clip(rng.normal(13.5, 3.2, count) * 60, 6 * 60, 22 * 60).astype(np.int64)
    return minutes


def _next_orders(
    world: World, people: People, past: tuple[Ints, Ints, Ints, Bools], ended: Ints, rng: np.random.Generator
) -> tuple[Ints, Ints]:
    account, ordered, last, broken = past
    segment = people.segment[account]
    chance = rng.random(len(account))
    gap = np.full(len(account), -1.0)

    shop = segment == SHOPS
    pause = chance < np.where(broken, SHOP_PAUSE_BROKEN, SHOP_PAUSE_KEPT)
    season = np.array(SEASON)[world.months(ordered) - 1]
    often = rng.gamma(1.6, SHOP_GAP_DAYS / 1.6, len(account)) / season + 2
    gap = np.where(shop, np.where(pause, rng.uniform(185, 330, len(account)), often), gap)
    for kind, kept in REORDER_KEPT.items():
        mine = segment == kind
        soon = chance < kept - REORDER_LOSS * broken
        later = (rng.random(len(account)) < (0.55 if kind == FLEETS else 0.12)) & ~soon
        gap = np.where(mine & soon, rng.uniform(4, 138, len(account)), gap)
        gap = np.where(mine & later, rng.uniform(190, 420, len(account)), gap)
    gone = (segment != WEB) & (gap < 0)
    gone |= shop & pause & (rng.random(len(account)) < 0.10)
    ended[account[gone]] = last[gone] + rng.integers(5, 70, gone.sum()) * DAY
    base = np.where(shop, ordered, last)
    following = (base // DAY + np.floor(gap).astype(np.int64)) * DAY + _time_of_day(len(account), rng)
    going = (gap >= 0) & ~gone & (following < world.now) & (base != NEVER)
    return account[going], following[going]


def _riders_who_left(
    world: World,
    people: People,
    rounds: list[tuple[Ints, Ints, Lines]],
    ended: Ints,
    rng: np.random.Generator,
) -> None:
    """Riders close their account now and then, more often after a broken promise."""
    for account, _ordered, lines in rounds:
        mine = people.segment[account[lines.order]] == WEB
        leaves = mine & (rng.random(len(mine)) < np.where(lines.late, 0.085, 0.02))
        who = account[lines.order[leaves]]
        ended[who] = lines.arrives[leaves] + rng.integers(5, 120, leaves.sum()) * DAY
    for account, ordered, _lines in rounds:  # whoever orders again has not left
        back = (ended[account] != NEVER) & (ordered > ended[account])
        ended[account[back]] = NEVER
    ended[ended >= world.before(0)] = NEVER


def _joined(world: World, rounds: list[tuple[Ints, Ints, Lines]], rng: np.random.Generator) -> Orders:
    account = np.concatenate([part[0] for part in rounds])
    ordered = np.concatenate([part[1] for part in rounds])
    starts = np.cumsum([0] + [len(part[0]) for part in rounds])
    order = np.concatenate([part[2].order + start for part, start in zip(rounds, starts, strict=False)])
    place = np.lexsort((account, ordered))
    rank = np.empty(len(place), dtype=np.int64)
    rank[place] = np.arange(len(place))
    columns = {
        field.name: np.concatenate([getattr(part[2], field.name) for part in rounds])
        for field in fields(Lines)
    }
    columns["order"] = rank[order]
    by_order = np.argsort(columns["order"], kind="stable")
    lines = Lines(**{name: column[by_order] for name, column in columns.items()})
    return _with_status(world, account[place], ordered[place], lines, rng)


def _with_status(
    world: World, account: Ints, ordered: Ints, lines: Lines, rng: np.random.Generator
) -> Orders:
    first_ship = np.full(len(account), np.int64(2**62))
    last_arrival = np.full(len(account), NEVER)
    np.minimum.at(first_ship, lines.order, lines.ships)
    np.maximum.at(last_arrival, lines.order, lines.arrives)
    waits = np.minimum(first_ship, world.now) - ordered
    cancel = (rng.random(len(account)) < CANCELLED_SHARE) & (waits > 2 * DAY)
    when = np.where(cancel, ordered + (waits * rng.uniform(0.1, 0.9, len(account))).astype(np.int64), NEVER)
    status = np.where(first_ship > world.now, OPEN, np.where(last_arrival > world.now, SHIPPED, DELIVERED))
    return Orders(account, ordered, np.where(cancel, CANCELLED, status), when, lines)


def order_keys(numbers: Ints) -> pa.Array:
    return keys("A-", numbers + 10_000)


def line_keys(orders: Orders, numbers: Ints) -> pa.Array:
    """Return the keys of some lines: the order's key and the place of the line in it."""
    first = np.searchsorted(orders.lines.order, orders.lines.order[numbers])
    return keys_of_lines(orders.lines.order[numbers], numbers - first + 1)


def keys_of_lines(order: Ints, place: Ints) -> pa.Array:
    return pc.binary_join_element_wise(order_keys(order), pa.array(place).cast(pa.string()), pa.scalar("-"))


def order_table(people: People, orders: Orders, deal_keys: pa.Array) -> pa.Table:
    segment = people.segment[orders.account]
    return contract_table(
        "orders",
        {
            "order_id": order_keys(np.arange(len(orders))),
            "account_id": account_keys(orders.account),
            "ordered_at": times(orders.ordered),
            "channel": labels(("shop portal", "tender", "web"), segment),
            "team_id": labels(TEAM_KEYS, people.team[orders.account]),
            "deal_id": deal_keys,
            "status": labels(STATUS, orders.status),
            "currency": labels((CURRENCY,), np.zeros(len(orders), dtype=np.int64)),
        },
    )


def line_table(world: World, orders: Orders, batch_keys: pa.Array, sites: pa.Array) -> pa.Table:
    lines = orders.lines
    stopped = orders.status[lines.order] == CANCELLED
    return contract_table(
        "order_lines",
        {
            "line_id": line_keys(orders, np.arange(len(lines))),
            "order_id": order_keys(lines.order),
            "product_id": labels(PRODUCT_KEYS, lines.product),
            "quantity": pieces(lines.quantity),
            "amount": money(lines.cents),
            "requested_at": times(lines.requested),
            "promised_at": times(lines.promised),
            "shipped_at": times(lines.ships, stopped | (lines.ships > world.now)),
            "delivered_at": times(lines.arrives, stopped | (lines.arrives > world.now)),
            "batch_id": batch_keys,
            "site_id": sites,
        },
    )
