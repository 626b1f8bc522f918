"""A mapping: how the columns of a source make the columns of the contract, as plain values.

`read.py` makes these from YAML and `making/` turns them into SQL. Nothing here knows a database.
"""

from collections.abc import Mapping as ReadOnly
from dataclasses import dataclass, field
from typing import Any

VERSION = 1


@dataclass(frozen=True)
class FileRule:
    """How to find and read one file, sheet or table of the source."""

    alias: str
    names: tuple[str, ...] = ()
    optional: bool = False
    encoding: str = ""
    delimiter: str = ""
    header: int | None = None  # row of the heading; 0 = there is none; None = find it
    decimal: str = "point"
    thousands: str = ""
    empty: tuple[str, ...] = ()
    short_rows: str = "refuse"
    leave_out: tuple["Leave", ...] = ()


@dataclass(frozen=True)
class Column:
    """A column of the file, or `alias.column` of a joined one."""

    name: str


@dataclass(frozen=True)
class Constant:
    value: str


@dataclass(frozen=True)
class Concatenate:
    parts: tuple["Recipe", ...]
    separator: str = ""
    skip_empty: bool = False


@dataclass(frozen=True)
class FirstOf:
    """The first of several that is not empty."""

    parts: tuple["Recipe", ...]


@dataclass(frozen=True)
class Choose:
    cases: tuple[tuple["Condition", "Recipe"], ...]
    otherwise: "Recipe | None"


@dataclass(frozen=True)
class Lookup:
    """The `value` of the row of another file whose `key` is what `using` gives."""

    alias: str
    key: str
    value: str
    using: "Recipe"


@dataclass(frozen=True)
class Arithmetic:
    operator: str  # "*", "+" or "-"
    parts: tuple["Recipe", ...]


@dataclass(frozen=True)
class Bucket:
    """`labels[i]` for numbers below `limits[i]`; the last label is for all others."""

    of: "Recipe"
    limits: tuple[float, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Shift:
    """A day, moved by so many months or days; `sign` is -1 for "before"."""

    day: "Recipe"
    months: "Recipe | None"
    days: "Recipe | None"
    sign: int


@dataclass(frozen=True)
class Numbered:
    """1, 2, 3 ... within rows that are alike in these columns, in the order of the file."""

    within: tuple[str, ...]


Origin = Column | Constant | Concatenate | FirstOf | Choose | Lookup | Arithmetic | Bucket | Shift | Numbered


@dataclass(frozen=True)
class Recipe:
    """How one value comes about: where it is from, then what is done to it."""

    origin: Origin
    replace: tuple[tuple[str, str], ...] = ()
    remove_end: str = ""
    part: tuple[int, int] | None = None
    letters: str = ""  # lower, upper, title
    values: ReadOnly[str, str] | None = None
    otherwise: str = "keep"  # for values: keep, empty, refuse, or the text to use
    decimal: str = ""
    thousands: str | None = None
    factor: str = ""
    absolute: bool = False
    formats: tuple[str, ...] = ()
    time_zone: str = ""
    end_of_day: bool = False
    pick: str = "first"
    if_wrong: str = "refuse"
    place: str = ""  # where it stands in the mapping, for errors met while making records


@dataclass(frozen=True)
class Test:
    """One test of one value, such as `starts_with: C`."""

    of: Recipe
    name: str
    operands: tuple[str, ...]


@dataclass(frozen=True)
class AllOf:
    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class AnyOf:
    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class Not:
    part: "Condition"


Condition = Test | AllOf | AnyOf | Not


@dataclass(frozen=True)
class Leave:
    """Rows to leave out on purpose, and the reason to show."""

    when: Condition
    reason: str


@dataclass(frozen=True)
class Join:
    """The first row of another file whose columns equal ours: pairs of (theirs, ours)."""

    alias: str
    on: tuple[tuple[str, Recipe], ...]
    first_by: str = ""
    when: Condition | None = None


@dataclass(frozen=True)
class Output:
    """One way in which rows of one file become rows of one contract table."""

    table: str
    alias: str
    columns: ReadOnly[str, Recipe]
    joins: tuple[Join, ...] = ()
    when: Condition | None = None
    leave_out: tuple[Leave, ...] = ()
    one_per_key: bool = False
    only_new: bool = False
    place: str = ""


@dataclass(frozen=True)
class ColumnGuess:
    """Why a guessed mapping uses (or does not use) a column. `confidence` is 0 to 1."""

    file: str
    column: str
    target: str
    confidence: float
    reason: str

    @property
    def sure(self) -> bool:
        return self.confidence >= 0.8


@dataclass(frozen=True)
class Mapping:
    """A whole mapping. `document` is what was written: plain values, saved and read again as YAML."""

    name: str
    title: str
    files: ReadOnly[str, FileRule]
    outputs: tuple[Output, ...]
    document: ReadOnly[str, Any]
    version: int = VERSION
    key_prefix: str = ""
    time_zone: str = "UTC"
    repair_keys: ReadOnly[str, ReadOnly[str, str]] = field(default_factory=dict)
    shipped: bool = False
    guesses: tuple[ColumnGuess, ...] = ()
    not_understood: tuple[ColumnGuess, ...] = ()
    questions: tuple[str, ...] = ()
