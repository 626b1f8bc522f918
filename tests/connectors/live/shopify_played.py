"""Shopify as documented: orders by GraphQL in pages, the rest of long lists by node, the cost of each query, tokens."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path

from interlock.connectors.conformance import Answer, Asked, Case
from interlock.connectors.shopify import connector

RECORDED = json.loads((Path(__file__).parent / "recorded" / "shopify.json").read_text())
SHOP = "https://acme-bags.myshopify.com"
SECRET = "shpss_5d1e7c"
ANSWERS = {"shop": "acme-bags.myshopify.com", "client_id": "app-1", "client_secret": SECRET}
SIZE = 2
ADMIN = f"{SHOP}/admin"
LISTS = ("lineItems", "fulfillmentLineItems", "returnLineItems", "refundLineItems", "returns")


class Shopify:
    """One shop, whose lists show one member at a time, so that every list must be read on."""

    def __init__(self, recorded: dict, *, first_token: str = "", members: int = 1) -> None:
        self.recorded = copy.deepcopy(recorded)
        self.signed_in = 0
        self.first_token = first_token
        self.members = members
        self.available = 990.0

    def __call__(self, asked: Asked) -> Answer:
        if asked.path == "/admin/oauth/access_token":
            form = asked.form()
            if (form.get("grant_type"), form.get("client_secret")) != ("client_credentials", SECRET):
                return Answer({"error": "invalid_client"}, 401)
            self.signed_in += 1
            token = self.first_token if self.first_token and self.signed_in == 1 else self.token
            return Answer({"access_token": token, "scope": "read_orders,read_returns", "expires_in": 86399})
        if asked.path != "/admin/api/2026-07/graphql.json":
            return Answer({"errors": "Not Found"}, 404)
        if asked.headers.get("x-shopify-access-token") != self.token:
            return Answer({"errors": "[API] Invalid API key or access token"}, 401)
        body = asked.json()
        name = re.match(r"\s*query (\w+)", body["query"])[1]
        return Answer({"data": getattr(self, name.lower())(body["query"], body["variables"]), **self.cost()})

    @property
    def token(self) -> str:
        return f"shpat_{self.signed_in}"

    def cost(self) -> dict:
        status = {"maximumAvailable": 1000.0, "currentlyAvailable": self.available, "restoreRate": 50.0}
        return {
            "extensions": {
                "cost": {"requestedQueryCost": 790, "actualQueryCost": 40, "throttleStatus": status}
            }
        }

    def shop(self, query: str, variables: dict) -> dict:
        return self.recorded["shop"]

    def orders(self, query: str, variables: dict) -> dict:
        found = sorted(self.recorded["orders"], key=lambda order: order["updatedAt"])
        if since := re.fullmatch(r"updated_at:>='(.+)'", variables["query"] or ""):
            found = [order for order in found if order["updatedAt"] >= since[1]]
        # A mark names the order behind which the list goes on, as Shopify's marks do.
        behind = [order["id"] for order in found].index(variables["after"]) + 1 if variables["after"] else 0
        page = found[behind : behind + min(SIZE, variables["first"])]
        more = behind + len(page) < len(found)
        nodes = [self.in_parts(order) for order in page]
        return {
            "orders": {
                "pageInfo": {"hasNextPage": more, "endCursor": page[-1]["id"] if page else None},
                "nodes": nodes,
            }
        }

    def more(self, query: str, variables: dict) -> dict:
        name = re.search(r"(\w+)\(first: 25, after", query)[1]
        return {"node": {name: self.part(self.object(variables["id"])[name], int(variables["after"]), 25)}}

    def whole(self, query: str, variables: dict) -> dict:
        name = re.search(r"on Order { (\w+)\(first", query)[1]
        return {"node": {name: [self.in_parts(one) for one in self.object(variables["id"])[name]]}}

    def object(self, number: str) -> dict:
        for order in self.recorded["orders"]:
            for one in (order, *order["fulfillments"], *order["returns"]):
                if one["id"] == number:
                    return one
        raise AssertionError(number)

    def part(self, members: list[dict], start: int, count: int) -> dict:
        shown, more = members[start : start + count], start + count < len(members)
        page = {"hasNextPage": more, "endCursor": str(start + len(shown))}
        return {"pageInfo": page, "nodes": [self.in_parts(one) for one in shown]}

    def in_parts(self, holder: dict) -> dict:
        """An object with the first members of each of its lists. Refunds and parcels have no pages."""
        shown = {}
        for name, value in holder.items():
            if name in LISTS:
                shown[name] = self.part(value, 0, 25 if name == "refundLineItems" else self.members)
            elif isinstance(value, list):
                shown[name] = [self.in_parts(one) for one in value]
            else:
                shown[name] = value
        return shown


def later() -> Shopify:
    """An order was delivered, and one shows late that changed a moment before the last one seen."""
    recorded = copy.deepcopy(RECORDED)
    parcel = copy.deepcopy(recorded["orders"][0]["fulfillments"][0])
    parcel |= {
        "id": "gid://shopify/Fulfillment/502",
        "fulfillmentLineItems": [{"lineItem": {"id": "gid://shopify/LineItem/7"}}],
    }
    recorded["orders"][3] |= {"updatedAt": "2026-10-20T09:00:00Z", "fulfillments": [parcel]}
    late = copy.deepcopy(recorded["orders"][2])
    late |= {
        "id": "gid://shopify/Order/1005",
        "name": "#1005",
        "updatedAt": "2026-10-08T08:59:00Z",
        "lineItems": [],
    }
    late |= {"cancelReason": "CUSTOMER"}
    recorded["orders"].append(late)
    return Shopify(recorded)


def key(number: object) -> str:
    return f"sh:acme-bags:{number}"


def row(table: str, first: str, number: object, /, **columns):
    return (table, key(number)), {first: key(number), **columns}


def order(number: int, **columns):
    return row(
        "orders",
        "order_id",
        number,
        ordered_at="2026-10-01T08:00:00Z",
        channel="web",
        currency="EUR",
        **columns,
    )


def invoice(number: int, **columns):
    fixed = {
        "order_id": key(number),
        "issued_at": "2026-10-01T08:00:00Z",
        "amount": "100.0",
        "credited": "0.0",
    }
    return row("invoices", "invoice_id", number, **fixed | columns)


def product(number: int, price: str):
    red = {"configuration": "Red / M"} if number % 2 else {}
    fixed = {"family": "Bags", "name": "Trail bag", "billing_code": f"SKU-{number - 100}"}
    return row("products", "product_id", number, **fixed, **red, list_price=price)


def line(number: int, order_number: int, quantity: str, amount: str, **columns):
    fixed = {
        "order_id": key(order_number),
        "product_id": key(number + 100),
        "quantity": quantity,
        "amount": amount,
    }
    return row("order_lines", "line_id", number, **fixed | columns)


def cancelled(number: int, at: str, **columns):
    fixed = {"kind": "cancel", "occurred_at": at, "channel": "shop", "title": f"Order #{number} cancelled"}
    fixed |= {"reason": "cancelled by the customer", "url": f"{ADMIN}/orders/{number}"}
    return row("signals", "signal_id", f"cancel-{number}", **fixed, **columns)


CUSTOMER = {"account_id": key(7700123)}
SENT = {
    "promised_at": "2026-10-03T12:00:00Z",
    "shipped_at": "2026-10-02T08:00:00Z",
    "delivered_at": "2026-10-04T15:00:00Z",
}
BACK = {
    "kind": "return",
    "occurred_at": "2026-10-05T07:00:00Z",
    **CUSTOMER,
    "channel": "shop",
    "title": "Return of order #1001",
    "resolution": "closed",
    "resolved_at": "2026-10-05T09:00:00Z",
    "quantity": "1",
    "url": f"{ADMIN}/orders/1001",
}
EXPECTED = dict(
    [
        row(
            "accounts",
            "account_id",
            7700123,
            name="Customer 700123",
            since="2025-02-03",
            url=f"{ADMIN}/customers/7700123",
        ),
        product(101, "59.90"),
        product(102, "19.95"),
        product(103, "100.00"),
        product(107, "100.00"),
        order(1001, status="fulfilled", **CUSTOMER),
        order(1002, status="cancelled", **CUSTOMER),
        order(1003, status="cancelled"),
        order(1004, status="unfulfilled"),
        line(1, 1001, "2", "59.90", **SENT),
        line(2, 1001, "1", "19.95", **SENT),
        line(3, 1002, "1", "100.00"),
        (
            ("order_lines", key(5)),
            {"line_id": key(5), "order_id": key(1003), "quantity": "1", "amount": "100.00"},
        ),
        line(7, 1004, "3", "100.00"),
        cancelled(1002, "2026-10-06T09:00:00Z", **CUSTOMER),
        row(
            "signals",
            "signal_id",
            "return-311",
            **BACK,
            line_id=key(1),
            product_id=key(101),
            body="Strap tore on day one.",
            reason="Defective",
            cost="29.95",
        ),
        row(
            "signals",
            "signal_id",
            "return-312",
            **BACK,
            line_id=key(2),
            product_id=key(102),
            reason="Too small",
        ),
        invoice(1001, account_id=key(7700123), credited="29.95"),
        invoice(1002, account_id=key(7700123)),
        invoice(1003),
        invoice(1004),
    ]
)
LATER = dict(
    [
        line(7, 1004, "3", "100.00", **SENT),
        cancelled(1005, "2026-10-07T09:00:00Z"),
        order(1005, status="cancelled"),
        invoice(1005),
    ]
)
CASE = Case(
    connector=connector,
    answers=ANSWERS,
    origins=(SHOP,),
    api=lambda: Shopify(RECORDED),
    expected=EXPECTED,
    secrets=(SECRET, "shpat_1"),
    optional=(
        "customerNote",
        "returnReasonDefinition",
        "sku",
        "productType",
        "extensions",
        "sourceName",
        "customer",
    ),
    later=later,
    expected_later=LATER,
    expired=lambda: Shopify(RECORDED, first_token="shpat_of-yesterday"),
)
