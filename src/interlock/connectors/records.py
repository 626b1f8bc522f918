"""What a source hands over: contract rows, and every row it could not hand over, with the reason."""

from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Refusal:
    """One row that is not imported. `row` counts as a spreadsheet does: the heading is row 1."""

    table: str
    row: int
    column: str
    value: str
    reason: str
    file: str = ""


@dataclass(frozen=True)
class LeftOut:
    """Rows that the mapping leaves out on purpose, and why."""

    table: str
    file: str
    reason: str
    rows: int


@dataclass(frozen=True)
class Chunk:
    """Rows of one contract table in contract types, with what was refused beside them.

    A refused row has exactly one `Refusal`. `repeated` rows were word for word a row that is in
    `rows`: an import counts them as unchanged. `deleted` holds keys of records that are gone from their system.
    """

    table: str
    rows: pa.Table
    refusals: tuple[Refusal, ...] = ()
    repeated: int = 0
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()
    deleted: pa.Table | None = None

    @property
    def received(self) -> int:
        """Rows that the mapping addressed to this table."""
        gone = int(self.deleted.num_rows) if self.deleted is not None else 0
        return int(self.rows.num_rows) + len(self.refusals) + self.repeated + gone


@dataclass(frozen=True)
class NearKey:
    """A key that is used but does not exist, and the existing one it may have meant."""

    table: str
    column: str
    parent: str
    value: str
    rows: int
    candidate: str
    score: float
    reason: str
