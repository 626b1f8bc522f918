"""What an order of Shopify is in the contract: the customer as a number, lines with their delivery, returns."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from ..fields import amount_of, day_of, filled, member, moment_of, text_of, word_of, words_of
from .queries import FIRST_PARCELS, FIRST_REFUNDS
from .session import Session, nodes_of

Row = tuple[str, dict[str, Any]]
# A reason of this handle says nothing.
_NO_REASON = {"unknown", "other"}


def rows_of(session: Session, order: dict[str, Any]) -> Iterator[Row]:
    """Every row that an order gives, each after those it points to. The first column of each is its key.

    Raises:
        ValueError: a value cannot be read; the text names it.
        ConnectorError: a part of the order cannot be asked for.
    """
    lines = _all(session, "lineItems", order)
    yield from _account(session, order)
    for line in lines:
        yield from _product(session, line)
    yield "orders", _order(session, order)
    delivered = _deliveries(session, order)
    for line in lines:
        yield "order_lines", _line(session, order, line, delivered.get(str(line.get("id")), {}))
    yield from _cancellation(session, order)
    by_line = {str(line.get("id")): line for line in lines}
    backs = _all(session, "returns", order)
    refunds = session.whole("refunds", order, FIRST_REFUNDS) if backs else []
    for back in backs:
        for item in _all(session, "returnLineItems", back):
            yield (
                "signals",
                {
                    **_return(session, order, back, item, by_line),
                    **filled({"cost": _refunded(refunds, back, item)}),
                },
            )
    yield "invoices", _invoice(session, order)


def _all(session: Session, name: str, holder: dict[str, Any]) -> list[dict[str, Any]]:
    """All members of a list, those that did not fit into the page as well."""
    first = holder.get(name)
    return [*nodes_of(first), *session.rest(name, holder, first if isinstance(first, dict) else {})]


def key(session: Session, identity: Any) -> str | None:
    """The key of an object: the number at the end of gid://shopify/Order/1234."""
    number = str(identity or "").rpartition("/")[2].partition("?")[0]
    return f"sh:{session.name}:{number}" if number else None


def _money(holder: Any, name: str) -> str | None:
    return amount_of(member(holder, name, "shopMoney", "amount"))


def _account(session: Session, order: dict[str, Any]) -> Iterator[Row]:
    customer = order.get("customer")
    if isinstance(customer, dict) and customer.get("id"):
        number = str(customer["id"]).rpartition("/")[2]
        yield (
            "accounts",
            filled(
                {
                    "account_id": key(session, customer["id"]),
                    # Nobody is named; the last signs tell two customers apart on a page.
                    "name": f"Customer {number[-6:]}",
                    "since": day_of(customer.get("createdAt")),
                    "url": f"https://{session.shop}/admin/customers/{number}",
                }
            ),
        )


def _product(session: Session, line: dict[str, Any]) -> Iterator[Row]:
    variant = line.get("variant")
    if isinstance(variant, dict) and variant.get("id"):
        title = text_of(variant.get("title"))
        yield (
            "products",
            filled(
                {
                    "product_id": key(session, variant["id"]),
                    "family": text_of(member(variant, "product", "productType")),
                    "name": text_of(member(variant, "product", "title")),
                    "configuration": None if title == "Default Title" else title,
                    "billing_code": text_of(line.get("sku")),
                    "list_price": amount_of(variant.get("price")),
                }
            ),
        )


def _order(session: Session, order: dict[str, Any]) -> dict[str, Any]:
    return filled(
        {
            "order_id": key(session, order["id"]),
            "account_id": key(session, member(order, "customer", "id")),
            "ordered_at": moment_of(order.get("createdAt")),
            "channel": text_of(order.get("sourceName")) or "shop",
            "status": "cancelled"
            if order.get("cancelledAt")
            else word_of(order.get("displayFulfillmentStatus")),
            "currency": text_of(order.get("currencyCode")),
        }
    )


def _deliveries(session: Session, order: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The first delivery of each line."""
    found: dict[str, dict[str, Any]] = {}
    for one in session.whole("fulfillments", order, FIRST_PARCELS):
        for item in _all(session, "fulfillmentLineItems", one):
            found.setdefault(str(member(item, "lineItem", "id")), one)
    return found


def _line(
    session: Session, order: dict[str, Any], line: dict[str, Any], delivery: dict[str, Any]
) -> dict[str, Any]:
    return filled(
        {
            "line_id": key(session, line.get("id")),
            "order_id": key(session, order["id"]),
            "product_id": key(session, member(line, "variant", "id")),
            "quantity": amount_of(line.get("quantity")),
            "amount": _money(line, "discountedTotalSet"),
            "promised_at": moment_of(delivery.get("estimatedDeliveryAt")),
            "shipped_at": moment_of(delivery.get("createdAt")),
            "delivered_at": moment_of(delivery.get("deliveredAt")),
        }
    )


def _cancellation(session: Session, order: dict[str, Any]) -> Iterator[Row]:
    """A signal where the customer took the order back; what the shop or its bank cancels is none."""
    if order.get("cancelledAt") and order.get("cancelReason") == "CUSTOMER":
        number = str(order["id"]).rpartition("/")[2]
        yield (
            "signals",
            filled(
                {
                    "signal_id": f"sh:{session.name}:cancel-{number}",
                    "kind": "cancel",
                    "occurred_at": moment_of(order["cancelledAt"]),
                    "account_id": key(session, member(order, "customer", "id")),
                    "channel": "shop",
                    "title": f"Order {text_of(order.get('name')) or number} cancelled",
                    "reason": "cancelled by the customer",
                    "url": f"https://{session.shop}/admin/orders/{number}",
                }
            ),
        )


def _return(
    session: Session,
    order: dict[str, Any],
    back: dict[str, Any],
    item: dict[str, Any],
    lines: dict[str, dict[str, Any]],
) -> dict[str, Any]:
    line = str(member(item, "fulfillmentLineItem", "lineItem", "id") or "")
    definition = item.get("returnReasonDefinition")
    reason = text_of(member(definition, "name"))
    silent = str(member(definition, "handle")) in _NO_REASON
    number = str(item.get("id")).rpartition("/")[2]
    return filled(
        {
            "signal_id": f"sh:{session.name}:return-{number}",
            "kind": "return",
            "occurred_at": moment_of(back.get("createdAt")) or moment_of(order.get("updatedAt")),
            "account_id": key(session, member(order, "customer", "id")),
            "line_id": key(session, line),
            "product_id": key(session, member(lines.get(line), "variant", "id")),
            "channel": "shop",
            "title": f"Return of order {text_of(order.get('name')) or order['id']}",
            "body": words_of(item.get("customerNote")),
            "reason": None if silent and words_of(item.get("customerNote")) else reason,
            "resolution": word_of(back.get("status")),
            "resolved_at": moment_of(back.get("closedAt")),
            "quantity": amount_of(item.get("quantity")),
            "url": f"https://{session.shop}/admin/orders/{str(order['id']).rpartition('/')[2]}",
        }
    )


def _refunded(refunds: list[dict[str, Any]], back: dict[str, Any], item: dict[str, Any]) -> str | None:
    """What was paid back for a line of a return."""
    line = member(item, "fulfillmentLineItem", "lineItem", "id")
    sums = [
        Decimal(_money(paid, "subtotalSet") or 0)
        for refund in refunds
        if back.get("id") and member(refund, "return", "id") == back["id"]
        for paid in nodes_of(refund.get("refundLineItems"))
        if line and member(paid, "lineItem", "id") == line
    ]
    return format(sum(sums), "f") if sums else None


def _invoice(session: Session, order: dict[str, Any]) -> dict[str, Any]:
    return filled(
        {
            "invoice_id": key(session, order["id"]),
            "order_id": key(session, order["id"]),
            "account_id": key(session, member(order, "customer", "id")),
            "issued_at": moment_of(order.get("createdAt")),
            "amount": _money(order, "totalPriceSet"),
            "credited": _money(order, "totalRefundedSet"),
        }
    )
