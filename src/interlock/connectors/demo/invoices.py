"""What was billed, paid, disputed and credited?

The planted fault R14: the Plover lease has no billing code, and its invoices are disputed.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from interlock.connectors.demo.columns import contract_table, dates, keys, labels, money, times
from interlock.connectors.demo.company import DAY, LEASE, NEVER, WEB, Bools, Ints, World
from interlock.connectors.demo.incidents import KIND
from interlock.connectors.demo.orders import CANCELLED, Orders, order_keys
from interlock.connectors.demo.people import People, account_keys
from interlock.connectors.demo.signals import Signals

DISPUTED, DISPUTED_LEASE = 0.011, 0.34
LATE_CREDIT_SHARE, LATE_CREDIT_CENTS = 0.30, 18_700
REASONS = (
    "wrong amount",
    "not delivered in full",
    "no item code for the lease",
    "price differs from the offer",
)


@dataclass(frozen=True)
class Invoices:
    """One invoice for every order that left the house; web orders are billed when ordered."""

    order: Ints
    issued: Ints
    cents: Ints
    due: Ints
    paid: Ints
    disputed: Bools
    reason: Ints
    credited: Ints


def draw_invoices(world: World, people: People, orders: Orders, signals: Signals) -> Invoices:
    """Draw all invoices."""
    rng = world.rng(70)
    lines, count = orders.lines, len(orders)
    ships = np.full(count, np.int64(2**62))
    np.minimum.at(ships, lines.order, lines.ships)
    web = people.segment[orders.account] == WEB
    issued = np.where(web, orders.ordered + 5, ships + DAY)
    which = np.flatnonzero((issued < world.now) & (orders.status != CANCELLED))
    total = np.bincount(lines.order, weights=lines.cents, minlength=count).astype(np.int64)
    lease = np.zeros(count, dtype=bool)
    lease[lines.order[lines.product == LEASE]] = True
    disputed = rng.random(len(which)) < np.where(
        lease[which], DISPUTED_LEASE, np.where(web[which], 0.002, DISPUTED)
    )
    reason = np.where(lease[which], 2, rng.choice([0, 1, 3], len(which)))
    due = issued[which] + np.where(web[which], 0, 30) * DAY
    wait = np.where(web[which], 0, rng.normal(1, 6, len(which)) + disputed * 24) * DAY
    paid = np.maximum(due + wait.astype(np.int64), issued[which])
    return Invoices(
        order=which,
        issued=issued[which],
        cents=total[which],
        due=due,
        paid=np.where(paid < world.now, paid, NEVER),
        disputed=disputed,
        reason=np.where(disputed, reason, -1),
        credited=np.minimum(_credits(people, orders, signals, rng)[which], total[which]),
    )


def _credits(people: People, orders: Orders, signals: Signals, rng: np.random.Generator) -> Ints:
    """What came back is refunded; shops and fleets get a credit for some late lines."""
    lines, said = orders.lines, signals.said
    out = np.zeros(len(orders), dtype=np.int64)
    back = said.line[(said.kind == KIND["return"]) & (said.line >= 0)]
    np.add.at(out, lines.order[back], lines.cents[back] // lines.quantity[back])
    late = lines.late & (people.segment[orders.account[lines.order]] != WEB)
    late &= rng.random(len(lines)) < LATE_CREDIT_SHARE
    np.add.at(out, lines.order[late], LATE_CREDIT_CENTS)
    return out


def invoice_keys(numbers: Ints) -> pa.Array:
    return keys("INV-", numbers + 200_000)


def invoice_table(orders: Orders, invoices: Invoices) -> pa.Table:
    return contract_table(
        "invoices",
        {
            "invoice_id": invoice_keys(np.arange(len(invoices.order))),
            "order_id": order_keys(invoices.order),
            "account_id": account_keys(orders.account[invoices.order]),
            "issued_at": times(invoices.issued),
            "amount": money(invoices.cents),
            "due_at": dates(invoices.due),
            "paid_at": dates(invoices.paid),
            "disputed": pa.array(invoices.disputed),
            "dispute_reason": labels(REASONS, invoices.reason),
            "credited": money(invoices.credited),
        },
    )
