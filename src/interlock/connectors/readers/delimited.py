"""CSV and TSV: every cell as text, every row with its number, every odd row with its reason.

The fast path is Arrow's reader on one thread, which tells the number of each row it cannot use. A file
with an open quote goes through `ragged.py`, which is slower and loses no line.
"""

import codecs
import csv
import io
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv

from ..errors import SourceRefused
from ..limits import Limits
from ..mapping.model import FileRule
from ..protocol import Reading, TornRows, Unreadable
from . import inspection
from .ragged import BROKEN_CELL, cells_of, fit, read_ragged, width_reason
from .text_batches import ROW, int_array, text_batch

# Small enough that parsing and storing overlap; a longer row is read again with a block of its size.
BLOCK = 4_000_000


def read_delimited(
    path: Path,
    name: str,
    rule: FileRule,
    limits: Limits,
    on_bytes: Callable[[int], None],
    folder: Path,
    careful: bool = False,
) -> Reading:
    """Open a CSV or TSV file; rows come as text batches with `_row`.

    `folder` holds a decoded copy where one is needed. `careful` reads line by line, after the fast way
    met a torn row (`TornRows`).

    Raises:
        SourceRefused: it is empty, no table, or has too many columns.
    """
    text = inspection.inspect(path, name, rule.encoding)
    head = inspection.decoded_head(path, text)
    delimiter = rule.delimiter or (
        "\t" if name.lower().endswith(".tsv") else inspection.sniff_delimiter(head)
    )
    columns, skip, first = _heading(head, delimiter, rule)
    if not columns:
        raise SourceRefused(
            f"{name} has a heading row without a name in it. Write what the columns are called."
        )
    if len(columns) > limits.columns:
        raise SourceRefused(f"{name} has {len(columns):,} columns; at most {limits.columns:,} are read.")
    plain = _as_utf8(path, text, folder)
    reading = Reading(
        columns,
        iter(()),
        notes=list(text.notes),
        encoding=text.encoding.removesuffix("-sig"),
        delimiter=delimiter,
        has_nul=text.has_nul,
        has_broken_text=text.is_broken,
    )
    if careful or text.stray_quotes:
        reading.batches = read_ragged(plain, reading, (skip, first), rule, limits, on_bytes)
    else:
        reading.batches = _fast(plain, reading, skip, first, rule, limits, on_bytes)
    return reading


def _heading(head: str, delimiter: str, rule: FileRule) -> tuple[tuple[str, ...], int, int]:
    """Column names, physical lines to skip, and the number of the first row after the heading."""
    reader = csv.reader(io.StringIO(head.replace("\0", ""), newline=""), delimiter=delimiter)
    rows: list[list[str]] = []
    ends: list[int] = []
    for row in reader:
        rows.append(row)
        ends.append(reader.line_num)
        if len(rows) >= 40:
            break
    if rule.header == 0:
        return inspection.unique_names([""] * len(rows[0])), 0, 1
    index = rule.header - 1 if rule.header else inspection.heading_row(rows)
    if index >= len(rows):
        raise SourceRefused(
            f"Row {index + 1} should be the heading, says the mapping, but the file ends before."
        )
    return inspection.unique_names(rows[index]), ends[index], index + 2


def _as_utf8(path: Path, text: inspection.Text, folder: Path) -> Path:
    """The same file in valid UTF-8 without NUL trouble: itself, or a copy in the working folder."""
    if text.encoding in ("utf-8", "utf-8-sig") and not text.is_broken:
        return path
    decoder = codecs.getincrementaldecoder(text.encoding)("replace")
    with (
        tempfile.NamedTemporaryFile(dir=folder, suffix=".csv", delete=False) as copy,
        path.open("rb") as file,
    ):
        while block := file.read(inspection.CHUNK):
            copy.write(decoder.decode(block).lstrip("\ufeff").encode("utf-8"))
        copy.write(decoder.decode(b"", True).encode("utf-8"))
    return Path(copy.name)


def _fast(
    path: Path,
    reading: Reading,
    skip: int,
    first: int,
    rule: FileRule,
    limits: Limits,
    on_bytes: Callable[[int], None],
) -> Iterator[pa.RecordBatch]:
    """Read with Arrow and number the rows.

    A file whose rows are all of one width is read ahead by a second thread. At the first other row, one
    thread goes on from there alone, since only then does Arrow tell the number of a row it sets aside.
    """
    position = 0
    try:
        for batch in _arrow_batches(path, reading, skip, limits, None):
            numbers = np.arange(position + first, position + first + batch.num_rows)
            position += batch.num_rows
            on_bytes(batch.nbytes)
            yield batch.append_column(ROW, int_array(numbers))
    except pa.ArrowInvalid:
        yield from _slow(path, reading, (skip, position), first, rule, limits, on_bytes)


def _slow(
    path: Path,
    reading: Reading,
    start: tuple[int, int],
    first: int,
    rule: FileRule,
    limits: Limits,
    on_bytes: Callable[[int], None],
) -> Iterator[pa.RecordBatch]:
    """Read on after `start` = (lines to skip, rows already handed over); rows of another width come last."""
    skip, done = start
    odd: list[tuple[int, str]] = []

    def set_aside(row: arrow_csv.InvalidRow) -> str:
        if "\n" in row.text or row.number is None:
            return "error"
        odd.append((row.number - skip - 1, row.text))
        return "skip"

    # Arrow counts the skipped lines too: the first row after them is number skip + 1.
    position = seen = 0
    try:
        for batch in _arrow_batches(path, reading, skip, limits, set_aside):
            numbers = np.empty(batch.num_rows, dtype=np.int64)
            filled = 0
            while filled < batch.num_rows:
                while seen < len(odd) and odd[seen][0] == position:
                    seen, position = seen + 1, position + 1
                until = odd[seen][0] if seen < len(odd) else position + batch.num_rows
                take = min(batch.num_rows - filled, until - position)
                numbers[filled : filled + take] = np.arange(position, position + take)
                filled, position = filled + take, position + take
            fresh = int(np.searchsorted(numbers, done))
            if fresh < batch.num_rows:
                on_bytes(batch.nbytes)
                yield batch.slice(fresh).append_column(ROW, int_array(numbers[fresh:] + first))
    except pa.ArrowInvalid as error:
        raise TornRows from error
    mended = mend_rows(((number + first, text) for number, text in odd), reading, rule)
    if mended is not None:
        yield mended


def _arrow_batches(
    path: Path,
    reading: Reading,
    skip: int,
    limits: Limits,
    on_odd: Callable[[arrow_csv.InvalidRow], str] | None,
) -> Iterator[pa.RecordBatch]:
    block = max(BLOCK, min(limits.row_bytes, path.stat().st_size + 1)) if on_odd else BLOCK
    with arrow_csv.open_csv(
        path,
        read_options=arrow_csv.ReadOptions(
            use_threads=on_odd is None, block_size=block, column_names=list(reading.columns), skip_rows=skip
        ),
        parse_options=arrow_csv.ParseOptions(
            delimiter=reading.delimiter,
            newlines_in_values=True,
            ignore_empty_lines=False,
            invalid_row_handler=on_odd,
        ),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(reading.columns, pa.string()),
            strings_can_be_null=True,
            null_values=[""],
        ),
    ) as batches:
        yield from batches


def mend_rows(odd: Iterable[tuple[int, str]], reading: Reading, rule: FileRule) -> pa.RecordBatch | None:
    """Rows of another width: harmless ones as a batch, the others noted as unreadable."""
    kept: list[tuple[int, list[str]]] = []
    for number, text in odd:
        cells = cells_of(text, reading.delimiter)
        if cells is None:
            reading.unreadable.append(Unreadable(number, text[:1000], BROKEN_CELL))
            continue
        if not any(cells):
            continue
        fitted = fit(cells, len(reading.columns), rule)
        if fitted is None:
            reading.unreadable.append(
                Unreadable(number, text[:1000], width_reason(cells, len(reading.columns)))
            )
        else:
            kept.append((number, fitted))
    return text_batch(kept, reading.columns) if kept else None
