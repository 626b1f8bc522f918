"""The mapping language: every word does what docs/mappings.md says, and every mistake is pointed at."""

from datetime import date, datetime
from decimal import Decimal
from functools import partial

import pytest

from interlock.connectors import (
    MappingError,
    mapping_from,
    open_source,
    read_mapping,
    shipped_mappings,
    write_mapping,
)

from .conftest import NOW, ROOT, all_chunks, rows_of

# Contract times carry no zone: they are UTC.
at = partial(datetime)
HEAD = """mapping: 1
name: test
time_zone: Europe/Berlin
files:
  a: {names: [a]}
  b: {names: [b], optional: true}
"""


def made(write, csv: str, columns: str, table: str = "signals", more: str = "", b: str = "") -> list[dict]:
    """Rows of one table made from a file a.csv (and b.csv), with the columns of the mapping given as YAML."""
    path = write("in/a.csv", csv).parent
    if b:
        write("in/b.csv", b)
    required = "signal_id: id, kind: {constant: ticket}, occurred_at: {constant: 2026-01-01}, "
    base = required if table == "signals" else ""
    text = f"{HEAD}{more}tables:\n  {table}:\n    from: a\n    columns: {{{base}{columns}}}\n"
    return rows_of(all_chunks(path, text), table).to_pylist()


def value(write, cell: str, recipe: str, column: str = "body") -> object:
    return made(write, f'id,x,y\n1,"{cell}",5\n', f"{column}: {recipe}")[0][column]


@pytest.mark.parametrize(
    ("cell", "recipe", "expected"),
    [
        ("  a  ", "x", "a"),
        ("", "x", None),
        ("a", "{constant: b}", "b"),
        ("a", "{concatenate: [x, y], separator: '-'}", "a-5"),
        ("", "{concatenate: [x, y], separator: '-'}", None),
        ("", "{concatenate: [x, y], separator: '-', skip_empty: true}", "5"),
        ("", "{first_of: [x, y]}", "5"),
        ("17850.0", "{column: x, remove_end: '.0'}", "17850"),
        ("a-b c", "{column: x, replace: {'-': ' '}, remove: [c]}", "a b"),
        ("abcdef", "{column: x, part: [2, 3]}", "bcd"),
        ("são PAULO", "{column: x, letters: title}", "São Paulo"),
        ("Won", "{column: x, values: {Won: yes it is}}", "yes it is"),
        ("Open", "{column: x, values: {Won: y}}", "Open"),
        ("Open", "{column: x, values: {Won: y}, otherwise: empty}", None),
        ("Open", "{column: x, values: {Won: y}, otherwise: other}", "other"),
        ("a", "{choose: [{when: {y: {above: 4}}, then: x}, {otherwise: y}]}", "a"),
        ("a", "{choose: [{when: {y: {above: 5}}, then: x}, {otherwise: y}]}", "5"),
        ("7", "{bucket: {of: x, limits: [5, 10], labels: [small, middle, large]}}", "middle"),
        ("3", "{multiply: [x, y]}", "15"),
        ('it\'s "" ok; DROP TABLE x', "x", "it's \" ok; DROP TABLE x"),
    ],
)
def test_a_text_is_made_as_its_recipe_says(write, cell, recipe, expected):
    assert value(write, cell, recipe) == expected


@pytest.mark.parametrize(
    ("cell", "recipe", "expected"),
    [
        ("1234.5", "x", Decimal("1234.50")),
        ("1.234,50", "{column: x, decimal: comma}", Decimal("1234.50")),
        ("1,234.50", "{column: x, thousands: ','}", Decimal("1234.50")),
        ("1250", "{column: x, factor: 0.01}", Decimal("12.50")),
        ("-3", "{column: x, absolute: true}", Decimal("3.00")),
        ("R$ 5,00", "{column: x, remove: ['R$'], decimal: comma}", Decimal("5.00")),
        ("2", "{multiply: [x, y, {subtract: [{constant: 1}, {constant: 0.1}]}]}", Decimal("9.00")),
    ],
)
def test_a_number_is_made_as_its_recipe_says(write, cell, recipe, expected):
    assert value(write, cell, recipe, "cost") == expected


@pytest.mark.parametrize(
    ("cell", "recipe", "expected"),
    [
        ("2026-07-01 12:00:00", "x", at(2026, 7, 1, 10)),
        ("2026-01-01T12:00:00Z", "x", at(2026, 1, 1, 12)),
        ("2026-01-01T12:00:00.5+05:00", "x", at(2026, 1, 1, 7, 0, 0, 500000)),
        ("01.07.2026", "{column: x, date: '%d.%m.%Y'}", at(2026, 6, 30, 22)),
        ("2026-07-01", "{column: x, time_zone: UTC}", at(2026, 7, 1)),
        ("2026-07-01", "{column: x, time_zone: UTC, end_of_day: true}", at(2026, 7, 1, 23, 59, 59, 999999)),
        ("1767225600", "{column: x, date: unix}", at(2026, 1, 1)),
        ("1767225600000", "{column: x, date: unix_ms}", at(2026, 1, 1)),
        ("46023.5", "{column: x, date: excel, time_zone: UTC}", at(2026, 1, 1, 12)),
    ],
)  # fmt: skip
def test_a_moment_is_made_utc(write, cell, recipe, expected):
    assert value(write, cell, recipe, "resolved_at") == expected


def test_a_day_is_not_moved_by_a_time_zone_but_by_a_shift(write):
    (row,) = made(
        write,
        "id,x,n\nK1,2026-03-31,1\n",
        "account_id: id, since: {shift: {day: x, before_months: n}}, ended_at: x",
        "accounts",
    )

    assert (row["since"], row["ended_at"]) == (date(2026, 2, 28), date(2026, 3, 31))


def test_another_file_is_looked_up_and_joined(write):
    rows = _joined(write)

    assert [(row["signal_id"], row["title"], row["body"]) for row in rows] == [
        ("1", "second", "first"),
        ("2", None, None),
    ]


def _joined(write):
    path = write("in/a.csv", "id,code\n1,x\n2,z\n").parent
    write("in/b.csv", "code,word,n\nx,second,2\nx,first,1\n")
    text = (
        HEAD
        + """
tables:
  signals:
    from: a
    join: {b: {on: {code: code}, first_by: n}}
    columns:
      signal_id: id
      kind: {constant: ticket}
      occurred_at: {constant: 2026-01-01}
      title: {lookup: {file: b, key: code, value: word, using: code}}
      body: b.word
"""
    )
    return sorted(rows_of(all_chunks(path, text), "signals").to_pylist(), key=lambda row: row["signal_id"])


def test_one_row_per_key_picks_and_sums(write):
    path = write("in/a.csv", "inv,order,paid\nI1,B1,5\nI1,,2.5\nI2,B2,1\n").parent
    text = (
        HEAD
        + """
tables:
  invoices:
    from: a
    one_per_key: true
    columns: {invoice_id: inv, order_id: {column: order, pick: last}, amount: {column: paid, pick: sum}}
"""
    )
    rows = rows_of(all_chunks(path, text), "invoices").to_pylist()

    assert sorted((row["invoice_id"], row["order_id"], row["amount"]) for row in rows) == [
        ("I1", "B1", Decimal("7.50")),
        ("I2", "B2", Decimal("1.00")),
    ]


def test_rows_left_out_are_counted_with_their_reason(write):
    path = write("in/a.csv", "id,code\n1,POST\n2,x\n3,POST\n4,\n").parent
    text = (
        HEAD
        + """
tables:
  products:
    from: a
    when: {id: {below: 4}}
    leave_out: [{when: {code: [POST]}, reason: postage is no product}]
    columns: {product_id: id}
"""
    )
    (chunk,) = all_chunks(path, text)

    assert chunk.rows["product_id"].to_pylist() == ["2"]
    assert [(left.reason, left.rows) for left in chunk.left_out] == [
        ("postage is no product", 2),
        ("no part of the mapping takes these rows", 1),
    ]


def test_a_prefix_and_a_repair_reach_every_key(write):
    path = write("in/a.csv", "id,name\nGTX Pro,Pro\n").parent
    write("in/b.csv", "deal,product\nD1,GTXPro\n")
    text = (
        HEAD
        + """key_prefix: "crm:"
repair_keys: {products: {GTXPro: GTX Pro}}
tables:
  products: {from: a, columns: {product_id: id, name: name}}
  deals: {from: b, columns: {deal_id: deal, product_id: product}}
"""
    )
    chunks = all_chunks(path, text)

    assert rows_of(chunks, "products")["product_id"].to_pylist() == ["crm:GTX Pro"]
    assert rows_of(chunks, "deals").select(["deal_id", "product_id"]).to_pylist() == [
        {"deal_id": "crm:D1", "product_id": "crm:GTX Pro"}
    ]


def test_a_missing_column_is_told_and_the_rest_imported(write):
    path = write("in/a.csv", "id\nK1\n").parent
    text = HEAD + "tables:\n  accounts: {from: a, columns: {account_id: id, region: land}}\n"
    (chunk,) = all_chunks(path, text)

    assert chunk.rows["account_id"].to_pylist() == ["K1"]
    assert chunk.notes[0].startswith("accounts.region stays empty: mapping, line 8")


def test_a_missing_key_column_is_an_error_with_a_hint(write):
    path = write("in/a.csv", "kunden_id\nK1\n").parent

    with pytest.raises(MappingError, match=r"a has no column kunde_id\. Did you mean kunden_id\?"):
        all_chunks(path, HEAD + "tables:\n  accounts: {from: a, columns: {account_id: kunde_id}}\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "m.yaml is empty. Start with: mapping: 1"),
        ("a: [", "m.yaml is not valid YAML: line "),
        ("mapping: 2\nname: x", "m.yaml, line 1: the first line must be 'mapping: 1', the version of this language."),
        ("mapping: 1\nname: x\ntable: {}", "m.yaml, line 3, table: no such part of a mapping: table. Did you mean tables?"),
        ("mapping: 1\nname: x\nname: y", "m.yaml, line 3: name stands here twice. Keep one."),
        ("mapping: 1\nname: &a x\nfiles: *a", "m.yaml, line 2: YAML aliases (*name) are not read. Write the part out."),
        (HEAD + "tables: {order: {}}", "m.yaml, line 7, tables > order: no such contract table: order. Did you mean orders?"),
        (HEAD + "tables: {accounts: {from: c, columns: {}}}", "m.yaml, line 7, tables > accounts > columns: accounts needs account_id (the account); name the column it is from."),
        (HEAD + "tables:\n  accounts:\n    from: a\n    columns:\n      account_idd: id", "m.yaml, line 11, tables > accounts > columns > account_idd: no such column: account_idd. Did you mean account_id?"),
        (HEAD + "tables:\n  accounts:\n    from: a\n    columns:\n      account_id: {column: id, constant: x}", "m.yaml, line 11, tables > accounts > columns > account_id: say once where the value is from"),
        (HEAD + "tables:\n  accounts:\n    from: a\n    columns:\n      account_id: id\n      since: {column: x, date: DD.MM.YYYY}", "m.yaml, line 12, tables > accounts > columns > since > date: 'DD.MM.YYYY' is no date format."),
        (HEAD + "tables: {accounts: {from: a, leave_out: [{when: {x: 1}}], columns: {account_id: id}}}", "m.yaml, line 7, tables > accounts > leave_out > 1: reason is missing"),
        (HEAD.replace("Berlin", "Berlinn") + "tables: {}", "m.yaml, line 3, time_zone: no such time zone: Europe/Berlinn."),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_file_line_and_key(text, message):
    with pytest.raises(MappingError) as caught:
        read_mapping(text, "m.yaml")

    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("mapping", shipped_mappings(), ids=lambda mapping: mapping.name)
def test_a_mapping_written_and_read_again_is_the_same(mapping):
    again = read_mapping(write_mapping(mapping), f"{mapping.name}.yaml")

    assert again.document == mapping.document
    assert mapping_from(dict(mapping.document)).files == mapping.files


def test_a_mapping_for_other_files_names_what_it_looked_for(write):
    path = write("in/z.csv", "q\n1\n").parent

    with (
        open_source(path, now=NOW) as source,
        pytest.raises(
            Exception,
            match=r"in has none of the files that the mapping test reads \(a, b\)\. It has: z\.csv\.",
        ),
    ):
        list(source.chunks(read_mapping(HEAD + "tables: {accounts: {from: a, columns: {account_id: id}}}")))


def test_the_example_of_the_documentation_is_a_valid_mapping():
    page = (ROOT / "docs" / "mappings.md").read_text("utf-8")
    example = page.split("```yaml\n")[1].split("```")[0]

    assert {output.table for output in read_mapping(example).outputs} == {"accounts", "orders", "order_lines"}
