"""The first copying of many signals: indexes are made once at its end instead of being kept row by row.

Nobody can miss an index of an empty table. A copying that is killed leaves the snapshot's number behind the
lake, so that the next one makes what is missing.
"""

from __future__ import annotations

from django.db import connection

from interlock.listen.models import Signal

_INDEXES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = %s",
    "postgresql": "SELECT indexname FROM pg_indexes WHERE schemaname = current_schema() AND tablename = %s",
}


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
    """Names of the indexes there are. Asked at every copying, where Django's introspection would parse the table's text for a tenth of the time."""
    with connection.cursor() as cursor:
        cursor.execute(_INDEXES[connection.vendor], [Signal._meta.db_table])
        return {name for (name,) in cursor.fetchall()}
