"""How much of a large piece of work goes into one transaction, and when others may write."""

import pytest
from django.db import connection

from interlock.fabric import pacing
from interlock.fabric.pacing import HELD_SECONDS, LEAST_ROWS, MOST_ROWS, Pace

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(monkeypatch):
    """A clock that goes on only when told, and pauses that only count."""
    moment, pauses = [100.0], []
    monkeypatch.setattr(pacing.time, "monotonic", lambda: moment[0])
    monkeypatch.setattr(pacing.time, "sleep", pauses.append)
    return moment, pauses


def rows_after(clock, seconds_a_row, batches):
    """The sizes of so many batches one after the other."""
    pace, sizes = Pace(), []
    for _each in range(batches):
        sizes.append(pace.rows)
        with pace.transaction(pace.rows):
            clock[0][0] += pace.rows * seconds_a_row
    return sizes


def test_a_transaction_grows_to_what_fits_its_time(clock):
    assert rows_after(clock, HELD_SECONDS / 300, 5) == [2 * LEAST_ROWS, 4 * LEAST_ROWS, 300, 300, 300]


def test_it_never_holds_more_than_the_most_rows_nor_fewer_than_the_least(clock):
    assert rows_after(clock, 0.0, 5)[-1] == MOST_ROWS
    assert rows_after(clock, 1.0, 5)[-1] == LEAST_ROWS


def test_a_quick_batch_after_slow_ones_only_doubles_them(clock):
    pace = Pace()
    for seconds in (50.0, 0.0):
        with pace.transaction(pace.rows):
            clock[0][0] += seconds

    assert pace.rows == 2 * LEAST_ROWS


def test_short_transactions_one_after_the_other_leave_gaps_where_one_process_alone_can_write(clock):
    moment, pauses = clock
    for _each in pacing.with_gaps(range(6)):
        moment[0] += 0.55 * HELD_SECONDS

    assert pauses == ([pacing.GAP_SECONDS] * 3 if connection.vendor == "sqlite" else [])
