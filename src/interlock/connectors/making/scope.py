"""Which columns an output can see: those of its file, and of the files joined to it."""

import difflib
from collections.abc import Mapping as ReadOnly
from dataclasses import dataclass, field

from ..errors import MappingError
from ..mapping.model import FileRule, Join, Lookup, Output
from . import sql
from .workbench import ROW, Staged, Workbench

FILE = "_file"


class MissingColumn(MappingError):
    """The file has no such column; an output without it may still be made."""


@dataclass(frozen=True)
class AliasedFiles:
    """All files that one alias of the mapping stands for, read alike."""

    rule: FileRule
    staged: tuple[Staged, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(column for one in self.staged for column in one.columns))

    def source(self) -> str:
        """SQL of all rows with the number of their file."""
        parts = [f"SELECT *, {index} AS {FILE} FROM {one.table}" for index, one in enumerate(self.staged)]
        return " UNION ALL BY NAME ".join(parts)

    def clean(self, column: str) -> str:
        """SQL of one cell; nothing where its word means nothing, such as N/A."""
        bare = sql.name(column)
        if not self.rule.empty:
            return bare
        return f"CASE WHEN {bare} NOT IN ({sql.texts(self.rule.empty)}) THEN {bare} END"


@dataclass
class Scope:
    """Resolves the columns of one output, and collects the joins that it needs."""

    bench: Workbench
    files: ReadOnly[str, AliasedFiles]
    output: Output
    time_zone: str
    used: dict[str, None] = field(default_factory=dict)
    joined: dict[str, dict[str, None]] = field(default_factory=dict)
    lookups: list[str] = field(default_factory=list)
    rule: FileRule = field(init=False)

    def __post_init__(self) -> None:
        self.rule = self.files[self.output.alias].rule

    def column(self, column: str, place: str = "") -> str:
        """SQL of a column.

        Raises:
            MissingColumn: neither the file nor a joined one has it.
        """
        own = self.files[self.output.alias]
        if column in own.columns:
            self.used[column] = None
            return f"b.{sql.name(column)}"
        alias, _, theirs = column.partition(".")
        join = next((join for join in self.output.joins if join.alias == alias), None)
        if join and theirs:
            return self._joined(join, theirs, place)
        raise MissingColumn(_missing(column, self.output.alias, own.columns, place))

    def _joined(self, join: Join, column: str, place: str) -> str:
        other = self.files.get(join.alias)
        if other is None or not other.staged:
            raise MissingColumn(f"{place or self.output.place}: the source has no file for {join.alias}.")
        if column not in other.columns:
            raise MissingColumn(_missing(column, join.alias, other.columns, place))
        self.joined.setdefault(join.alias, {})[column] = None
        return f"{join_name(join)}.{sql.name(column)}"

    def lookup(self, lookup: Lookup, using: str, place: str) -> str:
        """SQL of the value that another file gives for a key."""
        other = self.files.get(lookup.alias)
        if other is None or not other.staged:
            return "CAST(NULL AS VARCHAR)"
        for column in (lookup.key, lookup.value):
            if column not in other.columns:
                raise MissingColumn(_missing(column, lookup.alias, other.columns, place))
        alias = f"l{len(self.lookups)}"
        key, value = other.clean(lookup.key), other.clean(lookup.value)
        self.lookups.append(
            f"LEFT JOIN (SELECT {key} AS k, any_value({value} ORDER BY {FILE}, {ROW}) AS v "
            f"FROM ({other.source()}) GROUP BY 1) {alias} ON {alias}.k = {using}"
        )
        return f"{alias}.v"

    def base_rows(self) -> str:
        """SQL of the file's rows as `b`, with the columns that were asked for so far."""
        own = self.files[self.output.alias]
        cleaned = "".join(f", {own.clean(column)} AS {sql.name(column)}" for column in self.used)
        return f"(SELECT {FILE}, {ROW}{cleaned} FROM ({own.source()})) b"


def join_name(join: Join) -> str:
    """The name of a joined file inside a query."""
    return sql.name("j " + join.alias)


def _missing(column: str, alias: str, columns: tuple[str, ...], place: str) -> str:
    close = difflib.get_close_matches(column, columns, n=1, cutoff=0.6)
    hint = f"Did you mean {close[0]}?" if close else f"It has: {', '.join(columns[:20])}."
    return f"{place + ': ' if place else ''}{alias} has no column {column}. {hint}"
