"""Reaches a database by its address, in a session that cannot write and does not wait for ever.

An address is what SQLAlchemy takes: `sqlite:///path`, `postgresql://user:password@host/name`,
`mysql://...`. Passwords never reach a message.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import SQLAlchemyError

from ..database_address import ADDRESS
from ..errors import DatabaseRefused

# The driver of each kind of database; an address without one gets ours.
DRIVERS = {
    "sqlite": "sqlite",
    "postgresql": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
}


def address(path_or_url: str, password: str = "") -> URL:
    """The address with the driver that is shipped, read only where the address can say so.

    Raises:
        DatabaseRefused: no such kind of database, or no such file.
    """
    if not ADDRESS.match(path_or_url):
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
        return url.set(database=f"file:{path.resolve().as_posix()}", query={"mode": "ro", "uri": "true"})
    return url.set(password=password) if password else url


def shown(url: URL) -> str:
    return url.set(query={}).render_as_string(hide_password=True)


def reason_of(error: SQLAlchemyError) -> str:
    """The driver's first line; it names hosts and tables, never passwords."""
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0].rstrip(".") + "."


def made_engine(url: URL, seconds: int | None = None) -> Engine:
    """An engine whose sessions only read; a statement may take so many seconds, or any time."""
    kind = url.get_backend_name()
    options: dict[str, Any] = {"poolclass": sa.pool.NullPool}
    if kind == "postgresql":
        limit = f" -c statement_timeout={seconds * 1000}" if seconds else ""
        options["connect_args"] = {
            "options": f"-c default_transaction_read_only=on{limit}",
            "connect_timeout": 10,
        }
    elif kind in ("mysql", "mariadb"):
        options["connect_args"] = {"init_command": "SET SESSION TRANSACTION READ ONLY", "connect_timeout": 10}
    engine = sa.create_engine(url, **options)
    if seconds and kind != "postgresql":
        sa.event.listen(engine, "connect", _bounded(kind, seconds))
    return engine


def _bounded(kind: str, seconds: int) -> Callable[[Any, Any], None]:
    """Bound the statements of a new connection. SQLite has no such setting: it is asked on the way."""

    def of_sqlite(connection: Any, _record: Any) -> None:
        until = time.monotonic() + seconds
        connection.set_progress_handler(lambda: time.monotonic() > until, 50_000)

    def of_mysql(connection: Any, _record: Any) -> None:
        setting = (
            f"max_execution_time={seconds * 1000}" if kind == "mysql" else f"max_statement_time={seconds}"
        )
        with connection.cursor() as cursor:
            cursor.execute(f"SET SESSION {setting}")

    return of_sqlite if kind == "sqlite" else of_mysql
