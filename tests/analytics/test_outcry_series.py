"""What rings and what does not, on one series after the other."""

import numpy as np
import pytest

from analytics.outcry_worlds import A_DAY, moments, steady
from interlock.analytics.outcry.budget import Budget
from interlock.analytics.outcry.series import SeriesError, watch_series

MONTHLY = Budget(1, 30)


def alarms_of(counts, times=None):
    return watch_series(times or moments(counts.size), counts, budget=MONTHLY).alarms


def test_a_burst_of_ten_times_the_usual_rings_within_the_hour_and_once():
    counts = steady(20, seed=1)
    start = 15 * A_DAY + 130
    counts[start : start + 24] *= 10

    alarms = alarms_of(counts)

    assert [one.direction for one in alarms] == ["rise"]
    assert start <= alarms[0].row <= start + 12


@pytest.mark.slow
def test_a_swell_to_four_times_the_usual_over_a_day_rings_before_its_end():
    counts = steady(24, seed=2)
    start = 16 * A_DAY
    counts[start : start + A_DAY] *= np.linspace(1, 4, A_DAY)
    counts[start + A_DAY :] *= 4

    first = alarms_of(counts)[0]

    assert first.direction == "rise"
    assert start < first.row <= start + A_DAY + 36


def test_nothing_rings_in_six_weeks_of_busy_days_nights_and_weekends():
    assert alarms_of(steady(42, seed=3)) == ()


def test_a_source_that_starts_is_no_outcry():
    counts = np.concatenate([np.zeros(5 * A_DAY), steady(9, seed=4)])

    assert alarms_of(counts) == ()


@pytest.mark.slow
def test_a_source_that_falls_silent_and_resumes_is_no_rise():
    counts = steady(20, seed=5)
    counts[12 * A_DAY + 100 : 13 * A_DAY + 200] = 0

    assert "rise" not in {one.direction for one in alarms_of(counts)}


@pytest.mark.slow
def test_a_source_that_resumes_after_weeks_begins_anew():
    counts = np.concatenate([steady(12, seed=6), np.zeros(16 * A_DAY), steady(6, seed=7, mean=60)])

    assert "rise" not in {one.direction for one in alarms_of(counts)}


@pytest.mark.slow
def test_a_shift_to_summer_time_is_no_outcry():
    counts = steady(42, seed=8)
    counts = np.delete(counts, np.arange(28 * A_DAY + 24, 28 * A_DAY + 36))
    times = moments(counts.size)

    assert alarms_of(counts, times) == ()


@pytest.mark.slow
def test_a_holiday_is_a_dip_and_its_return_no_rise():
    counts = steady(35, seed=9)
    counts[21 * A_DAY : 23 * A_DAY] = np.floor(counts[21 * A_DAY : 23 * A_DAY] * 0.3)

    assert "rise" not in {one.direction for one in alarms_of(counts)}


@pytest.mark.slow
def test_a_level_shift_rings_and_is_then_the_usual():
    counts = steady(40, seed=10)
    counts[20 * A_DAY + 100 :] *= 6

    rows = [one.row for one in alarms_of(counts) if one.direction == "rise"]

    assert rows
    assert 20 * A_DAY + 100 <= rows[0] < 20 * A_DAY + 124
    assert [row for row in rows if row > 30 * A_DAY] == []


@pytest.mark.slow
def test_one_enormous_value_rings_and_does_not_deafen():
    counts = steady(25, seed=11)
    counts[10 * A_DAY] = 1e12
    start = 20 * A_DAY + 100
    counts[start : start + 24] *= 10

    rows = [one.row for one in alarms_of(counts) if one.direction == "rise"]

    assert rows[0] == 10 * A_DAY
    assert any(start <= row <= start + 24 for row in rows)


@pytest.mark.parametrize(
    "value", [300.0, *(pytest.param(one, marks=pytest.mark.slow) for one in (2_000.0, 1e9))]
)
def test_one_loud_tick_does_not_deafen_for_the_burst_of_the_next_day(value):
    counts = np.random.default_rng(0).poisson(8.0, 13 * A_DAY).astype(float)
    start = 11 * A_DAY + 100
    counts[start : start + 36] *= 9
    counts[start - A_DAY] = value

    rows = [one.row for one in watch_series(moments(counts.size), counts).alarms]

    assert rows[0] == start - A_DAY
    assert start <= rows[1] <= start + 2
    assert len(rows) == 2


def test_a_burst_that_grows_louder_while_it_goes_on_is_one_alarm():
    counts = np.random.default_rng(0).poisson(8.0, 12 * A_DAY).astype(float)
    start = 11 * A_DAY - 40
    counts[start : start + 3] *= [3, 4, 5]
    counts[start + 3 : start + 60] *= 9

    assert [one.row for one in watch_series(moments(counts.size), counts).alarms] == [start + 2]


def test_a_count_beyond_what_single_precision_holds_is_taken_without_a_warning():
    counts = np.random.default_rng(1).poisson(8.0, 4 * A_DAY).astype(float)
    counts[3 * A_DAY] = 1e308

    (alarm,) = watch_series(moments(counts.size), counts).alarms

    assert (alarm.row, alarm.count) == (3 * A_DAY, 1e308)


def test_rows_out_of_order_are_scored_like_rows_in_order():
    counts = steady(6, seed=12)
    counts[4 * A_DAY : 4 * A_DAY + 12] *= 12
    times = moments(counts.size)
    mixed = np.random.default_rng(0).permutation(counts.size)

    in_order = watch_series(times, counts)
    out_of_order = watch_series([times[at] for at in mixed], counts[mixed])

    assert np.array_equal(out_of_order.score, in_order.score[mixed])
    assert [one.time for one in out_of_order.alarms] == [one.time for one in in_order.alarms]
    assert in_order.alarms


def test_rows_without_a_count_and_rows_that_are_missing_say_nothing():
    counts = steady(12, seed=13)
    counts[5 * A_DAY : 5 * A_DAY + 50] = np.nan
    kept = np.r_[0 : 8 * A_DAY, 9 * A_DAY : counts.size]
    times = moments(counts.size)

    watched = watch_series([times[at] for at in kept], counts[kept], budget=MONTHLY)

    assert watched.alarms == ()
    assert (watched.score[5 * A_DAY : 5 * A_DAY + 50] == 0).all()


def test_a_score_of_a_half_or_more_is_exactly_an_alarm():
    counts = steady(12, seed=14)
    counts[8 * A_DAY : 8 * A_DAY + 30] *= np.linspace(2, 30, 30)

    watched = watch_series(moments(counts.size), counts)

    assert set(np.nonzero(watched.score >= 0.5)[0]) == {one.row for one in watched.alarms}
    assert watched.alarms


def test_nothing_but_zeros_rings_never():
    assert alarms_of(np.zeros(3000)) == ()


def test_daily_counts_are_watched_on_their_own_scale():
    rng = np.random.default_rng(15)
    counts = rng.poisson(40, 200).astype(float)
    counts[150:153] = [160, 300, 280]
    days = [moments(1)[0].replace(hour=0) + (moments(2)[1] - moments(1)[0]) * A_DAY * at for at in range(200)]

    watched = watch_series(days, counts, budget=Budget(1, 365))

    assert watched.tick_minutes == 1440
    assert [one.row for one in watched.alarms][:1] in ([150], [151])


def test_a_negative_count_and_a_series_of_two_rows_are_refused():
    with pytest.raises(SeriesError, match="Row 2 counts -1"):
        watch_series(moments(4), np.array([1.0, -1, 2, 3]))
    with pytest.raises(SeriesError, match="at least 3 different times; there are 2"):
        watch_series(moments(2), np.array([1.0, 2]))
