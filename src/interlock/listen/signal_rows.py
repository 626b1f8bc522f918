"""The rows of the signal copies: how they are read from the lake, and how they are written in bulk.

Reading is one Ibis expression, so any engine can run it, and what a copy shows is worked out there, a column
at a time. Writing goes past the ORM (bulk_rows.py), as an upsert by key.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from functools import cache
from typing import Any

import ibis
import pyarrow as pa
from ibis import _ as row

from interlock.listen.bulk_rows import updates_of, upsert_prepared
from interlock.listen.replies import FROM_HERE
from interlock.store.contract import arrow_schema
from interlock.store.engine import Records
from interlock.store.lake import Lake

# The order of the columns in every tuple below. Where a tuple is read, the source is still its key.
WRITTEN = (
    "key", "source_id", "kind", "occurred_at", "account_key", "account_label", "contact_key", "product_key",
    "product_label", "order_key", "line_key", "region", "rating", "rating_max", "rating_share", "title", "body", "reason",
    "resolution", "channel", "lang", "first_reply_at", "resolved_at", "answered", "url", "copy_hash",
)  # fmt: skip
LIVE = (*WRITTEN, "received_at", "in_records")
LiveRow = namedtuple("LiveRow", LIVE)
_TIMES = [LIVE.index(name) for name in ("occurred_at", "first_reply_at", "resolved_at", "received_at")]
# What the columns of models.Signal hold; the lake keeps the whole text.
LONGEST = {
    "key": 400, "account_key": 400, "account_label": 400, "contact_key": 400, "product_key": 400, "product_label": 400,
    "order_key": 400, "line_key": 400, "region": 200, "reason": 400, "resolution": 400, "channel": 200,
    "lang": 20, "url": 2000,
}  # fmt: skip
CHUNK_ROWS = 20_000
EMPTY, BETWEEN = "\x1e", "\x1f"
# What a signal may be about, and the name under which those that came in live are asked for it.
ABOUT = frozenset({"order_lines", "orders", "products", "accounts"})
CAME_IN = "signals_that_came_in"
_REPLIED = row.first_reply_at.notnull() | row.resolved_at.notnull()
_TEXTS = ("kind", "title", "body", *LONGEST)

Table = Callable[[str], ibis.Table]


def signal_table(
    records: Records, lake: Lake, keys: pa.Table | None = None, files: Sequence[str] = ()
) -> ibis.Table:
    """Signals as they are copied: `WRITTEN` names the columns, the source still by its key.

    All of them, or those that the column `signal_id` of `keys` names, which lie in these files.
    """
    everywhere = [str(path) for path in lake.files("signals", records.versions["signals"])]
    signals = records.connection.read_parquet(list(files or everywhere), table_name="signals_with_source")
    if keys is not None:
        signals = signals.semi_join(ibis.memtable(keys), "signal_id")
    named = _with_labels(signals, records.table, records.tables())
    # Where a source's signals of a kind never name a reply, nobody can know whether there was one.
    known = sorted(BETWEEN.join(kind) for kind in replying_kinds(records, everywhere))
    is_known = (row.source_key + BETWEEN + row.kind).isin(known) if known else ibis.literal(False)
    return _with_hash(_shown(named, ibis.ifelse(is_known | _REPLIED, _REPLIED, None)))


def replying_kinds(records: Records, files: Sequence[str]) -> set[tuple[str, str]]:
    """The sources and kinds of which some signal in these files names a reply of its own. Reads five columns."""
    if not files:
        return set()
    signals = records.connection.read_parquet(list(files), table_name="signals_with_replies")
    own = _REPLIED & ~row["_batch_id"].startswith(FROM_HERE)
    found = signals.filter(own).select(row["_source_id"], row.kind).distinct().to_pyarrow()
    return set(zip(found["_source_id"].to_pylist(), found["kind"].to_pylist(), strict=True))


def live_copies(signals: pa.Table, records: Records) -> pa.Table:
    """Signals that came in live, likewise; `_source_id` names the source of each."""
    about = set(records.tables()) & ABOUT
    if signals["line_id"].null_count == len(signals):
        about -= {"order_lines"}  # nobody waits for a million lines that no signal names
    connection = records.connection.con
    connection.register(CAME_IN, signals)
    try:
        return records.sql(_live_sql(frozenset(about)))
    finally:
        connection.unregister(CAME_IN)


@cache
def _live_sql(about: Collection[str]) -> str:
    """The question as SQL, written once: Ibis takes 80 ms of CPU for it, ten times as long as the answer takes.

    What was answered is known of those that say so, and of no other: one row tells nothing of its source.
    """
    came = ibis.Schema.from_pyarrow(arrow_schema("signals").append(pa.field("_source_id", pa.string())))
    named = _with_labels(ibis.table(came, name=CAME_IN), _of_contract, about)
    replied = row.first_reply_at.notnull() | row.resolved_at.notnull()
    return str(ibis.to_sql(_with_hash(_shown(named, ibis.ifelse(replied, True, None))), dialect="duckdb"))


def _of_contract(name: str) -> ibis.Table:
    return ibis.table(ibis.Schema.from_pyarrow(arrow_schema(name)), name=name)


def _with_labels(signals: ibis.Table, table: Table, about: Collection[str]) -> ibis.Table:
    """Signals with the names of what they are about, from those tables of the records."""
    named = signals.select(
        key=row.signal_id,
        source_key=row["_source_id"],
        kind=row.kind,
        occurred_at=row.occurred_at,
        own_account=row.account_id,
        own_product=row.product_id,
        line_key=row.line_id,
        contact_key=row.contact_id,
        **{
            name: row[name]
            for name in (*WRITTEN, "first_reply_at", "resolved_at")
            if name in signals.columns and name not in {"kind", "occurred_at"}
        },
    )
    named = _with_order(named, table, about)
    named = named.mutate(
        account_key=ibis.coalesce(row.own_account, row.order_account),
        product_key=ibis.coalesce(row.own_product, row.line_product),
    )
    return _with_names(named, table, about)


def _with_order(signals: ibis.Table, table: Table, about: Collection[str]) -> ibis.Table:
    empty = ibis.null("string")
    if "order_lines" not in about:
        return signals.mutate(order_key=empty, line_product=empty, order_account=empty)
    lines = table("order_lines").select(
        at_line=row.line_id, order_key=row.order_id, line_product=row.product_id
    )
    signals = signals.left_join(lines, signals.line_key == lines.at_line)
    if "orders" not in about:
        return signals.mutate(order_account=empty)
    orders = table("orders").select(at_order=row.order_id, order_account=row.account_id)
    return signals.left_join(orders, signals.order_key == orders.at_order)


def _with_names(signals: ibis.Table, table: Table, about: Collection[str]) -> ibis.Table:
    empty = ibis.null("string")
    if "products" in about:
        products = table("products").select(
            at_product=row.product_id, product_label=ibis.coalesce(row.name, row.family)
        )
        signals = signals.left_join(products, signals.product_key == products.at_product)
    else:
        signals = signals.mutate(product_label=empty)
    if "accounts" in about:
        accounts = table("accounts").select(
            at_account=row.account_id, account_label=row.name, region=row.region
        )
        return signals.left_join(accounts, signals.account_key == accounts.at_account)
    return signals.mutate(account_label=empty, region=empty)


def _shown(named: ibis.Table, answered: ibis.Value) -> ibis.Table:
    """The columns as the copy shows them: no text empty, none longer than its column, shares for ratings."""
    texts = {name: _text(name) for name in _TEXTS}
    texts["account_label"] = ibis.coalesce(texts["account_label"].nullif(""), texts["account_key"])
    texts["product_label"] = ibis.coalesce(texts["product_label"].nullif(""), texts["product_key"])
    rated = row.rating_max.notnull() & (row.rating_max > 0) & row.rating.notnull()
    share = ibis.ifelse(rated, (row.rating / row.rating_max).clip(0.0, 1.0), None)
    return named.mutate(source_id=row.source_key, answered=answered, rating_share=share).mutate(**texts)


def _text(name: str) -> ibis.Value:
    text = row[name].fill_null("").replace("\0", "")
    return text.substr(0, LONGEST[name]) if name in LONGEST else text


def _with_hash(shown: ibis.Table) -> ibis.Table:
    """A hash over every column shown. Another engine's differs: then all copies are written once more."""
    parts = [shown[name].cast("string").fill_null(EMPTY) for name in WRITTEN[:-1]]
    return shown.mutate(copy_hash=ibis.literal(BETWEEN).join(parts).hash()).select(*WRITTEN)


def read_rows(copies: pa.Table, sources: Mapping[str, int]) -> Iterator[list[tuple[Any, ...]]]:
    """Hand over the rows in chunks, as tuples in the order of `WRITTEN`; `sources` gives each key its number."""
    place = WRITTEN.index("source_id")
    for batch in copies.to_batches(max_chunksize=CHUNK_ROWS):
        columns = [column.to_pylist() for column in batch.columns]
        columns[place] = [sources[key] for key in columns[place]]
        yield list(zip(*columns, strict=True))


def write_rows(rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert or update these copies, inside the caller's transaction; what is newer than the lake stays."""
    updates = f"{updates_of(WRITTEN[1:])} WHERE listen_signal.in_records"
    upsert_prepared("listen_signal", WRITTEN, rows, staging="incoming_signals", updates=updates)


def live_row(copy: tuple[Any, ...], received_at: datetime) -> LiveRow:
    """What came in live, as it is written: its times in UTC, not yet in the lake."""
    return LiveRow._make(_with_times((*copy, received_at, False), UTC))


def _with_times(row: Sequence[Any], zone: tzinfo | None) -> Sequence[Any]:
    """The row with its times, which are in UTC, in this zone or without one, as both databases take them."""
    values = list(row)
    for place in _TIMES:
        if values[place] is not None:
            values[place] = values[place].replace(tzinfo=zone)
    return values


def write_live_rows(rows: Sequence[LiveRow]) -> None:
    """Insert or update what came in live."""
    first = "received_at = COALESCE(listen_signal.received_at, excluded.received_at)"
    updates = f"{updates_of([*WRITTEN[1:], 'in_records'])}, {first}"
    values = [_with_times(live, None) for live in rows]
    upsert_prepared("listen_signal", LIVE, values, staging="incoming_live_signals", updates=updates)
