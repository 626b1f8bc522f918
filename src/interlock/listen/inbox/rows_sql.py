"""Writing many inbox rows at once, past the ORM: executemany on SQLite, arrays on PostgreSQL.

The caller holds the lock of every source named here, so that nobody else writes rows of it meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from enum import Enum
from itertools import batched, groupby
from typing import Any

from django.db import connection

from interlock.listen.inbox.offering import Offered
from interlock.listen.models import InboxRow, ReplyRoute, Source

# Source, table, key.
Name = tuple[int, str, str]
# SQLite takes 32,766 parameters in one statement.
KEYS_AT_ONCE = 5_000


class Fate(Enum):
    """What became of a row's key."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"


def known_digests(names: Iterable[Name]) -> dict[Name, str]:
    """The digests stored now, as hexadecimal, of those names that are known."""
    return {name: digest for name, _id, digest in _stored(names)}


def store(rows: Mapping[Name, tuple[int, Offered]], now: datetime) -> dict[Name, Fate]:
    """Insert the rows whose name is new, update those whose digest differs; each comes with its batch."""
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


_INSERT = 'INSERT INTO listen_inboxrow (source_id, "table", key, digest, arrival_id, payload, received_at, settled, flushed) '
# What an earlier batch brought and the lake does not have yet is flushed as it was, before it is changed.
_KEEP_EARLIER = (
    'INSERT INTO listen_earlierrow (arrival_id, "table", key, payload)'
    ' SELECT arrival_id, "table", key, payload FROM listen_inboxrow'
    " WHERE id = %s AND NOT flushed AND arrival_id < %s"
)
_KEEP_EARLIER_OF_MANY = (
    'INSERT INTO listen_earlierrow (arrival_id, "table", key, payload)'
    ' SELECT arrival_id, "table", key, payload FROM listen_inboxrow AS there'
    " JOIN unnest(%s::bigint[], %s::text[], %s::text[], %s::uuid[], %s::bigint[])"
    " AS came (source, name, key_of, digest_of, arrival)"
    ' ON there.source_id = source AND there."table" = name AND there.key = key_of'
    " WHERE NOT flushed AND digest <> digest_of AND arrival_id < arrival"
)

# Only constants are joined here; every value is a parameter.
_POSTGRESQL_UPSERT = (
    _INSERT + "SELECT source, name, key, digest, arrival, payload, %s, false, false"  # noqa: S608
    " FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::uuid[], %s::bigint[], %s::text[])"
    " AS came (source, name, key, digest, arrival, payload)"
    ' ON CONFLICT (source_id, "table", key) DO UPDATE SET digest = excluded.digest, arrival_id = excluded.arrival_id,'
    " payload = excluded.payload, received_at = excluded.received_at, settled = false, flushed = false"
    " WHERE listen_inboxrow.digest <> excluded.digest"
    # A row that this statement inserted was deleted by nobody.
    ' RETURNING source_id, "table", key, xmax = 0'
)


def _store_in_sqlite(rows: Mapping[Name, tuple[int, Offered]], now: datetime) -> dict[Name, Fate]:
    at = connection.ops.adapt_datetimefield_value(now)
    values = [
        (source, table, key, row.digest.hex, arrival, row.payload, at)
        for (source, table, key), (arrival, row) in rows.items()
    ]
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(id) FROM listen_inboxrow")
        last = cursor.fetchone()[0] or 0
        cursor.executemany(
            _INSERT
            + 'VALUES (%s, %s, %s, %s, %s, %s, %s, 0, 0) ON CONFLICT (source_id, "table", key) DO NOTHING',
            values,
        )
        if cursor.rowcount == len(values):
            return dict.fromkeys(rows, Fate.NEW)
        fates, changed = dict.fromkeys(rows, Fate.NEW), []
        for name, number, digest in _stored(rows):
            if number <= last:
                arrival, row = rows[name]
                fates[name] = Fate.SAME if digest == row.digest.hex else Fate.CHANGED
                if fates[name] is Fate.CHANGED:
                    changed.append((row.digest.hex, arrival, row.payload, at, number))
        cursor.executemany(_KEEP_EARLIER, [(row[-1], row[1]) for row in changed])
        cursor.executemany(
            "UPDATE listen_inboxrow SET digest = %s, arrival_id = %s, payload = %s, received_at = %s,"
            " settled = 0, flushed = 0 WHERE id = %s",
            changed,
        )
    return fates


def _store_in_postgresql(rows: Mapping[Name, tuple[int, Offered]], now: datetime) -> dict[Name, Fate]:
    columns: list[list[Any]] = [[], [], [], [], [], []]
    for (source, table, key), (arrival, row) in rows.items():
        for column, value in zip(
            columns, (source, table, key, row.digest, arrival, row.payload), strict=True
        ):
            column.append(value)
    with connection.cursor() as cursor:
        cursor.execute(_KEEP_EARLIER_OF_MANY, columns[:5])
        cursor.execute(
            _POSTGRESQL_UPSERT,
            [now, *columns],
        )
        written = {
            (source, table, key): Fate.NEW if new else Fate.CHANGED for source, table, key, new in cursor
        }
    return {name: written.get(name, Fate.SAME) for name in rows}


def _stored(names: Iterable[Name]) -> Iterator[tuple[Name, int, str]]:
    for (source, table), group in groupby(sorted(names), key=lambda name: name[:2]):
        for some in batched((name[2] for name in group), KEYS_AT_ONCE):
            found = InboxRow.objects.filter(source_id=source, table=table, key__in=some)
            for key, number, digest in found.values_list("key", "pk", "digest"):
                yield (source, table, key), number, digest.hex
