"""The first copying of many signals: indexes are made once at its end instead of being kept row by row.

Nobody can miss an index of an empty table. A copying that is killed leaves the snapshot's number behind the
lake, so that the next one makes what is missing.
"""

from __future__ import annotations

from django.db import connection

from interlock.listen.models import Signal


def put_indexes_off() -> None:
    """Drop the indexes that lists need; the unique key stays, because rows are written by it."""
    with connection.cursor() as cursor:
        for index in Signal._meta.indexes:
            cursor.execute(f"DROP INDEX IF EXISTS {connection.ops.quote_name(index.name)}")


def catch_up_indexes() -> None:
    """Make the indexes that are missing, and let PostgreSQL count and tidy what came."""
    editor = connection.SchemaEditorClass(connection)
    there = _there()
    missing = [index for index in Signal._meta.indexes if index.name not in there]
    with connection.cursor() as cursor:
        for index in missing:
            cursor.execute(str(index.create_sql(Signal, editor)))
        # Only a tidied table is read from its index alone; inside a transaction that cannot be done.
        if missing and connection.vendor == "postgresql" and not connection.in_atomic_block:
            cursor.execute("VACUUM ANALYZE listen_signal")


def _there() -> set[str]:
    with connection.cursor() as cursor:
        return set(connection.introspection.get_constraints(cursor, Signal._meta.db_table))
