"""Parquet: typed columns as the texts that the mapping language reads."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..errors import SourceRefused
from ..limits import Limits
from ..protocol import Reading
from . import inspection
from .text_batches import ROW

BATCH_ROWS = 50_000


def read_parquet(path: Path, name: str, limits: Limits, on_bytes: Callable[[int], None]) -> Reading:
    """Open a Parquet file. Row 1 is the first row.

    Raises:
        SourceRefused: it is damaged or too wide.
    """
    try:
        file = pq.ParquetFile(path)
        columns = inspection.unique_names(file.schema_arrow.names)
    except (pa.ArrowInvalid, OSError) as error:
        raise SourceRefused(f"{name} is not a whole Parquet file ({error}). Export it again.") from None
    if len(columns) > limits.columns:
        raise SourceRefused(f"{name} has {len(columns):,} columns; at most {limits.columns:,} are read.")
    reading = Reading(columns, iter(()), encoding="parquet")
    reading.batches = _batches(file, columns, on_bytes)
    return reading


def _batches(
    file: pq.ParquetFile, columns: tuple[str, ...], on_bytes: Callable[[int], None]
) -> Iterator[pa.RecordBatch]:
    first = 1
    for batch in file.iter_batches(BATCH_ROWS):
        numbers = pa.array(range(first, first + batch.num_rows), pa.int64())
        arrays = [_text_array(batch.column(index)) for index in range(batch.num_columns)]
        first += batch.num_rows
        on_bytes(batch.nbytes)
        yield pa.RecordBatch.from_arrays([*arrays, numbers], names=[*columns, ROW])


def _text_array(array: pa.Array) -> pa.Array:
    kind = array.type
    if pa.types.is_dictionary(kind):
        return _text_array(array.dictionary_decode())
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return pa.nulls(len(array), pa.string())
    if pa.types.is_nested(kind):
        values = [None if value is None else json.dumps(value, default=str) for value in array.to_pylist()]
        return pa.array(values, pa.string())
    if pa.types.is_timestamp(kind) and kind.tz:
        utc = pc.cast(array, pa.timestamp("us", "UTC"))
        return pc.strftime(utc, "%Y-%m-%d %H:%M:%SZ")
    if pa.types.is_floating(kind):
        return pa.array([None if v is None else _number_text(v) for v in array.to_pylist()], pa.string())
    return pc.cast(array, pa.string())


def _number_text(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
