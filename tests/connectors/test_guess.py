"""Proposals for files that nobody described, and keys that almost match."""

import pytest

from interlock.connectors import SourceRefused, open_source, read_mapping, write_mapping
from interlock.connectors.guess import guess_mapping
from interlock.connectors.guess.dates import date_forms
from interlock.connectors.limits import Limits
from interlock.connectors.making.workbench import Workbench
from interlock.connectors.mapping.model import FileRule

from .conftest import NOW

GERMAN = """Bestellnummer;Kundennr;Artikelnr;Menge;Betrag;Bestelldatum;Liefertermin;Lieferdatum;Land;Notizfeld
B1;K1;A-100;2;1.234,50;03.02.2026;10.02.2026;12.02.2026;DE;x
B1;K1;A-200;1;5,00;03.02.2026;10.02.2026;19.02.2026;DE;y
B2;K2;A-100;3;12,30;15.02.2026;20.02.2026;;AT;z
B3;K3;A-300;1;0,99;28.02.2026;02.03.2026;21.03.2026;CH;
"""
TICKETS = """ticket_id,created,requester,descr,grp,prod,prio2,first_resp,solved_at
88210,2026-01-02 08:14,K1,Motor stopped on the hill,service-n,A-100,3,2026-01-02 11:02,2026-01-03
88211,2026-01-02 08:19,K2,Where is my order,service-n,A-200,3,,
88212,2026-01-02 08:40,K3,Broken,fleet,A-300,1,2026-01-02 09:40,2026-01-02
"""


def proposal(path):
    with open_source(path, now=NOW) as source:
        mapping = source.propose()
        chunks = list(source.chunks(mapping))
    return mapping, {chunk.table: chunk for chunk in chunks}


def test_one_german_file_is_split_into_four_tables(write):
    mapping, made = proposal(write("Bestellungen.csv", GERMAN))

    assert {table: chunk.rows.num_rows for table, chunk in made.items()} == {
        "accounts": 3,
        "products": 3,
        "orders": 3,
        "order_lines": 4,
    }
    assert not any(chunk.refusals for chunk in made.values())
    assert sorted(str(value) for value in made["order_lines"].rows["amount"].to_pylist()) == [
        "0.99",
        "12.30",
        "1234.50",
        "5.00",
    ]
    assert [(guess.column, guess.reason) for guess in mapping.not_understood] == [
        ("Notizfeld", "no contract column is called so")
    ]


def test_tickets_are_understood_but_for_one_column(write):
    mapping, made = proposal(write("tickets-2026.csv", TICKETS))
    targets = {guess.column: guess.target for guess in mapping.guesses}

    assert targets == {
        "ticket_id": "signals.signal_id",
        "created": "signals.occurred_at",
        "requester": "signals.account_id",
        "descr": "signals.body",
        "grp": "signals.team_id",
        "prod": "signals.product_id",
        "first_resp": "signals.first_reply_at",
        "solved_at": "signals.resolved_at",
    }
    assert [guess.column for guess in mapping.not_understood] == ["prio2"]
    assert made["signals"].rows["kind"].to_pylist() == ["ticket"] * 3


def test_a_key_is_believed_more_when_its_values_are_in_the_other_file(write, tmp_path):
    write("in/customers.csv", "customer_id,country\n" + "".join(f"K{n},DE\n" for n in range(9)))
    write(
        "in/orders.csv",
        "order_id,order_date,buyer\n" + "".join(f"B{n},2026-01-0{n + 1},K{n}\n" for n in range(8)),
    )

    mapping, _ = proposal(tmp_path / "in")
    guess = next(guess for guess in mapping.guesses if guess.column == "buyer")

    assert (guess.target, guess.confidence, guess.reason) == (
        "orders.account_id",
        0.85,
        "its values are the keys of customers.csv",
    )


@pytest.mark.parametrize(
    ("name", "heading", "row", "table"),
    [
        ("commandes.csv", "numero_commande;client;date_commande", "C1;K1;2026-01-02", "orders"),
        ("clientes.csv", "id_cliente;nombre;pais", "K1;Uno;ES", "accounts"),
        ("avaliacoes.csv", "id;data;nota;comentario;id_cliente", "1;2026-01-02;4;bom;K1", "signals"),
        ("produits.csv", "ref_produit;designation;famille", "P1;Chaise;Meubles", "products"),
        (
            "Reklamationen.csv",
            "Reklamationsnummer;Kundennummer;Datum;Text",
            "R1;K1;02.01.2026;zu spät",
            "signals",
        ),
        ("Rechnungen.csv", "Rechnungsnr;Kundennr;Betrag;fällig am", "R1;K1;5,00;2026-01-02", "invoices"),
        ("opportunities.csv", "opportunity_id;stage;close_value;created_at", "1;won;5;2026-01-02", "deals"),
    ],
)
def test_names_of_five_languages_are_known(write, name, heading, row, table):
    mapping, made = proposal(write(name, f"{heading}\n{row}\n"))

    assert table in {output.table for output in mapping.outputs}
    assert made[table].received == 1


def test_a_proposal_is_a_mapping_like_any_other(write):
    mapping, _ = proposal(write("tickets.csv", TICKETS))

    assert read_mapping(write_mapping(mapping)).outputs[0].columns.keys() == mapping.outputs[0].columns.keys()


def test_a_file_that_is_no_table_of_ours_is_said_to_be_none(write):
    with pytest.raises(SourceRefused, match="no file looks like orders, customers, products or messages"):
        proposal(write("weather.csv", "hour,celsius\n1,5\n2,6\n"))


class OneColumn:
    """A staged column of dates, for the detection alone."""

    def __init__(self, values):
        import pyarrow as pa  # kept beside its one use

        from interlock.connectors.protocol import Reading

        self.name, self.size = "x.csv", 0
        batch = pa.RecordBatch.from_pydict({"d": values, "_row": list(range(2, len(values) + 2))})
        self._reading = Reading(("d",), iter([batch]))

    def read(self, rule, on_bytes, careful=False):
        return self._reading


def forms(values):
    bench = Workbench(Limits())
    try:
        return date_forms(bench, bench.stage(OneColumn(values), FileRule("")), "d")
    finally:
        bench.close()


def test_a_day_over_twelve_settles_the_order_of_day_and_month():
    assert forms(["03/04/2026", "25/04/2026"]).formats == ("%d/%m/%Y",)
    assert forms(["03/04/2026", "04/25/2026"]).formats == ("%m/%d/%Y",)
    assert forms(["03/04/2026", "04/25/2026"]).question == ""


def test_an_order_that_nothing_settles_is_asked_for():
    found = forms(["03/04/2026", "05/06/2026"])

    assert found.formats == ("%d/%m/%Y",)
    assert "03/04/2026 may put the day or the month first; no value tells which" in found.question


def test_three_forms_in_one_column_are_found_and_the_mixture_told():
    found = forms(["2026-01-31", "2026-02-28", "31.01.2026", "28.02.2026", "Jan 31, 2026", "Feb 28, 2026"])

    assert set(found.formats) == {"iso", "%d.%m.%Y", "%b %d, %Y"}
    assert (
        forms(["13/01/2026", "01/13/2026", "03/04/2026"]).question.count("the column uses both orders") == 1
    )


def test_half_of_the_values_are_enough_where_all_that_can_be_read_agree():
    found = forms(["2026-01-31", "2026-02-28", "2026-03-01", "soon", "n/a"])

    assert (found.formats, found.share, found.odd) == (("iso",), 0.6, "n/a")
    assert forms(["2026-01-31", "soon", "n/a"]) is None
    assert forms(["2026-01-31", "28.02.2026", "soon"]) is None


def test_a_small_file_with_bad_dates_is_recognised_and_its_bad_rows_are_refused(write):
    lines = "".join(f"T{n},2026-03-0{n + 1},It rattles\n" for n in range(6))
    path = write("tickets.csv", f"ticket_id,created_at,description\n{lines}T7,soon,Late\nT8,??,Wet\n")

    mapping, chunks = proposal(path)

    (guess,) = [guess for guess in mapping.guesses if guess.column == "created_at"]
    assert (guess.target, guess.sure, guess.reason) == (
        "signals.occurred_at",
        False,
        "75% of its values are dates",
    )
    assert (
        "tickets.csv, created_at: only 75% of its values are dates ('??' is none); rows with others are refused. "
        "Write 'if_wrong: empty' under the column to keep them without a date."
    ) in mapping.questions
    assert chunks["signals"].rows.num_rows == 6
    assert [refusal.value for refusal in chunks["signals"].refusals] == ["soon", "??"]


def test_words_are_no_dates():
    assert forms(["red", "green"]) is None


KEYS = """
mapping: 1
name: keys
files: {products: {names: [products]}, deals: {names: [deals]}}
tables:
  products: {from: products, columns: {product_id: product}}
  deals: {from: deals, columns: {deal_id: id, product_id: product}}
"""


def test_keys_that_almost_match_are_reported_with_their_rows(write, tmp_path):
    write("in/products.csv", "product\nGTX Pro\nMG Advanced\nA-100\n1001\n")
    write("in/deals.csv", "id,product\n1,GTXPro\n2,GTXPro\n3,MG Advancd\n4,Nothing alike\n5,1002\n6,A-100\n")

    with open_source(tmp_path / "in", now=NOW) as source:
        near = source.near_keys(read_mapping(KEYS))

    assert [(key.value, key.candidate, key.rows, key.reason) for key in near] == [
        ("GTXPro", "GTX Pro", 2, "the same letters and digits, written otherwise"),
        ("MG Advancd", "MG Advanced", 1, "a few letters apart"),
        ("1002", "", 1, "no key is near; is a file missing?"),
        ("Nothing alike", "", 1, "no key is near; is a file missing?"),
    ]


def test_near_keys_after_an_import_are_the_same(write, tmp_path):
    write("in/products.csv", "product\nGTX Pro\n")
    write("in/deals.csv", "id,product\n1,GTXPro\n")
    mapping = read_mapping(KEYS)

    with open_source(tmp_path / "in", now=NOW) as source:
        before = source.near_keys(mapping)
        list(source.chunks(mapping))
        assert source.near_keys(mapping) == before


def test_a_files_own_words_for_won_and_lost_are_mapped_and_the_others_asked_for(write):
    path = write(
        "opportunities.csv",
        "opportunity_id;stage;value\nD1;Closed Won;5\nD2;Verloren;6\nD3;Negotiation;7\nD4;Zzz;8\n",
    )

    mapping, made = proposal(path)

    assert made["deals"].rows["outcome"].to_pylist() == ["won", "lost", "open", "open"]
    assert "opportunities.csv, stage: Zzz is taken as open." in mapping.questions[0]


def test_lines_with_negative_quantities_are_proposed_as_returns(write):
    path = write(
        "sales.csv",
        "order_no,sku,qty,total,order_date,customer_no\nB1,P1,2,5,2026-01-02,K1\nB1,P2,1,3,2026-01-02,K1\n"
        "B2,P1,-1,-5,2026-01-03,K1\n",
    )

    mapping, made = proposal(path)

    assert made["order_lines"].rows.num_rows == 2
    assert made["signals"].rows.select(["kind", "product_id", "account_id"]).to_pylist() == [
        {"kind": "return", "product_id": "P1", "account_id": "K1"}
    ]
    assert mapping.questions[0].startswith(
        "sales.csv has 1 rows with a negative quantity; they are taken for returns."
    )


@pytest.mark.parametrize(
    "name",
    [pytest.param("olist/sample", marks=pytest.mark.slow), "crm_sales", "cfpb", "northwind/northwind.sqlite"],
)
def test_real_files_are_understood_without_their_shipped_mapping(real_file, name):
    with open_source(real_file(name), now=NOW) as source:
        mapping = guess_mapping(name, source._bench, list(source._all_staged()))
        chunks = list(source.chunks(mapping))

    tables = {chunk.table for chunk in chunks if chunk.rows.num_rows}
    assert {"crm_sales": {"deals"}, "cfpb": {"signals"}}.get(
        name, {"orders", "order_lines", "products"}
    ) <= tables
    assert not any(chunk.refusals for chunk in chunks)
