"""Which systems of record say something at all? What a source never records is unknown there.

Records of several sources stand in the same tables. A source that knows no delivery dates has
not failed to deliver, and must neither be judged by them nor make others look good or bad.
Every rule asks here which sources can say what it needs, and reads the rows of those alone.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Protocol, cast, runtime_checkable

import ibis
import ibis.expr.types as ir

from interlock.analytics.finding import Tables

SOURCE = "source_id"


@runtime_checkable
class Sourced(Protocol):
    """Records that know which source wrote each row."""

    def sourced(self, name: str) -> ir.Table:
        """Return a contract table with one more column, `source_id`."""
        ...


@runtime_checkable
class Asked(Protocol):
    """Tables that remember what was asked of them; `symptoms.bench.Remembered` is one."""

    def once[T](self, question: str, ask: Callable[[], T]) -> T:
        """Return what `ask` returned the first time for this question."""
        ...


def sourced(tables: Tables, name: str) -> ir.Table:
    """Return a table with `source_id`; "" where the records come from one place and do not say."""
    if isinstance(tables, Sourced):
        return tables.sourced(name)
    rows = tables.table(name)
    return rows if SOURCE in rows.columns else rows.mutate(source_id=ibis.literal(""))


def sources_saying(tables: Tables, name: str, *columns: str) -> frozenset[str]:
    """Return the sources whose rows of a table hold at least one value in each of these columns.

    Without columns: the sources that wrote any row. Empty when there are none.
    """
    if not tables.has(name, *columns):
        return frozenset()

    def ask() -> frozenset[str]:
        rows = sourced(tables, name)
        counts = {column: rows[column].count() for column in columns}
        found = rows.group_by(SOURCE).agg(rows=rows.count(), **counts).to_pyarrow().to_pylist()
        return frozenset(row[SOURCE] for row in found if all(row[column] for column in ("rows", *columns)))

    return once(tables, f"sources saying {name} {columns}", ask)


def once[T](tables: Tables, question: str, ask: Callable[[], T]) -> T:
    """Ask the records once where they remember, else every time."""
    return tables.once(question, ask) if isinstance(tables, Asked) else ask()


def of_sources(rows: ir.Table, sources: frozenset[str]) -> ir.Table:
    """Return the rows that these sources wrote."""
    return rows.filter(rows[SOURCE].isin(sorted(sources)))


def by_source(rows: ir.Table, values: Mapping[str, Any], kind: str = "") -> Any:
    """Return each row's value by its source; the same for all where the sources agree.

    Args:
        rows: with `source_id`.
        values: a value per source; rows of any other source get a null.
        kind: Ibis type of the value, needed where there may be none.
    """
    distinct = set(values.values())
    if len(distinct) == 1:
        return ibis.literal(distinct.pop(), kind or None)
    nothing = ibis.null(kind) if kind else None
    if not values:
        return nothing
    branches = [
        (rows[SOURCE] == source, ibis.literal(value, kind or None))
        for source, value in sorted(values.items())
    ]
    return ibis.cases(*branches, else_=nothing)


def days_between(tables: Tables, name: str, column: str) -> dict[str, tuple[date, date]]:
    """Return the first and the last day that each source's rows of a table say in a column of times."""

    def ask() -> dict[str, tuple[date, date]]:
        rows = sourced(tables, name)
        at = rows[column].cast("timestamp(6)")
        found = rows.group_by(SOURCE).agg(first=at.min(), last=at.max()).to_pyarrow().to_pylist()
        return {
            row[SOURCE]: (cast(datetime, row["first"]).date(), cast(datetime, row["last"]).date())
            for row in found
            if row["first"] is not None
        }

    return once(tables, f"days of {name} {column}", ask)
