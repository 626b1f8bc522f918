"""How quickly do rows enter the records, and at what peak memory?

First load, then 20,000 changed rows into 500,000 (`--full`: 100,000 into 5 million), then the same file
again. Beside it the same rows through deltalake's own merge and through SQLite's INSERT ... ON CONFLICT.
Each contender runs in a process of its own, so that its peak memory is its own.

    python benchmarks/upsert.py [--full]
"""

import argparse
import json
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import deltalake
import duckdb
import pyarrow as pa

from interlock.store.contract import arrow_schema
from interlock.store.lake import Lake
from memory import peak_megabytes

SIZES = {"full": (5_000_000, 100_000), "small": (500_000, 20_000)}
SCHEMA = arrow_schema("order_lines")
PIECE = 100_000


def lines(rows: int, every: int = 1, more: int = 0) -> pa.RecordBatchReader:
    """Yield order lines as a reader: each `every`-th of `rows`, `more` added to the amount."""
    day = "TIMESTAMP '2024-01-01' + to_seconds((i * 61) % 60000000)"
    query = f"""
        SELECT 'L' || hash(i) % 1000000000 || '-' || i, 'O' || i // 3, 'P' || i % 5000,
               (i % 7 + 1)::DECIMAL(18, 3), ((i * 37 % 10000) / 100 + {more})::DECIMAL(18, 2), NULL::TIMESTAMP,
               {day}, {day} + to_days(1), {day} + to_days((i % 9)::INT), NULL::VARCHAR, 'S' || i % 40
        FROM range(0, {rows}, {every}) AS numbers(i)
    """
    connection = duckdb.connect(config={"memory_limit": "200MB", "threads": 1})
    batches = connection.sql(query).to_arrow_reader(PIECE)
    return pa.RecordBatchReader.from_batches(SCHEMA, _named(batches))


def _named(batches: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        yield pa.RecordBatch.from_arrays(batch.columns, schema=SCHEMA)


def interlock(folder: Path, rows: int, changed: int) -> dict[str, float]:
    lake = Lake(folder)

    def write(batch_id: str, reader: pa.RecordBatchReader) -> None:
        with lake.writing(batch_id=batch_id, source_id="benchmark") as writing:
            writing.upsert("order_lines", reader)

    return {
        "first load": timed(lambda: write("first", lines(rows))),
        "upsert": timed(lambda: write("second", lines(rows, rows // changed, more=1))),
        "same again": timed(lambda: write("third", lines(rows, rows // changed, more=1))),
    }


def delta_merge(folder: Path, rows: int, changed: int) -> dict[str, float]:
    def merge() -> None:
        table = deltalake.DeltaTable(folder)
        merger = table.merge(
            lines(rows, rows // changed, more=1),
            predicate="old.line_id = new.line_id",
            source_alias="new",
            target_alias="old",
        )
        merger.when_matched_update_all().when_not_matched_insert_all().execute()

    return {
        "first load": timed(lambda: deltalake.write_deltalake(folder, lines(rows))),
        "upsert": timed(merge),
        "same again": timed(merge),
    }


def sqlite(folder: Path, rows: int, changed: int) -> dict[str, float]:
    connection = sqlite3.connect(folder / "lines.sqlite")
    connection.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")
    names = SCHEMA.names
    connection.execute(
        f"CREATE TABLE lines ({names[0]} TEXT PRIMARY KEY, {', '.join(names[1:])}) WITHOUT ROWID"
    )
    updates = ", ".join(f"{name} = excluded.{name}" for name in names[1:])
    insert = (
        f"INSERT INTO lines VALUES ({', '.join('?' * len(names))})"
        f" ON CONFLICT ({names[0]}) DO UPDATE SET {updates}"
    )

    def write(reader: pa.RecordBatchReader) -> None:
        with connection:
            for batch in reader:
                columns = [[_plain(value) for value in column.to_pylist()] for column in batch.columns]
                connection.executemany(insert, zip(*columns, strict=True))

    return {
        "first load": timed(lambda: write(lines(rows))),
        "upsert": timed(lambda: write(lines(rows, rows // changed, more=1))),
        "same again": timed(lambda: write(lines(rows, rows // changed, more=1))),
    }


def _plain(value: object) -> object:
    return (
        str(value)
        if value is not None and not isinstance(value, str | datetime)
        else (value.isoformat() if isinstance(value, datetime) else value)
    )


def timed(work: Callable[[], None]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


CONTENDERS = {"interlock": interlock, "deltalake merge": delta_merge, "SQLite ON CONFLICT": sqlite}


def measure(name: str, size: str) -> None:
    """Run one contender in this process and print what it took as JSON."""
    rows, changed = SIZES[size]
    with tempfile.TemporaryDirectory() as folder:
        seconds = CONTENDERS[name](Path(folder), rows, changed)
    peak = peak_megabytes()
    print(json.dumps({**seconds, "peak": peak}))


def compare(size: str) -> None:
    rows, changed = SIZES[size]
    print(f"Order lines: first load of {rows:,}, then {changed:,} changed ones spread over all of them.\n")
    print(f"{'':<20}{'first load':>12}{'rows/s':>12}{'upsert':>10}{'same again':>12}{'peak memory':>13}")
    for name in CONTENDERS:
        command = [sys.executable, __file__, "--contender", name, "--size", size]
        said = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        print(
            f"{name:<20}{said['first load']:>10.1f} s{rows / said['first load']:>12,.0f}"
            f"{said['upsert']:>8.2f} s{said['same again']:>10.2f} s{said['peak']:>10,.0f} MB",
            flush=True,
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--full", action="store_true", help="5 million rows in place of 500,000")
    parser.add_argument("--contender", choices=CONTENDERS, help=argparse.SUPPRESS)
    parser.add_argument("--size", choices=SIZES, default="small", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.contender:
        measure(options.contender, options.size)
    else:
        compare("full" if options.full else "small")
