"""Is a source shaped like the contract already? Then its mapping is known, and nobody has to be asked.

A file, sheet, view or folder of parts that is called as a table of the contract, has its key and required
columns and writes dates, numbers and words as the contract does, is that table. Columns beyond the contract
are left out, missing ones stay empty.
"""

import re
from collections.abc import Mapping as ReadOnly
from dataclasses import replace

from interlock.store.contract import TABLES, Column, Table

from .making import sql
from .making.checks import WORDS
from .making.workbench import Staged, Workbench
from .mapping.model import ColumnGuess, Mapping
from .mapping.read import mapping_from

TITLE = "Tables of the data contract"
_ENDING = re.compile(r"\.(csv|tsv|txt|tab|xlsx|xlsm|jsonl|ndjson|parquet|pq)$")


def contract_mapping(label: str, columns: ReadOnly[str, tuple[str, ...]]) -> Mapping | None:
    """The mapping of a source whose tables are the contract's; None when one of them is another.

    Args:
        label: what the source is called.
        columns: the columns of each file, sheet or view, by its name.
    """
    tables = {name: _table_of(name, have) for name, have in columns.items()}
    if not tables or None in tables.values():
        return None
    chosen = {name: table for name, table in tables.items() if table is not None}
    document = {
        "mapping": 1,
        "name": "contract",
        "title": label,
        "time_zone": "UTC",
        "files": {
            table.name: {"names": [name for name, other in chosen.items() if other == table]}
            for table in chosen.values()
        },
        "tables": {
            table.name: {
                "from": table.name,
                "columns": _columns(table, [columns[name] for name in chosen if chosen[name] == table]),
            }
            for table in chosen.values()
        },
    }
    mapping = mapping_from(document, TITLE)
    own, beyond = _guesses(columns, chosen)
    return replace(mapping, guesses=own, not_understood=beyond)


def is_written_so(bench: Workbench, tables: list[Staged], mapping: Mapping) -> bool:
    """Whether most values of every column are written as the contract says: 2026-11-22, 12.5, complaint."""
    files = {name: rule.alias for rule in mapping.files.values() for name in rule.names}
    return all(_is_written_so(bench, staged, TABLES[files[staged.raw.name]]) for staged in tables)


def _is_written_so(bench: Workbench, staged: Staged, table: Table) -> bool:
    tests = []
    for name in staged.columns:
        column = next((column for column in table.columns if column.name == name.lower()), None)
        test = _test(table, column, sql.name(name)) if column else ""
        if test:
            tests.append(f"count({sql.name(name)}) <= 2 * count(*) FILTER (WHERE {test})")
    if not tests or not staged.rows:
        return True
    return all(bench.rows(f"SELECT {', '.join(tests)} FROM {staged.table}")[0])


def _test(table: Table, column: Column, value: str) -> str:
    if column.type in ("date", "timestamp"):
        return f"{value} LIKE '____-__-__%'"
    if column.type in ("decimal", "double", "int"):
        return f"try_cast({value} AS DOUBLE) IS NOT NULL"
    words = WORDS.get((table.name, column.name), ())
    return f"{value} IN ({sql.texts(words)})" if words else ""


def _table_of(name: str, have: tuple[str, ...]) -> Table | None:
    for called in _names(name):
        table = TABLES.get(called)
        if table and _needed(table) <= {column.lower() for column in have}:
            return table
    return None


def _names(name: str) -> list[str]:
    """What a file may be called: its own name, its sheet, the view without its schema, its folder."""
    folder, _slash, base = name.lower().rpartition("/")
    stem = _ENDING.sub("", base)
    return [stem, base.rpartition("#")[2], stem.rpartition(".")[2], folder.rpartition("/")[2]]


def _needed(table: Table) -> set[str]:
    return {*table.key, *(column.name for column in table.columns if column.required)}


def _columns(table: Table, files: list[tuple[str, ...]]) -> dict[str, str]:
    """Contract column to the file's column of that name, in any letters, where any of the files has it."""
    written = {column.lower(): column for have in files for column in have}
    return {name: written[name] for name in table.column_names if name in written}


def _guesses(
    columns: ReadOnly[str, tuple[str, ...]], chosen: ReadOnly[str, Table]
) -> tuple[tuple[ColumnGuess, ...], tuple[ColumnGuess, ...]]:
    own, beyond = [], []
    for name, table in chosen.items():
        for column in columns[name]:
            if column.lower() in table.column_names:
                target = f"{table.name}.{column.lower()}"
                own.append(ColumnGuess(name, column, target, 1.0, "called so in the contract"))
            else:
                reason = "the contract has no such column; it is left out"
                beyond.append(ColumnGuess(name, column, "", 1.0, reason))
    return tuple(own), tuple(beyond)
