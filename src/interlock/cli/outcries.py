"""`interlock outcry`: the detector of the outcry watch over any file of counts. Needs no installation."""

from __future__ import annotations

import csv
import json
import math
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from interlock.analytics.outcry.budget import Budget, BudgetError
from interlock.analytics.outcry.series import SeriesAlarm, SeriesError, Watched, watch_series
from interlock.connectors.readers.inspection import sniff_delimiter
from interlock.fabric.export import csv_bytes

EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)
HEAD = 64_000  # characters in which the delimiter is looked for


@click.command()
@click.argument("file", type=EXISTING)
@click.option(
    "--time-column", required=True, help="Column with the time of each row, such as 2026-11-22 09:05."
)
@click.option("--count-column", required=True, help="Column with what was counted then.")
@click.option("--scores", type=click.Path(dir_okay=False, path_type=Path),
              help="Write a CSV with score and probability of every row, in the order of the file.")  # fmt: skip
@click.option("--false-alarms", default=1.0, show_default=True, help="False alarms allowed ...")
@click.option("--days", default=7.0, show_default=True, help="... in so many days.")
@click.option("--json", "as_json", is_flag=True, help="Print the alarms for machines.")
def outcry(
    file: Path,
    time_column: str,
    count_column: str,
    scores: Path | None,
    false_alarms: float,
    days: float,
    as_json: bool,
) -> None:
    """Find what grows or falls faster than chance in a series of counts, one row a tick."""
    try:
        texts, times, counts, notes = _read(file, time_column, count_column)
        watched = watch_series(times, counts, budget=Budget(false_alarms, days))
    except (SeriesError, BudgetError, UnicodeDecodeError, csv.Error) as error:
        raise click.ClickException(f"{file.name}: {_plain(error)}") from error
    if scores:
        _write_scores(scores, time_column, texts, counts, watched)
    if as_json:
        click.echo(json.dumps(_said(file, texts, counts, watched, notes), indent=2))
        return
    said = f"{file.name}: {_number(len(watched.alarms), 'alarm')} in {_number(len(texts), 'row')}"
    Console().print(_table(said, texts, watched) if watched.alarms else said)
    for note in notes:
        click.echo(note)


COMMANDS = (outcry,)


def _plain(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8 text. Save it as CSV in UTF-8 and try again."
    return str(error)


def _read(
    file: Path, time_column: str, count_column: str
) -> tuple[list[str], list[datetime], NDArray[np.float64], list[str]]:
    """The times as they stand in the file, as moments; the counts (NaN where the cell is empty); what was odd."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        delimiter = sniff_delimiter(lines.read(HEAD))
        lines.seek(0)
        rows = csv.DictReader(lines, delimiter=delimiter)
        for column in (time_column, count_column):
            if column not in (rows.fieldnames or ()):
                there = ", ".join(rows.fieldnames or ()) or "none"
                raise SeriesError(f"it has no column {column!r}. Its columns: {there}.")
        texts, times, counts, named_nan = [], [], [], 0
        for number, row in enumerate(rows, start=1):
            text = (row[time_column] or "").strip()
            texts.append(text)
            times.append(_moment(text, number))
            counted = (row[count_column] or "").strip()
            counts.append(_count(counted, number))
            named_nan += bool(counted) and math.isnan(counts[-1])
    if len({moment.tzinfo is None for moment in times}) > 1:
        raise SeriesError("some times have a time zone and some have none. Write all of them alike.")
    return texts, times, np.array(counts, np.float64), _notes(texts, times, named_nan)


def _notes(texts: Sequence[str], times: Sequence[datetime], named_nan: int) -> list[str]:
    notes = []
    if named_nan:
        notes.append(f"{_number(named_nan, 'count')} read NaN; taken as empty, so nothing is said there.")
    known = Counter(times)
    twice = [text for text, at in zip(texts, times, strict=True) if known[at] > 1]
    if twice:
        said = f"{_number(len(twice), 'row')} share their time with another, the first at {twice[0]}; each is a tick."
        if times[0].tzinfo is None:
            said += " Where these are hours of the autumn change, write the times with their zone."
        notes.append(said)
    return notes


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _moment(text: str, number: int) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise SeriesError(f"row {number}: {text[:40]!r} is no time. Write it as 2026-11-22 09:05.") from error


def _count(text: str, number: int) -> float:
    if not text:
        return math.nan
    try:
        count = float(text)
    except ValueError as error:
        raise SeriesError(f"row {number}: {text[:40]!r} is no number.") from error
    if math.isnan(count):
        return count
    if count < 0 or math.isinf(count):
        raise SeriesError(f"row {number}: the count is {text[:40]}. Counts are 0 or more.")
    return count


def _said(
    file: Path, texts: Sequence[str], counts: NDArray[np.float64], watched: Watched, notes: Sequence[str]
) -> dict[str, Any]:
    return {
        "file": file.name,
        "rows": len(texts),
        "rows_without_count": int(np.isnan(counts).sum()),
        "tick_minutes": watched.tick_minutes,
        "warm_up_rows": watched.warm_up_rows,
        "notes": list(notes),
        "alarms": [_alarm(one, texts) for one in watched.alarms],
    }


def _alarm(one: SeriesAlarm, texts: Sequence[str]) -> dict[str, Any]:
    return {
        "row": one.row + 1,
        "time": texts[one.row],
        "probability": one.probability,
        "direction": one.direction,
        "count": one.count,
        "expected": round(one.expected, 3),
    }


def _table(title: str, texts: Sequence[str], watched: Watched) -> Table:
    table = Table(title=title)
    for name in ("row", "time", "direction", "count", "usual", "chance a row, if nothing is the matter"):
        table.add_column(name, justify="left" if name in {"time", "direction"} else "right")
    for one in watched.alarms:
        usual = f"{one.expected:.1f}"
        table.add_row(
            str(one.row + 1), texts[one.row], one.direction, f"{one.count:g}", usual, f"{one.probability:.1e}"
        )
    return table


def _write_scores(
    path: Path, time_column: str, texts: Sequence[str], counts: NDArray[np.float64], watched: Watched
) -> None:
    alarms = {one.row: one.direction for one in watched.alarms}
    rows = [
        (
            text,
            "" if np.isnan(counts[row]) else f"{counts[row]:g}",
            f"{watched.score[row]:.6f}",
            f"{watched.probability[row]:.6g}",
            alarms.get(row, ""),
        )
        for row, text in enumerate(texts)
    ]
    path.write_bytes(csv_bytes([time_column, "count", "score", "probability", "alarm"], rows))
