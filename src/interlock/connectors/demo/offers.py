"""What was promised and advertised, and whom did we contact?

Range+ is advertised and promised with 140 kilometres, though it cannot be sold yet (R13). The Fleet
team calls accounts whose case is still open, and its mails make people opt out (R05).
"""

import numpy as np
import pyarrow as pa

from interlock.connectors.demo.columns import contract_table, dates, keys, labels, money, pieces, times
from interlock.connectors.demo.company import (
    DAY,
    FLEET_TEAM,
    FLEETS,
    MARKETING,
    NEVER,
    PRODUCT_KEYS,
    RANGE_PLUS,
    TEAM_KEYS,
    WEB_TEAM,
    Ints,
    World,
)
from interlock.connectors.demo.deals import OPEN_DEAL, WON, Deals, deal_keys
from interlock.connectors.demo.orders import Orders
from interlock.connectors.demo.people import People, account_keys
from interlock.store.contract import PROMISE_KINDS

CAMPAIGNS = (
    ("Spring on a City 3", "C3-COMFORT", 205, 55, "The city is flatter than you think."),
    ("One car less", "HC-LONG", 190, 60, "Two children, one dog, one week of shopping."),
    ("Mud season", "KT-140", 62, 50, "Leave the road."),
    ("Up, fold, in", "PF-20", 150, 45, "The train is half the way."),
    ("Back to school", "HC-BOX", 95, 40, "Everybody on board."),
    ("Lights on", "AC-LIGHTS", 40, 35, "Be seen before five."),
    ("Spare power", "AC-BATTERY", 120, 30, "The second half of the tour."),
    ("Lease a Plover", "PF-LEASE", 300, 90, "36 months, one small number."),
)
RANGE_SPEND_CENTS = 3_800_000
TOUCH_SHARE = 0.32  # touches for each account in two years, web and shops
FLEET_TOUCHES = 9_000
_KIND = {name: number for number, name in enumerate(PROMISE_KINDS)}


def campaign_table(world: World) -> pa.Table:
    """Return two years of campaigns; the last is Range+, which opens before anyone made one."""
    rows = [
        (name, product, start + 365 * year, days, message)
        for year in (1, 0)
        for name, product, start, days, message in CAMPAIGNS
    ]
    rows = [*rows, ("Range+, 140 km", "RANGE-PLUS", -25, 40, "140 km. Charge on Sunday.")]
    start = np.array([world.before(row[2]) for row in rows])
    length = np.array([row[3] for row in rows]) * DAY
    spend = np.array(
        [900_000 + 130_000 * (number % 7) for number in range(len(rows) - 1)] + [RANGE_SPEND_CENTS]
    )
    return contract_table(
        "campaigns",
        {
            "campaign_id": keys("cmp-", np.arange(len(rows)) + 1, 3),
            "name": pa.array([row[0] for row in rows]),
            "product_id": pa.array([row[1] for row in rows]),
            "team_id": labels(TEAM_KEYS, np.full(len(rows), MARKETING)),
            "starts_at": times(start),
            "ends_at": times(start + length),
            "committed_spend": money(spend),
            "cancel_by": dates(np.r_[start[:-1] - 14 * DAY, world.before(-5)]),
            "message": pa.array([row[4] for row in rows]),
            "audience": pa.array(["riders in all regions"] * len(rows)),
            "channel": pa.array(
                [("social", "radio", "mail", "posters")[number % 4] for number in range(len(rows))]
            ),
            "public_at": times(start),
        },
    )


def promise_table(world: World, orders: Orders, of_order: Ints, deals: Deals, people: People) -> pa.Table:
    """Return the promise register: dates of won offers, volumes, the one-day answer, and Range+."""
    rng = world.rng(61)
    dated = np.flatnonzero(of_order >= 0)
    first = np.searchsorted(orders.lines.order, dated)
    late = np.zeros(len(orders), dtype=bool)
    late[orders.lines.order[orders.lines.late]] = True
    known = orders.lines.promised[first] < world.now
    volumes = np.flatnonzero((deals.outcome == WON) & (people.segment[deals.account] == FLEETS))
    ranges = np.flatnonzero((deals.outcome == OPEN_DEAL) & (deals.product == RANGE_PLUS))
    parts = (len(dated), len(volumes), len(ranges))
    deal = np.r_[of_order[dated], volumes, ranges, -1]
    n = len(deal)
    kept = np.r_[~late[dated], rng.random(parts[1]) < 0.93, np.zeros(parts[2] + 1, dtype=bool)]
    unknown = np.r_[~known, np.zeros(parts[1], dtype=bool), np.ones(parts[2] + 1, dtype=bool)]
    kind = np.repeat([_KIND["date"], _KIND["volume"], _KIND["feature"], _KIND["service"]], [*parts, 1])
    ahead = world.now + rng.integers(28, 70, parts[2]) * DAY
    texts = (
        "delivery by the promised day",
        "pieces as ordered",
        "140 km with one charge",
        "We answer web buyers within one day.",
    )
    place = np.repeat(np.arange(4), [*parts, 1])
    return contract_table(
        "promises",
        {
            "promise_id": keys("P-", np.arange(n) + 10_000),
            "deal_id": deal_keys(deal),
            "product_id": labels(PRODUCT_KEYS, np.where(deal >= 0, deals.product[deal], -1)),
            "kind": labels(PROMISE_KINDS, kind),
            "text": labels(texts, place),
            "due_at": times(
                np.r_[orders.lines.promised[first], deals.closed[volumes] + 40 * DAY, ahead, NEVER]
            ),
            "quantity": pieces(np.where(place == 1, 4, 0), place != 1),
            "made_at": times(
                np.r_[orders.ordered[dated], deals.closed[volumes], deals.created[ranges], world.before(600)]
            ),
            "made_by_team": labels(
                TEAM_KEYS, np.where(deal >= 0, people.team[deals.account[deal]], WEB_TEAM)
            ),
            "kept": pa.array(kept, mask=unknown),
        },
    )


def draw_touches(world: World, people: People) -> tuple[pa.Table, Ints]:
    """Return the touches, and when each account opted out, or NEVER."""
    rng = world.rng(62)
    fleets = np.flatnonzero(people.segment == FLEETS)
    scale = world.orders / 50_000
    others = rng.integers(0, len(people), round(len(people) * TOUCH_SHARE))
    others = others[people.segment[others] != FLEETS]
    account = np.r_[others, rng.choice(fleets, round(FLEET_TOUCHES * scale))]
    when = world.start + (rng.random(len(account)) * (world.now - world.start)).astype(np.int64)
    place = np.argsort(when, kind="stable")
    account, when = account[place], when[place]
    opted_out = _opt_outs(people, account, when, rng)
    after = (opted_out[account] != NEVER) & (when > opted_out[account])
    account, when = account[~after], when[~after]
    n = len(account)
    return contract_table(
        "touches",
        {
            "touch_id": keys("T-", np.arange(n) + 100_000),
            "contact_id": keys("ct-", account + 10_000),
            "account_id": account_keys(account),
            "team_id": labels(TEAM_KEYS, people.team[account]),
            "touched_at": times(when),
            "channel": labels(("mail", "call", "visit"), rng.choice(3, n, p=(0.7, 0.24, 0.06))),
            "campaign_id": keys("cmp-", rng.integers(1, 2 * len(CAMPAIGNS) + 1, n), 3, rng.random(n) < 0.4),
            "response": labels(("none", "read", "answered"), rng.choice(3, n, p=(0.6, 0.32, 0.08))),
        },
    ), opted_out  # fmt: skip


def _opt_outs(people: People, account: Ints, when: Ints, rng: np.random.Generator) -> Ints:
    chance = np.where(people.team[account] == FLEET_TEAM, 0.016, 0.008)
    out = np.full(len(people), NEVER)
    hit = rng.random(len(account)) < chance
    out[account[hit]] = when[hit] + 30
    return out
