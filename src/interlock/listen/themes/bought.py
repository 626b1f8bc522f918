"""What did each customer buy in the year up to the newest signal, and into which quarter of all buyers does that put them?

Only orders in the commonest currency count: amounts of two currencies are never added. The bands are kept by
customer, so that voices are counted by them as by any other segment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched

import ibis
import ibis.expr.types as ir
import numpy as np
from django.db import transaction
from ibis import _ as row

from interlock.fabric import records
from interlock.listen.bulk_rows import upsert
from interlock.listen.models import CustomerWorth, ThemedSignal, WorthBands
from interlock.listen.themes.encoding import account_mark
from interlock.listen.themes.present import present_week
from interlock.listen.themes.weeks import monday_of

REVENUE_DAYS = 365
# Ten customers a band: fewer are no group, and their amounts would be read off the bounds.
FEWEST_BUYERS = 40
AT_ONCE = 2_000


@dataclass(frozen=True)
class Bought:
    """What accounts paid in the year, a table of account_id and amount in major units, in one currency.

    `buyers` are the accounts that ever bought in it, up to then.
    """

    paid: ir.Table
    buyers: ir.Table
    currency: str


def bought_until(latest: int) -> Bought | None:
    """What each account bought in the year that ends with this week; None where the records hold no orders."""
    tables = records.current_records() if records.snapshot().counts else None
    if tables is None or not {"orders", "order_lines"} <= set(tables.tables()):
        return None
    until = datetime.combine(monday_of(latest + 1), datetime.min.time())
    ever = tables.table("orders").filter(row.ordered_at < until)
    newest = row.ordered_at >= until - timedelta(days=REVENUE_DAYS)
    currencies = (
        ever.filter(newest)
        .group_by("currency")
        .agg(n=row.count())
        .order_by(ibis.desc("n"), "currency")
        .limit(1)
    )
    commonest = next((each["currency"] or "" for each in currencies.to_pyarrow().to_pylist()), "")
    ever = ever.filter(row.currency.fill_null("") == commonest)
    lines = tables.table("order_lines").select("order_id", "amount")
    paid = ever.filter(newest).join(lines, "order_id").group_by("account_id").agg(amount=row.amount.sum())
    return Bought(paid, ever.select("account_id").distinct(), commonest)


def band_customers(*, now: datetime) -> WorthBands | None:
    """Put every customer who bought into a band; nothing is done twice for the same records and week.

    None before anything was placed in themes.
    """
    if not ThemedSignal.objects.exists():
        return None
    latest = present_week(now)
    state = {"snapshot_number": records.snapshot().number, "week": latest}
    known = WorthBands.objects.filter(**state).first()
    if known is not None:
        return known
    found = bought_until(latest)
    amounts = _amounts(found.paid) if found else {}
    bounds = bounds_of(list(amounts.values()))
    _keep({key: band_of(amount, bounds) for key, amount in amounts.items()} if bounds else {})
    said = {"bounds": bounds, "currency": found.currency if found else "", "customers": len(amounts)}
    return WorthBands.objects.update_or_create(pk=1, defaults={**state, **said})[0]


def bounds_of(amounts: Sequence[float]) -> list[float]:
    """The amounts from which on the second, third and fourth quarter of the buyers begin; none of too few buyers.

    Where many bought for the same there are fewer bands, and none at all where all did.
    """
    if len(amounts) < FEWEST_BUYERS:
        return []
    quarters = np.quantile(amounts, [0.25, 0.5, 0.75], method="inverted_cdf")
    return sorted({float(bound) for bound in quarters} - {float(min(amounts))})


def band_of(amount: float, bounds: Sequence[float]) -> str:
    """The place of the band that holds this amount; a bound belongs to the band above it."""
    return str(int(np.searchsorted(bounds, amount, side="right")))


def _amounts(paid: ir.Table) -> dict[str, float]:
    rows = paid.filter(row.amount > 0, row.account_id.notnull()).to_pyarrow().to_pylist()
    return {each["account_id"]: float(each["amount"]) for each in rows}


def _keep(bands: Mapping[str, str]) -> None:
    """Write the bands that changed, a few at a time: live signals are written in between."""
    kept = dict(CustomerWorth.objects.values_list("account_key", "band"))
    gone = [key for key in kept if key not in bands]
    for some in batched(gone, AT_ONCE, strict=False):
        CustomerWorth.objects.filter(account_key__in=some).delete()
    moved = [(account_mark(key), key, band) for key, band in bands.items() if kept.get(key) != band]
    for rows in batched(moved, AT_ONCE, strict=False):
        with transaction.atomic():
            upsert(CustomerWorth, ("customer", "account_key", "band"), rows)
