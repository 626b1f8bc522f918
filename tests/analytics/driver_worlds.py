"""Contract tables for the tests of drivers, in DuckDB memory: Olist's files, or a small made world."""

from pathlib import Path

import ibis
import pandas as pd
import pyarrow as pa

from interlock.store import engine


class Memory:
    """Contract tables in memory, offered as the store offers them."""

    kept = engine.Records.kept

    def __init__(self, tables: dict[str, pa.Table | pd.DataFrame]) -> None:
        self.connection, self._kept = ibis.duckdb.connect(), 0
        for name, table in tables.items():
            arrow = (
                table if isinstance(table, pa.Table) else pa.Table.from_pandas(table, preserve_index=False)
            )
            self.connection.con.register(f"given_{name}", arrow)
            self.connection.raw_sql(f"CREATE TABLE {name} AS SELECT * FROM given_{name}")
        self._tables = {name: self.connection.table(name) for name in tables}

    def over(self, connection: ibis.BaseBackend, names: tuple[str, ...]) -> "Memory":
        """The same over tables that a connection already has."""
        self.connection = connection
        self._tables = {name: connection.table(name) for name in names}
        return self

    def table(self, name: str) -> ibis.Table:
        return self._tables[name]

    def has(self, name: str, *columns: str) -> bool:
        if name not in self._tables:
            return False
        table = self._tables[name]
        if not set(columns) <= set(table.columns):
            return False
        counts = table.aggregate([table.count(), *(table[column].count() for column in columns)])
        return all(count > 0 for count in counts.to_pyarrow().to_pylist()[0].values())


def olist_tables(folder: Path) -> dict[str, pd.DataFrame]:
    """Olist's files as contract tables, after the mapping in docs/contract: the review of an order is put
    on its first line, the hand-over limit is `requested_at`."""
    stamps = ["order_purchase_timestamp", "order_delivered_carrier_date", "order_delivered_customer_date"]
    orders = pd.read_csv(
        folder / "orders.csv", parse_dates=[*stamps, "order_approved_at", "order_estimated_delivery_date"]
    )
    items = pd.read_csv(folder / "order_items.csv", parse_dates=["shipping_limit_date"])
    reviews = pd.read_csv(folder / "order_reviews.csv", parse_dates=["review_creation_date"])
    customers = pd.read_csv(folder / "customers.csv")
    products = pd.read_csv(folder / "products.csv")
    orders = orders.merge(customers, on="customer_id")
    lines = items.merge(orders, on="order_id")
    first = lines.sort_values("order_item_id").drop_duplicates("order_id").set_index("order_id").order_item_id
    line_of_review = reviews.order_id.map(first)
    return {
        "accounts": pd.DataFrame(
            {"account_id": customers.customer_unique_id, "region": customers.customer_state}
        ).drop_duplicates("account_id"),
        "products": pd.DataFrame(
            {"product_id": products.product_id, "family": products.product_category_name}
        ),
        "orders": pd.DataFrame(
            {
                "order_id": orders.order_id,
                "account_id": orders.customer_unique_id,
                "ordered_at": orders.order_purchase_timestamp,
                "status": orders.order_status,
                "currency": "BRL",
            }
        ),
        "order_lines": pd.DataFrame(
            {
                "line_id": lines.order_id + "/" + lines.order_item_id.astype(str),
                "order_id": lines.order_id,
                "product_id": lines.product_id,
                "quantity": 1.0,
                "amount": lines.price,
                "requested_at": lines.shipping_limit_date,
                "promised_at": lines.order_estimated_delivery_date,
                "shipped_at": lines.order_delivered_carrier_date,
                "delivered_at": lines.order_delivered_customer_date,
                "site_id": lines.seller_id,
            }
        ),
        "signals": pd.DataFrame(
            {
                "signal_id": reviews.review_id + "/" + reviews.order_id,
                "kind": "review",
                "occurred_at": reviews.review_creation_date,
                "line_id": (reviews.order_id + "/" + line_of_review.astype("Int64").astype("string")),
                "rating": reviews.review_score.astype(float),
                "rating_max": 5.0,
            }
        ),
    }
