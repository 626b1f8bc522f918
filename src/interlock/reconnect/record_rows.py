"""The rows behind a disconnect's numbers, read from the records exactly as they were when it was found."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import ibis
import pyarrow as pa
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from interlock.analytics.finding import Tables
from interlock.analytics.symptoms import rows
from interlock.fabric import records
from interlock.fabric.contexts import context_address
from interlock.fabric.evidence import query_of
from interlock.fabric.models import Person
from interlock.fabric.personal import WORDS, shown, shown_rows
from interlock.listen import queries as listening
from interlock.reconnect.columns import DAY, Column, shown_columns, sides_of
from interlock.reconnect.errors import RowsGone
from interlock.reconnect.models import Disconnect
from interlock.store.errors import LakeError

SELECTIONS = ("all", "hits")
PAGE_ROWS = 50
# The column shown, and the kind and column of the context it leads to.
LEADS_TO = {
    "order_id": ("order", "order_id"),
    "account": ("account", "account_id"),
    "product": ("product", "product_id"),
    "batch_id": ("batch", "batch_id"),
}
# At most 16 times about 2 MB a process.
KEPT_ROWS = 10_000
KEPT_SELECTIONS = 16
_kept: dict[tuple[str, str, str], pa.Table] = {}
# In the list of all rows, but not among the few columns beside the finding.
_ASIDE = {"requested_at"}
# What fits beside the aside: six columns in all, whatever the number of systems.
MOST_OF_SIDES = {1: (6,), 2: (4, 3), 3: (3, 2, 1)}


@dataclass(frozen=True)
class RowPage:
    """One page of rows. The versions never change, so counting pages is safe."""

    columns: list[Column]
    sides: list[dict[str, object]]
    rows: list[list[Any]]
    total: int
    first: int
    sort: str
    descending: bool

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1


def row_page(
    disconnect: Disconnect,
    selection: str,
    *,
    reader: Person | None,
    page: int = 1,
    sort: str = "",
    descending: bool = False,
) -> RowPage:
    """One page of the rows of a selection, in the rule's own order unless a column is asked for.

    Raises:
        RowsGone: the versions of the records are no longer kept.
    """
    first = (page - 1) * PAGE_ROWS
    few = _few_rows(disconnect, selection)
    if few is not None:
        return _page_of_few(few, first, sort, descending, reader)
    with _tables(disconnect) as tables:
        found = _rows(tables, disconnect, selection)
        columns = shown_columns(found.columns)
        sort = _known(sort, columns)
        total = int(found.count().to_pyarrow().as_py())
        ordered = _ordered(found, sort, descending) if sort else found
        read = ordered.limit(PAGE_ROWS, offset=first).to_pyarrow().to_pylist()
    return RowPage(
        columns, sides_of(columns), _cells(read, columns, reader), total, first + 1, sort, descending
    )


def _page_of_few(few: pa.Table, first: int, sort: str, descending: bool, reader: Person | None) -> RowPage:
    """A page of rows that are all in memory."""
    columns = shown_columns(few.column_names)
    sort = _known(sort, columns)
    if sort:
        rest = [(name, "ascending") for name in few.column_names if name != sort]
        ordered = few.sort_by([(sort, "descending" if descending else "ascending"), *rest])
    else:
        ordered = few
    read = ordered.slice(first, PAGE_ROWS).to_pylist()
    cells = _cells(read, columns, reader)
    return RowPage(columns, sides_of(columns), cells, few.num_rows, first + 1, sort, descending)


def _known(sort: str, columns: list[Column]) -> str:
    return sort if sort in {column.name for column in columns} else ""


def _cells(read: list[dict[str, Any]], columns: list[Column], reader: Person | None) -> list[list[Any]]:
    signals = listening.signal_ids([str(row["signal_id"]) for row in read if row.get("signal_id")])
    return [[_linked(row, column, signals, reader) for column in columns] for row in read]


def _few_rows(disconnect: Disconnect, selection: str) -> pa.Table | None:
    """All rows of a selection when they are few, read once a process; None when they are many.

    The rows of a query over fixed versions never change, so what was read stays right.
    """
    counted = (disconnect.sample or {}).get(selection)
    if counted is None or counted > KEPT_ROWS:
        return None
    question = json.dumps([disconnect.row_query, disconnect.versions], sort_keys=True)
    key = (str(settings.RECORDS_FOLDER), question, selection)
    found = _kept.get(key)
    if found is None:
        with _tables(disconnect) as tables:
            found = _rows(tables, disconnect, selection).to_pyarrow()
        _kept[key] = found
        while len(_kept) > KEPT_SELECTIONS:
            _kept.pop(next(iter(_kept)), None)
    return found


def all_rows(
    disconnect: Disconnect, selection: str, reader: Person | None
) -> tuple[list[str], Iterable[Sequence[Any]]]:
    """Every column and row of a selection, for a file.

    Raises:
        RowsGone: the versions of the records are no longer kept.
    """
    with _tables(disconnect) as tables:
        found = _rows(tables, disconnect, selection).to_pyarrow()
    every = (list(row.values()) for row in found.to_pylist())
    return found.column_names, shown_rows(found.column_names, every, reader)


def named_by_hits(disconnect: Disconnect, column: str, most: int) -> list[str]:
    """The different values of one column of the rows with harm, at most so many; none where they have no such column.

    Raises:
        RowsGone: the versions of the records are no longer kept.
    """
    few = _few_rows(disconnect, "hits")
    if few is not None:
        values = few[column].to_pylist() if column in few.column_names else ()
        return [str(value) for value in sorted({value for value in values if value is not None})[:most]]
    with _tables(disconnect) as tables:
        found = _rows(tables, disconnect, "hits")
        if column not in found.columns:
            return []
        named = found.filter(found[column].notnull()).select(column).distinct().order_by(column).limit(most)
        return [str(value) for value in named.to_pyarrow()[column].to_pylist()]


def sample_table(disconnect: Disconnect, reader: Person | None) -> dict[str, Any]:
    """The rows kept with the finding, as the evidence table draws them. Reads nothing."""
    sample = disconnect.sample or {"columns": [], "rows": []}
    columns = _telling(shown_columns(sample["columns"]), sample)
    return {
        "columns": [
            {"label": column.label, "kind": column.kind, "side": column.starts} for column in columns
        ],
        "sides": sides_of(columns),
        "rows": [
            [_linked(row, column, {}, reader) for column in columns]
            for row in (dict(zip(sample["columns"], values, strict=True)) for values in sample["rows"])
        ],
    }


def _linked(row: Mapping[str, Any], column: Column, signals: Mapping[str, int], reader: Person | None) -> Any:
    """A cell as the reader may see it, with the address of the thing it names where there is a page for it."""
    value = _cell(row[column.name], column)
    if column.name in WORDS and isinstance(value, str):
        return shown(value, reader)
    if column.name == "signal_id" and str(value) in signals:
        return {"text": value, "url": reverse("listen:signal", args=[signals[str(value)]])}
    kind, key = LEADS_TO.get(column.name, ("", ""))
    if value is None or not row.get(key):
        return value
    return {"text": value, "url": context_address(kind, row[key])}


def _telling(columns: list[Column], sample: dict[str, Any]) -> list[Column]:
    """The columns that tell the rows apart, and as many a side as fit, so that all systems are seen at once."""

    def varies(column: Column) -> bool:
        place = sample["columns"].index(column.name)
        return len({str(row[place]) for row in sample["rows"]}) > 1

    kept: list[Column] = []
    sides = list(dict.fromkeys(column.side for column in columns))
    for side, most in zip(sides, MOST_OF_SIDES.get(len(sides), ()), strict=True):
        own = [column for column in columns if column.side == side and column.name not in _ASIDE]
        telling = ([column for column in own if varies(column)] or own)[:most]
        kept += [replace(column, starts=bool(kept) and not at) for at, column in enumerate(telling)]
    return kept


def _cell(value: Any, column: Column) -> Any:
    """JSON holds days as text; the table wants days."""
    return datetime.fromisoformat(value) if column.kind == DAY and isinstance(value, str) else value


def _rows(tables: Tables, disconnect: Disconnect, selection: str) -> ibis.Table:
    try:
        return rows(tables, replace(query_of(disconnect.row_query), selection=selection))
    except KeyError as error:
        raise RowsGone(
            _("These rows were found by an earlier release. Find the disconnects anew to see today's rows.")
        ) from error


@contextmanager
def _tables(disconnect: Disconnect) -> Iterator[Tables]:
    try:
        if disconnect.versions == dict(records.snapshot().versions):
            yield records.current_records()
            return
        with records.records_at(disconnect.versions) as tables:
            yield tables
    except LakeError as error:
        raise RowsGone(
            _("These rows can no longer be read: %(reason)s Find the disconnects anew to see today's rows.")
            % {"reason": error}
        ) from error


def _ordered(found: ibis.Table, sort: str, descending: bool) -> ibis.Table:
    """Order by one column, then by all others, so that no row changes its page."""
    first = ibis.desc(sort) if descending else ibis.asc(sort)
    return found.order_by([first, *(name for name in found.columns if name != sort)])
