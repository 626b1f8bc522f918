"""The whole demo company in one call: 16 coherent tables, the same bytes for the same seed."""

from datetime import date

import numpy as np
import pyarrow as pa

from interlock.connectors.demo.columns import contract_table, dates, labels, money
from interlock.connectors.demo.company import (
    FAMILIES,
    NEVER,
    PRODUCT_KEYS,
    PRODUCTS,
    TEAM_KEYS,
    TEAMS,
    World,
)
from interlock.connectors.demo.deals import deal_keys, deal_table, draw_deals
from interlock.connectors.demo.events import event_tables
from interlock.connectors.demo.invoices import draw_invoices, invoice_table
from interlock.connectors.demo.making import batch_keys, batch_table, capacity_table, draw_making, site_keys
from interlock.connectors.demo.offers import campaign_table, draw_touches, promise_table
from interlock.connectors.demo.orders import draw_orders, line_table, order_table
from interlock.connectors.demo.people import account_table, contact_table, draw_people
from interlock.connectors.demo.signals import draw_signals, signal_table
from interlock.store.contract import TABLES

DEFAULT_UNTIL = date(2026, 11, 19)


def aldermoor(*, seed: int = 1, orders: int = 50_000, until: date = DEFAULT_UNTIL) -> dict[str, pa.Table]:
    """Return the 16 contract tables of Aldermoor, in the order of the contract.

    Args:
        seed: the same seed gives the same bytes.
        orders: about how many orders in two years; customers scale with them, shops and fleets do not.
        until: the last day of the records; everything planted is told in days before it.
    """
    world = World(seed, orders, until)
    people = draw_people(world)
    bought, ended = draw_orders(world, people)
    making = draw_making(world, bought)
    deals, of_order = draw_deals(world, people, bought)
    signals = draw_signals(world, people, bought, making, deals)
    invoices = draw_invoices(world, people, bought, signals)
    touches, opted_out = draw_touches(world, people)
    events, event_objects = event_tables(world, people, bought, invoices, signals)
    first_order = np.full(len(people), NEVER)
    first_order[bought.account[::-1]] = bought.ordered[::-1]
    tables = {
        "teams": team_table(),
        "accounts": account_table(people, first_order, ended),
        "products": product_table(world),
        "contacts": contact_table(world, people, opted_out),
        "deals": deal_table(people, deals),
        "orders": order_table(people, bought, deal_keys(of_order)),
        "order_lines": line_table(world, bought, batch_keys(making, making.of_line), site_keys(bought)),
        "batches": batch_table(world, making),
        "capacity": capacity_table(world, bought),
        "campaigns": campaign_table(world),
        "promises": promise_table(world, bought, of_order, deals, people),
        "touches": touches,
        "signals": signal_table(world, people, bought, signals, deals),
        "invoices": invoice_table(bought, invoices),
        "events": events,
        "event_objects": event_objects,
    }
    return {name: tables[name] for name in TABLES}


def team_table() -> pa.Table:
    return contract_table(
        "teams",
        {
            "team_id": pa.array(TEAM_KEYS),
            "name": pa.array([team.name for team in TEAMS]),
            "function": pa.array([team.function for team in TEAMS]),
            "site_id": pa.array([team.site for team in TEAMS], type=pa.string()),
            "parent_id": pa.array([team.parent for team in TEAMS], type=pa.string()),
            "headcount": pa.array([team.headcount for team in TEAMS]),
        },
    )


def product_table(world: World) -> pa.Table:
    return contract_table(
        "products",
        {
            "product_id": pa.array(PRODUCT_KEYS),
            "family": labels(FAMILIES, np.array([product.family for product in PRODUCTS])),
            "name": pa.array([product.name for product in PRODUCTS]),
            "configuration": pa.array([product.configuration for product in PRODUCTS]),
            "version": pa.array([product.version for product in PRODUCTS]),
            "available_from": dates(np.array([world.before(product.age) for product in PRODUCTS])),
            "unit_margin": money(np.array([product.margin * 100 for product in PRODUCTS])),
            "billing_code": pa.array(
                [product.billing_code and f"B-{product.key}" for product in PRODUCTS], type=pa.string()
            ),
            "list_price": money(np.array([product.price * 100 for product in PRODUCTS])),
        },
    )
