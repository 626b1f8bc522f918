"""XLSX: each sheet as text, values only. No formula is run: the value that was saved with it counts."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pyarrow as pa
import python_calamine as calamine

from ..errors import SourceRefused
from ..limits import Limits
from ..mapping.model import FileRule
from ..protocol import Reading
from . import inspection
from .archives import check_workbook
from .text_batches import text_batch

BATCH_ROWS = 20_000


def sheet_names(path: Path, name: str, limits: Limits) -> list[str]:
    """The sheets of a workbook that hold anything.

    Raises:
        SourceRefused: it is no workbook, or a dangerous one.
    """
    check_workbook(path, name, limits)
    try:
        with calamine.CalamineWorkbook.from_path(path) as book:
            return [
                sheet for sheet in book.sheet_names
                if (book.get_sheet_by_name(sheet).total_height or 0) > 0
            ]  # fmt: skip
    except calamine.CalamineError as error:
        raise SourceRefused(
            f"{name} cannot be read as XLSX ({error}). Save it again from the spreadsheet."
        ) from None


def read_sheet(
    path: Path, name: str, sheet: str, rule: FileRule, limits: Limits, on_bytes: Callable[[int], None]
) -> Reading:
    """Open one sheet; titles above the heading are passed over."""
    try:
        with calamine.CalamineWorkbook.from_path(path) as book:
            rows = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    except (calamine.CalamineError, ValueError, OverflowError) as error:
        raise SourceRefused(
            f"{name} cannot be read as XLSX ({error}). Save it again from the spreadsheet."
        ) from None
    texts = [[cell_text(cell) for cell in row] for row in rows]
    if rule.header == 0:
        index, heading = -1, [""] * max((len(row) for row in texts), default=0)
    else:
        index = rule.header - 1 if rule.header else inspection.heading_row(texts)
        if index >= len(texts):
            raise SourceRefused(
                f"{name} has no row {index + 1} for the heading. Look at 'header' in the mapping."
            )
        heading = texts[index]
    keep = [
        position
        for position in range(len(heading))
        if heading[position] or _has_value(texts, index, position)
    ]
    if len(keep) > limits.columns:
        raise SourceRefused(f"{name} has {len(keep):,} columns; at most {limits.columns:,} are read.")
    columns = inspection.unique_names([heading[position] for position in keep])
    reading = Reading(columns, iter(()), encoding="xlsx")
    reading.batches = _batches(texts, index, keep, columns, on_bytes)
    return reading


def _has_value(texts: list[list[str]], index: int, position: int) -> bool:
    return any(position < len(row) and row[position] for row in texts[index + 1 :])


def _batches(
    texts: list[list[str]],
    index: int,
    keep: list[int],
    columns: tuple[str, ...],
    on_bytes: Callable[[int], None],
) -> Iterator[pa.RecordBatch]:
    for start in range(index + 1, len(texts), BATCH_ROWS):
        rows = [
            (number + 1, [texts[number][position] for position in keep])
            for number in range(start, min(start + BATCH_ROWS, len(texts)))
            if any(texts[number])
        ]
        batch = text_batch(rows, columns)
        on_bytes(batch.nbytes)
        yield batch


def cell_text(cell: object) -> str:
    """A cell as the text that a CSV would hold: 17850 and not 17850.0, dates as ISO."""
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case float():
            return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
        case datetime():
            return cell.isoformat(" ")
        case date() | time():
            return cell.isoformat()
        case timedelta():
            return str(cell)
        case _:
            return str(cell)
