"""The bench a rule works on: the records, the day they reach up to, and questions asked once.

The clock is never read. Exports are old, so "now" is the last event in the records,
unless the caller says otherwise.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Protocol, Self, cast, runtime_checkable

import ibis
import ibis.expr.types as ir

from interlock.analytics.finding import Tables
from interlock.analytics.sources import of_sources, sourced, sources_saying

WINDOW_DAYS = 90
MOST_ROWS_HELD = 200_000  # of a table; 429 MB in all with 100,000 lines
_HELD = ("order_lines", "signals", "deals")
YEAR_DAYS = 365
# A few rows long after all the others are typing errors or stragglers, not the present.
_STRAY_SHARE = 0.0005
_STRAY_GAP_MONTHS = 3

_EVENT_TIMES = (
    ("orders", "ordered_at"),
    ("order_lines", "delivered_at"),
    ("signals", "occurred_at"),
    ("deals", "closed_at"),
)


@runtime_checkable
class Keeper(Protocol):
    """An engine that can hold the rows of a query until a block ends."""

    def kept(self, rows: ir.Table) -> AbstractContextManager[ir.Table]:
        """Hold what the query returns."""


class Remembered:
    """The same tables, each question about them asked once: a snapshot does not change."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._known: dict[tuple[str, ...], bool] = {}
        self._seen: dict[str, ir.Table] = {}
        self._answers: dict[str, Any] = {}

    def once[T](self, question: str, ask: Callable[[], T]) -> T:
        """Return what `ask` returned the first time for this question."""
        if question not in self._answers:
            self._answers[question] = ask()
        return cast(T, self._answers[question])

    def table(self, name: str) -> ir.Table:
        """Return a contract table as an Ibis expression."""
        if name not in self._seen:
            self._seen[name] = self._tables.table(name)
        return self._seen[name]

    def sourced(self, name: str) -> ir.Table:
        """Return a contract table with the source of each row."""
        key = f"sourced {name}"
        if key not in self._seen:
            self._seen[key] = sourced(self._tables, name)
        return self._seen[key]

    def has(self, name: str, *columns: str) -> bool:
        """Say whether the table has rows and each column at least one value."""
        asked = (name, *columns)
        if asked not in self._known:
            self._known[asked] = self._tables.has(name, *columns)
        return self._known[asked]


class Held(Remembered):
    """Remembered tables that, inside a `with` block, hold rows that many questions read, where engines can hold them."""

    def __init__(self, tables: Tables) -> None:
        super().__init__(tables)
        self._held = ExitStack()

    def kept(self, question: str, rows: Callable[[], ir.Table]) -> ir.Table:
        """Return these rows, computed once until the block ends where the engine can hold them."""
        if not isinstance(self._tables, Keeper):
            return self.once(question, rows)
        keeper = self._tables
        return self.once(question, lambda: self._held.enter_context(keeper.kept(rows())))

    def held(self, rows: ir.Table) -> AbstractContextManager[ir.Table]:
        """Hold rows that a block asks several questions about, where the engine can hold them.

        Half of a rule's time was putting the same long expression into SQL for each question.
        """
        if isinstance(self._tables, Keeper) and self.is_small():
            return self._tables.kept(rows)
        return nullcontext(rows)

    def is_small(self) -> bool:
        """Say whether each rule may hold rows of its own; of many their memory would outweigh the time."""
        return self.once("small", self._has_few_rows)

    def _has_few_rows(self) -> bool:
        counted = (self.table(name).count().to_pyarrow().as_py() for name in _HELD if self.has(name))
        return all(rows <= MOST_ROWS_HELD for rows in counted)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()


@dataclass
class Bench:
    """Records, their last day, the currency of amounts that name none, and a memory for what several rules ask."""

    tables: Held
    as_of: datetime
    unnamed_currency: str = ""
    _memory: dict[Any, Any] = field(default_factory=dict)

    def once[T](self, key: object, ask: Callable[[], T]) -> T:
        """Return what `ask` returned the first time for this key."""
        if key not in self._memory:
            self._memory[key] = ask()
        return cast(T, self._memory[key])

    def has(self, table: str, *columns: str) -> bool:
        """Say whether the table and each column hold values."""
        return self.tables.has(table, *columns)

    def until(self, sources: frozenset[str]) -> datetime:
        """Return the last moment that these sources speak of: what one of them ends with, it ends with for itself."""
        if sources >= self.once("all sources", lambda: _all_sources(self.tables)):
            return self.as_of
        return self.once(
            ("until", sources), lambda: min(last_event(self.tables, sources) or self.as_of, self.as_of)
        )

    def window(self, days: int = WINDOW_DAYS) -> tuple[date, date]:
        """Return the first and the last day of a window that ends with the records."""
        last = self.as_of.date()
        return last - timedelta(days=days - 1), last

    def names(self, table: str, key: str, name: str) -> dict[str, str]:
        """Return the names of a small table by key; empty where the records have none."""
        if not self.has(table, key, name):
            return {}
        return self.once(("names", table, key, name), lambda: _names(self.tables.table(table), key, name))


def _all_sources(tables: Tables) -> frozenset[str]:
    named = {table for table, _ in _EVENT_TIMES} | {"accounts"}
    return frozenset().union(*(sources_saying(tables, table) for table in sorted(named)))


def last_event(tables: Tables, sources: frozenset[str] | None = None) -> datetime | None:
    """Return the last moment the records (or those of some sources) speak of, strays left out; None without any."""
    months: dict[int, tuple[int, datetime]] = {}
    for table, column in _EVENT_TIMES:
        if tables.has(table, column):
            rows = tables.table(table) if sources is None else of_sources(sourced(tables, table), sources)
            for month, (n, last) in _recent_months(rows[column]).items():
                known, latest = months.get(month, (0, last))
                months[month] = (known + n, max(latest, last))
    return _present(months)


def _recent_months(column: ir.Column) -> dict[int, tuple[int, datetime]]:
    at = column.cast("timestamp(6)").name("at")
    timed = at.as_table().filter(lambda t: t.at.notnull())
    counted = timed.group_by(month=timed.at.year() * 12 + timed.at.month()).agg(
        n=ibis._.count(), last=ibis._.at.max()
    )
    return {row["month"]: (row["n"], row["last"]) for row in counted.to_pyarrow().to_pylist()}


def _present(months: dict[int, tuple[int, datetime]]) -> datetime | None:
    total = sum(n for n, _ in months.values())
    ordered = sorted(months)
    after = 0
    while len(ordered) > 1 and ordered[-1] - ordered[-2] > _STRAY_GAP_MONTHS:
        after += months[ordered[-1]][0]
        if after > max(3, _STRAY_SHARE * total):
            break
        ordered.pop()
    return months[ordered[-1]][1] if ordered else None


def _names(table: ir.Table, key: str, name: str) -> dict[str, str]:
    rows = table.select(key=table[key], name=table[name]).to_pyarrow().to_pylist()
    return {row["key"]: row["name"] for row in rows if row["key"] and row["name"]}
