"""The shipped mappings on the real files they were written for."""

import pyarrow.compute as pc

from interlock.connectors import open_source

from .conftest import NOW, all_chunks, rows_of


def counts(chunks):
    return {chunk.table: chunk.rows.num_rows for chunk in chunks}


def test_olist_is_recognised_by_its_files(real_data):
    with open_source(real_data("olist/sample"), now=NOW) as source:
        mapping = source.propose()

    assert (mapping.name, mapping.shipped) == ("olist", True)


def test_olist_gives_every_row_and_refuses_none(real_data):
    chunks = all_chunks(real_data("olist/sample"))

    assert counts(chunks) == {
        "teams": 1610,
        "accounts": 8016,
        "products": 5460,
        "orders": 8135,
        "order_lines": 8365,
        "signals": 8225,
        "invoices": 8135,
    }
    assert [chunk.refusals for chunk in chunks if chunk.refusals] == []


def test_olist_reproduces_the_342_late_orders(real_data):
    chunks = all_chunks(real_data("olist/sample"))
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
