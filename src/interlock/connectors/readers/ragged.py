"""CSV that is not well formed, line by line: a quote that is never closed costs its own line only.

A record may span lines while a quote is open. When the file ends inside a quote, the line that opened it
is set aside with its reason and reading goes on at the next line.
"""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from ..limits import Limits
from ..mapping.model import FileRule
from ..protocol import Reading, Unreadable
from .text_batches import text_batch

BROKEN_CELL = "a line ends inside a cell that has no quotes"
BATCH_ROWS = 20_000
# A quote still open after so many lines is a stray one; the longest real cell seen had 180 lines.
OPEN_LINES = 2_000
CLOSED, OPEN, TORN = range(3)


def read_ragged(
    path: Path,
    reading: Reading,
    start: tuple[int, int],
    rule: FileRule,
    limits: Limits,
    on_bytes: Callable[[int], None],
) -> Iterator[pa.RecordBatch]:
    """Read after `start` = (lines to skip, number of the first row), keeping every line."""
    csv.field_size_limit(max(csv.field_size_limit(), limits.row_bytes))
    skip, number = start
    rows: list[tuple[int, list[str]]] = []
    with path.open("rb") as file:
        for _ in range(skip):
            file.readline()
        for text, problem in _records(file, reading.delimiter, limits):
            cells = [] if problem else cells_of(text, reading.delimiter)
            problem = problem or ("" if cells is not None else BROKEN_CELL)
            cells = cells or []
            fitted = fit(cells, len(reading.columns), rule)
            if problem or (fitted is None and any(cells)):
                reason = problem or width_reason(cells, len(reading.columns))
                reading.unreadable.append(Unreadable(number, text[:1000], reason))
            elif fitted is not None and any(fitted):
                rows.append((number, fitted))
            number += 1
            if len(rows) >= BATCH_ROWS:
                on_bytes(sum(len(cell) for _, row in rows for cell in row))
                yield text_batch(rows, reading.columns)
                rows = []
    if rows:
        yield text_batch(rows, reading.columns)


def fit(cells: list[str], width: int, rule: FileRule) -> list[str] | None:
    """The cells at the file's width, or None where that would invent or lose something."""
    if len(cells) == width:
        return cells
    if len(cells) > width:
        return cells[:width] if not any(cells[width:]) else None
    return [*cells, *[""] * (width - len(cells))] if rule.short_rows == "fill" else None


def width_reason(cells: list[str], width: int) -> str:
    """Why a row of another width is refused."""
    if len(cells) > width:
        return f"{len(cells)} cells where the heading has {width}; a delimiter inside a text needs quotes"
    return (
        f"{len(cells)} cells where the heading has {width}; write 'short_rows: fill' under the file "
        "to take missing cells as empty"
    )


def cells_of(text: str, delimiter: str) -> list[str] | None:
    """The cells of one row; None where a line ends inside a cell without quotes, so that nobody can tell them."""
    try:
        return next(csv.reader([text], delimiter=delimiter), [])
    except csv.Error:
        return None


def _records(file: BinaryIO, delimiter: str, limits: Limits) -> Iterator[tuple[str, str]]:
    """Records as (text, problem); lines join while a quote is open."""
    lines: list[bytes] = []
    after_first = size = 0
    state = CLOSED
    while True:
        line = file.readline()
        if line:
            lines.append(line)
            size += len(line)
            after_first = file.tell() if len(lines) == 1 else after_first
            state = _state_after(_text([line]), delimiter, state)
        elif not lines:
            return
        if state == CLOSED or (state == TORN and len(lines) == 1):
            yield _text(lines).rstrip("\r\n"), ""
        elif state == TORN or not line or len(lines) > OPEN_LINES or size > limits.row_bytes:
            file.seek(after_first)
            yield _text(lines[:1]), "a quote is opened in this line and never closed properly"
        else:
            continue
        lines, size, state = [], 0, CLOSED


def _text(lines: list[bytes]) -> str:
    return b"".join(lines).decode("utf-8", "replace")


def _state_after(line: str, delimiter: str, state: int) -> int:
    """Whether a quoted cell is still open at the end of the line, or closed in the middle of a text."""
    if '"' not in line:
        return state
    position, is_open = 0, state == OPEN
    while position < len(line):
        if is_open:
            close = line.find('"', position)
            if close < 0:
                return OPEN
            following = line[close + 1 : close + 2]
            position = close + 1
            if following == '"':
                position += 1
            elif following in ("", "\r", "\n", delimiter):
                is_open = False
            else:
                return TORN
        elif line[position] == '"' and (position == 0 or line[position - 1] == delimiter):
            # A quote opens a cell only at its start; inside a cell, as in 5" pipe, it is a sign like others.
            is_open = True
            position += 1
        else:
            following_cell = line.find(delimiter, position)
            if following_cell < 0:
                return CLOSED
            position = following_cell + 1
    return OPEN if is_open else CLOSED
