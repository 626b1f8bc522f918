"""Which column of a file is which column of a contract table, with a confidence and its reason."""

from dataclasses import dataclass, field

from interlock.store.contract import TABLES, Column

from ..keys import REFERENCES
from ..making import sql
from ..making.workbench import Staged, Workbench
from ..profile import found_column
from ..protocol import FoundColumn
from .dates import DateForms, date_forms
from .names import OWN_KEYS, column_names, file_fits, name_score

_NUMBERS = ("whole number", "number", "number, decimal comma")


@dataclass
class Profiled:
    """A staged table with what is known of its columns."""

    bench: Workbench
    staged: Staged
    columns: dict[str, FoundColumn] = field(default_factory=dict)
    dates: dict[str, DateForms | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in self.staged.columns:
            self.columns[name] = found_column(self.bench, self.staged, name)

    def forms(self, column: str) -> DateForms | None:
        """The date formats of a column, looked for once."""
        if column not in self.dates:
            self.dates[column] = date_forms(self.bench, self.staged, column)
        return self.dates[column]

    def distinct_share(self, column: str) -> float:
        """Different values a row, 0 to 1."""
        query = f"SELECT count(DISTINCT {sql.name(column)}) FROM {self.staged.table}"
        return float(self.bench.rows(query)[0][0]) / max(1, self.staged.rows)

    def is_unique(self, column: str) -> bool:
        """Whether no value of the column occurs twice."""
        name = sql.name(column)
        filled, distinct = self.bench.rows(
            f"SELECT count({name}), count(DISTINCT {name}) FROM {self.staged.table}"
        )[0]
        return bool(filled) and filled == distinct == self.staged.rows


@dataclass(frozen=True)
class Match:
    """A column of a file taken for a column of the contract."""

    column: str
    target: str
    confidence: float
    reason: str


def match_columns(profiled: Profiled, table: str) -> dict[str, Match]:
    """The best matches of a file's columns with a table's, each used once; by contract column."""
    candidates = [
        match
        for column in TABLES[table].columns
        for name in profiled.staged.columns
        if (match := _match(profiled, table, column, name)) is not None
    ]
    # A key first: the same column must not become a mere attribute.
    order = {column.name: position for position, column in enumerate(TABLES[table].columns)}
    candidates.sort(key=lambda match: (-match.confidence, order[match.target], match.column))
    chosen: dict[str, Match] = {}
    used: set[str] = set()
    for match in candidates:
        if match.target not in chosen and match.column not in used:
            chosen[match.target] = match
            used.add(match.column)
    return chosen


def _match(profiled: Profiled, table: str, column: Column, name: str) -> Match | None:
    known = column_names(table, column.name)
    if column.name == TABLES[table].key[0] and file_fits(table, profiled.staged.raw.name):
        known = (*known, *OWN_KEYS)
    score = name_score(name, known)
    if not score:
        return None
    found = profiled.columns[name]
    if found.type == "empty" or not _may_be_key(profiled, table, column, found):
        return None
    reason = (
        "called so in the contract"
        if score == 1.0
        else "a usual name for it"
        if score > 0.8
        else "a similar name"
    )
    fits, why = _type_fits(profiled, column, found)
    if not fits:
        return None
    return Match(
        name, column.name, round(score * (1.0 if why else 0.95), 2), f"{reason}{', ' + why if why else ''}"
    )


def _may_be_key(profiled: Profiled, table: str, column: Column, found: FoundColumn) -> bool:
    """Whether the number of a message, deal or invoice is filled and differs from row to row."""
    if table not in ("signals", "deals", "invoices") or column.name != TABLES[table].key[0]:
        return True
    return found.share_filled > 0.98 and profiled.distinct_share(found.name) > 0.9


def _type_fits(profiled: Profiled, column: Column, found: FoundColumn) -> tuple[bool, str]:
    if column.type in ("date", "timestamp"):
        forms = profiled.forms(found.name)
        return (forms is not None), "its values are dates"
    if column.type in ("decimal", "double", "int"):
        return found.type in _NUMBERS, "its values are numbers"
    if column.type == "boolean":
        return found.type == "yes or no" or found.distinct <= 2, "its values are yes or no"
    if column.name in REFERENCES or column.required:
        return found.type not in ("date", "moment"), ""
    # A plain text: numbers and dates under a text's name are something else, a postcode or a flag.
    return found.type not in ("date", "moment"), ""
