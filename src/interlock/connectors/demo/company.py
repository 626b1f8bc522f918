"""What does Aldermoor consist of: teams, regions, products, rivals, and the days on which something changed?

Aldermoor is the invented maker of e-bikes behind the demo. This module holds its fixed nouns; the other
modules draw customers, orders and words around them. Every day is told as days before `until`, so that the
demo can be made for any date.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

CURRENCY = "EUR"
DAY = 24 * 60  # all times are whole minutes since 1970 until they become Arrow timestamps
NEVER = np.int64(-(2**62))  # the empty time
HISTORY_DAYS = 730

REGIONS = (
    "Northmoor", "Eastvale", "Southern Plain", "Westmark", "Hill Country", "The Islands",
    "Harbour Belt", "Capital", "River Lowlands", "Border Heath",
)  # fmt: skip
HILLS, ISLANDS = REGIONS.index("Hill Country"), REGIONS.index("The Islands")

USES = ("commuting", "family", "cargo and delivery", "trail", "multimodal travel")
COMMUTING, FAMILY, DELIVERY, TRAIL, MULTIMODAL = range(5)

SEGMENTS = ("shops", "fleets", "web buyers")
SHOPS, FLEETS, WEB = range(3)

RIVALS = ("Vantero", "Corvane", "Tidewell")
VANTERO, CORVANE, TIDEWELL = range(3)

# Days before `until` on which something changed in the company.
TWO_SHIFTS = 73  # Line 2 went to two shifts (7 September, seen from 19 November)
HOSE_BEGAN = 430  # City 3 was first built with brake hose BH-2
HINGE_MENDED = 272  # the Plover hinge was changed, about nine months ago
WEB_SLOW = 110  # replies to web buyers fell behind
TRAIL_SIZES = 63  # the new Kestrel size table went live
FORUM_OPENED = 75  # the source "rider forum" was connected
SEAT_RATTLE = 41  # the child seat of the new supplier
FLEET_LOSSES = 240  # the replacement bike during a repair was dropped
RANGE_ON_SALE = -30  # Range+ may be sold from a day that is still to come


@dataclass(frozen=True)
class Team:
    """One team; `key` is what orders and signals carry."""

    key: str
    name: str
    function: str
    site: str | None
    parent: str | None
    headcount: int


TEAMS = (
    Team("sales", "Sales", "sales", None, None, 4),
    Team("shops-north", "Shops North", "sales", None, "sales", 11),
    Team("shops-east", "Shops East", "sales", None, "sales", 9),
    Team("shops-south", "Shops South", "sales", None, "sales", 10),
    Team("shops-west", "Shops West", "sales", None, "sales", 12),
    Team("fleet", "Fleet", "sales", None, "sales", 8),
    Team("web", "Web", "sales", None, "sales", 9),
    Team("production", "Production", "production", None, None, 7),
    Team("line-1", "Line 1", "production", "Line 1", "production", 64),
    Team("line-2", "Line 2", "production", "Line 2", "production", 58),
    Team("line-3", "Line 3", "production", "Line 3", "production", 47),
    Team("dispatch", "Dispatch", "operations", "Parts store", "operations", 21),
    Team("operations", "Operations", "operations", None, None, 14),
    Team("service-desk", "Service Desk", "service", None, "service", 19),
    Team("workshop", "Workshop", "service", None, "service", 16),
    Team("service", "Service", "service", None, None, 5),
    Team("marketing", "Marketing", "marketing", None, None, 13),
    Team("product", "Product", "product", None, None, 22),
    Team("finance", "Finance", "finance", None, None, 12),
    Team("legal", "Legal", "legal", None, None, 3),
    Team("people", "People", "people", None, None, 5),
)
TEAM_KEYS = tuple(team.key for team in TEAMS)
NORTH, EAST, SOUTH, WEST, FLEET_TEAM, WEB_TEAM = (
    TEAM_KEYS.index(key) for key in ("shops-north", "shops-east", "shops-south", "shops-west", "fleet", "web")
)
DISPATCH, DESK, WORKSHOP, MARKETING, FINANCE = (
    TEAM_KEYS.index(key) for key in ("dispatch", "service-desk", "workshop", "marketing", "finance")
)

FAMILIES = ("City 3", "Heron Cargo", "Kestrel Trail", "Plover Fold", "Accessories", "Range+")
CITY, HERON, KESTREL, PLOVER, ACCESSORIES, RANGE = range(6)
FAMILY_SITES = ("Line 1", "Line 2", "Line 3", "Line 3", "Parts store", "Line 1")


@dataclass(frozen=True)
class Product:
    """One sellable configuration; prices and margins in whole euros, ages in days before `until`."""

    key: str
    family: int
    name: str
    configuration: str
    version: str
    price: int
    margin: int
    weight: float
    billing_code: str | None = "standard"
    age: int = 1400


PRODUCTS = (
    Product("C3-COMFORT", CITY, "City 3", "Comfort, roller brake", "3.2", 2890, 640, 0.46),
    Product("C3-BH2", CITY, "City 3", "hydraulic brake, hose BH-2", "3.4", 3090, 690, 0.20, age=HOSE_BEGAN),
    Product("C3-STEP", CITY, "City 3", "step-through, belt drive", "3.2", 3290, 720, 0.19),
    Product("C3-SPORT", CITY, "City 3", "Sport, disc brake", "3.1", 3190, 700, 0.11),
    Product("HC-LONG", HERON, "Heron Cargo", "long, two child seats", "2.1", 5490, 1180, 0.48),
    Product("HC-BOX", HERON, "Heron Cargo", "front box", "2.1", 5890, 1260, 0.32),
    Product("HC-FLAT", HERON, "Heron Cargo", "short, flat bed", "2.0", 5190, 1090, 0.20),
    Product("KT-140", KESTREL, "Kestrel Trail", "140 mm, alloy", "5.0", 4290, 980, 0.55),
    Product("KT-160", KESTREL, "Kestrel Trail", "160 mm, carbon", "5.0", 5690, 1390, 0.30),
    Product("KT-JUNIOR", KESTREL, "Kestrel Trail", "Junior, 26 inch", "4.3", 2690, 540, 0.15),
    Product("PF-20", PLOVER, "Plover Fold", "20 inch, one gear", "2.3", 2490, 560, 0.58),
    Product("PF-16", PLOVER, "Plover Fold", "16 inch, seven gears", "2.3", 2190, 470, 0.34),
    Product("PF-LEASE", PLOVER, "Plover Fold", "lease, 36 months", "2.3", 2640, 610, 0.08, None, 330),
    Product("AC-SEAT", ACCESSORIES, "Child seat", "rear, with belt", "1.4", 179, 71, 0.17),
    Product("AC-CANOPY", ACCESSORIES, "Rain canopy", "for the front box", "1.1", 249, 104, 0.09),
    Product("AC-BAGS", ACCESSORIES, "Pannier bags", "pair, 40 litres", "2.0", 139, 62, 0.20),
    Product("AC-LOCK", ACCESSORIES, "Frame lock", "with chain", "1.0", 89, 38, 0.22),
    Product("AC-CHARGER", ACCESSORIES, "Fast charger", "6 ampere", "1.2", 159, 66, 0.14),
    Product("AC-BATTERY", ACCESSORIES, "Spare battery", "500 Wh", "3.0", 649, 188, 0.10),
    Product("AC-LIGHTS", ACCESSORIES, "Light set", "front and rear", "1.3", 99, 44, 0.08),
    Product("RANGE-PLUS", RANGE, "Range+ battery", "725 Wh", "1.0", 990, 310, 0.0, "standard", RANGE_ON_SALE),
)
PRODUCT_KEYS = tuple(product.key for product in PRODUCTS)
PRODUCT_FAMILY: Ints = np.array([product.family for product in PRODUCTS], dtype=np.int64)
PRODUCT_PRICE: Ints = np.array([product.price for product in PRODUCTS], dtype=np.int64)
COMFORT, BRAKE_HOSE, ONE_GEAR, LEASE, RANGE_PLUS = (
    PRODUCT_KEYS.index(key) for key in ("C3-COMFORT", "C3-BH2", "PF-20", "PF-LEASE", "RANGE-PLUS")
)
BAD_BATCH = 2641  # the batch number whose motor controllers fail


@dataclass(frozen=True)
class World:
    """One run of the demo: the seed, the size, and the day until which the records reach."""

    seed: int
    orders: int
    until: date

    @cached_property
    def now(self) -> int:
        """06:40 on the last day, in minutes since 1970: the records end in the early morning."""
        return (self.until - date(1970, 1, 1)).days * DAY + 400

    @cached_property
    def start(self) -> int:
        """Midnight two years before the last day, in minutes since 1970."""
        return self.now - 400 - HISTORY_DAYS * DAY

    def before(self, days: int) -> int:
        """Midnight so many days before the last day; a negative number of days lies ahead."""
        return self.now - 400 - days * DAY

    def day(self, days: int) -> date:
        return self.until - timedelta(days=days)

    def rng(self, noun: int) -> np.random.Generator:
        """A stream of its own for each noun: a change in one leaves the others as they were."""
        return np.random.default_rng([self.seed, noun])

    def months(self, minutes: Ints) -> Ints:
        """Months of the year, 1 to 12."""
        months: Ints = minutes.astype("datetime64[m]").astype("datetime64[M]").astype(np.int64) % 12 + 1
        return months
