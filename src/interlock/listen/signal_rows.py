"""The rows of the signal copies: how they are read from the lake, and how they are written in bulk.

Reading is one Ibis expression, so any engine can run it. Writing goes past the ORM, which would take
minutes for 300,000 signals: executemany on SQLite, COPY on PostgreSQL, both as an upsert by key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import ibis
from django.db import connection
from ibis import _ as row

from interlock.store.engine import Records
from interlock.store.lake import Lake

# The order of the columns in every tuple below; `copy_hash` follows as the last.
READ = (
    "key", "source_key", "kind", "occurred_at", "account_key", "account_label", "product_key", "product_label",
    "order_key", "line_key", "region", "rating", "rating_max", "title", "body", "reason", "resolution",
    "channel", "lang", "first_reply_at", "resolved_at", "url",
)  # fmt: skip
WRITTEN = (
    "key", "source_id", "kind", "occurred_at", "account_key", "account_label", "product_key", "product_label",
    "order_key", "line_key", "region", "rating", "rating_max", "rating_share", "title", "body", "reason",
    "resolution", "channel", "lang", "first_reply_at", "resolved_at", "answered", "url", "copy_hash",
)  # fmt: skip
# What the columns of models.Signal hold; the lake keeps the whole text.
LONGEST = {
    "key": 400, "account_key": 400, "account_label": 400, "product_key": 400, "product_label": 400,
    "order_key": 400, "line_key": 400, "region": 200, "reason": 400, "resolution": 400, "channel": 200,
    "lang": 20, "url": 2000,
}  # fmt: skip
CHUNK_ROWS = 20_000


def signal_table(records: Records, lake: Lake) -> ibis.Table:
    """All signals with the names of their account, product, order and region; `READ` names the columns."""
    files = [str(path) for path in lake.files("signals", records.versions["signals"])]
    signals = records.connection.read_parquet(files, table_name="signals_with_source")
    named = signals.select(
        key=row.signal_id,
        source_key=row["_source_id"],
        kind=row.kind,
        occurred_at=row.occurred_at,
        own_account=row.account_id,
        own_product=row.product_id,
        line_key=row.line_id,
        **{
            name: row[name]
            for name in READ
            if name in signals.columns and name not in {"kind", "occurred_at"}
        },
    )
    named = _with_order(named, records)
    named = named.mutate(
        account_key=ibis.coalesce(row.own_account, row.order_account),
        product_key=ibis.coalesce(row.own_product, row.line_product),
    )
    return _with_names(named, records).select(*READ)


def _with_order(signals: ibis.Table, records: Records) -> ibis.Table:
    empty = ibis.null("string")
    if "order_lines" not in records.tables():
        return signals.mutate(order_key=empty, line_product=empty, order_account=empty)
    lines = records.table("order_lines").select(
        at_line=row.line_id, order_key=row.order_id, line_product=row.product_id
    )
    signals = signals.left_join(lines, signals.line_key == lines.at_line)
    if "orders" not in records.tables():
        return signals.mutate(order_account=empty)
    orders = records.table("orders").select(at_order=row.order_id, order_account=row.account_id)
    return signals.left_join(orders, signals.order_key == orders.at_order)


def _with_names(signals: ibis.Table, records: Records) -> ibis.Table:
    empty = ibis.null("string")
    if "products" in records.tables():
        products = records.table("products").select(
            at_product=row.product_id, product_label=ibis.coalesce(row.name, row.family)
        )
        signals = signals.left_join(products, signals.product_key == products.at_product)
    else:
        signals = signals.mutate(product_label=empty)
    if "accounts" in records.tables():
        accounts = records.table("accounts").select(
            at_account=row.account_id, account_label=row.name, region=row.region
        )
        return signals.left_join(accounts, signals.account_key == accounts.at_account)
    return signals.mutate(account_label=empty, region=empty)


def read_rows(table: ibis.Table) -> Iterator[tuple[Any, ...]]:
    """Hand over the rows in chunks, as tuples in the order of `READ`."""
    # Whole in Arrow (about 300 bytes a signal): Ibis 12 cannot yet stream batches from DuckDB 2.
    for batch in table.to_pyarrow().to_batches(max_chunksize=CHUNK_ROWS):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def copy_of(
    values: Sequence[Any], sources: dict[str, int], answering: set[tuple[str, str]]
) -> tuple[Any, ...]:
    """Make the tuple that is written (`WRITTEN`) from one that was read.

    `answering` holds the (source, kind) pairs whose records ever name a reply; elsewhere nobody can know.
    """
    read = dict(zip(READ, values, strict=True))
    texts = {
        name: (read[name] or "").replace("\0", "")[: LONGEST.get(name)]
        for name in READ
        if name not in _NOT_TEXT
    }
    replied = read["first_reply_at"] is not None or read["resolved_at"] is not None
    known = (read["source_key"], read["kind"]) in answering
    made = {
        **read,
        **texts,
        "source_id": sources[read["source_key"]],
        "account_label": texts["account_label"] or texts["account_key"],
        "product_label": texts["product_label"] or texts["product_key"],
        "rating_share": _share(read["rating"], read["rating_max"]),
        "answered": replied if known else None,
    }
    row_values = tuple(made[name] for name in WRITTEN[:-1])
    return (*row_values, _hash(row_values))


def write_rows(rows: list[tuple[Any, ...]]) -> None:
    """Insert or update these copies, inside the caller's transaction."""
    columns = ", ".join(WRITTEN)
    updates = ", ".join(f"{name} = excluded.{name}" for name in WRITTEN[1:])
    upsert = f"ON CONFLICT (key) DO UPDATE SET {updates}"
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            places = ", ".join(["%s"] * len(WRITTEN))
            # Only names of our own columns are composed.
            cursor.executemany(f"INSERT INTO listen_signal ({columns}) VALUES ({places}) {upsert}", rows)  # noqa: S608
            return
        cursor.execute(
            f"CREATE TEMP TABLE IF NOT EXISTS incoming_signals ON COMMIT DELETE ROWS AS"  # noqa: S608 - as above
            f" SELECT {columns} FROM listen_signal WHERE false"
        )
        with cursor.copy(f"COPY incoming_signals ({columns}) FROM STDIN") as copy:
            for values in rows:
                copy.write_row(values)
        cursor.execute(
            f"INSERT INTO listen_signal ({columns}) SELECT {columns} FROM incoming_signals {upsert}"  # noqa: S608 - as above
        )
        cursor.execute("TRUNCATE incoming_signals")


_NOT_TEXT = {"source_key", "occurred_at", "rating", "rating_max", "first_reply_at", "resolved_at"}


def _share(rating: float | None, best: float | None) -> float | None:
    if rating is None or not best or best <= 0:
        return None
    return min(max(rating / best, 0.0), 1.0)


def _hash(values: tuple[Any, ...]) -> int:
    digest = hashlib.blake2b(repr(values).encode("utf-8", "backslashreplace"), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)
