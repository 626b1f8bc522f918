"""How quickly does a large file become records, and at what peak memory?

The 541,909 invoice lines of Online Retail, from the CSV on disk to five tables in the lake, beside the usual
way of doing it: `pandas.read_csv`, a check of every row, `to_sql` into the same tables of SQLite. Each runs in a
process of its own, so that its peak memory is its own; loading the libraries is not counted. The usual way counts no refusals by
reason, finds no duplicates and keeps no versions.

    python benchmarks/import.py [--runs 3]
"""

import argparse
import gzip
import json
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd

from interlock.connectors import open_source
from interlock.store.lake import Lake

FASTER, PEAK_MB = 5.0, 1_000
ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("INTERLOCK_TEST_DATA", ROOT.parent / "shared" / "data"))
LONDON = ZoneInfo("Europe/London")
NO_PRODUCTS = {"POST", "DOT", "C2", "D", "M", "m", "S", "B", "BANK CHARGES", "AMAZONFEE", "CRUK"}
PACKED = DATA / "online_retail" / "online_retail.csv.gz"


def interlock(file: Path, folder: Path) -> dict[str, int]:
    """Read, check and store; return the accounting of all tables."""
    totals = {"received": 0, "stored": 0, "refused": 0, "left out": 0}
    with (
        open_source(file, now=datetime.now(UTC)) as source,
        Lake(folder / "records").writing(batch_id="benchmark", source_id="online_retail") as write,
    ):
        for chunk in source.chunks(source.propose()):
            write.stage(chunk.table, chunk.rows)
            totals["received"] += chunk.received
            totals["refused"] += len(chunk.refusals)
            totals["left out"] += sum(left.rows for left in chunk.left_out)
        counts = write.apply()
        totals["stored"] = sum(count.stored for count in counts.values())
    return totals


def usual_way(file: Path, folder: Path) -> dict[str, int]:
    """pandas, a check of every row, and the same five tables in SQLite."""
    frame = pd.read_csv(file, dtype=str, keep_default_na=False)
    kept, left_out = [], 0
    for row in frame.itertuples(index=False):
        try:
            quantity, price = int(row.Quantity), float(row.UnitPrice)
            day = (
                datetime.strptime(row.InvoiceDate, "%Y-%m-%d %H:%M:%S").replace(tzinfo=LONDON).astimezone(UTC)
            )
        except ValueError:
            left_out += 1
            continue
        is_return = row.InvoiceNo.startswith("C")
        if row.StockCode in NO_PRODUCTS or price <= 0 or (quantity <= 0 and not is_return):
            left_out += 1
            continue
        customer = row.CustomerID.removesuffix(".0") or None
        product = row.StockCode.upper()
        kept.append(
            (row.InvoiceNo, is_return, product, row.Description, quantity, day, price, customer, row.Country)
        )
    names = ["invoice", "is_return", "product", "name", "quantity", "day", "price", "customer", "country"]
    lines = pd.DataFrame(kept, columns=names)
    lines["line"] = lines.groupby(["invoice", "product"]).cumcount() + 1
    sales = lines[~lines["is_return"]]
    tables = {
        "accounts": lines.dropna(subset="customer")
        .groupby("customer")
        .agg({"country": "last", "day": "min"}),
        "products": lines.groupby("product").agg({"name": "first", "price": "first"}),
        "orders": sales.groupby("invoice").agg({"customer": "first", "day": "min"}),
        "order_lines": sales[["invoice", "line", "product", "quantity", "price"]],
        "signals": lines[lines["is_return"]],
    }
    connection = sqlite3.connect(folder / "records.sqlite")
    for name, table in tables.items():
        table.to_sql(name, connection, index=table.index.name is not None)
    connection.commit()
    connection.close()
    stored = sum(len(table) for table in tables.values())
    return {"received": len(frame), "stored": stored, "refused": 0, "left out": left_out}


CONTENDERS = {"interlock": interlock, "pandas, row check, to_sql": usual_way}


def measured(name: str, file: Path) -> dict[str, float]:
    """Run one contender in its own process; its seconds, peak and counts."""
    command = [sys.executable, __file__, "--one", name, "--file", str(file)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def one(name: str, file: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="interlock-bench-") as folder:
        started = time.perf_counter()
        counts = CONTENDERS[name](file, Path(folder))
        seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_000
    print(json.dumps({"seconds": seconds, "peak": peak, **counts}))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--one", choices=CONTENDERS)
    parser.add_argument("--file", type=Path)
    arguments, _ = parser.parse_known_args()
    if arguments.one:
        one(arguments.one, arguments.file)
        return 0
    if not PACKED.exists():
        print(f"{PACKED} is absent; set INTERLOCK_TEST_DATA to the folder of real data.")
        return 0
    with tempfile.TemporaryDirectory(prefix="interlock-bench-") as folder:
        file = Path(folder) / "online_retail.csv"
        file.write_bytes(gzip.decompress(PACKED.read_bytes()))
        best = {
            name: min((measured(name, file) for _ in range(arguments.runs)), key=lambda run: run["seconds"])
            for name in CONTENDERS
        }
    print(f"{'':28}{'seconds':>9}{'peak MB':>9}{'received':>10}{'stored':>9}{'refused':>9}{'left out':>10}")
    for name, run in best.items():
        print(
            f"{name:28}{run['seconds']:9.2f}{run['peak']:9.0f}{run['received']:10,}{run['stored']:9,}"
            f"{run['refused']:9,}{run['left out']:10,}"
        )
    ours, peer = best["interlock"], best["pandas, row check, to_sql"]
    faster = peer["seconds"] / ours["seconds"]
    met = faster >= FASTER and ours["peak"] < PEAK_MB
    print(
        f"{faster:.1f} times faster (target {FASTER:.0f}), peak {ours['peak']:.0f} MB (limit {PEAK_MB:,} MB)"
    )
    print("target met" if met else "target missed")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
