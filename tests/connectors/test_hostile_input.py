"""Broken and hostile files: each gets a message that says what to do, and loses no row in silence."""

import pytest

from interlock.connectors import SourceRefused, open_source

from .conftest import NOW, all_chunks, rows_of
from .hostile import TICKETS, refused, signals

LINES = """
mapping: 1
name: lines
files: {lines: {names: ["lines*"]}}
tables:
  order_lines:
    from: lines
    columns: {line_id: id, quantity: quantity, amount: amount}
"""


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
def test_the_encoding_is_found(write, encoding):
    text = "id,created,text\n1,2026-01-02,Größe zu klein\n2,2026-01-03,déjà vu\n" + "3,2026-01-03,ok\n" * 20
    path = write("tickets.csv", text.encode(encoding))

    rows, refusals = signals(path)

    assert rows == [("1", "Größe zu klein"), ("2", "déjà vu"), ("3", "ok")]
    assert refusals == []


def test_a_guessed_encoding_is_told(write):
    path = write("tickets.csv", "id,created,text\n1,2026-01-02,Größe\n".encode("cp1252"))

    with open_source(path, now=NOW) as source:
        (table,) = source.tables()

    assert table.encoding == "cp1252"
    assert table.notes == ("Not UTF-8: read as cp1252 (guessed). If accents look wrong, state the encoding.",)


def test_a_stated_encoding_that_does_not_fit_is_refused(write):
    path = write("tickets.csv", "id,created,text\n1,2026-01-02,Größe\n".encode("cp1252"))
    stated = TICKETS.replace('names: ["tickets*", "*.csv"]', "names: [tickets], encoding: utf-8")

    with pytest.raises(
        SourceRefused, match=r"tickets\.csv is not in utf-8, as the mapping says: byte 31 is not"
    ):
        all_chunks(path, stated)


def test_rows_with_torn_utf8_are_refused_and_the_others_kept(write):
    good = "".join(f"{n},2026-01-02,Größe {n}\n" for n in range(1, 6)).encode()
    path = write("tickets.csv", b"id,created,text\n" + good + b"9,2026-01-02,Gr\xf6\xdfe\n")

    rows, refusals = signals(path)

    assert [key for key, _ in rows] == ["1", "2", "3", "4", "5"]
    assert refusals == [(7, "bytes that are not UTF-8; state the file's encoding")]


def test_rows_of_another_width_are_refused_by_number(write):
    path = write(
        "tickets.csv", "id,created,text\n1,2026-01-02,a\n2,2026-01-02,b,c\n3,2026-01-02\n4,2026-01-02,d,,\n"
    )

    rows, refusals = signals(path)

    assert rows == [("1", "a"), ("4", "d")]
    assert refusals == [
        (3, "4 cells where the heading has 3; a delimiter inside a text needs quotes"),
        (
            4,
            "2 cells where the heading has 3; write 'short_rows: fill' under the file to take missing cells as empty",
        ),
    ]


def test_short_rows_are_filled_where_the_mapping_says_so(write):
    path = write("tickets.csv", "id,created,text\n1,2026-01-02\n2,2026-01-02,b\n")
    filled = TICKETS.replace('names: ["tickets*", "*.csv"]', "names: [tickets], short_rows: fill")

    assert signals(path, filled) == ([("1", None), ("2", "b")], [])


def test_a_quote_that_is_never_closed_costs_its_own_line_only(write):
    path = write(
        "tickets.csv",
        'id,created,text\n1,2026-01-02,"open\n2,2026-01-02,b\n3,2026-01-02,"c\nd"\n4,2026-01-02,e\n',
    )

    rows, refusals = signals(path)

    assert rows == [("2", "b"), ("3", "c\nd"), ("4", "e")]
    assert refusals == [(2, "a quote is opened in this line and never closed properly")]


def test_two_open_quotes_do_not_swallow_what_lies_between(write):
    path = write(
        "tickets.csv", 'id,created,text\n1,2026-01-02,"a\n2,2026-01-02,b\n3,2026-01-02,"c\n4,2026-01-02,d\n'
    )

    rows, refusals = signals(path)

    assert rows == [("2", "b"), ("4", "d")]
    assert [row for row, _ in refusals] == [2, 4]


def test_an_inch_sign_inside_a_cell_is_no_quote(write):
    path = write(
        "tickets.csv", 'id,created,text\n1,2026-01-02,pipe of 5" and more\n2,2026-01-02,"say ""hi"""\n'
    )

    assert signals(path) == ([("1", 'pipe of 5" and more'), ("2", 'say "hi"')], [])


def test_three_hundred_columns_are_read(write):
    names = ["id", "created", "text", *(f"extra {n}" for n in range(297))]
    path = write("tickets.csv", ",".join(names) + "\n1,2026-01-02,a" + ",x" * 297 + "\n")

    with open_source(path, now=NOW) as source:
        assert len(source.tables()[0].columns) == 300
    assert signals(path) == ([("1", "a")], [])


def test_too_many_columns_are_refused(write):
    path = write("tickets.csv", ",".join(f"c{n}" for n in range(30)) + "\n")

    assert refused(path, columns=20) == "tickets.csv has 30 columns; at most 20 are read."


def test_a_cell_of_ten_megabytes_is_refused_and_the_others_read(write):
    path = write("tickets.csv", "id,created,text\n1,2026-01-02," + "x" * 10_000_000 + "\n2,2026-01-02,b\n")

    rows, refusals = signals(path)

    assert rows == [("2", "b")]
    assert refusals == [(2, "longer than 1,000,000 characters")]


def test_a_row_over_the_limit_is_set_aside_and_the_others_read(write):
    path = write(
        "tickets.csv",
        'id,created,text\n1,2026-01-02,"' + "x\n" * 300_000 + '"\n2,2026-01-02,b\n3,2026-01-02,"open',
    )

    rows, refusals = signals(path, row_bytes=100_000)

    assert rows == [("2", "b")]
    assert refusals[0] == (2, "a quote is opened in this line and never closed properly")


def test_repeated_rows_count_as_unchanged_and_contradictions_are_refused(write):
    path = write(
        "tickets.csv",
        "id,created,text\n1,2026-01-02,a\n1,2026-01-02,a\n2,2026-01-02,old\n2,2026-01-02,new\n3,2026-01-02,c\n",
    )

    (chunk,) = all_chunks(path, TICKETS)

    assert sorted(chunk.rows["body"].to_pylist()) == ["a", "c", "new"]
    assert chunk.repeated == 1
    assert [(r.row, r.column, r.value, r.reason) for r in chunk.refusals] == [
        (4, "signal_id", "2", "same key as row 5 with other values; the last one is kept")
    ]
    assert chunk.received == 5


def test_contradictions_between_files_name_the_other_file(write, tmp_path):
    write("jan/tickets-1.csv", "id,created,text\n1,2026-01-02,a\n")
    write("jan/tickets-2.csv", "id,created,text\n1,2026-01-02,b\n")

    rows, refusals = signals(tmp_path / "jan")

    assert rows == [("1", "b")]
    assert refusals == [(2, "same key as row 2 of tickets-2.csv with other values; the last one is kept")]


def test_dates_in_three_forms_are_read_where_the_mapping_names_them(write):
    path = write("tickets.csv", "id,created,text\n1,2026-01-31,a\n2,31.01.2026,b\n3,01/31/2026,c\n4,soon,d\n")
    mapping = TICKETS.replace(
        "occurred_at: created", 'occurred_at: {column: created, date: [iso, "%d.%m.%Y", "%m/%d/%Y"]}'
    )

    chunks = all_chunks(path, mapping)

    assert {str(at.date()) for at in rows_of(chunks, "signals")["occurred_at"].to_pylist()} == {"2026-01-31"}
    assert [(r.row, r.column, r.value) for r in chunks[0].refusals] == [(5, "occurred_at", "soon")]


def test_decimal_commas_are_read_where_stated_and_refused_where_not(write):
    path = write("lines.csv", 'id;quantity;amount\n1;2;"1.234,50"\n2;1;5,00\n3;1;12.50\n')

    (point,) = all_chunks(path, LINES)
    (comma,) = all_chunks(path, LINES.replace('names: ["lines*"]', "names: [lines], decimal: comma"))

    assert [str(value) for value in point.rows["amount"].to_pylist()] == ["12.50"]
    assert [r.reason for r in point.refusals] == [
        "not a number with a decimal point (for decimal commas write 'decimal: comma' under the file)"
    ] * 2
    assert [str(value) for value in comma.rows["amount"].to_pylist()] == ["1234.50", "5.00"]
    assert [(r.row, r.value) for r in comma.refusals] == [(4, "12.50")]


def test_negative_quantities_are_refused_with_what_to_do(write):
    path = write("lines.csv", "id,quantity,amount\n1,-2,5\n2,1,5\n")

    (chunk,) = all_chunks(path, LINES)

    assert chunk.rows["line_id"].to_pylist() == ["2"]
    assert [(r.row, r.column, r.value, r.reason) for r in chunk.refusals] == [
        (
            2,
            "quantity",
            "-2",
            "a negative quantity; if such rows are returns, give them to signals in the mapping",
        )
    ]


def test_past_events_must_not_lie_in_the_future_but_promises_may(write):
    path = write(
        "lines.csv", "id,quantity,promised,delivered\n1,1,2027-05-01,2026-11-01\n2,1,2027-05-01,2062-03-11\n"
    )
    mapping = LINES.replace("amount: amount", "promised_at: promised, delivered_at: delivered")

    (chunk,) = all_chunks(path, mapping)

    assert chunk.rows["line_id"].to_pylist() == ["1"]
    assert [(r.row, r.column, r.value, r.reason) for r in chunk.refusals] == [
        (3, "delivered_at", "2062-03-11", "in the future (after 2026-11-23 12:00 UTC)")
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "tickets.csv is empty"),
        (b" \n\n ", "tickets.csv is empty"),
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "is a web page (HTML), not a table"),
        (b"\xef\xbb\xbf\n  <html>", "is a web page (HTML), not a table"),
        (b"%PDF-1.7 ...", "is not a table but a PDF document"),
        (b"PK\x03\x04...", "is not a table but a zip or Excel file"),
        (b"\xd0\xcf\x11\xe0....", "is not a table but an old Excel file (.xls)"),
    ],
)
def test_what_is_no_table_is_refused_by_name(write, content, words):
    assert words in refused(write("tickets.csv", content))


def test_a_heading_without_rows_gives_no_rows_and_no_fault(write):
    assert signals(write("tickets.csv", "id,created,text\n")) == ([], [])


def test_rows_with_nul_bytes_are_refused(write):
    path = write("tickets.csv", b"id,created,text\n1,2026-01-02,a\x00b\n2,2026-01-02,c\n")

    rows, refusals = signals(path)

    assert rows == [("2", "c")]
    assert refusals == [(2, "holds a NUL byte; export it again")]


def test_formulas_stay_text(write):
    path = write(
        "tickets.csv",
        'id,created,text\n1,2026-01-02,"=HYPERLINK(""http://x"")"\n2,2026-01-02,+1\n3,2026-01-02,@a\n',
    )

    assert signals(path)[0] == [("1", '=HYPERLINK("http://x")'), ("2", "+1"), ("3", "@a")]


def test_row_numbers_stay_right_after_an_odd_row_in_a_large_file(write):
    lines = [f"{n},2026-01-02,{'text ' * 20}" for n in range(2, 90_000)]
    lines[60_000] = "odd"
    path = write("tickets.csv", "id,created,text\n" + "\n".join(lines) + "\n")

    chunks = all_chunks(path, TICKETS.replace("body: text", "title: id"))

    assert [(refusal.row, refusal.value) for refusal in chunks[0].refusals] == [(60_002, "odd")]
    assert sum(chunk.rows.num_rows for chunk in chunks) == len(lines) - 1
    assert len(set(rows_of(chunks, "signals")["signal_id"].to_pylist())) == len(lines) - 1
