"""The shipped mappings on the real files they were written for."""

import pyarrow.compute as pc
import pytest

from interlock.connectors import mapping_from, open_source, shipped_mapping

from .conftest import NOW, all_chunks, rows_of


def counts_of(chunks):
    counts: dict[str, int] = {}
    for chunk in chunks:
        counts[chunk.table] = counts.get(chunk.table, 0) + chunk.rows.num_rows
    return counts


def test_olist_is_recognised_by_its_files(real_file):
    with open_source(real_file("olist/sample"), now=NOW) as source:
        mapping = source.propose()

    assert (mapping.name, mapping.shipped) == ("olist", True)


def test_olist_gives_every_row_and_refuses_none(real_file):
    chunks = all_chunks(real_file("olist/sample"))

    assert counts_of(chunks) == {
        "teams": 1610,
        "accounts": 8016,
        "products": 5460,
        "orders": 8135,
        "order_lines": 8365,
        "signals": 8225,
        "invoices": 8135,
    }
    assert [chunk.refusals for chunk in chunks if chunk.refusals] == []


def test_olist_reproduces_the_342_late_orders(real_file):
    chunks = all_chunks(real_file("olist/sample"))
    lines, orders, signals = (rows_of(chunks, table) for table in ("order_lines", "orders", "signals"))

    reviewed = pc.unique(pc.list_element(pc.split_pattern(signals["signal_id"], "-"), 1))
    done = orders.filter(pc.equal(orders["status"], "delivered"))
    done = done.filter(pc.is_in(done["order_id"], reviewed))
    delivered = lines.filter(
        pc.and_(pc.is_in(lines["order_id"], done["order_id"]), pc.is_valid(lines["delivered_at"]))
    )
    late = delivered.filter(pc.greater(delivered["delivered_at"], delivered["promised_at"]))

    assert len(pc.unique(delivered["order_id"])) == 5164
    assert len(pc.unique(late["order_id"])) == 342


def test_every_olist_signal_has_its_account_and_every_line_its_promise(real_file):
    chunks = all_chunks(real_file("olist/sample"))
    signals, lines = rows_of(chunks, "signals"), rows_of(chunks, "order_lines")

    # 775 orders were never given lines; their reviews point to none.
    assert signals["account_id"].null_count == 0
    assert signals["line_id"].null_count == 778
    assert lines["promised_at"].null_count == 0
    assert len(pc.unique(signals["signal_id"])) == signals.num_rows


def test_online_retail_reproduces_the_published_totals(real_file):
    chunks = all_chunks(real_file("online_retail/online_retail.csv.gz"))
    lines, signals = rows_of(chunks, "order_lines"), rows_of(chunks, "signals")
    of_lines = [chunk for chunk in chunks if chunk.table in ("order_lines", "signals")]
    received = sum(chunk.received for chunk in of_lines)
    left_out = sum(left.rows for chunk in of_lines for left in chunk.left_out)

    assert received + left_out == 541_909
    assert counts_of(chunks) == {
        "accounts": 4362, "products": 3818, "orders": 19773, "order_lines": 527_792, "signals": 8704,
    }  # fmt: skip
    assert not any(chunk.refusals for chunk in chunks)
    assert pc.sum(signals["cost"]).as_py() < 896_812 < pc.sum(lines["amount"]).as_py() < 10_666_685


@pytest.mark.slow
def test_bulk_cancellations_of_online_retail_are_cancels_not_returns(real_file):
    signals = rows_of(all_chunks(real_file("online_retail/online_retail.csv.gz")), "signals")
    bulk = signals.filter(pc.greater(signals["quantity"], 50_000)).to_pylist()

    assert {(row["product_id"], row["kind"]) for row in bulk} == {
        ("or:23843", "cancel"),
        ("or:23166", "cancel"),
    }
    assert set(pc.unique(signals["kind"]).to_pylist()) == {"cancel", "return"}


def test_northwind_gives_teams_by_region_and_never_a_person(real_file):
    chunks = all_chunks(real_file("northwind/northwind.sqlite"))
    orders = rows_of(chunks, "orders")
    everything = " ".join(str(chunk.rows.to_pylist()) for chunk in chunks)

    assert counts_of(chunks) == {
        "teams": 33,
        "accounts": 93,
        "products": 77,
        "orders": 830,
        "order_lines": 2155,
    }
    assert orders["team_id"].null_count == 0
    assert "Davolio" not in everything
    assert "Charlotte Cooper" not in everything


def test_crm_sales_repairs_the_product_key(real_file):
    chunks = all_chunks(real_file("crm_sales"))
    deals = rows_of(chunks, "deals")

    assert counts_of(chunks) == {"teams": 3, "accounts": 85, "products": 7, "deals": 8800}
    assert set(pc.unique(deals["product_id"]).to_pylist()) <= set(
        rows_of(chunks, "products")["product_id"].to_pylist()
    )
    outcomes = deals.group_by("outcome").aggregate([("deal_id", "count")]).to_pylist()
    assert {row["outcome"]: row["deal_id_count"] for row in outcomes} == {
        "won": 4238,
        "lost": 2473,
        "open": 2089,
    }
    assert deals["amount"].null_count == 0


def test_crm_sales_without_its_repair_reports_the_near_key(real_file):
    document = {
        key: value for key, value in shipped_mapping("crm_sales").document.items() if key != "repair_keys"
    }
    with open_source(real_file("crm_sales"), now=NOW) as source:
        near = source.near_keys(mapping_from(document))

    assert [(key.column, key.value, key.candidate, key.rows) for key in near] == [
        ("product_id", "GTXPro", "GTX Pro", 1480)
    ]


def test_telco_churn_gives_an_end_and_a_signal_for_each_leaver(real_file):
    chunks = all_chunks(real_file("telco_churn"))
    accounts = rows_of(chunks, "accounts")

    assert counts_of(chunks) == {"accounts": 7043, "signals": 1869, "invoices": 7032}
    assert accounts.num_rows - accounts["ended_at"].null_count == 1869
    assert accounts["since"].null_count == 0


def test_both_cfpb_files_become_complaints(real_file):
    chunks = all_chunks(real_file("cfpb"))
    signals = rows_of(chunks, "signals")

    assert signals.num_rows == 28_156 + 3_186
    assert pc.sum(signals["reopened"]).as_py() == 4_708 + 595
    assert pc.sum(pc.equal(signals["team_id"], "cfpb:Bank of America")).as_py() == 217
