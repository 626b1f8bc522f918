"""One output of a mapping: typed rows into the table's workbench table, faulty ones into its refusals."""

from dataclasses import dataclass, field
from datetime import datetime

from interlock.store.contract import TABLES

from ..errors import MappingError
from ..keys import REFERENCES, is_key
from ..mapping.model import Leave, Mapping, Output, Recipe
from ..records import LeftOut
from . import sql
from .checks import Check, Flags, checks_of
from .conditions import condition
from .conversions import sql_type
from .joins import from_clause
from .scope import FILE, AliasedFiles, MissingColumn, Scope
from .values import REFUSED, cell
from .workbench import ROW, Workbench

# Sorts rows by file, then by row: no file has 2^40 rows.
SEQUENCE = f"({FILE} * 1099511627776 + {ROW})"


@dataclass
class Made:
    """What an output left behind in the workbench."""

    left_out: list[LeftOut] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Target:
    """The workbench tables of one contract table: rows, and refusals; `checked` holds both for a while."""

    table: str
    rows: str
    refusals: str
    checked: str


@dataclass
class OutputMaker:
    """Makes the rows of one output. `number` orders the outputs of a table."""

    bench: Workbench
    mapping: Mapping
    files: dict[str, AliasedFiles]
    output: Output
    target: Target
    number: int
    now: datetime | None

    def make(self) -> Made:
        """Fill the target's tables.

        Raises:
            MappingError: a column that the contract requires is not in the file.
        """
        made = Made()
        scope = Scope(self.bench, self.files, self.output, self.mapping.time_zone)
        columns = self._columns(scope, made)
        checks = self._checks(columns)
        checked = self.target.checked
        self.bench.run(self._checked_rows(checked, scope, columns, checks))
        self._count_left_out(checked, made)
        self._refuse(checked, checks)
        self._keep(checked, columns, made)
        if not self._is_seen_through:
            self.bench.run(f"DROP TABLE {checked}")
        return made

    @property
    def _is_seen_through(self) -> bool:
        """Whether the table's rows are a view of the checked ones: a copy of each row would take as long again."""
        makers = [output for output in self.mapping.outputs if output.table == self.output.table]
        return len(makers) == 1 and not (self.output.one_per_key or self.output.only_new)

    def _columns(self, scope: Scope, made: Made) -> dict[str, tuple[Recipe, str, str]]:
        """Contract columns with their recipe, typed SQL and text SQL."""
        found = {}
        for name, recipe in self.output.columns.items():
            column = TABLES[self.output.table].column(name)
            try:
                made_cell = cell(recipe, scope, sql_type(column.type, column.scale))
            except MissingColumn as error:
                if column.required:
                    raise
                made.notes.append(f"{self.output.table}.{name} stays empty: {error}")
                continue
            value = self._keyed(name, made_cell.value) if column.type == "text" else made_cell.value
            found[name] = (recipe, value, made_cell.raw)
        return found

    def _keyed(self, name: str, value: str) -> str:
        """A key with its repair and the source's prefix."""
        if not is_key(name):
            return value
        parent = REFERENCES.get(name)
        repairs = self.mapping.repair_keys.get(parent, {}) if parent else {}
        if repairs:
            known = f"map([{sql.texts(repairs)}], [{sql.texts(repairs.values())}])[{value}]"
            value = f"CASE WHEN {value} IN ({sql.texts(repairs)}) THEN {known} ELSE {value} END"
        if self.mapping.key_prefix:
            value = f"{sql.text(self.mapping.key_prefix)} || {value}"
        return value

    def _checks(self, columns: dict[str, tuple[Recipe, str, str]]) -> list[Check]:
        used = [self.output.alias, *(join.alias for join in self.output.joins)]
        readings = [one.reading for alias in used if alias in self.files for one in self.files[alias].staged]
        flags = Flags(any(r.has_nul for r in readings), any(r.has_broken_text for r in readings))
        table = TABLES[self.output.table]
        return [
            check
            for name, (recipe, _, _) in columns.items()
            for check in checks_of(table.name, table.column(name), recipe, flags, self.bench.limits, self.now)
        ]

    def _checked_rows(
        self, checked: str, scope: Scope, columns: dict[str, tuple[Recipe, str, str]], checks: list[Check]
    ) -> str:
        parts = [f"b.{FILE}", f"b.{ROW}"]
        for name, (_, value, raw) in columns.items():
            parts.append(f"{value} AS {sql.name(name)}")
            if TABLES[self.output.table].column(name).type != "text":
                parts.append(f"{raw} AS {sql.name('raw ' + name)}")
        left = " ".join(
            f"WHEN {condition(leave.when, scope)} THEN {number}"
            for number, leave in enumerate(self._leave_out(), 1)
        )
        parts.append(f"{f'CASE {left} ELSE 0 END' if left else '0'} AS _left")
        where = f" WHERE {condition(self.output.when, scope)}" if self.output.when else ""
        inner = f"SELECT {', '.join(parts)} FROM {from_clause(scope)}{where}"
        fault = " ".join(f"WHEN {check.fault} THEN {number}" for number, check in enumerate(checks, 1))
        shown = " ".join(
            f"WHEN {number} THEN CAST({check.shown} AS VARCHAR)" for number, check in enumerate(checks, 1)
        )
        kept = ", ".join(sql.name(name) for name in columns)
        middle = f"SELECT *, CASE WHEN _left > 0 THEN 0 {fault} ELSE 0 END AS _fault FROM ({inner})"
        return (
            f"CREATE TABLE {checked} AS SELECT {FILE}, {ROW}, _left, _fault, {kept}, "
            f"CASE WHEN _fault > 0 THEN left(CASE _fault {shown} END, 1000) END AS _shown FROM ({middle})"
        )

    def _leave_out(self) -> tuple[Leave, ...]:
        return (*self.files[self.output.alias].rule.leave_out, *self.output.leave_out)

    def file_name(self, index: int) -> str:
        return self.files[self.output.alias].staged[index].raw.name

    def _count_left_out(self, checked: str, made: Made) -> None:
        leaves = self._leave_out()
        if not leaves:
            return
        counts = self.bench.rows(
            f"SELECT _left, {FILE}, count(*) FROM {checked} WHERE _left > 0 GROUP BY ALL ORDER BY ALL"
        )
        for left, file, rows in counts:
            reason = leaves[left - 1].reason
            made.left_out.append(LeftOut(self.output.table, self.file_name(file), reason, rows))

    def _refuse(self, checked: str, checks: list[Check]) -> None:
        if not checks:
            return
        names = sql.texts(check.column for check in checks)
        reasons = sql.texts(check.reason for check in checks)
        files = sql.texts(one.raw.name for one in self.files[self.output.alias].staged)
        self.bench.run(
            f"INSERT INTO {self.target.refusals} SELECT ([{files}])[{FILE} + 1], {ROW}, ([{names}])[_fault], "
            f"coalesce(replace(_shown, {sql.text(REFUSED)}, ''), ''), ([{reasons}])[_fault] "
            f"FROM {checked} WHERE _fault > 0 ORDER BY {FILE}, {ROW}"
        )

    def _keep(self, checked: str, columns: dict[str, tuple[Recipe, str, str]], made: Made) -> None:
        table = TABLES[self.output.table]
        good = f"SELECT * FROM {checked} WHERE _left = 0 AND _fault = 0"
        if self.output.one_per_key:
            good = self._grouped(good, columns)
        if self.output.only_new:
            keys = ", ".join(sql.name(key) for key in table.key)
            before = self.bench.count(f"({good})")
            good = f"SELECT * FROM ({good}) n ANTI JOIN {self.target.rows} USING ({keys})"
            known = before - self.bench.count(f"({good})")
            if known:
                reason = "already given by another part of the mapping"
                made.left_out.append(LeftOut(table.name, self.file_name(0), reason, known))
        chosen = ", ".join(
            sql.name(column.name) if column.name in columns
            else f"CAST(NULL AS {sql_type(column.type, column.scale)})"
            for column in table.columns
        )  # fmt: skip
        kept = f"SELECT {chosen}, {self.number}, {FILE}, {ROW} FROM ({good})"
        if self._is_seen_through:
            names = ", ".join(sql.name(name) for name in (*table.column_names, "_output", FILE, ROW))
            self.bench.run(f"DROP TABLE {self.target.rows}")
            self.bench.run(f"CREATE VIEW {self.target.rows} ({names}) AS {kept}")
        else:
            self.bench.run(f"INSERT INTO {self.target.rows} {kept}")

    def _grouped(self, good: str, columns: dict[str, tuple[Recipe, str, str]]) -> str:
        """One row per key; each other column picked or summed as its recipe says."""
        key = TABLES[self.output.table].key
        missing = [name for name in key if name not in columns]
        if missing:
            raise MappingError(f"{self.output.place}: one_per_key needs {missing[0]}.")
        keys = ", ".join(sql.name(name) for name in key)
        picked = [
            f"{_picked(sql.name(name), recipe.pick)} AS {sql.name(name)}"
            for name, (recipe, _, _) in columns.items()
            if name not in key
        ]
        first = f"min({SEQUENCE})"
        parts = ", ".join(
            [
                keys,
                *picked,
                f"CAST({first} // 1099511627776 AS INTEGER) AS {FILE}",
                f"{first} % 1099511627776 AS {ROW}",
            ]
        )
        return f"SELECT {parts} FROM ({good}) GROUP BY {keys}"


def _picked(column: str, pick: str) -> str:
    match pick:
        case "last":
            return f"arg_max({column}, {SEQUENCE})"
        case "sum" | "count":
            return f"{pick}({column})"
        case "smallest":
            return f"min({column})"
        case "largest":
            return f"max({column})"
        case "most_common":
            # mode() picks any of several equally common ones; the histogram settles ties by the smallest.
            counts = f"histogram({column})"
            most = f"list_max(map_values({counts}))"
            return f"map_keys({counts})[list_position(map_values({counts}), {most})]"
        case _:
            return f"arg_min({column}, {SEQUENCE})"
