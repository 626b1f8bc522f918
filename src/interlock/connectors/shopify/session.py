"""Asks a shop in GraphQL, within its allowance, with a token that is fetched anew when it has run out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..errors import ConnectorError
from ..fields import member, text_of
from ..live import Answers, Reach, TryLater, Unauthorised
from ..replies import System, ask_json
from .queries import VERSION, WHOLE, more

SYSTEM = System("Shopify", "in Shopify under Settings > Apps and sales channels > Develop apps")
LONGEST_WAIT = 60.0
_SHOP = re.compile(r"[a-z0-9][a-z0-9-]*\.myshopify\.com")


@dataclass
class Session:
    """A shop, and the token to ask it with."""

    answers: Answers
    reach: Reach
    shop: str
    token: str = ""
    renewed: bool = False

    @property
    def name(self) -> str:
        """The shop's own name, the first part of every key."""
        return self.shop.partition(".")[0]

    def ask(self, query: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        """The data that answers a query; a fetched token that has run out is fetched anew once.

        Raises:
            TryLater: the shop's allowance is used up for now.
            Unauthorised: the token is refused, or lacks a right.
            ConnectorError: Shopify did not understand, or sent something else.
        """
        if not self.token:
            sign_in(self)
        try:
            return self._ask(query, variables or {})
        except Unauthorised:
            if self.renewed or not self.answers.get("client_secret"):
                raise
        self.renewed = True
        sign_in(self)
        return self._ask(query, variables or {})

    def rest(self, name: str, holder: dict[str, Any], kept: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """The members of a list that did not fit into the page, asked for with the holder's id."""
        while member(kept, "pageInfo", "hasNextPage") is True:
            self.reach.wait(0)
            after = member(kept, "pageInfo", "endCursor")
            kept = member(self.ask(more(name), {"id": holder.get("id"), "after": after}), "node", name)
            if (
                member(kept, "pageInfo", "hasNextPage") is True
                and member(kept, "pageInfo", "endCursor") == after
            ):
                raise ConnectorError("Shopify sends the same part of an order again and again.")
            yield from nodes_of(kept)

    def whole(self, name: str, order: dict[str, Any], most: int) -> list[dict[str, Any]]:
        """A list of an order that has no pages, asked for again where it was full."""
        given = order.get(name)
        if isinstance(given, list) and len(given) >= most:
            self.reach.wait(0)
            given = member(self.ask(WHOLE[name], {"id": order.get("id")}), "node", name)
        return nodes_of({"nodes": given or []})

    def _ask(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        found = ask_json(
            self.reach,
            SYSTEM,
            "POST",
            f"https://{self.shop}/admin/api/{VERSION}/graphql.json",
            headers={"x-shopify-access-token": self.token},
            json={"query": query, "variables": variables},
        )
        _refuse_errors(found)
        data = found.get("data")
        if not isinstance(data, dict):
            raise ConnectorError("Shopify sent an answer without data.")
        self._wait_for_allowance(found)
        return data

    def _wait_for_allowance(self, found: dict[str, Any]) -> None:
        """Leave the shop's other programs enough: wait until a query like this one fits again."""
        pause = _seconds_until_it_fits(found)
        if pause:
            self.reach.wait(min(pause, LONGEST_WAIT))


def open_session(answers: Answers, reach: Reach) -> Session:
    """A session of the shop that was named.

    Raises:
        ConnectorError: it is no shop's address, or there is neither a token nor a client.
    """
    shop = re.sub(r"^https?://", "", answers["shop"].strip().lower()).rstrip("/")
    if not _SHOP.fullmatch(shop):
        raise ConnectorError("Name the shop by its own address, such as acme.myshopify.com")
    if answers.get("token"):
        return Session(answers, reach, shop, answers["token"])
    if not answers.get("client_id") or not answers.get("client_secret"):
        raise ConnectorError("Give an access token, or the app's client id and client secret.")
    return Session(answers, reach, shop)


def sign_in(session: Session) -> None:
    """Fetch a token with the app's id and secret. Such a token lives for a day and is kept nowhere."""
    form = {
        "grant_type": "client_credentials",
        "client_id": session.answers["client_id"],
        "client_secret": session.answers["client_secret"],
    }
    url = f"https://{session.shop}/admin/oauth/access_token"
    token = text_of(ask_json(session.reach, SYSTEM, "POST", url, form=form).get("access_token"))
    if not token:
        raise Unauthorised(f"Shopify signed the app in without giving a token. Check it {SYSTEM.renew}.")
    session.token = token


def nodes_of(connection: Any) -> list[dict[str, Any]]:
    """The members of one part of a list.

    Raises:
        ConnectorError: it is no list as Shopify documents it.
    """
    nodes = connection.get("nodes") if isinstance(connection, dict) else None
    if not isinstance(nodes, list) or not all(isinstance(node, dict) for node in nodes):
        raise ConnectorError("Shopify sent an answer without the list that it documents.")
    return nodes


def _refuse_errors(found: dict[str, Any]) -> None:
    """Raise what Shopify refuses: it says so inside an answer of status 200."""
    errors = found.get("errors")
    if not errors:
        return
    first = errors[0] if isinstance(errors, list) and isinstance(errors[0], dict) else {}
    code = member(first, "extensions", "code")
    if code == "THROTTLED":
        seconds = max(_seconds_until_it_fits(found), 1.0)
        raise TryLater("The shop's allowance of queries is used up for the moment.", seconds)
    if code == "ACCESS_DENIED":
        needed = text_of(member(first, "extensions", "requiredAccess")) or "read_orders, read_returns"
        raise Unauthorised(
            f"Shopify does not show this app what it asks for. Give it the right {needed[:120]} {SYSTEM.renew}."
        )
    if code == "INTERNAL_SERVER_ERROR":
        raise TryLater("Shopify has a fault of its own.", LONGEST_WAIT)
    raise ConnectorError(f"Shopify did not understand the question ({json.dumps(code)[:60]}).")


def _seconds_until_it_fits(found: dict[str, Any]) -> float:
    """How long it takes until a query of the same cost fits into the allowance."""
    cost = member(found, "extensions", "cost")
    numbers = (
        member(cost, "requestedQueryCost"),
        member(cost, "throttleStatus", "currentlyAvailable"),
        member(cost, "throttleStatus", "restoreRate"),
    )
    wanted, available, rate = (float(n) if isinstance(n, int | float) else 0.0 for n in numbers)
    return max(wanted - available, 0.0) / rate if rate > 0 else 0.0
