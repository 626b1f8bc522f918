"""How numbers, money and days are written: the table of the look, section 9."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.web import figures
from interlock.web.templatetags.figures import short_key

NBSP = "\u00a0"


@pytest.mark.parametrize(
    ("minor", "written"),
    [
        (31_200_000, f"€312{NBSP}k"),
        (131_000_000, f"€1.31{NBSP}m"),
        (3_270_000, f"€32.7{NBSP}k"),
        (840_000, "€8,400"),
        (18_750, "€188"),
        (99_996_000, f"€1{NBSP}m"),
        (123_456_789_012, f"€1.23{NBSP}bn"),
        (0, "€0"),
        (-31_200_000, f"−€312{NBSP}k"),
    ],
)
def test_money_is_short_and_keeps_its_unit(minor, written):
    assert figures.money(minor, "EUR") == written


def test_an_unknown_currency_is_written_out():
    assert figures.money(840_000, "CHF") == f"CHF{NBSP}8,400"


def test_yen_have_no_cents():
    assert figures.money(840_000, "JPY") == f"¥840{NBSP}k"


def test_an_interval_is_written_in_the_unit_of_its_middle():
    assert figures.money_range(18_100_000, 31_200_000, 47_400_000, "EUR") == f"€312{NBSP}k (181 to 474)"
    assert figures.money_range(84_000_000, 131_000_000, 192_000_000, "EUR") == f"€1.31{NBSP}m (0.84 to 1.92)"


@pytest.mark.parametrize(
    ("rate", "written"),
    [
        (0.123, "12 in 100"),
        (0.082, "8 in 100"),
        (0.012, "1.2 in 100"),
        (0.004, "4 in 1,000"),
        (0.0001, "fewer than 1 in 1,000"),
        (0.0, "none in 100"),
    ],
)
def test_a_rate_is_said_in_plain_words(rate, written):
    assert figures.in_hundred(rate).replace(NBSP, " ") == written


def test_no_chance_is_called_certain():
    assert figures.chances(0.9996) == "more than 99 chances in 100"
    assert figures.chances(0.97) == "97 chances in 100"


def test_a_day_names_its_year_only_when_it_is_another():
    today = date(2026, 11, 19)

    assert figures.day(date(2026, 10, 2), today) == f"2{NBSP}October"
    assert figures.day_short(date(2025, 10, 2), today) == f"2{NBSP}Oct{NBSP}2025"
    assert figures.day(None, today) == ""


@pytest.mark.parametrize(
    ("hours", "written"),
    [
        (0.5, "30 minutes"),
        (0.001, "1 minute"),
        (5.24, "5.2 hours"),
        (30, "30 hours"),
        (100, "4.2 days"),
        (2400, "100 days"),
    ],
)
def test_a_wait_is_written_in_a_unit_one_can_feel(hours, written):
    assert figures.hours(hours) == written


@given(st.integers(min_value=-(10**15), max_value=10**15))
def test_short_money_is_never_off_by_more_than_one_in_two_hundred(minor):
    text = figures.money(minor, "EUR").replace("€", "").replace("−", "-").replace(",", "")
    number, _gap, unit = text.partition(NBSP)
    value = float(number) * {"": 1, "k": 1e3, "m": 1e6, "bn": 1e9}[unit]

    assert value == pytest.approx(minor / 100, rel=0.005, abs=0.51)


def test_the_ends_of_an_interval_are_as_exact_as_its_middle():
    assert figures.money_range(6_120_000, 8_304_429, 10_500_000, "EUR") == f"€83{NBSP}k (61 to 105)"
    assert figures.money_range(2_420_000, 3_380_000, 4_440_000, "EUR") == f"€33.8{NBSP}k (24.2 to 44.4)"


def test_amounts_inside_a_line_of_a_sum_are_written_like_all_others():
    assert figures.amounts("EUR 6,156") == "€6,156"
    assert figures.amounts("credits, 175 × EUR 86.79") == "credits, 175 × €86.79"
    assert figures.amounts("CHF 12.50 in Q3 of 2026") == f"CHF{NBSP}12.50 in Q3 of 2026"


def test_only_keys_of_machines_are_shortened():
    assert short_key("4aa353cc7496d36dad27d939dfdfe59e") == "4aa353cc…"
    assert short_key("A-58923") == "A-58923"


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(0.04, "< 0.1 s"), (9.97, "10 s"), (0.24, "0.2 s"), (14.4, "14 s"), (60, "1 min"), (90, "90 s"), (300, "5 min"), (3600, "1 h"), (86_400, "24 h"), (259_200, "3 days")],
)  # fmt: skip
def test_a_duration_is_written_in_its_own_unit(seconds, written):
    assert figures.duration(seconds).replace(NBSP, " ") == written
