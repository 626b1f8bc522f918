"""Rows leave as CSV that no spreadsheet runs."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from interlock.fabric.export import csv_bytes

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0")


@given(st.lists(st.text(st.characters(codec="utf-8")), min_size=1, max_size=5))
def test_no_text_cell_starts_like_a_formula(texts):
    content = csv_bytes(["a"] * len(texts), [texts]).decode()

    cells = next(iter(list(csv.reader(io.StringIO(content, newline="")))[1:]), [""])
    assert not [cell for cell in cells if cell.startswith(DANGEROUS)]


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=2, max_size=5))
def test_texts_come_back_equal_once_the_apostrophe_is_taken_off(texts):
    content = csv_bytes(["a"] * len(texts), [texts]).decode()

    cells = list(csv.reader(io.StringIO(content, newline="")))[1]
    assert [cell.removeprefix("'") for cell in cells] == texts


def test_numbers_dates_and_blanks_keep_their_form():
    row = [-3, 1.5, Decimal("2.50"), datetime(2026, 3, 2, 12, 0), None, True]  # noqa: DTZ001 - the lake is naive UTC

    assert csv_bytes(list("abcdef"), [row]) == b"a,b,c,d,e,f\r\n-3,1.5,2.50,2026-03-02 12:00:00,,true\r\n"
