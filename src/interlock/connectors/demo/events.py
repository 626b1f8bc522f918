"""Which steps did each order pass, as events with the objects they touch?

Derived from the other records: an event never says anything that an order, a line, a signal or an
invoice does not say too.
"""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from interlock.connectors.demo.columns import contract_table, keys, labels, times
from interlock.connectors.demo.company import (
    DAY,
    DISPATCH,
    FAMILY_SITES,
    FINANCE,
    NEVER,
    PRODUCT_FAMILY,
    TEAM_KEYS,
    Ints,
    World,
)
from interlock.connectors.demo.incidents import KIND
from interlock.connectors.demo.invoices import Invoices, invoice_keys
from interlock.connectors.demo.orders import CANCELLED, Orders, order_keys
from interlock.connectors.demo.people import People, account_keys
from interlock.connectors.demo.signals import Signals, signal_keys

ACTIVITIES = ("ordered", "approved", "built", "shipped", "delivered", "invoiced", "paid", "cancelled",
              "reviewed", "complained", "returned", "asked", "replied", "reordered")  # fmt: skip
SYSTEMS = ("CRM", "ERP", "helpdesk")
_OF_KIND = {"review": "reviewed", "complaint": "complained", "return": "returned", "ticket": "asked"}
_LINE_TEAMS = {"Line 1": "line-1", "Line 2": "line-2", "Line 3": "line-3", "Parts store": "dispatch"}
_APPROVAL_MINUTES = 130


@dataclass
class _Log:
    """Columns of events as they are added; -1 says that no such object belongs to the event."""

    columns: dict[str, list[Ints]] = field(default_factory=dict)

    def add(self, activity: str, when: Ints, team: Ints | int, system: int, **objects: Ints) -> None:
        known = when != NEVER
        n = int(known.sum())
        values = {
            "activity": np.full(n, ACTIVITIES.index(activity)),
            "when": when[known],
            "system": np.full(n, system),
        }
        values["team"] = np.full(n, team) if isinstance(team, int) else team[known]
        for name in ("order", "account", "signal", "invoice"):
            values[name] = objects[name][known] if name in objects else np.full(n, -1)
        for name, column in values.items():
            self.columns.setdefault(name, []).append(column.astype(np.int64))

    def joined(self) -> dict[str, Ints]:
        """Return the columns in time order."""
        whole = {name: np.concatenate(parts) for name, parts in self.columns.items()}
        place = np.lexsort((whole["order"], whole["activity"], whole["when"]))
        return {name: column[place] for name, column in whole.items()}


def event_tables(
    world: World, people: People, orders: Orders, invoices: Invoices, signals: Signals
) -> tuple[pa.Table, pa.Table]:
    """Return `events` and `event_objects`."""
    log = _Log()
    _order_steps(world, people, orders, log)
    of_invoice = {
        "order": invoices.order,
        "account": orders.account[invoices.order],
        "invoice": np.arange(len(invoices.order)),
    }
    log.add("invoiced", invoices.issued, FINANCE, 1, **of_invoice)
    log.add("paid", invoices.paid, FINANCE, 1, **of_invoice)
    _signal_steps(orders, signals, log)
    events = log.joined()
    return _event_table(events), _object_table(events)


def _order_steps(world: World, people: People, orders: Orders, log: _Log) -> None:
    lines, count = orders.lines, len(orders)
    ships, arrives = np.full(count, NEVER), np.full(count, NEVER)
    np.maximum.at(ships, lines.order, lines.ships)
    np.maximum.at(arrives, lines.order, lines.arrives)
    gone = orders.status == CANCELLED
    ships = np.where(gone | (ships > world.now), NEVER, ships)
    arrives = np.where(gone | (arrives > world.now), NEVER, arrives)
    first = np.searchsorted(lines.order, np.arange(count))
    sites = np.array([TEAM_KEYS.index(_LINE_TEAMS[site]) for site in FAMILY_SITES])
    maker = sites[PRODUCT_FAMILY[lines.product[first]]]
    approved = orders.ordered + _APPROVAL_MINUTES
    built = np.where(ships == NEVER, NEVER, np.maximum(ships - 2 * DAY, approved + 30))
    objects = {"order": np.arange(count), "account": orders.account}
    seller = people.team[orders.account]
    log.add("ordered", orders.ordered, seller, 0, **objects)
    log.add("approved", np.where(gone | (approved > world.now), NEVER, approved), FINANCE, 1, **objects)
    log.add("built", np.where(built >= ships, NEVER, built), maker, 1, **objects)
    log.add("shipped", ships, DISPATCH, 1, **objects)
    log.add("delivered", arrives, DISPATCH, 1, **objects)
    log.add("cancelled", orders.cancelled, seller, 0, **objects)
    place = np.argsort(orders.account, kind="stable")
    again = np.zeros(count, dtype=bool)
    again[place[1:]] = orders.account[place[1:]] == orders.account[place[:-1]]
    log.add("reordered", np.where(again, orders.ordered, NEVER), seller, 0, **objects)


def _signal_steps(orders: Orders, signals: Signals, log: _Log) -> None:
    said = signals.said
    placed = said.line >= 0
    order = np.where(placed, orders.lines.order[np.maximum(said.line, 0)], -1)
    for kind, activity in _OF_KIND.items():
        mine = np.flatnonzero((said.kind == KIND[kind]) & placed)
        objects = {"order": order[mine], "account": said.account[mine], "signal": mine}
        log.add(activity, said.occurred[mine], signals.team[mine], 2, **objects)
        if kind in ("ticket", "complaint"):
            log.add("replied", signals.replied[mine], signals.team[mine], 2, **objects)


def _event_table(events: dict[str, Ints]) -> pa.Table:
    return contract_table(
        "events",
        {
            "event_id": _event_keys(np.arange(len(events["when"]))),
            "activity": labels(ACTIVITIES, events["activity"]),
            "occurred_at": times(events["when"]),
            "team_id": labels(TEAM_KEYS, events["team"]),
            "system": labels(SYSTEMS, events["system"]),
        },
    )


def _object_table(events: dict[str, Ints]) -> pa.Table:
    names = {"order": order_keys, "account": account_keys, "signal": signal_keys, "invoice": invoice_keys}
    event, kind, key = [], [], []
    for name, make_keys in names.items():
        has = np.flatnonzero(events[name] >= 0)
        event.append(_event_keys(has))
        kind.append(labels((name,), np.zeros(len(has), dtype=np.int64)))
        key.append(make_keys(events[name][has]))
    columns = {"event_id": event, "object_type": kind, "object_id": key}
    return contract_table("event_objects", {name: pa.concat_arrays(parts) for name, parts in columns.items()})


def _event_keys(numbers: Ints) -> pa.Array:
    return keys("E-", numbers, 7)
