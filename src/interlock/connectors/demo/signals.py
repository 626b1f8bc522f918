"""What did customers say, how soon were they answered, and how was it closed?

Two planted faults live here: web buyers wait past the one-day promise (R03), and the workshop closes cases as
the rider's mistake that come back (R12).
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from interlock.connectors.demo.columns import blank, contract_table, keys, labels, money, pieces, times
from interlock.connectors.demo.company import (
    ACCESSORIES,
    DAY,
    DESK,
    FORUM_OPENED,
    NEVER,
    PRODUCT_FAMILY,
    PRODUCT_KEYS,
    RIVALS,
    TEAM_KEYS,
    WEB,
    WEB_SLOW,
    WORKSHOP,
    Bools,
    Floats,
    Ints,
    World,
)
from interlock.connectors.demo.deals import Deals, losses
from interlock.connectors.demo.incidents import (
    KIND,
    Incidents,
    cancellations,
    join,
    keep,
    line_incidents,
    ratings,
    talk,
)
from interlock.connectors.demo.making import Making
from interlock.connectors.demo.orders import Orders, line_keys
from interlock.connectors.demo.people import People, account_keys
from interlock.connectors.demo.words.compose import NUMBERS_NEEDED, Moment, write
from interlock.connectors.demo.words.topics import LOSS_REASONS, PLEASED, TOPIC, TOPICS
from interlock.store.contract import SIGNAL_KINDS

WEB_SLOW_SHARE, WEB_SLOW_BEFORE, OTHERS_SLOW = 0.31, 0.07, 0.025
SLOW_IF_BACK, SLOW_IF_GONE = 0.45, 1.35  # whoever waited orders again less often
NEVER_ANSWERED = 0.012
WORKSHOP_BLAMES, DESK_BLAMES = 0.46, 0.10
REOPENED, REOPENED_BLAMED, REOPENED_SLOW = 0.05, 0.48, 0.34
SILENT_KINDS = (KIND["loss"], KIND["survey"])
TECHNICAL = ("hose", "motor", "hinge", "range", "display", "charger", "lights", "noise", "spokes", "brake")
RESOLUTIONS = ("fixed", "replaced", "explained", "refunded", "user_error", "no_fault", "as_designed")
BLAMING = 4  # from here on the customer is said to be wrong
_BIKE_WORDS = ("City 3", "Heron", "Kestrel", "Plover")
_PART_WORDS = {
    "AC-SEAT": "child seat", "AC-CANOPY": "rain cover", "AC-BAGS": "bag set", "AC-LOCK": "frame lock",
    "AC-CHARGER": "fast charger",
    "AC-BATTERY": "battery pack", "AC-LIGHTS": "light set",
}  # fmt: skip
_ASKING_CHANNELS = ("dealer desk", "fleet contact", "web form")  # by segment
_PLAIN_CHANNELS = {
    "review": "web shop", "survey": "survey mail", "return": "returns desk", "cancel": "order page",
    "social": "social media",
    "idea": "suggestion box", "loss": "offer follow-up", "praise": "e-mail", "post": "rider forum",
}  # fmt: skip


@dataclass(frozen=True)
class Signals:
    """All signals in time order, with everything that a table or an event needs."""

    said: Incidents
    stars: Floats  # 0 where nothing was rated
    replied: Ints
    resolved: Ints
    reopened: Ints
    team: Ints
    resolution: Ints
    deal: Ints  # for lost deals, else -1

    def __len__(self) -> int:
        return len(self.said)


def draw_signals(world: World, people: People, orders: Orders, making: Making, deals: Deals) -> Signals:
    """Draw all signals."""
    troubles = join([*line_incidents(world, people, orders, making), cancellations(orders, world)])
    rated, stars = ratings(world, people, orders, troubles)
    lost, which = losses(world, deals)
    parts = [troubles, *rated, *talk(world, people, orders), lost]
    given = [np.zeros(len(troubles)), stars]
    count = sum(len(part) for part in parts)
    rest = count - len(troubles) - len(stars)
    given.append(np.zeros(rest))
    deal = np.r_[np.full(count - len(which), -1), which]
    said, place = _in_order(parts)
    last_order = np.full(len(people), NEVER)
    last_order[orders.account] = orders.ordered  # orders stand in time order
    return _answered(world, people, last_order, said, (np.concatenate(given)[place], deal[place]))


def _in_order(parts: list[Incidents]) -> tuple[Incidents, Ints]:
    whole = Incidents(
        *(np.concatenate([getattr(part, name) for part in parts]) for name in Incidents.__annotations__)
    )
    place = np.lexsort((whole.account, whole.kind, whole.occurred))
    return keep(whole, place), place


def _answered(
    world: World, people: People, last_order: Ints, said: Incidents, given: tuple[Floats, Ints]
) -> Signals:
    rng = world.rng(40)
    n, (stars, deal) = len(said), given
    segment = people.segment[said.account]
    asked = (said.kind == KIND["ticket"]) | (said.kind == KIND["complaint"])
    recent = said.occurred >= world.before(WEB_SLOW)
    slow_chance = np.where(segment == WEB, np.where(recent, WEB_SLOW_SHARE, WEB_SLOW_BEFORE), OTHERS_SLOW)
    slow_chance *= np.where(said.occurred < last_order[said.account], SLOW_IF_BACK, SLOW_IF_GONE)
    slow = asked & (rng.random(n) < slow_chance)
    hours = np.where(slow, 50 + rng.gamma(1.6, 24.0, n), np.minimum(rng.lognormal(np.log(5.0), 0.8, n), 23.5))
    replied = said.occurred + (hours * 60).astype(np.int64)
    silent = np.isin(said.kind, SILENT_KINDS) | (rng.random(n) < NEVER_ANSWERED) | (replied > world.now)
    team = np.where(np.isin(said.topic, [TOPIC[name] for name in TECHNICAL]), WORKSHOP, DESK)
    blamed = asked & (rng.random(n) < np.where(team == WORKSHOP, WORKSHOP_BLAMES, DESK_BLAMES))
    resolved = replied + (rng.gamma(1.3, 2.6, n) * DAY).astype(np.int64)
    done = asked & ~silent & (resolved < world.now)
    resolution = np.where(
        blamed, BLAMING + rng.integers(0, 3, n), rng.choice(4, n, p=(0.46, 0.2, 0.22, 0.12))
    )
    again = np.where(blamed & (team == WORKSHOP), REOPENED_BLAMED, np.where(slow, REOPENED_SLOW, REOPENED))
    reopened = (done & (rng.random(n) < again)).astype(np.int64)
    return Signals(
        said=said,
        stars=stars,
        replied=np.where(silent, NEVER, replied),
        resolved=np.where(done, resolved, NEVER),
        reopened=reopened + (reopened & (rng.random(n) < 0.15)),
        team=np.where(said.kind == KIND["loss"], people.team[said.account], team),
        resolution=np.where(done, resolution, -1),
        deal=deal,
    )


def signal_keys(numbers: Ints, empty: Bools | None = None) -> pa.Array:
    return keys("S-", numbers + 100_000, empty=empty)


def signal_table(world: World, people: People, orders: Orders, signals: Signals, deals: Deals) -> pa.Table:
    rng = world.rng(41)
    said, n = signals.said, len(signals)
    number = np.arange(n)
    back = said.kind == KIND["return"]
    no_line = said.line < 0
    titles, bodies = _texts(world, people, signals, deals)
    nps = signals.said.kind == KIND["survey"]
    rating = np.where(nps, np.rint((signals.stars - 1) * 2.5), signals.stars)
    return contract_table(
        "signals",
        {
            "signal_id": signal_keys(number),
            "kind": labels(SIGNAL_KINDS, said.kind),
            "occurred_at": times(said.occurred),
            "account_id": account_keys(said.account),
            "contact_id": keys("ct-", said.account + 10_000),
            "line_id": blank(line_keys(orders, np.where(no_line, 0, said.line)), no_line),
            "product_id": labels(PRODUCT_KEYS, said.product),
            "channel": _channels(world, people, said, rng),
            "lang": labels(("en",), np.zeros(n, dtype=np.int64)),
            "rating": pa.array(rating, mask=signals.stars == 0),
            "rating_max": pa.array(np.where(nps, 10.0, 5.0), mask=signals.stars == 0),
            "title": pa.array(titles),
            "body": pa.array(bodies),
            "reason": _reasons(signals, deals),
            "resolution": labels(RESOLUTIONS, signals.resolution),
            "first_reply_at": times(signals.replied),
            "resolved_at": times(signals.resolved),
            "reopened": pa.array(signals.reopened),
            "quantity": pieces(np.ones(n, dtype=np.int64), ~back),
            "cost": _costs(said, rng),
            "team_id": labels(TEAM_KEYS, signals.team),
            "url": keys("https://helpdesk.aldermoor.example/cases/", number + 100_000),
        },
    )


def _channels(world: World, people: People, said: Incidents, rng: np.random.Generator) -> pa.Array:
    """Shops write to their desk, fleets to their contact, riders use the form."""
    names = (*_ASKING_CHANNELS, *_PLAIN_CHANNELS.values())
    number = people.segment[said.account]
    for kind, channel in _PLAIN_CHANNELS.items():
        number = np.where(said.kind == KIND[kind], names.index(channel), number)
    forum = (said.kind == KIND["idea"]) & (said.occurred >= world.before(FORUM_OPENED))
    forum &= rng.random(len(said)) < 0.6
    return labels(names, np.where(forum, names.index("rider forum"), number))


def _reasons(signals: Signals, deals: Deals) -> pa.Array:
    reasons = tuple(dict.fromkeys([topic.reason for topic in TOPICS] + list(LOSS_REASONS)))
    of_topic = np.array([reasons.index(topic.reason) for topic in TOPICS])
    of_loss = np.array([reasons.index(reason) for reason in LOSS_REASONS])
    given = np.isin(signals.said.kind, [KIND[kind] for kind in ("return", "cancel", "complaint")])
    number = np.where(given, of_topic[signals.said.topic], -1)
    lost = signals.deal >= 0
    number[lost] = of_loss[deals.buyer_reason[signals.deal[lost]]]
    return labels(reasons, number)


def _costs(said: Incidents, rng: np.random.Generator) -> pa.Array:
    part = (said.product >= 0) & (PRODUCT_FAMILY[np.maximum(said.product, 0)] == ACCESSORIES)
    ranges = {
        "ticket": (1800, 4500),
        "complaint": (6000, 15000),
        "return": (9000, 24000),
        "cancel": (1200, 3000),
    }
    cents = np.zeros(len(said), dtype=np.int64)
    for kind, (low, high) in ranges.items():
        cents = np.where(said.kind == KIND[kind], rng.integers(low, high, len(said)), cents)
    return money(np.where(part, cents // 6, cents), cents == 0)


def _texts(world: World, people: People, signals: Signals, deals: Deals) -> tuple[list[str], list[str]]:
    rng = world.rng(42)
    said = signals.said
    rows = rng.integers(0, 2**32, (len(said), NUMBERS_NEEDED)).tolist()
    months = (world.months(said.occurred) - 1).tolist()
    titles, bodies = [], []
    for number, numbers in enumerate(rows):
        title, body = write(_moment(people, signals, deals, number, months[number]), numbers)
        titles.append(title)
        bodies.append(body)
    return titles, bodies


def _moment(people: People, signals: Signals, deals: Deals, number: int, month: int) -> Moment:
    said = signals.said
    account, product, topic = int(said.account[number]), int(said.product[number]), int(said.topic[number])
    deal = int(signals.deal[number])
    rival = RIVALS[deals.rival[deal]] if deal >= 0 and deals.rival[deal] >= 0 else "another maker"
    return Moment(
        kind=SIGNAL_KINDS[said.kind[number]],
        topic=TOPICS[topic],
        segment=int(people.segment[account]),
        use=int(people.use[account]),
        bike=_bike_word(product),
        month=month,
        pleased=topic in PLEASED,
        rival=rival,
        loss_reason=LOSS_REASONS[deals.buyer_reason[deal]] if deal >= 0 else "",
    )


def _bike_word(product: int) -> str:
    if product < 0:
        return "bike"
    family = int(PRODUCT_FAMILY[product])
    return _BIKE_WORDS[family] if family < ACCESSORIES else _PART_WORDS.get(PRODUCT_KEYS[product], "battery")
