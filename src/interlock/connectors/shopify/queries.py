"""The questions in GraphQL. Names, addresses and telephone numbers of people stand in none of them.

Shopify refuses a query that could cost more than 1,000 points, counted as if every list were full; so a page holds few
orders, and lists that are longer than their first part are read on by `MORE`.
"""

from __future__ import annotations

VERSION = "2026-07"
ORDERS_A_PAGE = 4
# Of these lists Shopify has no pages: where the first ones are full, all are asked for.
FIRST_PARCELS = 4
FIRST_REFUNDS = 3

_LINE = """
id quantity sku
discountedTotalSet { shopMoney { amount } }
variant { id title price product { id title productType } }
"""
_DELIVERED = "lineItem { id }"
_PARCEL = f"""
id createdAt deliveredAt estimatedDeliveryAt
fulfillmentLineItems(first: 4) {{ pageInfo {{ hasNextPage endCursor }} nodes {{ {_DELIVERED} }} }}
"""
_RETURNED = """
id quantity customerNote returnReasonNote returnReasonDefinition { name handle }
... on ReturnLineItem { fulfillmentLineItem { lineItem { id } } }
"""
_RETURN = f"""
id status createdAt closedAt
returnLineItems(first: 4) {{ pageInfo {{ hasNextPage endCursor }} nodes {{ {_RETURNED} }} }}
"""
_REFUND = """
id createdAt return { id } totalRefundedSet { shopMoney { amount } }
refundLineItems(first: 4) { nodes { lineItem { id } subtotalSet { shopMoney { amount } } } }
"""

ORDERS = f"""
query Orders($first: Int!, $after: String, $query: String) {{
  orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {{
    pageInfo {{ hasNextPage endCursor }}
    nodes {{
      id name createdAt updatedAt cancelledAt cancelReason displayFulfillmentStatus sourceName currencyCode
      totalPriceSet {{ shopMoney {{ amount }} }}
      totalRefundedSet {{ shopMoney {{ amount }} }}
      customer {{ id createdAt }}
      lineItems(first: 12) {{ pageInfo {{ hasNextPage endCursor }} nodes {{ {_LINE} }} }}
      fulfillments(first: {FIRST_PARCELS}) {{ {_PARCEL} }}
      returns(first: 2) {{ pageInfo {{ hasNextPage endCursor }} nodes {{ {_RETURN} }} }}
      refunds(first: {FIRST_REFUNDS}) {{ {_REFUND} }}
    }}
  }}
}}
"""
SHOP = "query Shop { shop { name } ordersCount { count } }"

# All parcels or refunds of one order, as far as one query may ask.
WHOLE = {
    "fulfillments": f"query Whole($id: ID!) {{ node(id: $id) {{ ... on Order {{ fulfillments(first: 80) {{ {_PARCEL} }} }} }} }}",
    "refunds": f"query Whole($id: ID!) {{ node(id: $id) {{ ... on Order {{ refunds(first: 40) {{ {_REFUND} }} }} }} }}",
}

# The type that holds a list, and what is asked of each of its members.
_LISTS = {
    "lineItems": ("Order", _LINE),
    "returns": ("Order", _RETURN),
    "fulfillmentLineItems": ("Fulfillment", _DELIVERED),
    "returnLineItems": ("Return", _RETURNED),
}


def more(name: str) -> str:
    """The query for the rest of a list of one object."""
    holder, fields = _LISTS[name]
    return f"""
query More($id: ID!, $after: String) {{
  node(id: $id) {{
    ... on {holder} {{
      {name}(first: 25, after: $after) {{ pageInfo {{ hasNextPage endCursor }} nodes {{ {fields} }} }}
    }}
  }}
}}
"""
