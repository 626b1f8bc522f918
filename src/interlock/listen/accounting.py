"""How many rows came in, and what became of each: the sum that every import must show.

received = stored + updated + unchanged + deleted + refused, table by table; rows that the mapping leaves out on
purpose stand beside the sum with their reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from interlock.connectors.records import Chunk, LeftOut
from interlock.store.contract import TABLES


@dataclass
class Tally:
    """Rows of one table."""

    received: int = 0
    stored: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    left_out: int = 0
    deleted: int = 0

    @property
    def balanced(self) -> bool:
        return self.received == self.stored + self.updated + self.unchanged + self.deleted + self.refused


@dataclass
class Accounting:
    """The tallies of one import, the reasons why rows were left out, and what else was noticed."""

    tables: dict[str, Tally] = field(default_factory=dict)
    left_out: dict[tuple[str, str, str], int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    near_keys: list[dict[str, Any]] = field(default_factory=list)

    def take(self, chunk: Chunk) -> None:
        """Count one chunk as received; what becomes of its rows is counted when they are stored."""
        tally = self.tables.setdefault(chunk.table, Tally())
        tally.received += chunk.received
        tally.refused += len(chunk.refusals)
        tally.unchanged += chunk.repeated
        for left in chunk.left_out:
            self._leave_out(left)
        self.notes += [note for note in chunk.notes if note not in self.notes]

    def keep(self, table: str, *, stored: int, updated: int, unchanged: int, deleted: int = 0) -> None:
        """Count what the lake did with the rows of one table, and with the keys of those that are gone."""
        tally = self.tables.setdefault(table, Tally())
        tally.stored += stored
        tally.updated += updated
        tally.unchanged += unchanged
        tally.deleted += deleted

    @property
    def total(self) -> Tally:
        """The sum over all tables."""
        return total_of(self.tables.values())

    @property
    def unbalanced(self) -> list[str]:
        """Tables whose sum does not add up; always empty unless the product is wrong."""
        return [name for name, tally in self.tables.items() if not tally.balanced]

    def as_json(self) -> dict[str, Any]:
        """Plain values, tables in the order of the contract."""
        names = [name for name in TABLES if name in self.tables]
        return {
            "tables": {name: asdict(self.tables[name]) for name in names},
            "total": asdict(self.total),
            "left_out": [
                {"table": table, "file": file, "reason": reason, "rows": rows}
                for (table, file, reason), rows in sorted(self.left_out.items())
            ],
            "notes": self.notes,
            "near_keys": self.near_keys,
        }

    def _leave_out(self, left: LeftOut) -> None:
        self.tables.setdefault(left.table, Tally()).left_out += left.rows
        place = (left.table, left.file, left.reason)
        self.left_out[place] = self.left_out.get(place, 0) + left.rows


def total_of(tallies: Iterable[Tally]) -> Tally:
    """The sum of several tallies."""
    total = Tally()
    for tally in tallies:
        for name, rows in asdict(tally).items():
            setattr(total, name, getattr(total, name) + rows)
    return total


def tallies_of(stored: Mapping[str, Any]) -> list[tuple[str, Tally]]:
    """Read back what `as_json` wrote, for pages and the command line."""
    return [(name, Tally(**tally)) for name, tally in stored.get("tables", {}).items()]
