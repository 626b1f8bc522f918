"""Which offers were made, to whom, against which rival, and why were they lost?

Three planted faults live here: Vantero beats us on quality (R09), buyers see no difference to Corvane but the
price (R08), and fleets that deliver leave since the replacement bike was dropped (R04).
"""

from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa

from interlock.connectors.demo.columns import contract_table, keys, labels, money, times
from interlock.connectors.demo.company import (
    DAY,
    DELIVERY,
    FLEET_LOSSES,
    FLEETS,
    NEVER,
    PRODUCT_KEYS,
    PRODUCT_PRICE,
    RANGE_PLUS,
    RIVALS,
    SHOPS,
    TEAM_KEYS,
    Bools,
    Floats,
    Ints,
    World,
)
from interlock.connectors.demo.incidents import KIND, Incidents
from interlock.connectors.demo.orders import CANCELLED, Orders
from interlock.connectors.demo.people import People, account_keys
from interlock.connectors.demo.words.topics import LOSS_REASONS, TOPIC

WIN = 0.66  # against nobody, Corvane and Tidewell
WIN_VANTERO, WIN_DELIVERY = 0.26, 0.13
RIVAL_SHARES = (0.24, 0.18, 0.20, 0.38)  # Vantero, Corvane, Tidewell, none
DEAL_SHARE = {SHOPS: 0.07, FLEETS: 0.11}  # of orders that came from an offer
TOLD_SHARE = 0.85  # of lost buyers who said why
REASON_SHARES = {  # in the order of LOSS_REASONS, by rival; the last row is for deals without a rival
    "Vantero": (0.47, 0.06, 0.14, 0.14, 0.02, 0.17, 0.00),
    "Corvane": (0.05, 0.60, 0.12, 0.09, 0.02, 0.07, 0.05),
    "Tidewell": (0.10, 0.12, 0.30, 0.18, 0.02, 0.13, 0.15),
    "": (0.05, 0.02, 0.40, 0.25, 0.03, 0.15, 0.10),
}
DELIVERY_REASON = 0.72  # of lost delivery fleets name the replacement bike
RANGE_OFFERS = 64
OUTCOMES = ("won", "lost", "none", "open")
WON, LOST, NONE, OPEN_DEAL = range(4)


@dataclass(frozen=True)
class Deals:
    """Offers as columns; `rival` and the reasons are -1 where nobody noted one."""

    account: Ints
    product: Ints
    created: Ints
    closed: Ints
    outcome: Ints
    cents: Ints
    rival: Ints
    buyer_reason: Ints
    rep_reason: Ints

    def __len__(self) -> int:
        return len(self.account)


def draw_deals(world: World, people: People, orders: Orders) -> tuple[Deals, Ints]:
    """Draw all offers; also return the deal of each order, or -1."""
    rng = world.rng(50)
    segment = people.segment[orders.account]
    share = np.select([segment == kind for kind in DEAL_SHARE], list(DEAL_SHARE.values()), 0.0)
    from_deal = np.flatnonzero((rng.random(len(orders)) < share) & (orders.status != CANCELLED))
    closed = orders.ordered[from_deal] - rng.integers(1, 3 * 24 * 60, len(from_deal))
    won = _offers(orders, from_deal, closed, WON, rng)
    struck = _struck(world, people, won)
    won = _with_rivals(won, _win_rates(struck), rng)
    parts = [won, _lost(world, people, won, struck, rng)]
    parts.append(_resampled(won, (rng.random(len(won)) < 0.10), NONE, world, rng))
    parts.append(_still_open(world, won, rng))
    parts.append(_range_offers(world, people, rng))
    of_order = np.full(len(orders), -1, dtype=np.int64)
    of_order[from_deal] = np.arange(len(from_deal))
    deals = Deals(
        **{
            field.name: np.concatenate([getattr(part, field.name) for part in parts])
            for field in fields(Deals)
        }
    )
    return deals, of_order


def _offers(orders: Orders, which: Ints, closed: Ints, outcome: int, rng: np.random.Generator) -> Deals:
    first = np.searchsorted(orders.lines.order, which)
    totals = np.bincount(orders.lines.order, weights=orders.lines.cents, minlength=len(orders)).astype(
        np.int64
    )
    none = np.full(len(which), -1, dtype=np.int64)
    return Deals(
        orders.account[which], orders.lines.product[first], closed - rng.integers(5, 60, len(which)) * DAY,
        closed,
        np.full(len(which), outcome), totals[which], none, none, none,
    )  # fmt: skip


def _struck(world: World, people: People, deals: Deals) -> Bools:
    """Delivery fleets since the replacement bike was dropped."""
    fleet = (people.segment[deals.account] == FLEETS) & (people.use[deals.account] == DELIVERY)
    struck: Bools = fleet & (deals.closed >= world.before(FLEET_LOSSES))
    return struck


def _win_rates(struck: Bools) -> Floats:
    """Return the chance to win against each rival and against nobody, shape (deals, 4)."""
    rates = np.tile(np.array([WIN_VANTERO, WIN, WIN, WIN]), (len(struck), 1))
    rates[struck] = WIN_DELIVERY
    return rates


def _with_rivals(deals: Deals, odds: Floats, rng: np.random.Generator) -> Deals:
    weight = np.array(RIVAL_SHARES) * odds
    edges = np.cumsum(weight, axis=1) / weight.sum(axis=1, keepdims=True)
    drawn = (rng.random(len(deals))[:, None] > edges).sum(axis=1)
    return _but(deals, rival=np.where(drawn >= len(RIVALS), -1, drawn))


def _but(deals: Deals, **changed: Ints) -> Deals:
    return Deals(
        **{field.name: changed.get(field.name, getattr(deals, field.name)) for field in fields(Deals)}
    )


def _lost(world: World, people: People, won: Deals, struck: Bools, rng: np.random.Generator) -> Deals:
    """Return as many lost offers beside the won ones as the true chances of winning ask for."""
    rates = _win_rates(struck)
    win = (np.array(RIVAL_SHARES) * rates).sum(axis=1)
    copies = np.repeat(np.arange(len(won)), rng.poisson((1 - win) / win))
    deals = _resampled(won, copies, LOST, world, rng)
    struck = _struck(world, people, deals)
    deals = _with_rivals(deals, 1 - _win_rates(struck), rng)
    return _with_reasons(deals, struck, rng)


def _resampled(
    won: Deals, which: Ints | Bools, outcome: int, world: World, rng: np.random.Generator
) -> Deals:
    """Return offers like some of the won ones, a few days away from them."""
    part = Deals(**{field.name: getattr(won, field.name)[which] for field in fields(Deals)})
    away = rng.integers(-9, 10, len(part)) * DAY + rng.integers(-300, 300, len(part))
    closed = np.minimum(part.closed + away, world.now - rng.integers(60, 3000, len(part)))
    cents = (part.cents * rng.uniform(0.7, 1.4, len(part))).astype(np.int64)
    return _but(part, closed=closed, created=closed - rng.integers(6, 60, len(part)) * DAY, cents=cents,
                outcome=np.full(len(part), outcome))  # fmt: skip


def _with_reasons(deals: Deals, struck: Bools, rng: np.random.Generator) -> Deals:
    edges = np.cumsum(np.array(list(REASON_SHARES.values())), axis=1)
    buyer = (rng.random(len(deals))[:, None] > edges[deals.rival]).sum(axis=1)
    buyer = np.minimum(buyer, len(LOSS_REASONS) - 1)
    repair = LOSS_REASONS.index("no replacement bike")
    buyer = np.where(struck & (rng.random(len(deals)) < DELIVERY_REASON), repair, buyer)
    # Reps note the price whatever the buyer says: sales and customers tell two stories.
    rep = np.where(rng.random(len(deals)) < 0.7, LOSS_REASONS.index("price"), buyer)
    told = rng.random(len(deals)) < TOLD_SHARE
    return _but(deals, buyer_reason=np.where(told, buyer, -1), rep_reason=rep)


def _still_open(world: World, won: Deals, rng: np.random.Generator) -> Deals:
    recent = np.flatnonzero(won.closed >= world.before(120))
    part = _resampled(won, rng.choice(recent, max(len(recent) // 3, 1)), OPEN_DEAL, world, rng)
    created = world.now - rng.integers(1, 45, len(part)) * DAY
    return _but(part, created=created, closed=np.full(len(part), NEVER))


def _range_offers(world: World, people: People, rng: np.random.Generator) -> Deals:
    """Open offers for Range+, which operations has not yet made (R13)."""
    account = rng.choice(np.flatnonzero(people.segment != 2), RANGE_OFFERS)
    quantity = rng.integers(2, 9, RANGE_OFFERS)
    none = np.full(RANGE_OFFERS, -1, dtype=np.int64)
    return Deals(
        account, np.full(RANGE_OFFERS, RANGE_PLUS), world.now - rng.integers(2, 40, RANGE_OFFERS) * DAY,
        np.full(RANGE_OFFERS, NEVER),
        np.full(RANGE_OFFERS, OPEN_DEAL), quantity * PRODUCT_PRICE[RANGE_PLUS] * 72, none, none, none,
    )  # fmt: skip


def losses(world: World, deals: Deals) -> tuple[Incidents, Ints]:
    """Return one signal for each lost offer whose buyer said why, and the deal of each."""
    rng = world.rng(51)
    which = np.flatnonzero((deals.outcome == LOST) & (deals.buyer_reason >= 0))
    when = deals.closed[which] + rng.integers(60, 6 * DAY, len(which))
    which, when = which[when < world.now], when[when < world.now]
    n = len(which)
    rows = Incidents(np.full(n, KIND["loss"]), np.full(n, TOPIC["loss"]), deals.account[which], np.full(n,
    -1),
                     deals.product[which], when)  # fmt: skip
    return rows, which


def deal_keys(numbers: Ints) -> pa.Array:
    empty = numbers < 0
    return keys("D-", np.where(empty, 0, numbers) + 10_000, empty=empty)


def deal_table(people: People, deals: Deals) -> pa.Table:
    return contract_table(
        "deals",
        {
            "deal_id": deal_keys(np.arange(len(deals))),
            "account_id": account_keys(deals.account),
            "team_id": labels(TEAM_KEYS, people.team[deals.account]),
            "created_at": times(deals.created),
            "closed_at": times(deals.closed),
            "outcome": labels(OUTCOMES, deals.outcome),
            "amount": money(deals.cents),
            "product_id": labels(PRODUCT_KEYS, deals.product),
            "rival": labels(RIVALS, deals.rival),
            "loss_reason_rep": labels(LOSS_REASONS, deals.rep_reason),
            "loss_reason_buyer": labels(LOSS_REASONS, deals.buyer_reason),
        },
    )
