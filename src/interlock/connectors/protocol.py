"""What every source can do: say what it holds, propose a mapping, and hand over chunks."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

import pyarrow as pa

from .mapping.model import FileRule, Mapping
from .records import Chunk, NearKey


@dataclass(frozen=True)
class FoundColumn:
    """One column of a file, sheet or table. `share_filled` is 0 to 1."""

    name: str
    type: str
    share_filled: float
    distinct: int
    samples: tuple[str, ...]


@dataclass(frozen=True)
class FoundTable:
    """One file, sheet or database table, with how it was read."""

    name: str
    rows: int
    columns: tuple[FoundColumn, ...]
    refused: int = 0
    encoding: str = ""
    delimiter: str = ""
    notes: tuple[str, ...] = ()

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


@dataclass(frozen=True)
class Skipped:
    """Something in a folder or archive that is not read, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Progress:
    """How far an import is: `done` of `total` are bytes while reading, rows while making records."""

    doing: str
    done: int
    total: int


OnProgress = Callable[[Progress], None]


@dataclass(frozen=True)
class Unreadable:
    """A row that could not be taken apart."""

    row: int
    value: str
    reason: str


class TornRows(Exception):
    """Raised while batches are read: quotes are uneven; read the table again with `careful`."""


@dataclass
class Reading:
    """One raw table while it is read: text batches, and what is learnt on the way.

    Every batch has the columns of `columns` as text plus `_row`. `unreadable`, `notes` and the two
    flags are complete once `batches` is exhausted.
    """

    columns: tuple[str, ...]
    batches: Iterator[pa.RecordBatch]
    unreadable: list[Unreadable] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    encoding: str = ""
    delimiter: str = ""
    has_nul: bool = False
    has_broken_text: bool = False


class RawTable(Protocol):
    """A file, sheet or database table before any mapping."""

    @property
    def name(self) -> str: ...
    @property
    def size(self) -> int: ...
    def read(self, rule: FileRule, on_bytes: Callable[[int], None], careful: bool = False) -> Reading: ...


class Source(Protocol):
    """What the first floor sees of a folder, a file, an archive or a database."""

    label: str
    skipped: tuple[Skipped, ...]

    def tables(self) -> tuple[FoundTable, ...]: ...
    def propose(self) -> Mapping: ...
    def chunks(self, mapping: Mapping, on_progress: OnProgress | None = None) -> Iterator[Chunk]: ...
    def near_keys(self, mapping: Mapping) -> tuple[NearKey, ...]: ...
    def close(self) -> None: ...
