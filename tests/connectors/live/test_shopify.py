"""Shopify: the promises of every connector, and what is its own."""

from __future__ import annotations

import copy
import re

import pytest

from interlock.connectors.conformance import Answer, Conformance
from interlock.connectors.conformance.stage import staged
from interlock.connectors.errors import ConnectorError
from interlock.connectors.live import TryLater, Unauthorised
from interlock.connectors.shopify import connector, queries

from .shopify_played import ANSWERS, CASE, RECORDED, Shopify


class TestShopify(Conformance):
    def case(self):
        return CASE


def all_rows(api, answers=ANSWERS):
    with staged(CASE, api) as stage:
        pages = list(connector.pages(answers, "", stage.reach))
    return [row for page in pages for row in page.rows]


def test_lists_that_fit_into_a_page_cost_no_further_question():
    with staged(CASE, Shopify(RECORDED, members=25)) as stage:
        list(stage.pages())
        asked = [re.match(r"\s*query (\w+)", one.json()["query"])[1] for one in stage.server.asked[1:]]

    assert asked == ["Orders", "Orders"]


def test_parcels_and_refunds_beyond_the_first_ones_are_asked_for():
    recorded = copy.deepcopy(RECORDED)
    first = recorded["orders"][0]
    first["fulfillments"] = [
        {
            **copy.deepcopy(first["fulfillments"][0]),
            "id": f"gid://shopify/Fulfillment/{n}",
            "fulfillmentLineItems": [],
        }
        for n in range(queries.FIRST_PARCELS)
    ] + first["fulfillments"]

    class Full(Shopify):
        def orders(self, query, variables):
            found = super().orders(query, variables)
            for node in found["orders"]["nodes"]:
                node["fulfillments"] = node["fulfillments"][: queries.FIRST_PARCELS]
            return found

    lines = [row.row for row in all_rows(Full(recorded)) if row.table == "order_lines"]

    assert lines[0]["delivered_at"] == "2026-10-04T15:00:00Z"


def test_a_page_costs_less_than_shopify_allows_at_once():
    """As Shopify counts: an object is a point, a list as many as it may hold."""

    def cost(text: str) -> int:
        points, stack, times = 0, [1], 1
        for token in re.finditer(r"(\w+)?\s*(?:\(([^)]*)\))?\s*\{|\}", text):
            if token[0] == "}":
                stack.pop()
                continue
            if token[1] in ("nodes", "pageInfo", "ReturnLineItem"):
                times = stack[-1]
            else:
                size = re.search(r"first: (\d+|\$first)", token[2] or "")
                count = (queries.ORDERS_A_PAGE if "$" in size[1] else int(size[1])) if size else 1
                times = stack[-1] * count
                points += times
            stack.append(times)
        return points

    assert 300 < cost(queries.ORDERS) < 1_000
    assert all(cost(query) < 1_000 for query in queries.WHOLE.values())
    assert all(cost(queries.more(name)) < 1_000 for name in ("lineItems", "returns", "returnLineItems"))


def test_a_query_that_was_throttled_says_when_it_fits_again():
    status = {"maximumAvailable": 1000.0, "currentlyAvailable": 190.0, "restoreRate": 50.0}
    body = {
        "errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}],
        "extensions": {
            "cost": {"requestedQueryCost": 790, "actualQueryCost": None, "throttleStatus": status}
        },
    }

    class Throttled(Shopify):
        def __call__(self, asked):
            return Answer(body) if asked.path.endswith("graphql.json") else super().__call__(asked)

    with staged(CASE, Throttled(RECORDED)) as stage, pytest.raises(TryLater) as caught:
        list(stage.pages())

    assert caught.value.seconds == 12


def test_it_waits_until_the_next_query_fits_into_the_allowance():
    shop = Shopify(RECORDED, members=25)
    shop.available = 290.0

    with staged(CASE, shop) as stage:
        list(stage.pages())

    assert [seconds for seconds in stage.waits if seconds] == [10.0, 10.0]


def test_a_missing_right_is_named():
    body = {
        "errors": [
            {
                "message": "Access denied for returns field.",
                "extensions": {"code": "ACCESS_DENIED", "requiredAccess": "`read_returns` access scope."},
            }
        ]
    }

    class Denied(Shopify):
        def __call__(self, asked):
            return Answer(body) if asked.path.endswith("graphql.json") else super().__call__(asked)

    with (
        staged(CASE, Denied(RECORDED)) as stage,
        pytest.raises(Unauthorised, match="the right `read_returns`"),
    ):
        list(stage.pages())


def test_a_token_of_the_shop_is_used_as_it_is():
    class Own(Shopify):
        token = "shpat_own"

    with staged(CASE, Own(RECORDED)) as stage:
        pages = list(
            connector.pages({"shop": "ACME-bags.myshopify.com/", "token": "shpat_own"}, "", stage.reach)
        )
        assert not any("oauth" in one.path for one in stage.server.asked)

    assert {row.table for page in pages for row in page.rows} == {table for table, _ in CASE.expected}


@pytest.mark.parametrize(
    "shop", ["evil.example", "acme.myshopify.com.evil.example", "acme.myshopify.com/x", ""]
)
def test_only_a_shop_is_asked(shop):
    with staged(CASE) as stage, pytest.raises(ConnectorError, match="Name the shop by its own address"):
        connector.check({**ANSWERS, "shop": shop}, stage.reach)


def test_without_token_and_client_it_says_what_to_give():
    with staged(CASE) as stage, pytest.raises(ConnectorError, match="Give an access token, or"):
        connector.check({"shop": "acme.myshopify.com"}, stage.reach)


def test_no_name_mail_address_or_telephone_is_asked_for():
    asked = " ".join([queries.ORDERS, *queries.WHOLE.values(), queries.SHOP])

    assert not re.search(r"email|phone|address|firstName|lastName|displayName|clientIp|\bnote\b", asked)


def test_the_check_names_shop_and_orders():
    with staged(CASE) as stage:
        assert connector.check(ANSWERS, stage.reach) == "The shop Acme Bags answers and shows 4 orders."
