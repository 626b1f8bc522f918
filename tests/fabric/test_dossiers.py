"""A context's page says what the records hold about it, counted the slow way too."""

from __future__ import annotations

import pytest

from interlock.fabric.dossiers import ContextUnknown, dossier


def by_hand(tables, keep) -> dict[str, int]:
    """Join lines, orders and accounts with dictionaries and count."""
    orders = {row["order_id"]: row for row in tables.table("orders").to_pyarrow().to_pylist()}
    accounts = {row["account_id"]: row for row in tables.table("accounts").to_pyarrow().to_pylist()}
    products = {row["product_id"]: row for row in tables.table("products").to_pyarrow().to_pylist()}
    lines = [
        (
            line,
            orders[line["order_id"]],
            accounts[orders[line["order_id"]]["account_id"]],
            products[line["product_id"]],
        )
        for line in tables.table("order_lines").to_pyarrow().to_pylist()
    ]
    kept = [(line, order) for line, order, account, product in lines if keep(line, order, account, product)]
    due = [line for line, _ in kept if line["promised_at"] and line["delivered_at"]]
    return {
        "lines": len(kept),
        "orders": len({line["order_id"] for line, _ in kept}),
        "accounts": len({order["account_id"] for _, order in kept}),
        "due": len(due),
        "late": sum(line["delivered_at"] > line["promised_at"] for line in due),
    }


def counted(found) -> dict[str, int]:
    return {
        "lines": found.lines,
        "orders": found.orders,
        "accounts": found.accounts,
        "due": found.late.n,
        "late": found.late.x,
    }


def test_a_family_is_counted_as_by_hand(demo_records):
    found = dossier(demo_records, "family", "Heron Cargo")

    assert found.lines > 30
    assert counted(found) == by_hand(
        demo_records, lambda line, order, account, product: product["family"] == "Heron Cargo"
    )


def test_a_crossing_of_team_and_family_is_counted_as_by_hand(demo_records):
    team = demo_records.table("orders").team_id.topk(1).to_pyarrow().to_pylist()[0]["team_id"]

    found = dossier(demo_records, "team+family", f"{team}|Heron Cargo")

    assert found.label.endswith(", Heron Cargo")
    assert counted(found) == by_hand(
        demo_records,
        lambda line, order, account, product: order["team_id"] == team and product["family"] == "Heron Cargo",
    )


def test_an_order_has_its_own_record_and_lines(demo_records):
    key = demo_records.table("orders").order_id.min().to_pyarrow().as_py()

    found = dossier(demo_records, "order", key)

    assert (found.orders, dict(found.facts)["order_id"]) == (1, key)
    assert {line["order_id"] for line in found.newest_lines} == {key}


def test_few_cases_are_not_called_a_rate(demo_records):
    key = demo_records.table("orders").order_id.min().to_pyarrow().as_py()

    assert not dossier(demo_records, "order", key).late.enough


@pytest.mark.parametrize(
    ("kind", "key"),
    [("order", "none"), ("family", "none"), ("password", "x"), ("team+family", "x"), ("", "")],
)
def test_what_is_not_there_is_said(demo_records, kind, key):
    with pytest.raises(ContextUnknown):
        dossier(demo_records, kind, key)
