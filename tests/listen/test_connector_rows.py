"""What live connectors hand over is what the inbox takes: no record of theirs is refused at the door."""

from __future__ import annotations

import pytest

from connectors.live import discourse_played, zendesk_played
from connectors.live.test_feed import TestFeed as Feed
from connectors.live.test_hubspot import TestHubSpot as HubSpot
from connectors.live.test_salesforce import TestSalesforce as Salesforce
from connectors.live.test_shopify import TestShopify as Shopify
from interlock.connectors.conformance.stage import rows_of, staged
from interlock.listen.inbox import Offered, checked

CASES = {
    "discourse": discourse_played.case,
    "feed": Feed().case,
    "hubspot": HubSpot().case,
    "salesforce": Salesforce().case,
    "shopify": Shopify().case,
    "zendesk": zendesk_played.case,
}


@pytest.mark.parametrize("kind", CASES)
def test_the_inbox_takes_every_record_of_a_shipped_connector(kind):
    case = CASES[kind]()
    with staged(case) as stage:
        incoming = rows_of(list(stage.pages()))

    taken = [checked(one.table, one.row, place=one.place, now=case.now, route=one.route) for one in incoming]

    assert len(taken) >= len(case.expected) > 0
    assert [one for one in taken if not isinstance(one, Offered)] == []
