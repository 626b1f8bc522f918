"""What moves bad reviews on Olist, beside plain pandas; and how long a million order lines take.

Reads ../shared/data (or TEST_DATA) for Olist and makes its own company for the timing.
`--full` adds ten million lines.
"""

import os
import sys
import time
from pathlib import Path

import ibis
import pandas as pd

from memory import peak_megabytes

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]

from analytics.driver_worlds import Memory, olist_tables  # noqa: E402 - the path is set above
from interlock.analytics.drivers import Driver, find_drivers  # noqa: E402

OLIST = Path(os.environ.get("TEST_DATA", ROOT.parent / "shared" / "data")) / "olist" / "sample"
LIMIT_SECONDS, LIMIT_GB = 10.0, 1.5  # rules and drivers together, at a million lines
MILLION = 1_000_000

COMPANY = (
    "CREATE TABLE accounts AS SELECT 'a' || i AS account_id, 'R' || (hash(i) % 27) AS region,"
    " TIMESTAMP '2023-01-01' + to_days((hash(i + 7) % 700)::INT) AS since,"
    " CASE WHEN hash(i * 3) % 10 = 0 THEN DATE '2024-06-01' + (hash(i * 5) % 500)::INT END AS ended_at,"
    " 'S' || (hash(i * 11) % 3) AS segment FROM range({lines} // 10) t(i)",
    "CREATE TABLE products AS SELECT 'p' || i AS product_id, 'F' || (hash(i) % 30) AS family"
    " FROM range(2000) t(i)",
    "CREATE TABLE orders AS SELECT 'o' || i AS order_id, 'a' || (hash(i * 17) % ({lines} // 10)) AS account_id,"
    " TIMESTAMP '2024-01-01' + to_minutes((i::DOUBLE / ({lines} // 5 * 2) * 730 * 1440)::INT) AS ordered_at,"
    " 'C' || (hash(i * 19) % 3) AS channel, 'EUR' AS currency,"
    " CASE WHEN hash(i * 23) % 50 = 0 THEN 'cancelled' ELSE 'done' END AS status"
    " FROM range({lines} // 5 * 2) t(i)",
    "CREATE TABLE order_lines AS SELECT 'l' || i AS line_id, o.order_id, 'p' || (hash(i * 29) % 2000) AS"
    " product_id, 1.0 AS quantity, (5 + hash(i * 31) % 500)::DECIMAL(18, 2) AS amount,"
    " 's' || (hash(i * 37) % 2) AS site_id, o.ordered_at + to_hours(168) AS promised_at,"
    " o.ordered_at + to_hours((48 + hash(o.order_id) % 72)::INT) AS shipped_at,"
    " CASE WHEN o.status = 'done' THEN o.ordered_at + to_hours((72 + hash(o.order_id || 'd') % 110)::INT) END"
    " AS delivered_at FROM range({lines}) t(i) JOIN orders o ON o.order_id = 'o' || (i % ({lines} // 5 * 2))",
    "CREATE TABLE signals AS SELECT 's' || i AS signal_id, l.line_id,"
    " CASE hash(i * 53) % 4 WHEN 0 THEN 'review' WHEN 1 THEN 'complaint' WHEN 2 THEN 'return' ELSE 'ticket' END"
    " AS kind, l.delivered_at + to_hours(48) AS occurred_at,"
    " CASE WHEN hash(i * 53) % 4 = 0 THEN 1.0 + hash(i * 59) % 5 END AS rating, 5.0 AS rating_max"
    " FROM range({lines} // 10 * 3) t(i) JOIN order_lines l ON l.line_id = 'l' || (hash(i * 47) % {lines})",
)


def plain_olist(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Delivered and reviewed orders, with nothing but pandas."""
    lines = tables["order_lines"]
    orders = lines.groupby("order_id").agg(
        sellers=("site_id", "nunique"), promised=("promised_at", "max"), delivered=("delivered_at", "max")
    )
    rating = tables["signals"].merge(lines[["line_id", "order_id"]]).groupby("order_id").rating.mean()
    found = tables["orders"].set_index("order_id").join(orders, how="inner").join(rating, how="inner")
    found = found[(found.status == "delivered") & found.delivered.notna()].copy()
    found["bad"] = found.rating <= 2
    found["late"] = found.delivered.dt.normalize() > found.promised
    found["several_sellers"] = found.sellers > 1
    return found


def olist() -> None:
    """Print the strongest drivers with pandas' plain figures in the line below."""
    tables = olist_tables(OLIST)
    report, plain = find_drivers(Memory(tables)), plain_olist(tables)
    print("Olist sample, bad rating (1 or 2 of 5) among delivered orders with a rating; intervals 95 %")
    print(
        f"{'':34}{'orders':>8}{'rate':>8}{'others':>8}{'ratio':>7}  {'interval':13}{'adjusted difference':>20}"
    )
    for driver in report.drivers[:6]:
        print(_line(driver))
        if driver.factor in plain:
            yes, no = plain[plain[driver.factor]], plain[~plain[driver.factor]]
            ratio = yes.bad.mean() / no.bad.mean()
            print(f"{'  plain pandas':34}{len(yes):8}{yes.bad.mean():8.1%}{no.bad.mean():8.1%}{ratio:7.2f}")
    print(f"No difference found: {len(report.none_found)}; too few to say: {len(report.too_few)}.")
    (split,) = report.splits
    handed_over = split.parts[0]
    print(
        f"Of {split.late} late orders {handed_over.late_orders} were handed over late;"
        f" {split.share_before.mid:.0%} of the late days arose before the hand-over."
    )


def _line(driver: Driver) -> str:
    ratio = f"{driver.risk_ratio_low:.2f} to {driver.risk_ratio_high:.2f}"
    adjusted = (
        f"{driver.adjusted_difference:+.3f} ({driver.adjusted_low:+.3f} to {driver.adjusted_high:+.3f})"
    )
    return (
        f"{driver.factor:34}{driver.n_with:8}{driver.rate_with:8.1%}{driver.rate_without:8.1%}"
        f"{driver.risk_ratio:7.2f}  {ratio:13}{adjusted:>27}"
    )


def timing(lines: int) -> bool:
    """Print how long one company takes; true when within the limit at a million lines."""
    connection = ibis.duckdb.connect()
    for statement in COMPANY:
        connection.raw_sql(statement.format(lines=lines))
    tables = Memory({}).over(connection, ("accounts", "products", "orders", "order_lines", "signals"))
    started = time.perf_counter()
    report = find_drivers(tables)
    seconds = time.perf_counter() - started
    peak = peak_megabytes() / 1000
    print(
        f"{lines:>12,} lines {lines // 10 * 3:>10,} signals {seconds:8.1f} s {peak:6.2f} GB"
        f" {len(report.tested):5} comparisons {len(report.drivers):4} drivers"
    )
    return lines != MILLION or (seconds < LIMIT_SECONDS and peak < LIMIT_GB)


def main() -> int:
    if OLIST.is_dir():
        olist()
    else:
        print(f"Olist is not in {OLIST}; only the timing is shown.")
    print(
        f"\nMade company with nothing wrong; limit {LIMIT_SECONDS:.0f} s and {LIMIT_GB} GB, rules and drivers together"
    )
    sizes = [MILLION // 10, MILLION] + ([10 * MILLION] if "--full" in sys.argv else [])
    within = [timing(size) for size in sizes]
    return 0 if all(within) else 1


if __name__ == "__main__":
    sys.exit(main())
