"""Whose copies may look different since the snapshot that the copies show?

Signals that came, changed or went; those whose order line, order, account or product did; and those of a source
that names a reply for the first time, since its other signals of that kind are then known to be unanswered.
Only files that one of the two snapshots lacks are read, and of all rows at most the columns that lead from an
order, an account or a product to its signals.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pyarrow as pa

from interlock.fabric import records
from interlock.listen.signal_rows import replying_kinds
from interlock.store.changes import came, changed_keys
from interlock.store.engine import Records
from interlock.store.errors import LakeError
from interlock.store.parquet import quoted, scan
from interlock.store.snapshots import DataFile, Snapshot, TableVersion

# A flush every five minutes for four hours.
MOST_STEPS = 50
_PLACED = "signal_id, filename"
_NO_SIGNALS = "(SELECT NULL::VARCHAR AS signal_id, NULL::VARCHAR AS filename WHERE false)"
SHOWN_TABLES = ("signals", "order_lines", "orders", "products", "accounts")


@dataclass(frozen=True)
class Touched:
    """The keys of signals that are to be compared, the files that hold them, and the keys of those that are gone."""

    keys: pa.Table
    files: list[str]
    gone: list[str]


def touched(tables: Records, before: Snapshot, now: Snapshot, also: Collection[str] = ()) -> Touched | None:
    """Find what may look different, `also` included; None when the earlier snapshot cannot be compared.

    Another way of hashing, an earlier version that was cleared away, or too many steps between make it so.
    """
    steps = now.number - before.number
    if not before.number or before.hash_sign != now.hash_sign or not 0 <= steps <= MOST_STEPS:
        return None
    try:
        sql = _sql(tables, before, now)
    except LakeError:
        return None
    found = tables.sql(sql)
    if unmet := set(also).difference(found["signal_id"].to_pylist()):
        everywhere = _scan(_table("signals", now).files)
        placed = f"SELECT {_PLACED} FROM {everywhere} WHERE signal_id IN $unmet"  # noqa: S608 - our own names
        found = pa.concat_tables([found, tables.sql(placed, unmet=list(unmet))])
    places = found["filename"]
    there = found.filter(places.is_valid())
    gone = found.filter(places.is_null())["signal_id"].to_pylist()
    return Touched(there.select(["signal_id"]), sorted(set(there["filename"].to_pylist())), gone)


def earlier(number: int) -> Snapshot:
    """The snapshot that the copies show; number 0 when it is not to be had."""
    try:
        return records.lake().snapshot_at(number)
    except LakeError:
        return Snapshot()


def _sql(tables: Records, before: Snapshot, now: Snapshot) -> str:
    changed = {name: _changed(name, before, now) for name in SHOWN_TABLES}
    changed["signals"] = _changed_signals(before, now)
    steps = {f"changed_{name}": sql for name, sql in changed.items() if sql}
    if orders := _orders(steps, tables):
        steps["touched_orders"] = orders
    if lines := _lines(steps, tables):
        steps["touched_lines"] = lines
    signals = _signals(steps, tables, before, now)
    leading = ", ".join(f"{name} AS ({sql})" for name, sql in steps.items())
    return f"WITH {leading} {signals}" if leading else signals


def _changed(name: str, before: Snapshot, now: Snapshot) -> str:
    return changed_keys(records.lake(), name, *(_table(name, one) for one in (before, now)))


def _changed_signals(before: Snapshot, now: Snapshot) -> str:
    """Signals that changed in one of the steps between, where something was taken back.

    A copy may show what came in live and was in the lake for a moment only.
    """
    lake = records.lake()
    if not lake.took_back(before.number, now.number):
        return _changed("signals", before, now)
    between = [lake.snapshot_at(number) for number in range(before.number + 1, now.number)]
    steps = [_changed("signals", *pair) for pair in pairwise([before, *between, now])]
    return " UNION ".join(f"({sql})" for sql in steps if sql)


def _table(name: str, snapshot: Snapshot) -> TableVersion:
    return snapshot.tables.get(name, TableVersion(0))


def _orders(steps: Collection[str], tables: Records) -> str:
    parts = ["SELECT order_id FROM changed_orders"] if "changed_orders" in steps else []
    if "orders" in tables.tables():
        parts += _reached("order_id", "orders", steps, {"changed_accounts": "account_id"})
    return " UNION ".join(parts)


def _lines(steps: Collection[str], tables: Records) -> str:
    parts = ["SELECT line_id FROM changed_order_lines"] if "changed_order_lines" in steps else []
    if "order_lines" in tables.tables():
        leads = {"touched_orders": "order_id", "changed_products": "product_id"}
        parts += _reached("line_id", "order_lines", steps, leads)
    return " UNION ".join(parts)


def _signals(steps: Collection[str], tables: Records, before: Snapshot, now: Snapshot) -> str:
    """Keys of signals with the file of each, empty for those that are gone."""
    signals = _table("signals", now)
    if not signals.files:
        gone = "changed_signals" if "changed_signals" in steps else _NO_SIGNALS
        return f"SELECT signal_id, NULL::VARCHAR AS filename FROM {gone}"  # noqa: S608 - our own names
    everywhere = _scan(signals.files)
    leads = {"touched_lines": "line_id", "changed_accounts": "account_id", "changed_products": "product_id"}
    parts = _reached(_PLACED, everywhere, steps, leads)
    if "changed_signals" in steps:
        new = _scan(came(_table("signals", before), signals))
        parts.append(f"SELECT {_PLACED} FROM changed_signals LEFT JOIN {new} USING (signal_id)")  # noqa: S608 - as above
        parts += [
            f"SELECT {_PLACED} FROM {everywhere}"  # noqa: S608 - as above
            f" WHERE _source_id = {quoted(source)} AND kind = {quoted(kind)}"
            for source, kind in sorted(_replies_began(tables, before, now))
        ]
    return " UNION ".join(parts) or f"SELECT * FROM {_NO_SIGNALS}"  # noqa: S608 - as above


def _reached(columns: str, table: str, steps: Collection[str], leads: Mapping[str, str]) -> list[str]:
    """Rows of a table that one of the steps leads to, by the column in which its keys stand."""
    return [
        f"SELECT {columns} FROM {table} SEMI JOIN {step} USING ({key})"  # noqa: S608 - our own names
        for step, key in leads.items()
        if step in steps
    ]


def _replies_began(tables: Records, before: Snapshot, now: Snapshot) -> set[tuple[str, str]]:
    """Sources and kinds that name replies now and did not before, or no more."""
    kinds = [replying_kinds(tables, _paths(_table("signals", one).files)) for one in (before, now)]
    return kinds[0] ^ kinds[1]


def _scan(files: Collection[DataFile]) -> str:
    """Signals with the file of each; nothing but these two columns where there are no files."""
    if not files:
        return _NO_SIGNALS
    return scan(map(Path, _paths(files)), with_file_name=True)


def _paths(files: Collection[DataFile]) -> list[str]:
    return [str(path) for path in records.lake().paths("signals", TableVersion(0, tuple(files)))]
