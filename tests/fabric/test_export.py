"""Rows leave as CSV that no spreadsheet runs."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from interlock.fabric.export import csv_bytes

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0")
# What spreadsheets of East Asia read as the narrow signs, and what some drop in front of them.
WIDE = ("\uff1d", "\uff0b", "\uff0d", "\uff20", "\ufe62", "\ufe66")
DROPPED = (" ", "\u00a0", "\u3000", "\ufeff", "\u200b", "\x0b", '"', "' ")


def cells_of(content: bytes) -> list[str]:
    return next(iter(list(csv.reader(io.StringIO(content.decode(), newline="")))[1:]), [""])


@pytest.mark.parametrize("lead", ["", *DROPPED, ' " '])
@pytest.mark.parametrize("sign", ["=", "+", "-", "@", *WIDE])
def test_a_formula_is_marked_in_any_width_and_behind_what_spreadsheets_drop(lead, sign):
    attack = f"{lead}{sign}HYPERLINK(1)"

    assert cells_of(csv_bytes([attack], [[attack]])) == [f"'{attack}"]
    assert csv_bytes([attack], []) == csv_bytes(["a"], [[attack]]).removeprefix(b"a\r\n")


@pytest.mark.parametrize(
    "harmless", ["a=b", "(=1)", " mail@example.com", '"said" - so', "\u5c71\uff1d", "", "  "]
)
def test_what_runs_nowhere_stays_as_it_is(harmless):
    """The control: marking everything would pass the test above."""
    assert cells_of(csv_bytes(["a", "b"], [[harmless, "-"]])) == [harmless, "'-"]


@given(st.lists(st.text(st.characters(codec="utf-8")), min_size=1, max_size=5))
@example(["\u3000\uff1d1"])
def test_no_text_cell_starts_like_a_formula(texts):
    cells = cells_of(csv_bytes(["a"] * len(texts), [texts]))

    assert not [cell for cell in cells if cell.lstrip(' \t\r\n\u3000"').startswith((*DANGEROUS, *WIDE))]


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=2, max_size=5))
def test_texts_come_back_equal_once_the_apostrophe_is_taken_off(texts):
    content = csv_bytes(["a"] * len(texts), [texts]).decode()

    cells = list(csv.reader(io.StringIO(content, newline="")))[1]
    assert [cell.removeprefix("'") for cell in cells] == texts


def test_numbers_dates_and_blanks_keep_their_form():
    row = [-3, 1.5, Decimal("2.50"), datetime(2026, 3, 2, 12, 0), None, True]  # noqa: DTZ001 - the lake is naive UTC

    assert csv_bytes(list("abcdef"), [row]) == b"a,b,c,d,e,f\r\n-3,1.5,2.50,2026-03-02 12:00:00,,true\r\n"
