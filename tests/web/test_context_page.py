"""The page of one context, for every kind that a disconnect or a row can lead to."""

from __future__ import annotations

import pytest

from interlock.fabric.contexts import context_address as address


def first(records, table: str, column: str) -> str:
    return records.table(table)[column].min().to_pyarrow().as_py()


@pytest.mark.parametrize(
    ("kind", "table", "column"),
    [
        ("account", "orders", "account_id"),
        ("product", "order_lines", "product_id"),
        ("order", "orders", "order_id"),
        ("region", "accounts", "region"),
        ("team", "orders", "team_id"),
        ("batch", "batches", "batch_id"),
        ("use", "accounts", "use_case"),
    ],
)
def test_each_kind_has_its_page(signed_in, demo_records, kind, table, column):
    key = first(demo_records, table, column)

    page = signed_in("observer").get(address(kind, key))

    assert page.status_code == 200
    assert page.context["found"].key == key
    assert page.context["headline"] in page.content.decode().replace("&#x27;", "'")


def test_the_headline_states_what_was_counted(signed_in, demo_records):
    page = signed_in("observer").get(address("family", "Heron Cargo"))

    late = page.context["found"].late
    assert page.context["headline"] == (
        f"Heron Cargo: {late.x:,} of {late.n:,} lines came after the promised date."
    )


def test_what_the_records_do_not_hold_is_not_found(signed_in, demo_records):
    browser = signed_in("observer")

    assert [browser.get(address(kind, "x")).status_code for kind in ("account", "region", "secret")] == [
        404
    ] * 3


def test_a_page_asks_the_database_a_fixed_number_of_questions(
    signed_in, demo_records, django_assert_max_num_queries
):
    browser = signed_in("owner")

    with django_assert_max_num_queries(12):
        browser.get(address("family", "Heron Cargo"))
