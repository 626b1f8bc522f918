"""Shopify as a live connector: orders in the order of their last change, with all that belongs to them.

A delivery, a return or a refund changes its order, so that orders are all that is asked for. Shopify pages by a mark
that stays valid while records change; the cursor holds it, and the moment from which the list was asked for.

Documentation: shopify.dev/docs/api/admin-graphql (orders, Return, Refund), rate limits, client credentials grant.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ..errors import ConnectorError
from ..fields import member, milliseconds_of, moment_at
from ..live import Answers, Incoming, NotTaken, Page, Question, Reach
from ..place import Place
from .queries import ORDERS, ORDERS_A_PAGE, SHOP
from .records import rows_of
from .session import Session, nodes_of, open_session


class ShopifyConnector:
    """Orders, deliveries, returns and refunds of one shop."""

    kind = "shopify"
    title = "Shopify"
    purpose = "Returns with the customers' reasons, and the orders and deliveries they belong to."
    ask_every = 300
    questions = (
        Question("shop", "Shop", "address", help="Its own address, such as acme.myshopify.com"),
        Question(
            "token",
            "Access token",
            "secret",
            "Of an app with the rights read_orders, read_returns, read_products and read_customers; read_all_orders "
            "for orders older than 60 days.",
            required=False,
        ),
        Question(
            "client_id",
            "Client id",
            help="Instead of a token: of an app in the Dev Dashboard.",
            required=False,
        ),
        Question("client_secret", "Client secret", "secret", "Belongs to the client id.", required=False),
    )

    def check(self, answers: Answers, reach: Reach) -> str:
        """Ask what the shop is called and how many orders it has."""
        found = open_session(answers, reach).ask(SHOP)
        name, count = member(found, "shop", "name"), member(found, "ordersCount", "count")
        orders = f"{count:,}" if isinstance(count, int) else "an unknown number of"
        return f"The shop {str(name)[:80]} answers and shows {orders} orders."

    def pages(self, answers: Answers, cursor: str, reach: Reach) -> Iterator[Page]:
        """Hand over orders that are new or changed, a few at a time."""
        session = open_session(answers, reach)
        kept = json.loads(cursor) if cursor else {}
        place, after = Place.read(kept.get("place")), kept.get("after")
        more = True
        while more:
            reach.wait(0)
            found = session.ask(ORDERS, _variables(place, after)).get("orders")
            rows, refused = _rows(session, nodes_of(found), place)
            more = member(found, "pageInfo", "hasNextPage") is True
            before, after = after, member(found, "pageInfo", "endCursor") if more else None
            if more and (not isinstance(after, str) or after == before):
                raise ConnectorError("Shopify sent a part of its orders without saying where the rest is.")
            if more:
                place.forget_old()
            else:
                place.begin_again()
            yield Page(rows, json.dumps({"place": place.written(), "after": after}), refused)


def _variables(place: Place, after: str | None) -> dict[str, Any]:
    since = f"updated_at:>='{moment_at(place.since):%Y-%m-%dT%H:%M:%SZ}'" if place.since else None
    return {"first": ORDERS_A_PAGE, "after": after, "query": since}


def _rows(
    session: Session, orders: list[dict[str, Any]], place: Place
) -> tuple[tuple[Incoming, ...], tuple[NotTaken, ...]]:
    rows: dict[tuple[str, str], Incoming] = {}
    refused = []
    for order in orders:
        where = f"order {order.get('name') or order.get('id')}"
        try:
            changed = milliseconds_of(order.get("updatedAt"))
            if not place.takes(str(order.get("id")).rpartition("/")[2], changed):
                continue
            for table, row in rows_of(session, order):
                # Several lines of a page name the same product.
                rows[table, next(iter(row.values()))] = Incoming(table, row, where)
        except ValueError as error:
            refused.append(NotTaken(where, str(error), payload=json.dumps(order)))
    return tuple(rows.values()), tuple(refused)
