"""Which column of a table tells new rows from old ones, and where the next reading begins.

A time of the last change is best: it moves whenever a row does. A growing key shows new rows only. Readings
overlap, because a transaction that began earlier may commit later: five minutes of a time, a thousand of a
key. A row that comes again is counted as unchanged. A table without either is compared as a whole, and a
large one read once a day and whenever its number of rows changes.
"""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from ..errors import DatabaseRefused
from .reading import DatabaseTable, as_text
from .session import reason_of

OVERLAP = timedelta(minutes=5)
KEY_OVERLAP = 1_000
# So many rows are compared at every asking in a tenth of a second.
COMPARED_ROWS = 20_000
# A number this high under a time's name counts milliseconds.
MILLISECONDS = 100_000_000_000

_CHANGED = re.compile(
    r"(^|_)(updated|modified|changed|lastmodified|last_update|last_change|write_date|systemmodstamp|mtime"
    r"|aktualisiert|geaendert|modifie|maj|actualizado|modificado|atualizado)"
    r"|^(update|change|modification)_?(time|date|at|ts)$|^date_?(modified|updated|upd)"
)
_MADE = re.compile(
    r"(^|_)(created|inserted|added|createddate|create_date|erstellt|angelegt|cree|creado|criado)"
    r"|^(creation|insert)_?(time|date|at|ts)$|^date_?(created|add)"
)
_ISO = re.compile(r"^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?)?(Z|[+-]\d\d:?\d\d)?$")


@dataclass(frozen=True)
class Watermark:
    """The column by which a table's news are known; none: it is read as a whole."""

    table: str
    column: str
    note: str

    @property
    def words(self) -> str:
        return f"{self.table} {f'by {self.column}' if self.column else 'as a whole'}{self.note and f' ({self.note})'}"


@dataclass(frozen=True)
class Standing:
    """Where a table stands: its highest watermark, where the next reading begins, rows from there on."""

    column: str
    top: Any
    start: Any
    rows: int

    def as_json(self) -> dict[str, Any]:
        return {
            "column": self.column,
            "top": packed(self.top),
            "start": packed(self.start),
            "rows": self.rows,
        }

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> "Standing":
        return cls(kept["column"], unpacked(kept["top"]), unpacked(kept["start"]), kept["rows"])


def watermark_of(table: DatabaseTable, chosen: str | None = None) -> Watermark:
    """The column that a person chose, else the best one there is.

    Raises:
        DatabaseRefused: the chosen column is not there.
    """
    if chosen is not None and chosen and chosen not in table.columns:
        raise DatabaseRefused(
            f"{table.name} has no column {chosen}, by which its new rows are to be known. "
            f"It has: {', '.join(table.columns[:20])}. Choose another under 'new rows are known by'."
        )
    try:
        types, first_of_index, key = _known(table)
    except SQLAlchemyError as error:
        raise DatabaseRefused(f"{table.name} cannot be read: {reason_of(error)}") from None
    if chosen is None:
        column, note = _best(table.columns, types, key)
    else:
        column, note = chosen, ""
    if column and column not in first_of_index:
        note = f"{note}, no index" if note else "no index"
    return Watermark(table.name, column, note)


def _best(columns: tuple[str, ...], types: dict[str, Any], key: str) -> tuple[str, str]:
    changed = [name for name in columns if _CHANGED.search(name.lower()) and _may_grow(types[name])]
    if changed:
        return changed[0], ""
    if key and isinstance(types[key], sa.Integer):
        return key, "changes of old rows are not seen"
    made = [name for name in columns if _MADE.search(name.lower()) and _may_grow(types[name])]
    if made:
        return made[0], "changes of old rows are not seen"
    return "", ""


def _may_grow(type_: Any) -> bool:
    """Times, numbers, and the texts in which SQLite keeps times."""
    return isinstance(type_, sa.DateTime | sa.Date | sa.Integer | sa.Numeric | sa.String | sa.types.NullType)


def _known(table: DatabaseTable) -> tuple[dict[str, Any], set[str], str]:
    """The types of the columns, those an index begins with, and the key if it is one column."""
    inspector = sa.inspect(table.engine)
    types = {each["name"]: each["type"] for each in inspector.get_columns(table.table, table.schema)}
    key = inspector.get_pk_constraint(table.table, table.schema).get("constrained_columns") or []
    first = {each["column_names"][0] for each in inspector.get_indexes(table.table, table.schema)}
    return types, {name for name in {*first, *key[:1]} if name}, key[0] if len(key) == 1 else ""


def standing_of(table: DatabaseTable, column: str, now: datetime) -> Standing:
    """Look where a table stands, in two short queries that an index answers, or by comparing all of it.

    Raises:
        DatabaseRefused: it cannot be read, or not in the time given.
    """
    counted = sa.select(sa.func.count()).select_from(table.relation)
    try:
        with table.engine.connect() as connection:
            if not column:
                rows = int(connection.execute(counted).scalar_one())
                mark = (
                    _mark(table, connection) if rows <= COMPARED_ROWS else f"{now.astimezone(UTC):%Y-%m-%d}"
                )
                return Standing("", mark, None, rows)
            value: sa.ColumnClause[Any] = sa.column(column)
            top = connection.execute(sa.select(sa.func.max(value)).select_from(table.relation)).scalar_one()
            start = begin_from(top, now)
            newer = value.is_(None) if start is None else sa.or_(value >= start, value.is_(None))
            return Standing(column, top, start, int(connection.execute(counted.where(newer)).scalar_one()))
    except SQLAlchemyError as error:
        raise DatabaseRefused(_slow_or_broken(table, column, error)) from None


def _mark(table: DatabaseTable, connection: sa.Connection) -> str:
    """A mark of all rows of a table, in whatever order they come."""
    select: Any = sa.select(*(sa.column(name) for name in table.columns)).select_from(table.relation)
    total = 0
    for row in connection.execute(select):
        digest = hashlib.blake2b(repr([as_text(cell) for cell in row]).encode(), digest_size=16).digest()
        total += int.from_bytes(digest)
    return f"{total % 2**128:032x}"


def _slow_or_broken(table: DatabaseTable, column: str, error: SQLAlchemyError) -> str:
    reason = reason_of(error)
    hint = f" An index on {column} would help." if column and re.search("timeout|interrupt", reason) else ""
    return f"Looking for new rows of {table.name} failed: {reason}{hint} Nothing was imported."


def begin_from(top: Any, now: datetime) -> Any:
    """The value from which the next reading takes rows: below the highest, and never after `now`."""
    match top:
        case None | bytes() | memoryview():
            return None
        case datetime():
            return min(top, now if top.tzinfo else now.astimezone(UTC).replace(tzinfo=None)) - OVERLAP
        case date():
            return min(top, now.astimezone(UTC).date()) - timedelta(days=1)
        case int() | float() | Decimal():
            return top - (KEY_OVERLAP * 300 if top > MILLISECONDS else KEY_OVERLAP)
        case str() if _ISO.match(top):
            return _begin_from_text(top, now)
        case _:
            return top


def _begin_from_text(top: str, now: datetime) -> str:
    """As `begin_from`, in the form in which the text is written, so that texts compare as times do."""
    moment = datetime.fromisoformat(top)
    begin = begin_from(moment, now)
    sign = "T" if "T" in top else " "
    text: str = begin.isoformat(sep=sign, timespec="seconds")
    return text[: min(len(top), 19)]


def packed(value: Any) -> str:
    """A watermark as text, so that a cursor can hold it."""
    match value:
        case None:
            return ""
        case datetime():
            return json.dumps(["moment", value.isoformat()])
        case date():
            return json.dumps(["day", value.isoformat()])
        case int():
            return json.dumps(["whole", str(value)])
        case float():
            return json.dumps(["float", repr(value)])
        case Decimal():
            return json.dumps(["decimal", str(value)])
        case _:
            return json.dumps(["text", str(value)])


def unpacked(text: str) -> Any:
    """The watermark that `packed` wrote."""
    if not text:
        return None
    kind, value = json.loads(text)
    read: dict[str, Callable[[str], Any]] = {
        "moment": datetime.fromisoformat,
        "day": date.fromisoformat,
        "whole": int,
        "float": float,
        "decimal": Decimal,
        "text": str,
    }
    return read[kind](value)
