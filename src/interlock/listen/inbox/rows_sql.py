"""Writing many inbox rows at once, past the ORM: executemany on SQLite, COPY or one JSON text on PostgreSQL.

The caller holds the lock of every source named here, so that nobody else writes rows of it meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import Enum
from itertools import batched, groupby
from typing import Any, NamedTuple

import msgspec
from django.db import IntegrityError, connection, transaction

from interlock.listen.inbox.offering import Offered
from interlock.listen.models import InboxRow, ReplyRoute, Source

# Source, table, key.
Name = tuple[int, str, str]
# Each row with its batch.
Rows = Mapping[Name, tuple[int, Offered]]
# SQLite takes 32,766 parameters in one statement.
KEYS_AT_ONCE = 5_000


class Fate(Enum):
    """What became of a row's key."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"


def known_digests(names: Iterable[Name]) -> dict[Name, str]:
    """The digests stored now, as hexadecimal, of those names that are known."""
    return {known.name: known.digest for known in _stored(names)}


class _Known(NamedTuple):
    """A row that is stored, with its digest as hexadecimal."""

    name: Name
    number: int
    digest: str


def store(rows: Rows, now: datetime) -> dict[Name, Fate]:
    """Insert the rows whose name is new, update those whose digest differs; what became of those that were known."""
    if not rows:
        return {}
    return (
        _store_in_postgresql(rows, now) if connection.vendor == "postgresql" else _store_in_sqlite(rows, now)
    )


def count_arrivals(added: Mapping[int, Mapping[str, int]]) -> None:
    """Add to the counts of batches."""
    with connection.cursor() as cursor:
        for arrival, counts in added.items():
            cursor.execute(
                "UPDATE listen_arrival SET received = received + %s, stored = stored + %s, updated = updated + %s,"
                " duplicate = duplicate + %s, refused = refused + %s WHERE id = %s",
                [
                    *(counts[name] for name in ("received", "stored", "updated", "duplicate", "refused")),
                    arrival,
                ],
            )


def count_sources(added: Mapping[int, Mapping[str, int]], now: datetime) -> None:
    """Add to the counts of sources; what was stored is a sign of life."""
    at = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        for source, counts in added.items():
            cursor.execute(
                "UPDATE listen_source SET received = received + %s, stored = stored + %s, duplicate = duplicate + %s,"
                " refused = refused + %s, last_signal_at = CASE WHEN %s > 0 THEN %s ELSE last_signal_at END WHERE id = %s",
                [
                    *(counts[name] for name in ("received", "stored", "duplicate", "refused")),
                    counts["stored"],
                    at,
                    source,
                ],
            )


def keep_routes(source: Source, rows: Iterable[Offered]) -> None:
    """Keep how the authors of these signals are answered; a newer route replaces an older one."""
    routes = {row.key: row.route for row in rows if row.route is not None}
    ReplyRoute.objects.bulk_create(
        [
            ReplyRoute(
                signal_key=key,
                source_id=source.pk,
                address=route.address,
                thread=route.thread,
                detail=dict(route.detail),
            )
            for key, route in routes.items()
        ],
        update_conflicts=True,
        unique_fields=["signal_key"],
        update_fields=["source", "address", "thread", "detail"],
    )


_COLUMNS = '(source_id, "table", key, digest, arrival_id, payload, received_at, settled, flushed)'
_INSERT_IN_SQLITE = (
    f"INSERT INTO listen_inboxrow {_COLUMNS} VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)"  # noqa: S608 - constants
    ' ON CONFLICT (source_id, "table", key) DO NOTHING'
)
# One parameter for all rows: an array a column takes the driver ten times as long to write.
_INSERT_IN_POSTGRESQL = (
    f"INSERT INTO listen_inboxrow {_COLUMNS}"  # noqa: S608 - constants
    " SELECT (came->>0)::bigint, came->>1, came->>2, (came->>3)::uuid, (came->>4)::bigint, came->>5,"
    " (came->>6)::timestamptz, (came->>7)::boolean, (came->>8)::boolean FROM json_array_elements(%s::json) AS came"
    ' ON CONFLICT (source_id, "table", key) DO NOTHING RETURNING source_id, "table", key'
)
_COPY = f"COPY listen_inboxrow {_COLUMNS} FROM STDIN"
# From so many rows on COPY is the quicker one.
COPIED_FROM = 50
# What an earlier batch brought and the lake does not have yet is flushed as it was, before it is changed.
_KEEP_EARLIER = (
    'INSERT INTO listen_earlierrow (arrival_id, "table", key, payload)'
    ' SELECT arrival_id, "table", key, payload FROM listen_inboxrow'
    " WHERE id = %s AND NOT flushed AND arrival_id < %s"
)
_UPDATE = (
    "UPDATE listen_inboxrow SET digest = %s, arrival_id = %s, payload = %s, received_at = %s,"
    " settled = false, flushed = false WHERE id = %s"
)


def _store_in_sqlite(rows: Rows, now: datetime) -> dict[Name, Fate]:
    values = _values(rows, connection.ops.adapt_datetimefield_value(now))
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(id) FROM listen_inboxrow")
        last = cursor.fetchone()[0] or 0
        cursor.executemany(_INSERT_IN_SQLITE, values)
        if cursor.rowcount == len(values):
            return {}
    return _change((known for known in _stored(rows) if known.number <= last), rows, now)


def _store_in_postgresql(rows: Rows, now: datetime) -> dict[Name, Fate]:
    values = _values(rows, now.isoformat())
    if len(values) >= COPIED_FROM and _copied(rows, values):
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_INSERT_IN_POSTGRESQL, [msgspec.json.encode(values).decode()])
        inserted = set(cursor.fetchall())
    if len(inserted) == len(rows):
        return {}
    return _change(_stored(name for name in rows if name not in inserted), rows, now)


def _copied(rows: Rows, values: Sequence[tuple[Any, ...]]) -> bool:
    """Write all rows with COPY, if none is known; false when one is, and nothing is written."""
    names = list(rows)
    if known_digests({names[0], names[-1]}):  # who sends again mostly begins or ends with what is known
        return False
    try:
        with (
            transaction.atomic(),
            connection.wrap_database_errors,
            connection.cursor() as cursor,
            cursor.copy(_COPY) as copy,
        ):
            for row in values:
                copy.write_row(row)
    except IntegrityError:
        return False
    return True


def _values(rows: Rows, at: str) -> list[tuple[Any, ...]]:
    return [
        (source, table, key, row.digest.hex, arrival, row.payload, at, False, False)
        for (source, table, key), (arrival, row) in rows.items()
    ]


def _change(known: Iterable[_Known], rows: Rows, now: datetime) -> dict[Name, Fate]:
    """Update those whose digest differs; what became of each that was known."""
    at = connection.ops.adapt_datetimefield_value(now)
    fates, earlier, changed = {}, [], []
    for name, number, digest in known:
        arrival, row = rows[name]
        fates[name] = Fate.SAME if digest == row.digest.hex else Fate.CHANGED
        if fates[name] is Fate.CHANGED:
            earlier.append((number, arrival))
            changed.append((row.digest.hex, arrival, row.payload, at, number))
    if changed:
        with connection.cursor() as cursor:
            cursor.executemany(_KEEP_EARLIER, earlier)
            cursor.executemany(_UPDATE, changed)
    return fates


def _stored(names: Iterable[Name]) -> Iterator[_Known]:
    for (source, table), group in groupby(sorted(names), key=lambda name: name[:2]):
        for some in batched((name[2] for name in group), KEYS_AT_ONCE):
            found = InboxRow.objects.filter(source_id=source, table=table, key__in=some)
            for key, number, digest in found.values_list("key", "pk", "digest"):
                yield _Known((source, table, key), number, digest.hex)
