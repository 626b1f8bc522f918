"""JSON Lines: one object a line; inner objects become `outer.inner`, lists stay as JSON text."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from ..errors import SourceRefused
from ..limits import Limits
from ..protocol import Reading, Unreadable
from . import inspection
from .text_batches import text_batch

BATCH_ROWS = 20_000


def read_json_lines(path: Path, name: str, limits: Limits, on_bytes: Callable[[int], None]) -> Reading:
    """Open a JSON Lines file. Row 1 is the first line.

    Raises:
        SourceRefused: it is empty, or no line of it is an object.
    """
    text = inspection.inspect(path, name)
    names: dict[str, None] = {}
    unreadable: list[Unreadable] = []
    for number, values in _objects(path, text.encoding):
        if isinstance(values, str):
            unreadable.append(Unreadable(number, values[:1000], "not a JSON object on one line"))
        else:
            names.update(dict.fromkeys(values))
    if not names:
        raise SourceRefused(f"{name} has no line that is a JSON object. JSON Lines needs one object a line.")
    if len(names) > limits.columns:
        raise SourceRefused(f"{name} has {len(names):,} fields; at most {limits.columns:,} are read.")
    columns = tuple(names)
    reading = Reading(columns, iter(()), unreadable, list(text.notes), text.encoding)
    reading.batches = _batches(path, text.encoding, columns, on_bytes)
    return reading


def _batches(
    path: Path, encoding: str, columns: tuple[str, ...], on_bytes: Callable[[int], None]
) -> Iterator[pa.RecordBatch]:
    rows: list[tuple[int, list[str | None]]] = []
    for number, values in _objects(path, encoding):
        if isinstance(values, str):
            continue
        rows.append((number, [values.get(column) for column in columns]))
        if len(rows) >= BATCH_ROWS:
            batch = text_batch(rows, columns)
            on_bytes(batch.nbytes)
            yield batch
            rows = []
    if rows:
        yield text_batch(rows, columns)


def _objects(path: Path, encoding: str) -> Iterator[tuple[int, dict[str, str | None] | str]]:
    """Every line as flat texts, or as the line itself where it is no object."""
    with path.open(encoding=encoding, errors="replace", newline="\n") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                value = json.loads(line)
            except (ValueError, RecursionError):
                yield number, line
                continue
            yield number, flat_texts(value) if isinstance(value, dict) else line


def flat_texts(value: dict[str, Any], prefix: str = "") -> dict[str, str | None]:
    """An object as texts, its inner objects as `outer.inner`."""
    flat: dict[str, str | None] = {}
    for key, inner in value.items():
        if isinstance(inner, dict) and inner:
            flat.update(flat_texts(inner, f"{prefix}{key}."))
        else:
            flat[f"{prefix}{key}"] = _text(inner)
    return flat


def _text(value: Any) -> str | None:
    if value is None or value in ({}, []):
        return None
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
