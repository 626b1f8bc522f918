"""How long do all rules and drivers take, and how much memory, as a company grows?

Each size runs in a process of its own, over Parquet files read by DuckDB through Ibis, so that
making the company does not count. Limits are for 1 million lines on two busy cores; growth from
one size to the next should stay near the growth of the lines. CPU seconds, summed over the cores, tell
what the work takes when others use the machine too.

    python benchmarks/rules.py [--small | --full]
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path

from memory import peak_megabytes

LIMIT_SECONDS, LIMIT_MEGABYTES, LIMIT_AT = 10.0, 1500, 1_000_000
SIZES = {"small": [20_000, 100_000], "usual": [100_000, 1_000_000], "full": [100_000, 1_000_000, 10_000_000]}


class Folder:
    """Parquet files of one folder as the tables of an analysis."""

    def __init__(self, folder: Path) -> None:
        import ibis  # slow to import; only the measured process needs it

        self._connection = ibis.duckdb.connect(threads=2)
        self._numbers = count()
        self._tables = {path.stem: self._connection.read_parquet(path) for path in folder.glob("*.parquet")}

    def table(self, name: str):
        return self._tables[name]

    def has(self, name: str, *columns: str) -> bool:
        if name not in self._tables or not set(columns) <= set(self._tables[name].columns):
            return False
        table = self._tables[name]
        counts = {f"c{n}": table[c].count() for n, c in enumerate(columns)} | {"rows": table.count()}
        return all(table.agg(**counts).to_pyarrow().to_pylist()[0].values())

    @contextmanager
    def kept(self, rows):
        import ibis  # slow to import; only the measured process needs it

        name = f"kept_{next(self._numbers)}"
        self._connection.con.execute(f"CREATE TABLE {name} AS {ibis.to_sql(rows, dialect='duckdb')}")
        yield self._connection.table(name)
        self._connection.con.execute(f"DROP TABLE {name}")


def measure(folder: Path) -> dict[str, float]:
    """Run everything over one folder; called in a process of its own."""
    from interlock.analytics.symptoms import find_symptoms

    tables = Folder(folder)
    started, worked = time.perf_counter(), time.process_time()
    report = find_symptoms(tables)
    rules = time.perf_counter() - started
    drivers = 0.0
    if find_spec("interlock.analytics.drivers"):
        from interlock.analytics.drivers import find_drivers

        started = time.perf_counter()
        find_drivers(tables)
        drivers = time.perf_counter() - started
    peak = peak_megabytes()
    cpu = time.process_time() - worked
    return {"rules": rules, "drivers": drivers, "cpu": cpu, "peak": peak, "found": len(report.symptoms)}


def made(lines: int, folder: Path) -> None:
    """Write a company of that size; called in a process of its own."""
    import pyarrow.parquet as pq

    from company import company

    for name, table in company(lines).items():
        pq.write_table(table, folder / f"{name}.parquet")


def run(lines: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as name:
        for step in ("--make", "--measure"):
            command = [sys.executable, __file__, step, name, "--lines", str(lines)]
            printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return json.loads(printed.splitlines()[-1])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--make", type=Path)
    parser.add_argument("--measure", type=Path)
    parser.add_argument("--lines", type=int, default=0)
    asked = parser.parse_args()
    if asked.make:
        made(asked.lines, asked.make)
        return 0
    if asked.measure:
        print(json.dumps(measure(asked.measure)))
        return 0
    missed = False
    print(
        f"{'order lines':>12} {'rules s':>8} {'drivers s':>10} {'together':>9} {'limit':>6} {'CPU s':>6} {'peak MB':>8} {'limit':>6}"
    )
    for lines in SIZES["small" if asked.small else "full" if asked.full else "usual"]:
        found = run(lines)
        together = found["rules"] + found["drivers"]
        limits = (f"{LIMIT_SECONDS:.0f}", f"{LIMIT_MEGABYTES}") if lines == LIMIT_AT else ("", "")
        print(
            f"{lines:>12,} {found['rules']:>8.1f} {found['drivers']:>10.1f} {together:>9.1f} {limits[0]:>6}"
            f" {found['cpu']:>6.1f} {found['peak']:>8.0f} {limits[1]:>6}",
            flush=True,
        )
        if lines == LIMIT_AT:
            missed = together > LIMIT_SECONDS or found["peak"] > LIMIT_MEGABYTES
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
