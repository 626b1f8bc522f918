"""Databases by address: SQLite and PostgreSQL for real, MySQL as far as no server is needed."""

import sqlite3

import pytest
import sqlalchemy as sa

from interlock.connectors import DatabaseRefused, open_source
from interlock.connectors.database.reading import as_text
from interlock.connectors.database.session import address, made_engine

from .conftest import NOW, all_chunks, rows_of

MAPPING = """
mapping: 1
name: shop
files: {orders: {names: [Orders]}, customers: {names: [customer_view]}}
tables:
  accounts: {from: customers, columns: {account_id: id, region: country}}
  orders:
    from: orders
    columns: {order_id: id, ordered_at: {column: placed, time_zone: UTC}, account_id: customer, status: paid}
"""
SCHEMA = (
    'CREATE TABLE "Orders" (id INTEGER PRIMARY KEY, placed TIMESTAMP, customer VARCHAR(9), amount NUMERIC(9, 2), paid BOOLEAN)',
    "CREATE TABLE customers (id VARCHAR(9) PRIMARY KEY, country VARCHAR(2), name VARCHAR(50))",
    "CREATE VIEW customer_view AS SELECT id, country FROM customers",
    "INSERT INTO customers VALUES ('K1', 'DE', 'Ada'), ('K2', NULL, 'Bob')",
    "INSERT INTO \"Orders\" VALUES (1, '2026-03-01 08:00:00', 'K1', 12.50, true), (2, '2026-03-02 09:30:00', 'K2', 7, false)",
)


@pytest.fixture(scope="module")
def postgresql(postgresql_server) -> str:
    """The address of a real PostgreSQL server with a small shop."""
    engine = sa.create_engine(address(postgresql_server))
    with engine.begin() as connection:
        for statement in SCHEMA:
            connection.exec_driver_sql(statement)
    engine.dispose()
    return postgresql_server


@pytest.fixture
def sqlite(tmp_path) -> str:
    path = tmp_path / "shop.db"
    connection = sqlite3.connect(path)
    for statement in SCHEMA:
        connection.execute(statement)
    connection.commit()
    connection.close()
    return str(path)


def check_shop(url: str) -> None:
    chunks = all_chunks(url, MAPPING)
    orders = rows_of(chunks, "orders").to_pylist()

    assert rows_of(chunks, "accounts").select(["account_id", "region"]).to_pylist() == [
        {"account_id": "K1", "region": "DE"},
        {"account_id": "K2", "region": None},
    ]
    assert [(row["order_id"], row["ordered_at"].isoformat(), row["account_id"]) for row in orders] == [
        ("1", "2026-03-01T08:00:00", "K1"),
        ("2", "2026-03-02T09:30:00", "K2"),
    ]


def test_sqlite_tables_and_views_are_read(sqlite):
    check_shop(sqlite)
    check_shop(f"sqlite:///{sqlite}")


@pytest.mark.postgresql
def test_postgresql_tables_and_views_are_read(postgresql):
    check_shop(postgresql)


@pytest.mark.postgresql
def test_postgresql_is_opened_read_only(postgresql):
    engine = made_engine(address(postgresql))

    with engine.connect() as connection, pytest.raises(sa.exc.InternalError, match="read-only"):
        connection.exec_driver_sql("DELETE FROM customers")


def test_sqlite_is_opened_read_only(sqlite):
    engine = made_engine(address(sqlite))

    with engine.connect() as connection, pytest.raises(sa.exc.OperationalError, match="readonly"):
        connection.exec_driver_sql("DELETE FROM customers")


def test_a_guess_is_made_from_a_database(sqlite):
    with open_source(sqlite, now=NOW) as source:
        mapping = source.propose()

    assert {output.table for output in mapping.outputs} == {"accounts", "orders"}


def test_mysql_addresses_get_the_shipped_driver_and_a_read_only_session():
    url = address("mysql://reader:secret@db.example/shop")

    assert url.drivername == "mysql+pymysql"
    assert made_engine(url).dialect.name == "mysql"


def test_a_password_never_stands_in_a_message():
    with pytest.raises(DatabaseRefused) as caught:
        open_source("postgresql://reader:topsecret@127.0.0.1:1/shop")

    assert "topsecret" not in str(caught.value)
    assert "postgresql+psycopg://reader:***@127.0.0.1:1/shop cannot be read" in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_missing_database_file_is_named(tmp_path):
    with pytest.raises(DatabaseRefused, match="There is no database file"):
        open_source(f"sqlite:///{tmp_path}/none.db")
    assert not (tmp_path / "none.db").exists()


def test_binary_values_are_left_out():
    assert as_text(b"\x89PNG") is None
