"""Which change on record came shortly before? Campaigns that went public, products that came on sale or ended.

The records are read as they are; a company whose records hold none of these tables hears nothing here.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

import ibis

from interlock.fabric import records
from interlock.store.errors import LakeError

LOOKED_BACK = timedelta(days=14)
MOST = 5
# Table, what happened, the column that says when, the column that names it.
KINDS = (
    ("campaigns", "campaign", "public_at", "name"),
    ("campaigns", "campaign", "starts_at", "name"),
    ("products", "launch", "available_from", "name"),
    ("products", "end of sale", "retired_at", "name"),
)


def before(at: datetime, *, products: Collection[str]) -> list[dict[str, Any]]:
    """Changes of the two weeks before `at`, those of these products first, then the newest: kind, name, at, same_product."""
    try:
        tables = records.current_records()
    except LakeError:
        return []
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for table, kind, when, name in KINDS:
        if not tables.has(table, when, "product_id"):
            continue
        rows = tables.table(table)
        moment = rows[when].cast("timestamp")
        near = rows.filter(
            moment > ibis.literal(_naive(at - LOOKED_BACK)), moment <= ibis.literal(_naive(at))
        )
        named = near[name] if name in rows.columns else near["product_id"]
        for row in (
            near.select(name=named, at=near[when].cast("timestamp"), product="product_id")
            .limit(200)
            .to_pyarrow()
            .to_pylist()
        ):
            key = (kind, str(row["name"] or row["product"]))
            found.setdefault(
                key,
                {
                    "kind": kind,
                    "name": key[1],
                    "at": _day(row["at"]).isoformat(),
                    "same_product": row["product"] in products,
                },
            )
    return sorted(found.values(), key=lambda one: (one["same_product"], one["at"]), reverse=True)[:MOST]


def _naive(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)


def _day(value: datetime | date) -> date:
    return value.date() if isinstance(value, datetime) else value
