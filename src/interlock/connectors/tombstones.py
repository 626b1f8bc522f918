"""Deletions: a file `deleted_<table>` names, by their keys, records that are gone from their system of record.

`deleted_orders.csv` holds the column `order_id`; `deleted_capacity-2026-11-22.csv` holds `site_id`, `family` and `week`.
Keys are written as they stand in the records, prefix included. Further columns are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import pyarrow as pa

from interlock.store.contract import TABLES, arrow_schema

from .errors import SourceRefused
from .making import sql
from .making.conversions import sql_type
from .making.workbench import ROW, Staged, Workbench
from .mapping.model import Mapping
from .mapping.read import mapping_from
from .records import Chunk, Refusal

NAME = "deletions"
CHUNK_ROWS = 50_000
_FILE = re.compile(r"deleted_(?P<table>[a-z_]+?)(?:[-.#_ ]?\d.*)?")
_ENDINGS = re.compile(r"\.(csv|tsv|txt|tab|xlsx|xlsm|json|jsonl|ndjson|parquet|pq)(#.*)?$")


def table_of(name: str) -> str:
    """The table whose deletions a file of this name holds; empty when it holds none."""
    found = _FILE.fullmatch(_ENDINGS.sub("", name.lower().rpartition("/")[2]))
    return found["table"] if found and found["table"] in TABLES else ""


def deletions_mapping(label: str, tables: Sequence[str]) -> Mapping:
    """The mapping of a source that holds deletions only: the contract's own keys, and nothing to make of them."""
    document = {
        "mapping": 1,
        "name": NAME,
        "title": label,
        "files": {table: {"names": [table], "optional": True} for table in tables},
        "tables": {
            table: {
                "from": table,
                "columns": {
                    one.name: one.name
                    for one in TABLES[table].columns
                    if one.required or one.name in TABLES[table].key
                },
            }
            for table in tables
        },
    }
    return mapping_from(document, label)


def deletion_chunks(bench: Workbench, table: str, files: Sequence[Staged]) -> Iterator[Chunk]:
    """The keys that are gone, each once, and the rows that name none.

    Raises:
        SourceRefused: a file lacks a column of the key.
    """
    gone = bench.new_name("gone")
    keys = TABLES[table].key
    columns = ", ".join(f"{sql.name(key)} {_type(table, key)}" for key in keys)
    bench.run(f"CREATE TABLE {gone} ({columns}, _file VARCHAR, {ROW} BIGINT)")
    for staged in files:
        cells = ", ".join(f"try_cast({_column(staged, key)} AS {_type(table, key)})" for key in keys)
        bench.run(
            f"INSERT INTO {gone} SELECT {cells}, {sql.text(staged.raw.name)}, {ROW} FROM {staged.table}"
        )
    missing = " OR ".join(f"{sql.name(key)} IS NULL" for key in keys)
    named = ", ".join(sql.name(key) for key in keys)
    refusals = (*_unreadable(table, files), *_without_key(bench, table, gone, missing))
    distinct = f"(SELECT DISTINCT {named} FROM {gone} WHERE NOT ({missing}))"
    repeated = bench.count(f"{gone} WHERE NOT ({missing})") - bench.count(distinct)
    yield Chunk(table, arrow_schema(table).empty_table(), refusals, repeated)
    schema = pa.schema([arrow_schema(table).field(key) for key in keys])
    for batch in bench.batches(f"FROM {distinct}", CHUNK_ROWS):
        deleted = pa.Table.from_batches([batch]).cast(schema)
        yield Chunk(table, arrow_schema(table).empty_table(), deleted=deleted)
    bench.drop(gone)


def _type(table: str, key: str) -> str:
    column = TABLES[table].column(key)
    return sql_type(column.type, column.scale)


def _column(staged: Staged, key: str) -> str:
    found = next((name for name in staged.columns if name.lower() == key), None)
    if found is None:
        raise SourceRefused(
            f"{staged.raw.name} has no column {key}, so nobody knows what is gone. It has: {', '.join(staged.columns)}."
        )
    return sql.name(found)


def _unreadable(table: str, files: Sequence[Staged]) -> Iterator[Refusal]:
    for staged in files:
        for one in staged.unreadable:
            yield Refusal(table, one.row, "", one.value, one.reason, staged.raw.name)


def _without_key(bench: Workbench, table: str, gone: str, missing: str) -> Iterator[Refusal]:
    keys = TABLES[table].key
    lacking = " ".join(f"WHEN {sql.name(key)} IS NULL THEN {sql.text(key)}" for key in keys)
    query = f"SELECT _file, {ROW}, CASE {lacking} END FROM {gone} WHERE {missing} ORDER BY ALL"
    for file, row, key in bench.rows(query):
        reason = f"{key} is empty or not written as the contract says; nobody knows which record is gone"
        yield Refusal(table, row, key, "", reason, file)
