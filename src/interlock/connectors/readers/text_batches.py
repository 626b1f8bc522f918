"""Batches of text columns with the row number beside them: what every reader hands over."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

ROW = "_row"


def text_batch(rows: Sequence[tuple[int, Sequence[str | None]]], columns: Sequence[str]) -> pa.RecordBatch:
    """Make one batch of (row number, cells); an empty cell is null."""
    arrays = [
        pa.array([cells[index] or None for _, cells in rows], pa.string()) for index in range(len(columns))
    ]
    numbers = pa.array([number for number, _ in rows], pa.int64())
    return pa.RecordBatch.from_arrays([*arrays, numbers], names=[*columns, ROW])


def int_array(numbers: NDArray[np.int64]) -> pa.Array:
    """The same numbers for Arrow. `pa.array` would load pandas for them where it is installed, a second's work."""
    return pa.Array.from_buffers(pa.int64(), len(numbers), [None, pa.py_buffer(numbers)])
