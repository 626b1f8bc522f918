"""The re-implemented rules of the benchmark agree with examples reckoned by hand."""

import importlib.util
import math
from pathlib import Path

import numpy as np
import pytest

SPEC = importlib.util.spec_from_file_location(
    "nab_scoring", Path(__file__).parents[2] / "benchmarks" / "nab_scoring.py"
)
nab = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(nab)
ROWS, WINDOW = 1000, (400, 499)


def score_of(*rows: int, windows=(WINDOW,)):
    alarms = np.zeros(ROWS, bool)
    alarms[list(rows)] = True
    return nab.raw_score(alarms, list(windows))


def test_an_alarm_at_the_left_end_earns_one_and_in_the_middle_what_the_sigmoid_says():
    middle = (2 / (1 + math.exp(-2.5)) - 1) / (2 / (1 + math.exp(-5)) - 1)

    assert score_of(400) == (pytest.approx(1.0), 1, 0)
    assert score_of(450) == (pytest.approx(middle), 1, 0)
    assert middle == pytest.approx(0.8598, abs=1e-4)


def test_only_the_first_alarm_in_a_window_counts():
    assert score_of(400, 410, 499) == score_of(400)


def test_a_window_without_an_alarm_costs_one():
    assert score_of() == (-1.0, 0, 0)


def test_an_alarm_before_the_first_window_costs_all_and_just_behind_it_little():
    just_behind = 0.11 * (2 / (1 + math.exp(5 / 99)) - 1)

    assert score_of(400, 300)[0] == pytest.approx(1 - 0.11)
    assert score_of(400, 500)[0] == pytest.approx(1 + just_behind)
    assert score_of(400, 900)[0] == pytest.approx(1 - 0.11)  # more than three lengths behind


def test_the_first_fifteen_in_a_hundred_rows_are_not_scored():
    assert score_of(400, 0, 149) == score_of(400)
    assert score_of(400, 150)[2] == 1


def test_silence_is_zero_and_perfection_a_hundred():
    assert nab.normalised(score_of()[0], 1) == 0
    assert nab.normalised(score_of(400)[0], 1) == pytest.approx(100)
