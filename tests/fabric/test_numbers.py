"""Numbers and days that come from outside."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from interlock.fabric.day_fields import DayField, MomentField
from interlock.fabric.numbers import length_of, number_of


@pytest.mark.parametrize(
    ("text", "number"),
    [("7", 7), ("007", 7), ("٣", 3), ("9" * 18, 10**18 - 1), ("", None), ("-1", None), ("1.5", None), ("²", None), (None, None)],
)  # fmt: skip
def test_a_number_is_what_a_row_could_have(text, number):
    assert number_of(text) == number


def test_a_number_of_five_thousand_digits_is_none_and_no_error():
    with pytest.raises(ValueError, match="4300 digits"):  # what happened before
        int("9" * 5000)

    assert number_of("9" * 5000) is None


@pytest.mark.parametrize(("text", "length"), [(None, 0), ("", 0), ("512", 512)])
def test_a_length_is_what_the_header_says(text, length):
    assert length_of(text) == length


@pytest.mark.parametrize("text", ["9" * 19, "9" * 5000, "²", "-1", "a"])
def test_a_length_that_is_none_passes_no_limit(text):
    assert length_of(text) > 10**12


@pytest.mark.parametrize("text", ["1899-12-31", "3000-01-01", "9999-12-31", "0001-01-01"])
@pytest.mark.parametrize("field", [DayField(), MomentField()])
def test_a_day_without_neighbours_is_refused_in_words(field, text):
    with timezone.override("Pacific/Auckland"), pytest.raises(ValidationError, match="1900 to 2999"):
        field.clean(text)


def test_a_day_is_taken():
    assert DayField().clean("2999-12-31") == date(2999, 12, 31)
    assert MomentField().clean("1900-01-02T00:00").year == 1900
