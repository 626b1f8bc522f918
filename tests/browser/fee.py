"""A company that hears much about many things, and then a fee that nobody was told about."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice, product
from typing import Any

HEARD_FOR = timedelta(days=9)
OPENINGS = (
    "You took {sum} euros from my account as a service fee",
    "There is a service fee of {sum} on my invoice",
    "Since this month I pay a fee of {sum} euros",
    "Why is there a new fee of {sum} on the bill",
    "My card was charged {sum} for a fee",
    "The invoice has a handling fee of {sum} now",
)
ENDINGS = (
    "and nobody told me.",
    "that I never agreed to.",
    "Please take it back.",
    "It was not in the price list.",
    "I want that fee refunded.",
    "What is this fee for?",
    "I will not pay a fee for nothing.",
)
SUMS = ("2.90", "4.90", "7.50", "9.90")


def ordinary(number: int, source: Any, until: datetime) -> Iterator[Any]:
    """So many signals of the demo company's riders and dealers, spread evenly over the nine days before."""
    from interlock.connectors.demo import aldermoor  # a second's work

    rng = random.Random(1)
    table = aldermoor(orders=number // 3 + 100)["signals"]
    rows = [row for row in table.select(["kind", "body", "account_id"]).to_pylist() if row["body"]]
    rng.shuffle(rows)
    for place, row in enumerate(islice(rows, number)):
        at = until - HEARD_FOR + HEARD_FOR * (place + rng.random()) / number
        yield signal(f"ordinary-{place}", source, at, row["body"], row["kind"], row["account_id"] or "")


def complaints(source: Any, since: datetime, every: timedelta) -> list[Any]:
    """What many customers say of the fee, one after the other, each once and each in words of their own."""
    said = [
        f"{opening.format(sum=amount)} {ending}"
        for opening, ending, amount in product(OPENINGS, ENDINGS, SUMS)
    ]
    random.Random(2).shuffle(said)
    return [
        signal(f"fee-{number}", source, since + every * number, words, "ticket", f"payer-{number}")
        for number, words in enumerate(said)
    ]


def signal(key: str, source: Any, at: datetime, words: str, kind: str, account: str) -> Any:
    """A signal that came in live the moment it was said; not yet stored."""
    from interlock.listen.models import Signal  # after the settings

    return Signal(
        key=key,
        source=source,
        kind=kind,
        occurred_at=at,
        received_at=at,
        account_key=account,
        account_label=account,
        body=words,
        channel="mail",
        copy_hash=0,
        in_records=False,
    )
