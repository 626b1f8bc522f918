"""What happened to customers that they speak about: which line, which topic, and when?

Each planted fault adds its own incidents to the ordinary ones. Chances are per order line that arrived; the
truth file reads the same constants.
"""

from dataclasses import dataclass, fields

import numpy as np

from interlock.connectors.demo.company import (
    ACCESSORIES,
    BRAKE_HOSE,
    DAY,
    HERON,
    HILLS,
    HINGE_MENDED,
    KESTREL,
    LEASE,
    ONE_GEAR,
    PLOVER,
    PRODUCT_FAMILY,
    SEAT_RATTLE,
    TRAIL,
    TRAIL_SIZES,
    WEB,
    Bools,
    Floats,
    Ints,
    World,
)
from interlock.connectors.demo.making import Making
from interlock.connectors.demo.orders import CANCELLED, Orders
from interlock.connectors.demo.people import People
from interlock.connectors.demo.words.topics import FAULTS, TOPIC
from interlock.store.contract import SIGNAL_KINDS

KIND = {name: number for number, name in enumerate(SIGNAL_KINDS)}

# Chances per line, bikes and parts.
TICKET, COMPLAINT = (0.030, 0.011), (0.016, 0.007)
RETURN = (0.030, 0.024, 0.033, 0.034, 0.026)  # by family
HOSE = {"ticket": 0.040, "complaint": 0.150, "return": 0.065}
HINGE = {"ticket": 0.050, "complaint": 0.070, "return": 0.015}
MOTOR = {"ticket": 0.090, "complaint": 0.160, "return": 0.060}
MOTOR_ELSEWHERE = {"ticket": 0.006, "complaint": 0.002}
HILL = {"complaint": 0.030, "return": 0.270}
SIZES = {"return": 0.14}
LATE_LINE = {"ticket": 0.130, "complaint": 0.050, "return": 0.012}
LEASE_LINE = {"ticket": 0.220}
CHANCE_RETURNS = 6  # returned by chance in a cell of about twenty lines: Plover Fold for trail use


@dataclass(frozen=True)
class Incidents:
    """Rows of signals to be: `line` and `product` are -1 where the customer did not say."""

    kind: Ints
    topic: Ints
    account: Ints
    line: Ints
    product: Ints
    occurred: Ints

    def __len__(self) -> int:
        return len(self.kind)


def join(parts: list[Incidents]) -> Incidents:
    """Put incidents together in time order."""
    columns = {
        field.name: np.concatenate([getattr(part, field.name) for part in parts])
        for field in fields(Incidents)
    }
    place = np.lexsort((columns["account"], columns["kind"], columns["occurred"]))
    return Incidents(**{name: column[place] for name, column in columns.items()})


@dataclass(frozen=True)
class _Scene:
    """Everything an incident needs to know, once."""

    world: World
    people: People
    orders: Orders
    rng: np.random.Generator

    def raise_on(self, lines: Ints, kind: str, topics: Ints | int, after: Ints) -> Incidents:
        """Let these lines give one signal each; what would lie ahead has not been said yet."""
        product = self.orders.lines.product[lines]
        account = self.orders.account[self.orders.lines.order[lines]]
        topic = np.full(len(lines), topics) if isinstance(topics, int) else topics
        rows = Incidents(np.full(len(lines), KIND[kind]), topic, account, lines, product, after)
        return keep(rows, after < self.world.now)


def keep(rows: Incidents, mask: Bools | Ints) -> Incidents:
    """Return some of the rows, by mask or by place."""
    return Incidents(**{field.name: getattr(rows, field.name)[mask] for field in fields(Incidents)})


def line_incidents(world: World, people: People, orders: Orders, making: Making) -> list[Incidents]:
    """Return everything said about single lines, except ratings."""
    scene = _Scene(world, people, orders, world.rng(30))
    arrived = (orders.lines.arrives < world.now) & (orders.status[orders.lines.order] != CANCELLED)
    return [
        *_ordinary(scene, arrived),
        *_planted(scene, arrived, making),
        *_late(scene, arrived),
        *_by_chance(scene, arrived),
    ]


def _ordinary(scene: _Scene, arrived: Bools) -> list[Incidents]:
    lines = scene.orders.lines
    family = PRODUCT_FAMILY[lines.product]
    part = (family == ACCESSORIES).astype(np.int64)
    parts = []
    for kind, chance in (("ticket", np.array(TICKET)[part]), ("complaint", np.array(COMPLAINT)[part]),
                         ("return", np.array(RETURN)[family])):  # fmt: skip
        hit = np.flatnonzero(arrived & (scene.rng.random(len(lines)) < chance))
        topic = ordinary_topics(kind, family[hit], scene.rng)
        parts.append(scene.raise_on(hit, kind, topic, _after_arrival(scene, hit, kind)))
    return parts


def ordinary_topics(kind: str, family: Ints, rng: np.random.Generator) -> Ints:
    """Draw a topic that fits the kind of signal and the family of the product."""
    topics = np.full(len(family), -1, dtype=np.int64)
    for number in range(5):
        mine = np.flatnonzero(family == number)
        fitting = [topic for topic in FAULTS if number in topic.families and topic.weight.get(kind, 0) > 0]
        weight = np.array([topic.weight[kind] for topic in fitting])
        chosen = rng.choice(len(fitting), len(mine), p=weight / weight.sum())
        topics[mine] = np.array([TOPIC[topic.key] for topic in fitting])[chosen]
    return topics


def _after_arrival(scene: _Scene, lines: Ints, kind: str) -> Ints:
    days = scene.rng.gamma(2.0, 8.0 if kind == "return" else 10.0, len(lines)) + 1
    return scene.orders.lines.arrives[lines] + (days * DAY).astype(np.int64)


def _planted(scene: _Scene, arrived: Bools, making: Making) -> list[Incidents]:
    lines, world = scene.orders.lines, scene.world
    family = PRODUCT_FAMILY[lines.product]
    account = scene.orders.account[lines.order]
    ordered = scene.orders.ordered[lines.order]
    bad = making.of_line == making.bad_batch()
    hilly = (scene.people.region[account] == HILLS) & (lines.product == ONE_GEAR)
    causes: list[tuple[str, dict[str, float], Bools]] = [
        ("hose", HOSE, lines.product == BRAKE_HOSE),
        ("hinge", HINGE, (family == PLOVER) & (ordered < world.before(HINGE_MENDED))),
        ("motor", MOTOR, bad),
        ("motor", MOTOR_ELSEWHERE, (family < ACCESSORIES) & ~bad),
        ("hills", HILL, hilly),
        ("sizes", SIZES, (family == KESTREL) & (lines.arrives >= world.before(TRAIL_SIZES))),
        ("lease", LEASE_LINE, lines.product == LEASE),
    ]
    parts = []
    for topic, chances, struck in causes:
        for kind, chance in chances.items():
            hit = np.flatnonzero(arrived & struck & (scene.rng.random(len(lines)) < chance))
            parts.append(scene.raise_on(hit, kind, TOPIC[topic], _after_arrival(scene, hit, kind)))
    return parts


def _late(scene: _Scene, arrived: Bools) -> list[Incidents]:
    """Whoever waits past the promise asks while waiting, and complains once the bike is there."""
    lines = scene.orders.lines
    parts = []
    for kind, chance in LATE_LINE.items():
        hit = lines.late & (scene.orders.status[lines.order] != CANCELLED)
        hit = np.flatnonzero(hit & (scene.rng.random(len(lines)) < chance) & (arrived | (kind == "ticket")))
        if kind == "ticket":
            wait = lines.arrives[hit] - lines.promised[hit]
            when = lines.promised[hit] + (wait * scene.rng.random(len(hit))).astype(np.int64)
        else:
            when = lines.arrives[hit] + (scene.rng.gamma(1.5, 3.0, len(hit)) * DAY).astype(np.int64) + 120
        parts.append(scene.raise_on(hit, kind, TOPIC["late" if kind == "ticket" else "came"], when))
    return parts


def _by_chance(scene: _Scene, arrived: Bools) -> list[Incidents]:
    """A decoy: in one small cell an extreme share came back, for no reason."""
    lines, world = scene.orders.lines, scene.world
    use = scene.people.use[scene.orders.account[lines.order]]
    recent = (lines.arrives >= world.before(80)) & (lines.arrives < world.before(12))
    cell = np.flatnonzero(arrived & recent & (PRODUCT_FAMILY[lines.product] == PLOVER) & (use == TRAIL))
    hit = cell[:: max(len(cell) // CHANCE_RETURNS, 1)][:CHANCE_RETURNS]
    when = lines.arrives[hit] + scene.rng.integers(3, 11, len(hit)) * DAY
    topic = ordinary_topics("return", np.full(len(hit), PLOVER), scene.rng)
    return [scene.raise_on(hit, "return", topic, when)]


def cancellations(orders: Orders, world: World) -> Incidents:
    """Return one signal for each cancelled order, on its first line."""
    rng = world.rng(31)
    which = np.flatnonzero(orders.cancelled != np.int64(-(2**62)))
    first = np.searchsorted(orders.lines.order, which)
    names = ("late", "unwanted", "price", "silence")
    topic = np.array([TOPIC[name] for name in names])[rng.choice(4, len(which), p=(0.42, 0.33, 0.15, 0.10))]
    return Incidents(
        np.full(len(which), KIND["cancel"]), topic, orders.account[which], first,
        orders.lines.product[first], orders.cancelled[which],
    )  # fmt: skip


def talk(world: World, people: People, orders: Orders) -> list[Incidents]:
    """Return ideas, praise, posts and social mentions: talk that no single line caused."""
    rng = world.rng(32)
    riders = np.flatnonzero(people.segment == WEB)
    bought = np.full(len(people), -1, dtype=np.int64)
    bikes = np.flatnonzero(
        (PRODUCT_FAMILY[orders.lines.product] < ACCESSORIES) & (orders.lines.arrives < world.now)
    )
    bought[orders.account[orders.lines.order[bikes]]] = orders.lines.product[bikes]
    owners = riders[bought[riders] >= 0]
    shops = np.flatnonzero(people.segment < WEB)
    scale = world.orders / 50_000
    plan: list[tuple[str, tuple[str, ...], Ints, float, int]] = [
        ("idea", ("idea",), owners, 820 * scale, 730),
        ("praise", ("ride", "people", "punctual", "load"), owners, 760 * scale, 730),
        ("social", ("ride", "range", "display", "came", "price"), owners, 420 * scale, 730),
        ("post", ("ride", "range", "app", "noise", "idea", "motor", "display"), owners, 680 * scale, 75),
        ("post", ("rattle",), owners[PRODUCT_FAMILY[bought[owners]] == HERON], 34 * scale, SEAT_RATTLE),
        ("complaint", ("price",), shops, 22 * scale, 20),
        ("social", ("price",), owners, 30 * scale, 20),
    ]
    parts = []
    for kind, topics, who, count, days in plan:
        account = rng.choice(who, max(round(count), 1))
        when = world.now - (rng.random(len(account)) * days * DAY).astype(np.int64)
        topic = np.array([TOPIC[name] for name in topics])[rng.integers(0, len(topics), len(account))]
        parts.append(Incidents(np.full(len(account), KIND[kind]), topic, account, np.full(len(account), -1),
                               bought[account], when))  # fmt: skip
    return parts


def ratings(world: World, people: People, orders: Orders, said: Incidents) -> tuple[list[Incidents], Floats]:
    """Return reviews and surveys with a rating of 1 to 5 that fits what the line went through."""
    rng = world.rng(33)
    lines = orders.lines
    arrived = (lines.arrives < world.now) & (orders.status[lines.order] != CANCELLED)
    segment = people.segment[orders.account[lines.order]]
    topic = np.full(len(lines), -1, dtype=np.int64)
    topic[lines.late] = TOPIC["came"]
    heard = said.line >= 0
    topic[said.line[heard]] = said.topic[heard]
    topic[topic == TOPIC["late"]] = TOPIC["came"]
    hilly = (people.region[orders.account[lines.order]] == HILLS) & (lines.product == ONE_GEAR)
    topic[hilly & (rng.random(len(lines)) < 0.30)] = TOPIC["hills"]
    parts, given = [], []
    for kind, chance in (
        ("review", np.array([0.05, 0.04, 0.19])),
        ("survey", np.array([0.015, 0.06, 0.035])),
    ):
        hit = np.flatnonzero(arrived & (rng.random(len(lines)) < chance[segment]))
        when = lines.arrives[hit] + (rng.gamma(2.2, 7.0, len(hit)) * DAY).astype(np.int64) + 300
        hit, when = hit[when < world.now], when[when < world.now]
        stars = _stars(topic[hit], lines.late[hit], rng)
        about = np.where(
            (topic[hit] < 0) | (stars >= 4), _good_topics(PRODUCT_FAMILY[lines.product[hit]], rng), topic[hit]
        )
        about = np.where(
            (topic[hit] < 0) & (stars <= 3),
            ordinary_topics("complaint", PRODUCT_FAMILY[lines.product[hit]], rng),
            about,
        )
        rows = Incidents(np.full(len(hit), KIND[kind]), about, orders.account[lines.order[hit]], hit,
                         lines.product[hit], when)  # fmt: skip
        parts.append(rows)
        given.append(stars)
    return parts, np.concatenate(given)


_STARS = np.array([
    (0.015, 0.03, 0.085, 0.31, 0.56),  # nothing went wrong
    (0.20, 0.21, 0.23, 0.22, 0.14),  # late
    (0.33, 0.27, 0.24, 0.12, 0.04),  # a fault was told
])  # fmt: skip


def _stars(topic: Ints, late: Bools, rng: np.random.Generator) -> Floats:
    row = np.where(topic < 0, 0, np.where(late & (topic == TOPIC["came"]), 1, 2))
    edges = np.cumsum(_STARS, axis=1)[row]
    above: Ints = (rng.random(len(topic))[:, None] > edges).sum(axis=1)
    return np.minimum(above + 1, 5).astype(np.float64)


def _good_topics(family: Ints, rng: np.random.Generator) -> Ints:
    names = np.array([TOPIC[name] for name in ("ride", "people", "punctual", "load", "handy")])
    drawn = names[rng.choice(4, len(family), p=(0.58, 0.17, 0.13, 0.12))]
    return np.where(
        family == ACCESSORIES, names[4], np.where((drawn == names[3]) & (family != HERON), names[0], drawn)
    )
