"""A small source of the tests: a few accounts, orders and signals, handed over like any other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from interlock.connectors.records import Chunk, Refusal
from interlock.store.contract import arrow_schema

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def rows(table: str, *values: dict[str, Any]) -> pa.Table:
    """Contract rows from dicts; what is not named is empty."""
    return pa.Table.from_pylist(
        [{**dict.fromkeys(arrow_schema(table).names), **each} for each in values], arrow_schema(table)
    )


class SmallSource:
    """Hands over the chunks it was given. `before_end` runs after the last one, as a place to break."""

    label = "small"
    skipped = ()

    def __init__(self, *chunks: Chunk) -> None:
        self.given = chunks

    def chunks(self, mapping: object, on_progress: object = None) -> Iterator[Chunk]:
        yield from self.given

    def near_keys(self, mapping: object) -> tuple[()]:
        return ()

    def close(self) -> None:
        """Nothing is open."""


def signal(number: int, **more: Any) -> dict[str, Any]:
    return {
        "signal_id": f"s{number}",
        "kind": "review",
        "occurred_at": datetime(2026, 1, number % 28 + 1, 8),  # noqa: DTZ001 - the contract has no zone
        "account_id": "a1",
        "line_id": "l1",
        "rating": 2.0,
        "rating_max": 5.0,
        "title": f"Signal {number}",
        "body": "The bike came late",
        **more,
    }


def small_company(*signals: dict[str, Any], refused: int = 0) -> SmallSource:
    """One account, one product, one order, and these signals."""
    refusals = tuple(
        Refusal("signals", 10 + number, "occurred_at", "=cmd()", "is no date", "signals.csv")
        for number in range(refused)
    )
    day = datetime(2026, 1, 1, 8)  # noqa: DTZ001 - the contract has no zone
    return SmallSource(
        Chunk("accounts", rows("accounts", {"account_id": "a1", "name": "North Shop", "region": "North"})),
        Chunk("products", rows("products", {"product_id": "p1", "family": "Cargo", "name": "Heron Cargo"})),
        Chunk("orders", rows("orders", {"order_id": "o1", "account_id": "a1", "ordered_at": day})),
        Chunk(
            "order_lines",
            rows("order_lines", {"line_id": "l1", "order_id": "o1", "product_id": "p1", "quantity": 1}),
        ),
        Chunk("signals", rows("signals", *signals), refusals),
    )
