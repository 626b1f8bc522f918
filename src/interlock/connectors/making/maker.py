"""A whole mapping over staged files: the chunks of every contract table, parents before children."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

import pyarrow as pa

from interlock.store.contract import TABLES, arrow_schema

from ..keys import REFERENCES
from ..mapping.model import Mapping, Output
from ..records import Chunk, LeftOut, Refusal
from . import sql
from .conditions import condition
from .conversions import sql_type
from .duplicates import settle_duplicates
from .joins import from_clause
from .outputs import OutputMaker, Target
from .scope import FILE, AliasedFiles, Scope
from .workbench import ROW, Workbench

CHUNK_ROWS = 250_000
CHUNK_REFUSALS = 50_000


@dataclass(frozen=True)
class Use:
    """How often a column of a table uses each key of its parent: a workbench table of (k, n)."""

    table: str
    column: str
    parent: str
    counts: str


@dataclass
class Maker:
    """Makes the rows of a mapping. `files` are the aliases that were found, staged."""

    bench: Workbench
    mapping: Mapping
    files: dict[str, AliasedFiles]
    now: datetime | None
    on_table: Callable[[str], None] = lambda _: None
    keys: dict[str, str] = field(default_factory=dict)
    uses: list[Use] = field(default_factory=list)

    def chunks(self) -> Iterator[Chunk]:
        """Make every table in turn and hand over its rows and refusals."""
        for table in TABLES:
            outputs = [output for output in self.mapping.outputs if output.table == table]
            if outputs:
                self.on_table(table)
                yield from self._table_chunks(table, outputs)

    def make_table(self, table: str) -> tuple[Target, int, list[LeftOut], list[str]]:
        """Fill the workbench tables of one contract table; return them, repeats, left out and notes."""
        outputs = [output for output in self.mapping.outputs if output.table == table]
        target = self._target(table)
        left_out: list[LeftOut] = []
        notes: list[str] = []
        names: dict[tuple[int, int], str] = {}
        for number, output in enumerate(outputs):
            if not self.files[output.alias].staged:
                wanted = " or ".join(self.mapping.files[output.alias].names)
                notes.append(f"The source has no file named {wanted}; {table} is made without it.")
                continue
            maker = OutputMaker(self.bench, self.mapping, self.files, output, target, number, self.now)
            made = maker.make()
            left_out += made.left_out
            notes += made.notes
            staged = self.files[output.alias].staged
            names.update({(number, index): one.raw.name for index, one in enumerate(staged)})
        self._refuse_unreadable(target, outputs)
        repeated = settle_duplicates(self.bench, target, names) if names else 0
        self._keep_keys(target)
        return target, repeated, left_out, notes

    def make_keys(self) -> None:
        """Make every table for its keys alone."""
        for table in dict.fromkeys(output.table for output in self.mapping.outputs):
            target, *_ = self.make_table(table)
            self._drop(target)

    def _keep_keys(self, target: Target) -> None:
        """Keep the keys of a table that others point to, and what it points to itself."""
        columns = {name for output in self.mapping.outputs for name in output.columns}
        others = {
            n for output in self.mapping.outputs if output.table != target.table for n in output.columns
        }
        if any(REFERENCES.get(name) == target.table for name in others):
            self.keys[target.table] = self.bench.new_name("keys")
            key = sql.name(TABLES[target.table].key[0])
            self.bench.run(f"CREATE TABLE {self.keys[target.table]} AS SELECT {key} AS k FROM {target.rows}")
        for column in TABLES[target.table].column_names:
            parent = REFERENCES.get(column)
            if parent is None or column in TABLES[target.table].key or column not in columns:
                continue
            use = Use(target.table, column, parent, self.bench.new_name("used"))
            name = sql.name(column)
            self.bench.run(
                f"CREATE TABLE {use.counts} AS SELECT {name} AS k, count(*) AS n FROM {target.rows} "
                f"WHERE {name} IS NOT NULL GROUP BY 1"
            )
            self.uses.append(use)

    def _drop(self, target: Target) -> None:
        self.bench.drop(target.rows)
        self.bench.run(f"DROP TABLE {target.refusals}")
        self.bench.run(f"DROP TABLE IF EXISTS {target.checked}")

    def _target(self, table: str) -> Target:
        rows, refused, checked = (self.bench.new_name(kind) for kind in ("rows", "refused", "checked"))
        target = Target(table, rows, refused, checked)
        columns = ", ".join(
            f"{sql.name(column.name)} {sql_type(column.type, column.scale)}"
            for column in TABLES[table].columns
        )
        self.bench.run(
            f"CREATE TABLE {target.rows} ({columns}, _output INTEGER, {FILE} INTEGER, {ROW} BIGINT)"
        )
        self.bench.run(
            f"CREATE TABLE {target.refusals} "
            "(file VARCHAR, row BIGINT, col VARCHAR, value VARCHAR, reason VARCHAR)"
        )
        return target

    def _refuse_unreadable(self, target: Target, outputs: list[Output]) -> None:
        """A row that could not be taken apart is refused once for each table it would have fed."""
        by_row = {output.alias for output in outputs if not output.one_per_key}
        for output in self.mapping.outputs:
            first = next(o for o in self.mapping.outputs if o.alias == output.alias)
            only_grouped = all(o.one_per_key for o in self.mapping.outputs if o.alias == output.alias)
            if only_grouped and first.table == target.table:
                by_row.add(output.alias)
        rows = [
            (staged.raw.name, one.row, "", one.value, one.reason)
            for alias in sorted(by_row)
            for staged in self.files[alias].staged
            for one in staged.unreadable
        ]
        if rows:
            columns = list(zip(*rows, strict=True))
            names = ("file", "row", "col", "value", "reason")
            self.bench.insert(target.refusals, pa.table(dict(zip(names, map(list, columns), strict=True))))

    def _table_chunks(self, table: str, outputs: list[Output]) -> Iterator[Chunk]:
        target, repeated, left_out, notes = self.make_table(table)
        left_out += self._unused(table, outputs)
        refusals = self._refusals(target)
        first = Chunk(table, _empty(table), next(refusals, ()), repeated, tuple(left_out), tuple(notes))
        is_told = False
        for rows in self._rows(target):
            yield replace(first, rows=rows)
            first = Chunk(table, _empty(table), next(refusals, ()))
            is_told = True
        if first.refusals or not is_told:
            yield first
        for page in refusals:
            yield Chunk(table, _empty(table), page)
        self._drop(target)

    def _rows(self, target: Target) -> Iterator[pa.Table]:
        schema = arrow_schema(target.table)
        columns = ", ".join(sql.name(name) for name in schema.names)
        reader = self.bench.batches(f"SELECT {columns} FROM {target.rows}", CHUNK_ROWS)
        for batch in reader:
            yield pa.Table.from_batches([batch]).cast(schema)

    def _refusals(self, target: Target) -> Iterator[tuple[Refusal, ...]]:
        count = self.bench.count(target.refusals)
        for start in range(0, count, CHUNK_REFUSALS):
            rows = self.bench.rows(f"FROM {target.refusals} LIMIT {CHUNK_REFUSALS} OFFSET {start}")
            yield tuple(
                Refusal(target.table, row, column, value, reason, file)
                for file, row, column, value, reason in rows
            )

    def _unused(self, table: str, outputs: list[Output]) -> list[LeftOut]:
        """Rows of a file that no output takes, told once, with the first table that the file feeds."""
        unused = []
        for alias in dict.fromkeys(output.alias for output in outputs):
            takers = [output for output in self.mapping.outputs if output.alias == alias]
            if takers[0].table != table or any(taker.when is None for taker in takers):
                continue
            for index, one in enumerate(self.files[alias].staged):
                taken = " UNION ".join(self._taken_rows(taker, index) for taker in takers)
                rows = one.rows - self.bench.count(f"({taken})")
                if rows:
                    unused.append(LeftOut("", one.raw.name, "no part of the mapping takes these rows", rows))
        return unused

    def _taken_rows(self, output: Output, index: int) -> str:
        assert output.when is not None
        scope = Scope(self.bench, self.files, output, self.mapping.time_zone)
        where = condition(output.when, scope)
        return f"SELECT b.{ROW} FROM {from_clause(scope)} WHERE b.{FILE} = {index} AND {where}"


def _empty(table: str) -> pa.Table:
    return arrow_schema(table).empty_table()
