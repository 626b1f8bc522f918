"""What is true in Aldermoor: which faults were planted, what only looks like one, and what must not be named?

The truth file of the demo. The rates come from the constants that drew the records, never from the
records, so that a rule is checked against what is so and not against what it counted.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from interlock.connectors.demo import company, deals, incidents, invoices, orders, promise, signals
from interlock.connectors.demo.making import BAD_BATCH_DAYS

BASE_LATE = 0.105  # all lines of the last 90 days, by the constants of promise.py and the mix of regions
BASE_BAD = 0.066  # complaint, return or low rating on a bike line


@dataclass(frozen=True)
class Planted:
    """One fault that is so.

    Attributes:
        rule: the rule of the catalogue that should see it.
        kind, key, label: the context; several columns are joined by `+` and `|`.
        rate: the true rate in the last 90 days; `usual` the rate of all others.
        days: it began so many days before the last day.
        why: the cause, which no table states.
        echoes: contexts (rule, part of the key) in which the same fault is fairly seen as well.
        money: what is needed to derive the yearly loss, where it can be derived.
        later: the rule belongs to a later release; the facts are in the records already.
    """

    rule: str
    kind: str
    key: str
    label: str
    rate: float
    usual: float
    days: int
    why: str
    echoes: tuple[tuple[str, str], ...] = ()
    money: Mapping[str, float] | None = None
    later: bool = False


@dataclass(frozen=True)
class Decoy:
    """Something that looks like a fault and must not be named."""

    rule: str
    kind: str
    key: str
    why: str


@dataclass(frozen=True)
class Truth:
    """The truth file."""

    planted: tuple[Planted, ...]
    decoys: tuple[Decoy, ...]
    reorder_points: Mapping[str, float]  # reorders within 180 days that a broken promise costs, share

    def as_json(self) -> dict[str, Any]:
        """Return the truth as JSON prints it."""
        return asdict(self)


def truth() -> Truth:
    """Return what was planted and what was laid as a decoy; the same for every seed."""
    return Truth(
        planted=(*_promises_and_products(), *_customers_and_rivals(), *_for_later_rules()),
        decoys=_decoys(),
        reorder_points={
            "shops": orders.SHOP_PAUSE_BROKEN - orders.SHOP_PAUSE_KEPT,
            "fleets": orders.REORDER_LOSS,
            "web buyers": orders.REORDER_LOSS,
        },
    )


def _promises_and_products() -> tuple[Planted, ...]:
    hose = incidents.HOSE["complaint"] + incidents.HOSE["return"]
    motor = incidents.MOTOR["complaint"] + incidents.MOTOR["return"]
    size = incidents.RETURN[company.KESTREL]
    hill = incidents.RETURN[company.PLOVER]
    batch = f"B-{company.BAD_BATCH}"
    return (
        Planted(
            "R01", "team+family", "shops-north|Heron Cargo", "Shops North, Heron Cargo", 0.36, BASE_LATE,
            company.TWO_SHIFTS,
            "Line 2 went to two shifts; the offer of Shops North still says 14 days, all others say 33",
            (("R01", "shops-north"), ("R01", "Heron Cargo"), ("R01", "Line 2")),
            {"fewer_reorders_share": orders.SHOP_PAUSE_BROKEN - orders.SHOP_PAUSE_KEPT,
             "credit_cents": invoices.LATE_CREDIT_SHARE * invoices.LATE_CREDIT_CENTS},
        ),
        Planted(
            "R01", "region", "The Islands", "The Islands", BASE_LATE + promise.LATE_ON_ISLANDS, BASE_LATE,
            company.HISTORY_DAYS, "the promised day does not know the ferry; every team is late there",
        ),
        Planted(
            "R02", "configuration", "C3-BH2", "City 3 (hydraulic brake, hose BH-2)",
            BASE_BAD + hose, BASE_BAD, company.HOSE_BEGAN,
            "the hose is too short and leaks at the lever; it is built on unchanged",
            (("R10", "C3-BH2"), ("R06", "C3-BH2"), ("R11", "City 3")),
        ),
        Planted(
            "R10", "batch", batch, batch, BASE_BAD + motor, BASE_BAD, BAD_BATCH_DAYS,
            "the motor controllers of this batch fail in rain and on climbs",
            (("R10", "Line 1"), ("R02", "C3-COMFORT")),
        ),
        Planted(
            "R11", "family", "Kestrel Trail", "Kestrel Trail", size + incidents.SIZES["return"], size,
            company.TRAIL_SIZES, "the new size table sends every rider one size too big",
            (("R10", "Line 3"), ("R02", "KT-"), ("R06", "KT-")),
        ),
        Planted(
            "R06", "configuration+region", "PF-20|Hill Country", "Plover Fold (20 inch, one gear), Hill Country",
            hill + incidents.HILL["return"], hill, company.HISTORY_DAYS,
            "one gear does not climb; nobody asks where the bike will be ridden",
            (("R06", "Hill Country"), ("R02", "PF-"), ("R11", "Plover Fold")),
        ),
    )  # fmt: skip


def _customers_and_rivals() -> tuple[Planted, ...]:
    return (
        Planted(
            "R03", "segment", "web buyers", "Web buyers", signals.WEB_SLOW_SHARE, signals.OTHERS_SLOW,
            company.WEB_SLOW, "the desk answers shops and fleets first; the page promises riders one day",
            (("R03", "ticket"), ("R03", "complaint"), ("R03", "web form")),
        ),
        Planted(
            "R04", "use", "cargo and delivery", "Fleets, cargo and delivery", 1 - deals.WIN_DELIVERY,
            1 - deals.WIN, company.FLEET_LOSSES,
            "fleets lost the replacement bike during a repair; reps note the price",
            (("R04", "fleets"),),
        ),
        Planted(
            "R09", "rival", "Vantero", "Vantero", 1 - deals.WIN_VANTERO, 1 - deals.WIN, company.HISTORY_DAYS,
            "buyers who tried both name the quality of wheels, plugs and paint",
        ),
    )  # fmt: skip


def _for_later_rules() -> tuple[Planted, ...]:
    same = deals.REASON_SHARES["Corvane"][1]
    return (
        Planted("R05", "team", "fleet", "Fleet", 0.016, 0.008, company.HISTORY_DAYS,
                "fleets are called far more often than others, also while a case is open", later=True),
        Planted("R08", "rival", "Corvane", "Corvane", same, 0.12, company.HISTORY_DAYS,
                "lost buyers see no difference but the price", later=True),
        Planted("R12", "team", "workshop", "Workshop", signals.WORKSHOP_BLAMES, signals.DESK_BLAMES,
                company.HISTORY_DAYS, "cases are closed as the rider's mistake, and half of them come back",
                (("R03", "workshop"),), later=True),
        Planted("R13", "configuration", "RANGE-PLUS", "Range+ battery", 1.0, 0.0, 40,
                "offers, promises and a campaign run; it may be sold 30 days from now", later=True),
        Planted("R14", "configuration", "PF-LEASE", "Plover Fold (lease, 36 months)", invoices.DISPUTED_LEASE,
                invoices.DISPUTED, 330, "the lease has no billing code", later=True),
    )  # fmt: skip


def _decoys() -> tuple[Decoy, ...]:
    slow = f"sells mostly into The Islands, where {promise.LATE_ON_ISLANDS:.0%} more is late for every team"
    return (
        Decoy("R01", "team", "shops-west", slow),
        *(Decoy("R01", "team+family", f"shops-west|{family}", slow) for family in company.FAMILIES[:5]),
        Decoy(
            "R02", "configuration", "C3-COMFORT", "the best-seller has most complaints in number, not in rate"
        ),
        Decoy("R10", "family", "Plover Fold", "the hinge was mended nine months ago (CR-118)"),
        Decoy("R02", "configuration", "PF-16", "the hinge was mended nine months ago (CR-118)"),
        Decoy("R11", "channel", "rider forum", "this source was connected only 75 days ago"),
        Decoy("R06", "configuration+use", "PF-20|trail", "six returns in a cell of about twenty, by chance"),
        Decoy("R06", "configuration+use", "PF-16|trail", "six returns in a cell of about twenty, by chance"),
        Decoy("R01", "month", "November", "November is slow for every team, each year"),
        Decoy("R09", "rival", "Tidewell", "we win as often as without a rival"),
        Decoy("R09", "rival", "Corvane", "we win as often as without a rival; only the reason differs"),
    )
