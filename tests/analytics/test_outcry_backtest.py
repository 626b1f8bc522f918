"""The back-test counts what it says it counts."""

from datetime import timedelta

import numpy as np
import pytest

from analytics.outcry_worlds import A_DAY, moments, steady
from interlock.analytics.outcry.backtest import backtest
from interlock.analytics.outcry.budget import Budget

MONTHLY = Budget(1, 30)


def past(*streams):
    columns = np.column_stack(streams)
    return zip(moments(len(columns)), columns, strict=True)


def test_a_rise_of_the_past_is_heard_with_its_lead_before_the_peak():
    loud = steady(24, seed=1)
    start = 18 * A_DAY + 72
    loud[start : start + 144] *= np.linspace(1, 12, 144)

    (tested,) = backtest(past(loud, steady(24, seed=2)), streams=2, budgets=[MONTHLY])

    (incident,) = tested.incidents
    (heard,) = tested.heard
    assert (incident.stream, tested.missed, tested.false_alarms) == (0, (), 0)
    assert incident.start <= heard.time < incident.peak
    assert heard.lead_hours == (incident.peak - heard.time) / timedelta(hours=1) == tested.median_lead_hours
    assert tested.allowed == 24 / 30


def test_a_spike_too_short_for_an_incident_counts_as_a_false_alarm_and_says_so():
    counts = steady(20, seed=3)
    counts[12 * A_DAY + 150 : 12 * A_DAY + 154] += 250

    (tested,) = backtest(past(counts), streams=1, budgets=[MONTHLY])

    assert tested.incidents == ()
    assert tested.false_alarms == len(tested.alarms) == 1


@pytest.mark.slow
def test_a_stream_that_begins_late_is_no_incident_and_a_burst_of_it_is_one():
    late = steady(40, seed=7)
    late[: 30 * A_DAY] = 0
    loud = late.copy()
    loud[36 * A_DAY + 72 : 36 * A_DAY + 216] *= 8

    # Each at its own limit: one false alarm a month and stream.
    (tested,) = backtest(past(late, loud), streams=2, budgets=[Budget(2, 30)])

    assert [(one.stream, one.start.day) for one in tested.incidents] == [(1, 7)]
    assert len(tested.heard) == 1


@pytest.mark.slow
def test_a_past_without_anything_has_neither_alarms_nor_incidents():
    (tested,) = backtest(past(steady(20, seed=4), np.zeros(20 * A_DAY)), streams=2, budgets=[MONTHLY])

    assert (tested.alarms, tested.incidents, tested.median_lead_hours) == ((), (), None)


def test_no_past_at_all_is_a_back_test_of_nothing():
    (tested,) = backtest([], streams=3, budgets=[MONTHLY])

    assert (tested.days, tested.alarms, tested.incidents) == (0, (), ())


@pytest.mark.slow
def test_several_budgets_go_through_the_past_together_as_each_would_alone():
    loud = steady(20, seed=5)
    loud[12 * A_DAY + 100 : 12 * A_DAY + 130] *= 3
    yearly = Budget(1, 365.25)

    together = backtest(past(loud), streams=1, budgets=[MONTHLY, yearly])

    alone = [backtest(past(loud), streams=1, budgets=[one])[0] for one in (MONTHLY, yearly)]
    assert list(together) == alone
    assert len(together[0].alarms) >= len(together[1].alarms)


def test_a_burst_is_one_alarm_however_long_it_goes_on_and_too_few_voices_are_none():
    loud, faint = steady(24, seed=6), np.zeros(24 * A_DAY)
    loud[14 * A_DAY : 17 * A_DAY] *= 8
    faint[15 * A_DAY : 15 * A_DAY + 3] = 1

    (tested,) = backtest(past(loud, faint), streams=2, budgets=[MONTHLY])

    assert [(one.stream, one.incident is not None) for one in tested.alarms] == [(0, True)]


@pytest.mark.slow
def test_streams_too_faint_to_go_through_and_what_is_kept_back_share_the_budget():
    loud = steady(20, seed=5)
    loud[12 * A_DAY + 100 : 12 * A_DAY + 130] *= 3

    shared, alone = (
        backtest(past(loud), streams=1, budgets=[budget], **more)[0].alarms
        for budget, more in (
            (Budget(10, 30), {"watched": 50, "counts_part": 0.5}),
            (Budget(0.1, 30), {}),
        )
    )

    assert shared == alone
