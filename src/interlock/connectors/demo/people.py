"""Who buys from Aldermoor: 318 shops, the fleets, the riders who buy on the web?

Accounts carry no name of a person: riders are numbered, shops and fleets have invented business names.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from interlock.connectors.demo.columns import contract_table, dates, keys, labels, money, times
from interlock.connectors.demo.company import (
    DAY,
    DELIVERY,
    EAST,
    FLEET_TEAM,
    FLEETS,
    NEVER,
    NORTH,
    REGIONS,
    SEGMENTS,
    SHOPS,
    SOUTH,
    USES,
    WEB,
    WEB_TEAM,
    WEST,
    Ints,
    World,
)

SHARE_OF_CUSTOMERS = 41_206 / 50_000  # customers for each order of the two years
SHOP_COUNT, FLEET_COUNT = 318, 462

# Share of each shop team's customers by region, in the order of REGIONS. Every region is served by several
# teams, so that a slow region and a slow team can be told apart; Shops West serves most of The Islands.
SHOP_REGIONS = {
    NORTH: (0.26, 0.05, 0.03, 0.05, 0.09, 0.02, 0.22, 0.20, 0.05, 0.03),
    EAST: (0.10, 0.26, 0.06, 0.03, 0.12, 0.04, 0.10, 0.17, 0.08, 0.04),
    SOUTH: (0.05, 0.10, 0.27, 0.05, 0.13, 0.04, 0.05, 0.15, 0.12, 0.04),
    WEST: (0.07, 0.04, 0.06, 0.19, 0.07, 0.44, 0.04, 0.05, 0.02, 0.02),
}
RIDER_REGIONS = (0.12, 0.11, 0.11, 0.10, 0.14, 0.04, 0.11, 0.14, 0.09, 0.04)
RIDER_USES = (0.36, 0.24, 0.06, 0.18, 0.16)
SHOP_USES = (0.38, 0.24, 0.10, 0.17, 0.11)
NORTH_USES = (0.24, 0.36, 0.16, 0.13, 0.11)  # Shops North live on families and cargo
FLEET_USES = (0.38, 0.10, 0.22, 0.12, 0.18)

_SHOP_FIRST = ("Radhaus", "Velo", "Fietshuis", "Cycle Works", "Bike Barn", "Zweirad", "Pedal House",
               "Spoke & Co",
               "Wheelhouse", "Rad & Tat", "Velostation", "Kettle & Chain", "The Bike Yard",
               "Freewheel")  # fmt: skip
_SHOP_LAST = ("Nordlicht", "Oost", "am Markt", "Harbour Street", "Mill Lane", "Old Town", "Station Square",
              "Riverside",
              "Lindenhof", "West Gate", "Hilltop", "Bridge End", "Canal Side", "Upper Green",
              "Long Meadow", "Quay Nine",
              "Kirchweg", "Fox Lane", "Brookfield", "Lighthouse Road", "Tannenberg", "Weavers Row",
              "Sandgate")  # fmt: skip
_FLEET_FIRST = ("Brightpost", "Harbour", "Greenline", "Swiftcart", "Lindmark", "Orchard", "Blue Door",
                "Corner", "Metro",
                "Parkside", "Northwind", "Daybreak", "Copper", "Lantern", "Juniper", "Redbrick",
                "Saltmarsh", "Maple",
                "Kingsway", "Fernhill", "Riverbank", "Stonebridge")  # fmt: skip
_FLEET_LAST = {0: "Works Commute", 1: "Nurseries", 2: "Couriers", 3: "Outdoor Hire", 4: "Hotels",
               5: "City Works", 6: "Parcel", 7: "Groceries"}  # fmt: skip


@dataclass(frozen=True)
class People:
    """All accounts as columns; shops first, then fleets, then riders."""

    segment: Ints
    region: Ints
    use: Ints
    team: Ints
    since: Ints
    margin_cents: Ints

    def __len__(self) -> int:
        return len(self.segment)


def draw_people(world: World) -> People:
    """Draw every account with its region, use, selling team and first day."""
    rng = world.rng(1)
    riders = max(round(world.orders * SHARE_OF_CUSTOMERS) - SHOP_COUNT - FLEET_COUNT, 200)
    shop_teams = np.array([NORTH, EAST, SOUTH, WEST])[np.arange(SHOP_COUNT) % 4]
    shop_regions = np.zeros(SHOP_COUNT, dtype=np.int64)
    shop_uses = np.zeros(SHOP_COUNT, dtype=np.int64)
    for number, shares in SHOP_REGIONS.items():
        mine = shop_teams == number
        shop_regions[mine] = _quota(shares, int(mine.sum()), rng)
        shop_uses[mine] = _quota(NORTH_USES if number == NORTH else SHOP_USES, int(mine.sum()), rng)
    others = rng.choice(len(REGIONS), FLEET_COUNT + riders, p=RIDER_REGIONS)
    segment = np.repeat([SHOPS, FLEETS, WEB], [SHOP_COUNT, FLEET_COUNT, riders])
    fleet_uses = _quota(FLEET_USES, FLEET_COUNT, rng)
    use = np.concatenate([shop_uses, fleet_uses, rng.choice(len(USES), riders, p=RIDER_USES)])
    team = np.concatenate([shop_teams, np.repeat([FLEET_TEAM, WEB_TEAM], [FLEET_COUNT, riders])])
    margin = np.array([8400, 6900, 310])[segment] * rng.gamma(6.0, 1 / 6.0, len(segment))
    return People(
        segment=segment.astype(np.int64),
        region=np.concatenate([shop_regions, others]).astype(np.int64),
        use=use.astype(np.int64),
        team=team.astype(np.int64),
        since=world.start - rng.integers(20, 1900, len(segment)) * DAY,
        margin_cents=np.rint(margin * 100).astype(np.int64),
    )


def _quota(shares: tuple[float, ...], count: int, rng: np.random.Generator) -> Ints:
    """Return so many choices in exactly these shares, shuffled: few shops leave no room for luck."""
    edges = np.rint(np.cumsum(shares) * count).astype(np.int64)
    return rng.permutation(np.repeat(np.arange(len(shares)), np.diff(edges, prepend=0)))


def account_table(people: People, first_order: Ints, ended: Ints) -> pa.Table:
    """Return the accounts; whoever first bought in the two years is a customer since that day."""
    number = np.arange(len(people))
    since = np.where((people.segment == WEB) & (first_order != NEVER), first_order, people.since)
    return contract_table(
        "accounts",
        {
            "account_id": account_keys(number),
            "name": pa.array(account_names(people)),
            "segment": labels(SEGMENTS, people.segment),
            "region": labels(REGIONS, people.region),
            "use_case": labels(USES, people.use),
            "since": dates(since),
            "ended_at": dates(ended),
            "annual_margin": money(people.margin_cents),
            "url": keys("https://crm.aldermoor.example/accounts/", number + 10_000),
        },
    )


def contact_table(world: World, people: People, opted_out: Ints) -> pa.Table:
    """Return one contact an account, without name or address."""
    rng = world.rng(2)
    number = np.arange(len(people))
    may = rng.random(len(people)) < 0.62
    return contract_table(
        "contacts",
        {
            "contact_id": keys("ct-", number + 10_000),
            "account_id": account_keys(number),
            "may_contact": pa.array(may & (opted_out == NEVER)),
            "opted_out_at": times(opted_out),
            "lang": labels(("en",), np.zeros(len(people), dtype=np.int64)),
            "region": labels(REGIONS, people.region),
        },
    )


def account_keys(numbers: Ints) -> pa.Array:
    return keys("acc-", numbers + 10_000)


def account_names(people: People) -> list[str]:
    """Return business names for shops and fleets, numbers for riders."""
    names = []
    for number in range(len(people)):
        segment = people.segment[number]
        if segment == SHOPS:
            names.append(f"{_SHOP_FIRST[number % len(_SHOP_FIRST)]} {_SHOP_LAST[number % len(_SHOP_LAST)]}")
        elif segment == FLEETS:
            names.append(_fleet_name(number, int(people.use[number])))
        else:
            names.append(f"Rider {number + 10_000}")
    return names


def _fleet_name(number: int, use: int) -> str:
    kind = (DELIVERY, 6, 7)[number % 3] if use == DELIVERY else use
    district = number // len(_FLEET_FIRST) + 1
    return f"{_FLEET_FIRST[number % len(_FLEET_FIRST)]} {_FLEET_LAST[kind]} {district}"
