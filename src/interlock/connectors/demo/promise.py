"""What does one order hold, which date was promised, and was it kept?

The planted fault R01 lives here: Line 2 went to two shifts, the Heron Cargo has needed 33 days since, and
every team promises that, except Shops North, whose offer still says 14 days.
"""

from dataclasses import dataclass

import numpy as np

from interlock.connectors.demo.company import (
    ACCESSORIES,
    BRAKE_HOSE,
    DAY,
    FLEETS,
    HERON,
    HILLS,
    HOSE_BEGAN,
    ISLANDS,
    LEASE,
    NORTH,
    PLOVER,
    PRODUCT_FAMILY,
    PRODUCT_PRICE,
    PRODUCTS,
    SHOPS,
    TWO_SHIFTS,
    WEB,
    Bools,
    Floats,
    Ints,
    World,
)
from interlock.connectors.demo.people import People

# What each use buys, by family in the order of FAMILIES without Range+.
FAMILY_BY_USE = np.array([
    (0.60, 0.07, 0.06, 0.15, 0.12),  # commuting
    (0.30, 0.42, 0.07, 0.07, 0.14),  # family
    (0.14, 0.62, 0.04, 0.07, 0.13),  # cargo and delivery
    (0.13, 0.05, 0.66, 0.02, 0.14),  # trail
    (0.24, 0.06, 0.05, 0.53, 0.12),  # multimodal travel
])  # fmt: skip
ACCESSORIES_ON_REORDER = 0.80  # riders come back for accessories, rarely for a second bike
LATE = np.array([0.092, 0.100, 0.092, 0.088, 0.070])
LATE_ON_ISLANDS, LATE_IN_NOVEMBER, LATE_IN_DECEMBER = 0.16, 0.045, 0.025
SHARED_LUCK = 0.6  # lines of one order travel together, so they are mostly late together
NORTH_HERON_LATE = (0.34, 0.44, 0.50)  # by 25 days since the two shifts
PROMISE_DAYS = np.array([
    (13, 14, 14, 13, 5),  # shops
    (20, 22, 20, 18, 7),  # fleets
    (10, 12, 11, 9, 3),  # web buyers
])  # fmt: skip
HERON_DAYS_NOW = 33
HILL_ADVERTS, HILL_ADVERT_SHARE = 150, 0.13  # the Plover was advertised on a mountain pass


@dataclass(frozen=True)
class Lines:
    """Order lines as columns; `ships` and `arrives` may lie in the future."""

    order: Ints
    product: Ints
    quantity: Ints
    cents: Ints
    requested: Ints
    promised: Ints
    ships: Ints
    arrives: Ints
    late: Bools

    def __len__(self) -> int:
        return len(self.order)


def draw_lines(
    world: World, people: People, round_of_orders: tuple[Ints, Ints], again: bool, rng: np.random.Generator
) -> Lines:
    """Draw the lines of a round of orders (accounts and times); `order` is the place in the round."""
    account, ordered = round_of_orders
    segment = people.segment[account]
    parts_only = again & (rng.random(len(account)) < ACCESSORIES_ON_REORDER)
    count = np.where(segment == SHOPS, 1 + rng.binomial(4, 0.48, len(account)), 1)
    count = np.where(segment == FLEETS, 1 + rng.binomial(1, 0.3, len(account)), count)
    count = np.where(segment == WEB, 1 + rng.binomial(1, 0.22, len(account)), count)
    order = np.repeat(np.arange(len(account)), count)
    first = np.r_[True, order[1:] != order[:-1]]
    family = _families(people.use[account][order], rng)
    extra = (segment[order] == WEB) & (~first | parts_only[order])
    family = np.where(extra, ACCESSORIES, family)
    hilly = (people.region[account[order]] == HILLS) & (ordered[order] >= world.before(HILL_ADVERTS))
    family = np.where(hilly & (rng.random(len(order)) < HILL_ADVERT_SHARE), PLOVER, family)
    product = _products(world, family, segment[order], ordered[order], rng)
    quantity = _quantities(segment[order], family, rng)
    return _dated(world, people, (account[order], ordered[order], order, product, quantity), rng)


def _families(use: Ints, rng: np.random.Generator) -> Ints:
    edges = np.cumsum(FAMILY_BY_USE, axis=1)
    drawn: Ints = (rng.random(len(use))[:, None] > edges[use]).sum(axis=1)
    return np.minimum(drawn, ACCESSORIES)


def _products(world: World, family: Ints, segment: Ints, ordered: Ints, rng: np.random.Generator) -> Ints:
    """Draw a configuration of each family; the brake hose grows in share, the lease is for fleets."""
    age = (world.now - ordered) / DAY
    score = rng.random((len(family), 1)) * np.ones((1, len(PRODUCTS)))
    weight = np.where(
        PRODUCT_FAMILY[None, :] == family[:, None], [product.weight for product in PRODUCTS], 0.0
    )
    grows = np.clip(1.9 - age / HOSE_BEGAN * 1.4, 0.0, None)
    weight[:, BRAKE_HOSE] *= np.where(age < HOSE_BEGAN, grows, 0.0)
    weight[:, LEASE] *= np.where((segment == FLEETS) & (age < 330), 8.0, 0.0)
    edges = np.cumsum(weight, axis=1) / weight.sum(axis=1, keepdims=True)
    chosen: Ints = (score > edges).sum(axis=1)
    return np.minimum(chosen, len(PRODUCTS) - 2)


def _quantities(segment: Ints, family: Ints, rng: np.random.Generator) -> Ints:
    bikes = np.select([segment == SHOPS, segment == FLEETS], [1 + rng.binomial(3, 0.17, len(segment)),
                      1 + rng.poisson(1.3, len(segment))], 1)  # fmt: skip
    parts = np.where(segment == WEB, 1, 2 + rng.poisson(2.5, len(segment)))
    return np.where(family == ACCESSORIES, parts, bikes).astype(np.int64)


def late_chance(world: World, team: Ints, family: Ints, region: Ints, promised: Ints) -> Floats:
    """Return the true chance of missing the promise: what the truth file states."""
    month = world.months(promised)
    chance = LATE[family] + LATE_ON_ISLANDS * (region == ISLANDS)
    chance = chance + LATE_IN_NOVEMBER * (month == 11) + LATE_IN_DECEMBER * (month == 12)
    since = (promised - world.before(TWO_SHIFTS)) / DAY
    struck = (team == NORTH) & (family == HERON) & (since >= 0)
    step = np.clip(since // 25, 0, 2).astype(np.int64)
    return np.where(struck, np.array(NORTH_HERON_LATE)[step], chance)


def _luck(order: Ints, rng: np.random.Generator) -> Floats:
    together = rng.random(int(order[-1]) + 1)[order]
    alone = rng.random(len(order))
    return np.where(rng.random(len(order)) < SHARED_LUCK, together, alone)


Bought = tuple[Ints, Ints, Ints, Ints, Ints]  # account, ordered, order, product, quantity


def _dated(world: World, people: People, bought: Bought, rng: np.random.Generator) -> Lines:
    account, ordered, order, product, quantity = bought
    n = len(order)
    family, segment = PRODUCT_FAMILY[product], people.segment[account]
    team, region = people.team[account], people.region[account]
    days = PROMISE_DAYS[segment, family] + rng.integers(-1, 3, n)
    told = (family == HERON) & (team != NORTH) & (ordered >= world.before(TWO_SHIFTS + 4))
    days = np.where(told, HERON_DAYS_NOW + rng.integers(-2, 3, n), days)
    day = ordered // DAY
    promised = (day + days) * DAY + 17 * 60
    late = _luck(order, rng) < late_chance(world, team, family, region, promised)
    slow_line = late & (team == NORTH) & (family == HERON) & (promised >= world.before(TWO_SHIFTS))
    days_late = 1 + rng.geometric(1 / 6.0, n)
    days_late = np.where(slow_line, rng.integers(11, 24, n), days_late)
    early = np.floor(rng.beta(1.2, 2.2, n) * np.minimum(days - 2, 8)).astype(np.int64)
    arrival = day + days + np.where(late, days_late, -early)
    transit = rng.integers(1, 4, n) + (region == ISLANDS) * np.where(late, np.minimum(days_late, 7), 1)
    transit = np.minimum(transit, arrival - day - 1)
    wished = (day + np.maximum(days - rng.integers(0, 5, n), 2)) * DAY + 12 * 60
    price = (
        PRODUCT_PRICE[product] * np.array([72, 78, 100])[segment]
    )  # cents a piece; shops and fleets pay less
    return Lines(
        order=order,
        product=product,
        quantity=quantity,
        cents=price * quantity,
        requested=wished,
        promised=promised,
        ships=(arrival - transit) * DAY + rng.integers(7 * 60, 19 * 60, n),
        arrives=arrival * DAY + rng.integers(8 * 60, 16 * 60, n),
        late=late,
    )
