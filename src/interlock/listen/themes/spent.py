"""What did the customers who speak of a theme buy in a year, and of how many of them does anybody know it?

Money that is known of a few says nothing of the others: a theme of 248 customers is not worth what one of them
bought. It is unknown then, which is not the same as nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

import ibis
import pyarrow as pa
from django.db.models import QuerySet
from ibis import _ as row

from interlock.listen.models import ThemedSignal
from interlock.listen.themes.bought import bought_until

# Of fewer than half of the customers it is unknown.
LEAST_KNOWN = 0.5


@dataclass(frozen=True)
class Spent:
    """By theme what its customers bought, and how many of them ever did; in one currency, major units."""

    amounts: dict[int, Decimal] = field(default_factory=dict)
    payers: dict[int, int] = field(default_factory=dict)
    currency: str = ""

    def amount_of(self, theme: int, customers: int) -> Decimal | None:
        """What the customers of a theme bought; None where the orders of too few are known."""
        payers = self.payers.get(theme, 0)
        return self.amounts[theme] if payers and payers >= LEAST_KNOWN * customers else None


def by_theme(counted: QuerySet[ThemedSignal], latest: int) -> Spent:
    """What was bought in the year up to the end of this week by those who spoke. One query, and one of the records."""
    named = counted.exclude(signal__account_key="")
    pairs = list(named.values_list("cluster__theme", "signal__account_key").distinct().order_by())
    bought = bought_until(latest) if pairs else None
    if bought is None:
        return Spent()
    said = ibis.memtable(
        pa.table({"theme": [pair[0] for pair in pairs], "account_id": [pair[1] for pair in pairs]})
    )
    known = said.join(bought.buyers, "account_id").left_join(bought.paid, "account_id")
    summed = known.group_by("theme").agg(amount=row.amount.sum(), payers=row.count())
    rows = summed.to_pyarrow().to_pylist()
    return Spent(
        {each["theme"]: each["amount"] or Decimal(0) for each in rows},
        {each["theme"]: each["payers"] for each in rows},
        bought.currency,
    )
