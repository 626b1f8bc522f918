"""The small drawings: scales, intervals, labels, and that nothing leaves its frame."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.web import drawings

amounts = st.floats(min_value=0, max_value=1e9, allow_nan=False)


def numbers(svg, name):
    return [float(value) for value in re.findall(rf'{name}="(-?[\d.]+)"', svg)]


@given(amounts)
def test_a_scale_ends_at_or_above_the_greatest_value(value):
    end = drawings.nice_end(value)

    assert end >= value * 0.999
    assert end <= max(1.0, value * 2)


@given(value=amounts, low=amounts, high=amounts, end=amounts)
def test_nothing_of_a_whisker_leaves_its_frame(value, low, high, end):
    svg = drawings.whisker(value, low, high, end, label="x", width=208)

    assert all(0 <= x <= 208 for x in numbers(svg, "x1") + numbers(svg, "x2") + numbers(svg, "cx"))


def test_a_whisker_lies_where_its_numbers_say():
    svg = drawings.whisker(50, 25, 75, 100, label="50, interval 25 to 75", tick=100, width=208)

    assert numbers(svg, "cx") == [104]
    assert 54.0 in numbers(svg, "x1")
    assert 154.0 in numbers(svg, "x2")
    assert 204.0 in numbers(svg, "x1")
    assert 'aria-label="50, interval 25 to 75"' in svg


def test_labels_are_escaped():
    assert "<b>" not in drawings.whisker(1, 1, 1, 1, label='"><b>')


def test_a_sparkline_dots_what_is_above_its_limit():
    svg = drawings.sparkline([1, 2, 9, 3, 8], limit=5, label="")

    assert svg.count("<circle") == 3  # 9, 8, and the last once more
    assert svg.count("var(--harm-mark)") == 3
    assert drawings.sparkline([], limit=5, label="") == ""


def test_a_money_bar_is_solid_to_low_and_pale_to_high():
    svg = drawings.money_bar(25, 50, 100, 100, label="50 (25 to 100)", width=304)

    assert numbers(svg, " width") == [304, 225, 75, 3]


@pytest.mark.parametrize("state", ["silent", "one", "talking", "mended"])
def test_the_pair_mark_always_says_its_state(state):
    assert f'aria-label="{state}"' in drawings.pair(state, label=state)
