"""How quickly does a large file become records, and at what peak memory?

The 541,909 invoice lines of Online Retail, from the CSV on disk to five tables that are safe on disk, beside the
usual way with pandas and SQLite, which `usual_import.py` describes. Each runs in a process of its own, in turn,
and the best run of each counts; loading the libraries is not counted, except for the whole command.

    python benchmarks/import.py [--runs 3]
"""

import argparse
import gzip
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

FASTER, PEAK_MB = 5.0, 1_000
ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("TEST_DATA", ROOT.parent / "shared" / "data"))
PACKED = DATA / "online_retail" / "online_retail.csv.gz"
TABLES = ("accounts", "products", "orders", "order_lines", "signals")
OURS, PEER, COMMAND = "connector and records", "pandas, row check, to_sql", "whole interlock import"


def ours(file: Path, folder: Path) -> dict[str, int]:
    """Read, check and store, without the shell and the copies for pages."""
    from interlock.connectors import open_source  # each process loads its own contender only
    from interlock.store.lake import Lake

    begin = _clocks()
    refused = 0
    with (
        open_source(file, now=datetime.now(UTC)) as source,
        Lake(folder / "records").writing(batch_id="benchmark", source_id="online_retail") as write,
    ):
        for chunk in source.chunks(source.propose()):
            write.stage(chunk.table, chunk.rows)
            refused += len(chunk.refusals)
        counts = {table: count.stored for table, count in write.apply().items()}
    return {"refused": refused, **counts, **_since(begin)}


def peer(file: Path, folder: Path) -> dict[str, int]:
    """The usual way."""
    from usual_import import usual_import  # as above

    begin = _clocks()
    counts = usual_import(file, folder)
    return {**counts, **_since(begin)}


def command(file: Path, folder: Path) -> dict[str, int]:
    """`interlock import` in an installation that is set up: start, import, copies, search index, findings."""
    settings = {**os.environ, "INTERLOCK_HOME": str(folder / "home")}
    call = [sys.executable, "-m", "interlock"]
    subprocess.run([*call, "migrate"], check=True, env=settings, capture_output=True)
    begin = _clocks()
    said = subprocess.run(
        [*call, "import", str(file), "--json"], check=True, env=settings, capture_output=True, text=True
    ).stdout
    took = _since(begin)
    accounting = json.loads(said)
    stored = {name: each["stored"] for name, each in accounting["tables"].items()}
    return {"refused": accounting["total"]["refused"], **stored, **took}


CONTENDERS = {OURS: ours, PEER: peer, COMMAND: command}


def _clocks() -> tuple[float, float]:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return time.perf_counter(), sum(each.ru_utime + each.ru_stime for each in used)


def _since(begin: tuple[float, float]) -> dict[str, float]:
    seconds, cpu = _clocks()
    return {"seconds": seconds - begin[0], "cpu": cpu - begin[1]}


def one(name: str, file: Path) -> None:
    """Run one contender in this process and print what it took as JSON."""
    with tempfile.TemporaryDirectory(prefix="interlock-bench-") as folder:
        took = CONTENDERS[name](file, Path(folder))
    who = resource.RUSAGE_CHILDREN if name == COMMAND else resource.RUSAGE_SELF
    print(json.dumps({**took, "peak": resource.getrusage(who).ru_maxrss / 1_000}))


def measured(name: str, file: Path) -> dict[str, float]:
    call = [sys.executable, __file__, "--one", name, "--file", str(file)]
    return json.loads(subprocess.run(call, check=True, capture_output=True, text=True).stdout)


def compare(runs: int) -> int:
    """Print the table; 0 when the target is met."""
    with tempfile.TemporaryDirectory(prefix="interlock-bench-") as folder:
        file = Path(folder) / "online_retail.csv"
        file.write_bytes(gzip.decompress(PACKED.read_bytes()))
        turns = [{name: measured(name, file) for name in CONTENDERS} for _ in range(runs)]
    best = {name: min((turn[name] for turn in turns), key=lambda run: run["seconds"]) for name in CONTENDERS}
    columns = (*TABLES, "refused")
    print(f"{'':27}{'wall s':>8}{'CPU s':>8}{'peak MB':>9}" + "".join(f"{name:>13}" for name in columns))
    for name, run in best.items():
        counts = "".join(f"{run.get(column, 0):13,}" for column in columns)
        print(f"{name:27}{run['seconds']:8.2f}{run['cpu']:8.2f}{run['peak']:9.0f}{counts}")
    return _verdict(best)


def _verdict(best: dict[str, dict[str, float]]) -> int:
    for name in (OURS, COMMAND):
        faster = best[PEER]["seconds"] / best[name]["seconds"]
        less = best[PEER]["cpu"] / best[name]["cpu"]
        print(f"{name}: {faster:.1f} times faster than the usual way, {less:.1f} times less CPU")
    faster = best[PEER]["seconds"] / best[OURS]["seconds"]
    met = faster >= FASTER and max(best[name]["peak"] for name in (OURS, COMMAND)) < PEAK_MB
    print(f"target {'met' if met else 'missed'}: {FASTER:.0f} times faster, peak under {PEAK_MB:,} MB")
    return 0 if met else 1


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--one", choices=CONTENDERS, help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    options, _ = parser.parse_known_args()
    if options.one:
        one(options.one, options.file)
        return 0
    if not PACKED.exists():
        print(f"Online Retail is not in {DATA}; see docs/data.md.")
        return 0
    return compare(options.runs)


if __name__ == "__main__":
    sys.exit(main())
