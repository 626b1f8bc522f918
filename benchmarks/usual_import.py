"""The usual way of importing Online Retail, as an ordinary careful programmer writes it with pandas.

`pandas.read_csv` as text (so that a refused value can be shown as it stands), a check of every row in a loop,
the five tables made with `groupby`, and `to_sql` into tables of SQLite that have primary keys, so that a second
import can upsert. It does the work that the product does for this file: the same rows left out with their
reasons counted, the same checks of numbers, dates and keys with row, column, value and reason for each refused
row, times turned from London to UTC, the same keys, the same five tables, committed to disk.

Where there was a choice it takes what is common and quick: `itertuples`, not `iterrows`; `strptime` with the
file's form of dates; pandas' own grouping in place of loops; floats for money; one executemany a table. It
does less than the product in four things: it finds no repeated keys, hashes no rows, keeps no earlier versions,
and publishes each table by itself.
"""

import sqlite3
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pandas as pd

LONDON = ZoneInfo("Europe/London")
FORM = "%Y-%m-%d %H:%M:%S"
NO_PRODUCTS = {"POST", "DOT", "C2", "D", "M", "m", "S", "B", "BANK CHARGES", "AMAZONFEE", "CRUK"}
SCHEMA = """
CREATE TABLE accounts (account_id TEXT PRIMARY KEY, region TEXT, since TIMESTAMP);
CREATE TABLE products (product_id TEXT PRIMARY KEY, name TEXT, list_price REAL);
CREATE TABLE orders (order_id TEXT PRIMARY KEY, account_id TEXT, ordered_at TIMESTAMP NOT NULL, status TEXT,
                     currency TEXT);
CREATE TABLE order_lines (line_id TEXT PRIMARY KEY, order_id TEXT NOT NULL, product_id TEXT, quantity INTEGER,
                          amount REAL);
CREATE TABLE signals (signal_id TEXT PRIMARY KEY, kind TEXT NOT NULL, occurred_at TIMESTAMP NOT NULL,
                      account_id TEXT, product_id TEXT, channel TEXT, quantity INTEGER, cost REAL);
CREATE TABLE refused (row INTEGER, "column" TEXT, value TEXT, reason TEXT);
"""


class Refused(Exception):
    """A row that cannot be taken: column, value, reason."""


class LeftOut(Exception):
    """A row that is no part of the records: reason."""


class Line(NamedTuple):
    """One invoice line that is fit to be stored."""

    invoice: str
    is_return: bool
    stock_code: str
    product: str
    name: str
    quantity: int
    local_day: str
    moment: datetime
    price: float
    customer: str | None
    country: str


def checked(row: tuple, latest: datetime) -> Line:
    """Check one row of the file."""
    try:
        quantity = int(row.Quantity)
    except ValueError:
        raise Refused("Quantity", row.Quantity, "not a whole number") from None
    try:
        price = float(row.UnitPrice)
    except ValueError:
        raise Refused("UnitPrice", row.UnitPrice, "not a number") from None
    is_return = row.InvoiceNo.startswith("C")
    if row.InvoiceNo.startswith("A"):
        raise LeftOut("adjustments of bad debt are not sales")
    if row.StockCode in NO_PRODUCTS:
        raise LeftOut("postage, fees, samples and manual adjustments are not products")
    if quantity <= 0 and not is_return:
        raise LeftOut("negative quantities without a cancelled invoice are stock adjustments")
    if price <= 0:
        raise LeftOut("lines without a price are gifts or stock found, not sales")
    if not row.InvoiceNo:
        raise Refused("InvoiceNo", "", "required and empty here")
    if not row.StockCode:
        raise Refused("StockCode", "", "required and empty here")
    moment = moment_of(row.InvoiceDate, latest)
    return Line(
        row.InvoiceNo, is_return, row.StockCode, "or:" + row.StockCode.upper(), row.Description.strip(), quantity,
        row.InvoiceDate[:10], moment, price, row.CustomerID.removesuffix(".0") or None, row.Country,
    )  # fmt: skip


def moment_of(text: str, latest: datetime) -> datetime:
    """Read a date of the file as a moment in UTC."""
    try:
        local = datetime.strptime(text, FORM)  # noqa: DTZ007 - London, see below
    except ValueError:
        raise Refused("InvoiceDate", text, f"not a date such as {FORM}") from None
    moment = local.replace(tzinfo=LONDON).astimezone(UTC).replace(tzinfo=None)
    if moment.year < 1900:
        raise Refused("InvoiceDate", text, "a date before 1900")
    if moment > latest:
        raise Refused("InvoiceDate", text, "in the future")
    return moment


def most_common(lines: pd.DataFrame, column: str) -> pd.Series:
    """The value that each product has most often; of several the smallest."""
    counts = lines.groupby(["product", column]).size().reset_index(name="n")
    counts = counts.sort_values(["product", "n", column], ascending=[True, False, True])
    return counts.drop_duplicates("product").set_index("product")[column]


def tables_of(lines: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The five tables that the lines feed."""
    lines["account"] = "or:" + lines["customer"]
    lines["number"] = lines.groupby(["invoice", "stock_code"]).cumcount() + 1
    lines["line"] = "or:" + lines["invoice"] + "-" + lines["stock_code"] + "-" + lines["number"].astype(str)
    lines["amount"] = (lines["quantity"].abs() * lines["price"]).round(2)
    known = lines.dropna(subset="customer")
    sales, returns = lines[~lines["is_return"]], lines[lines["is_return"]]
    sold = sales[["customer", "stock_code", "local_day"]].dropna().drop_duplicates()
    returns = returns.merge(sold, how="left", on=["customer", "stock_code", "local_day"], indicator="sold")
    orders = (
        sales.groupby("invoice").agg(account=("account", "first"), moment=("moment", "min")).reset_index()
    )
    products = pd.DataFrame({"name": most_common(lines, "name"), "price": most_common(lines, "price")})
    return {
        "accounts": known.groupby("account")
        .agg(region=("country", "last"), since=("moment", "min"))
        .reset_index(names="account_id"),
        "products": products.reset_index(names="product_id").rename(columns={"price": "list_price"}),
        "orders": pd.DataFrame({
            "order_id": "or:" + orders["invoice"], "account_id": orders["account"],
            "ordered_at": orders["moment"], "status": "invoiced", "currency": "GBP",
        }),
        "order_lines": pd.DataFrame({
            "line_id": sales["line"], "order_id": "or:" + sales["invoice"], "product_id": sales["product"],
            "quantity": sales["quantity"], "amount": sales["amount"],
        }),
        "signals": pd.DataFrame({
            "signal_id": returns["line"], "kind": returns["sold"].map({"both": "cancel", "left_only": "return"}),
            "occurred_at": returns["moment"], "account_id": returns["account"], "product_id": returns["product"],
            "channel": "credit note", "quantity": returns["quantity"].abs(), "cost": returns["amount"],
        }),
    }  # fmt: skip


def usual_import(file: Path, folder: Path) -> dict[str, int]:
    """Import the file into SQLite; return the accounting."""
    frame = pd.read_csv(file, dtype=str, keep_default_na=False)
    latest = datetime.now(UTC).replace(tzinfo=None) + timedelta(days=1)
    lines, refused, left_out = [], [], Counter()
    for number, row in enumerate(frame.itertuples(index=False), 2):
        try:
            lines.append(checked(row, latest))
        except LeftOut as left:
            left_out[str(left)] += 1
        except Refused as refusal:
            refused.append((number, *refusal.args))
    tables = tables_of(pd.DataFrame(lines, columns=Line._fields))
    tables["refused"] = pd.DataFrame(refused, columns=["row", "column", "value", "reason"])
    connection = sqlite3.connect(folder / "records.sqlite")
    connection.executescript(SCHEMA)
    for name, table in tables.items():
        table.to_sql(name, connection, index=False, if_exists="append")
    connection.commit()
    connection.close()
    stored = {name: len(table) for name, table in tables.items() if name != "refused"}
    return {"refused": len(refused), **stored}
