"""Batches of text columns with the row number beside them: what every reader hands over."""

from collections.abc import Sequence

import pyarrow as pa

ROW = "_row"


def text_batch(rows: Sequence[tuple[int, Sequence[str | None]]], columns: Sequence[str]) -> pa.RecordBatch:
    """Make one batch of (row number, cells); an empty cell is null."""
    arrays = [
        pa.array([cells[index] or None for _, cells in rows], pa.string()) for index in range(len(columns))
    ]
    numbers = pa.array([number for number, _ in rows], pa.int64())
    return pa.RecordBatch.from_arrays([*arrays, numbers], names=[*columns, ROW])
