"""Reads tables and views of a database as streams of text, in a session that cannot write."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.engine import URL, Engine
from sqlalchemy.exc import SQLAlchemyError

from ..errors import DatabaseRefused
from ..mapping.model import FileRule
from ..protocol import RawTable, Reading, Skipped
from ..readers.text_batches import text_batch
from .session import address, made_engine, reason_of, shown

BATCH_ROWS = 20_000
MOST_TABLES = 2_000


def open_database(
    path_or_url: str,
    *,
    password: str = "",
    since: Mapping[str, tuple[str, Any]] | None = None,
    most: int | None = None,
    seconds: int | None = None,
) -> tuple[str, list[RawTable], list[Skipped]]:
    """List the tables and views of a database, with a label that carries no password.

    Of the tables in `since`, only rows are read whose column is not below the value, or is empty; of each table at
    `most` so many. A statement that takes more than `seconds` is given up.

    Raises:
        DatabaseRefused: it cannot be reached, or has no tables.
    """
    url = address(path_or_url, password)
    label, tables, skipped = list_tables(url, made_engine(url, seconds))
    parts = since or {}
    return label, [replace(each, since=parts.get(each.name), most=most) for each in tables], skipped


def list_tables(url: URL, engine: Engine) -> tuple[str, list["DatabaseTable"], list[Skipped]]:
    """Every table and view that this user may see, with its columns. Raises as `open_database`."""
    try:
        inspector = sa.inspect(engine)
        schemas = _schemas(inspector, engine)
        found = [(schema, name) for schema in schemas for name in _names(inspector, schema)]
    except SQLAlchemyError as error:
        raise DatabaseRefused(
            f"{shown(url)} cannot be read: {reason_of(error)} Nothing was imported."
        ) from None
    if not found:
        raise DatabaseRefused(f"{shown(url)} has no tables that this user may see.")
    if len(found) > MOST_TABLES:
        raise DatabaseRefused(
            f"{shown(url)} has {len(found):,} tables. Give a user that sees the needed ones."
        )
    tables: list[DatabaseTable] = []
    skipped: list[Skipped] = []
    for schema, name in found:
        called = name if schema is None or schema == schemas[0] else f"{schema}.{name}"
        try:
            columns = tuple(column["name"] for column in inspector.get_columns(name, schema))
            tables.append(DatabaseTable(called, engine, name, schema, columns))
        except SQLAlchemyError as error:
            skipped.append(Skipped(called, f"{called} cannot be read: {reason_of(error)}"))
    return _label(url), tables, skipped


def _label(url: URL) -> str:
    return Path((url.database or "").removeprefix("file:")).name if "sqlite" in url.drivername else shown(url)


def _schemas(inspector: sa.Inspector, engine: Engine) -> list[str | None]:
    if engine.dialect.name != "postgresql":
        return [None]
    default = inspector.default_schema_name
    others = [name for name in inspector.get_schema_names() if name not in (default, "information_schema")]
    return [default, *others]


def _names(inspector: sa.Inspector, schema: str | None) -> list[str]:
    return [*inspector.get_table_names(schema), *inspector.get_view_names(schema)]


@dataclass(frozen=True)
class DatabaseTable:
    """One table or view as a raw table. Row 1 is the first row the database gives."""

    name: str
    engine: Engine
    table: str
    schema: str | None
    columns: tuple[str, ...]
    since: tuple[str, Any] | None = None
    most: int | None = None

    @property
    def size(self) -> int:
        return 0

    @property
    def relation(self) -> sa.TableClause:
        return sa.table(self.table, schema=self.schema)

    def read(self, rule: FileRule, on_bytes: Callable[[int], None], careful: bool = False) -> Reading:
        reading = Reading(self.columns, iter(()), encoding="database")
        reading.batches = self._batches(on_bytes)
        return reading

    def _batches(self, on_bytes: Callable[[int], None]) -> Iterator[pa.RecordBatch]:
        # Plain columns without types: drivers hand over values as they are, odd dates included.
        query: Any = sa.select(*(sa.column(name) for name in self.columns)).select_from(self.relation)
        if self.since:
            query = query.where(not_below(*self.since))
        if self.most is not None:
            query = query.limit(self.most)
        first = 1
        try:
            with self.engine.connect() as connection:
                result = connection.execution_options(stream_results=True, max_row_buffer=BATCH_ROWS).execute(
                    query
                )
                for rows in result.partitions(BATCH_ROWS):
                    texts = [
                        (first + index, [as_text(cell) for cell in row]) for index, row in enumerate(rows)
                    ]
                    first += len(texts)
                    batch = text_batch(texts, self.columns)
                    on_bytes(batch.nbytes)
                    yield batch
        except SQLAlchemyError as error:
            raise DatabaseRefused(
                f"Reading {self.name} stopped after {first - 1:,} rows: {reason_of(error)} Nothing was imported."
            ) from None


def not_below(column: str, value: Any) -> sa.ColumnElement[bool]:
    """The rows that may be new: at the watermark, above it, or without one."""
    return sa.or_(sa.column(column) >= value, sa.column(column).is_(None))


def as_text(cell: object) -> str | None:
    """A database value as the text that a CSV would hold; binary values are left out."""
    match cell:
        case None | bytes() | memoryview():
            return None
        case bool():
            return "true" if cell else "false"
        case datetime() | date() | time():
            return cell.isoformat(" ") if isinstance(cell, datetime) else cell.isoformat()
        case float():
            return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
        case Decimal():
            return format(cell, "f")
        case _:
            return str(cell)
