"""Reads tables and views of a database as streams of text, in a session that cannot write.

An address is what SQLAlchemy takes: `sqlite:///path`, `postgresql://user:password@host/name`,
`mysql://...`. Passwords never reach a message.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import SQLAlchemyError

from ..errors import DatabaseRefused
from ..mapping.model import FileRule
from ..protocol import RawTable, Reading, Skipped
from ..readers.text_batches import text_batch

BATCH_ROWS = 20_000
MOST_TABLES = 2_000
# The driver of each kind of database; an address without one gets ours.
DRIVERS = {
    "sqlite": "sqlite",
    "postgresql": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
}
_ADDRESS = re.compile(r"^(sqlite|postgres(ql)?|mysql|mariadb)(\+\w+)?:", re.IGNORECASE)
_SQLITE_ENDINGS = (".sqlite", ".sqlite3", ".db", ".db3")


def is_address(path_or_url: str) -> bool:
    """Whether this names a database rather than files: an address, or a SQLite file."""
    if _ADDRESS.match(path_or_url):
        return True
    path = Path(path_or_url)
    return path.suffix.lower() in _SQLITE_ENDINGS and path.is_file()


def address(path_or_url: str) -> URL:
    """The address with the driver that is shipped, read only where the address can say so.

    Raises:
        DatabaseRefused: no such kind of database, or no such file.
    """
    if not _ADDRESS.match(path_or_url):
        path_or_url = f"sqlite:///{Path(path_or_url).resolve()}"
    try:
        url = make_url(path_or_url.replace("postgres://", "postgresql://", 1))
    except SQLAlchemyError:
        raise DatabaseRefused(
            "This is no database address. Write one such as postgresql://user:password@host/name."
        ) from None
    kind = url.get_backend_name()
    url = url.set(drivername=DRIVERS[kind])
    if kind == "sqlite":
        path = Path(url.database or "")
        if not path.is_file():
            raise DatabaseRefused(f"There is no database file {path}. Check the path; nothing was imported.")
        url = url.set(database=f"file:{path.resolve().as_posix()}", query={"mode": "ro", "uri": "true"})
    return url


def open_database(path_or_url: str) -> tuple[str, list[RawTable], list[Skipped]]:
    """List the tables and views of a database, with a label that carries no password.

    Raises:
        DatabaseRefused: it cannot be reached, or has no tables.
    """
    url = address(path_or_url)
    label = (
        Path((url.database or "").removeprefix("file:")).name if "sqlite" in url.drivername else _shown(url)
    )
    engine = _engine(url)
    try:
        inspector = sa.inspect(engine)
        schemas = _schemas(inspector, engine)
        found = [(schema, name) for schema in schemas for name in _names(inspector, schema)]
    except SQLAlchemyError as error:
        raise DatabaseRefused(
            f"{_shown(url)} cannot be read: {_reason(error)} Nothing was imported."
        ) from None
    if not found:
        raise DatabaseRefused(f"{_shown(url)} has no tables that this user may see.")
    if len(found) > MOST_TABLES:
        raise DatabaseRefused(
            f"{_shown(url)} has {len(found):,} tables. Give a user that sees the needed ones."
        )
    tables: list[RawTable] = []
    skipped: list[Skipped] = []
    for schema, name in found:
        shown = name if schema is None or schema == schemas[0] else f"{schema}.{name}"
        try:
            columns = tuple(column["name"] for column in inspector.get_columns(name, schema))
            tables.append(DatabaseTable(shown, engine, name, schema, columns))
        except SQLAlchemyError as error:
            skipped.append(Skipped(shown, f"{shown} cannot be read: {_reason(error)}"))
    return label, tables, skipped


def _shown(url: URL) -> str:
    return url.set(query={}).render_as_string(hide_password=True)


def _reason(error: SQLAlchemyError) -> str:
    """The driver's first line; it names hosts and tables, never passwords."""
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0].rstrip(".") + "."


def _engine(url: URL) -> Engine:
    kind = url.get_backend_name()
    options: dict[str, Any] = {"poolclass": sa.pool.NullPool}
    if kind == "postgresql":
        options["connect_args"] = {"options": "-c default_transaction_read_only=on", "connect_timeout": 10}
    elif kind in ("mysql", "mariadb"):
        options["connect_args"] = {"init_command": "SET SESSION TRANSACTION READ ONLY", "connect_timeout": 10}
    return sa.create_engine(url, **options)


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

    @property
    def size(self) -> int:
        return 0

    def read(self, rule: FileRule, on_bytes: Callable[[int], None], careful: bool = False) -> Reading:
        reading = Reading(self.columns, iter(()), encoding="database")
        reading.batches = self._batches(on_bytes)
        return reading

    def _batches(self, on_bytes: Callable[[int], None]) -> Iterator[pa.RecordBatch]:
        # Plain columns without types: drivers hand over values as they are, odd dates included.
        query: Any = sa.select(*(sa.column(name) for name in self.columns)).select_from(
            sa.table(self.table, schema=self.schema)
        )
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
                f"Reading {self.name} stopped after {first - 1:,} rows: {_reason(error)} Nothing was imported."
            ) from None


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
