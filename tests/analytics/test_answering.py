"""How signals were answered, against counting by hand."""

from datetime import datetime, timedelta
from statistics import median

import ibis
import pyarrow as pa
import pytest

from interlock.analytics.answering import answering
from interlock.store.contract import TABLES, arrow_schema

START = datetime(2026, 1, 1)  # noqa: DTZ001 - the records hold UTC without saying so


class Signals:
    """Just the table of signals."""

    def __init__(self, rows):
        names = [column.name for column in TABLES["signals"].columns]
        full = [{name: row.get(name) for name in names} for row in rows]
        self.rows = pa.Table.from_pylist(full, schema=arrow_schema("signals"))

        self.sources = [row.get("source_id", "") for row in rows]

    def table(self, name):
        assert name == "signals"
        return ibis.memtable(self.rows)

    def sourced(self, name):
        assert name == "signals"
        return ibis.memtable(self.rows.append_column("source_id", pa.array(self.sources)))

    def has(self, name, *columns):
        return name == "signals" and all(self.rows[column].null_count < len(self.rows) for column in columns)


def signal(number, kind="ticket", day=0, reply_hours=None):
    at = START + timedelta(days=day)
    reply = None if reply_hours is None else at + timedelta(hours=reply_hours)
    return {"signal_id": f"S{number}", "kind": kind, "occurred_at": at, "first_reply_at": reply}


def test_share_and_median_are_those_counted_by_hand():
    waits = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
    rows = [signal(at, day=at, reply_hours=wait) for at, wait in enumerate(waits)]
    rows += [signal(100 + at, day=at) for at in range(9)]

    found = answering(Signals(rows))

    assert (found.n, found.answered, found.timed) == (20, 11, 11)
    assert found.share == pytest.approx(11 / 20)
    assert found.share_low < found.share < found.share_high
    assert found.hours == pytest.approx(median(waits))
    assert found.hours_low < found.hours < found.hours_high


def test_a_kind_that_never_shows_an_answer_is_not_called_unanswered():
    rows = [signal(at, day=at, reply_hours=2) for at in range(12)]
    rows += [signal(100 + at, kind="review", day=at) for at in range(50)]

    found = answering(Signals(rows))

    assert (found.n, found.answered) == (12, 12)


def test_a_source_that_never_notes_an_answer_does_not_drag_one_that_does():
    desk = [signal(at, day=at, reply_hours=2) | {"source_id": "desk"} for at in range(12)]
    mute = [signal(100 + at, day=at) | {"source_id": "mails"} for at in range(50)]

    found = answering(Signals(desk + mute))

    assert (found.n, found.answered) == (12, 12)
    # The control: the same tickets in the desk's own records are tickets that nobody answered.
    assert answering(Signals([row | {"source_id": "desk"} for row in desk + mute])).n == 62


def test_only_the_last_ninety_days_on_record_count():
    rows = [signal(at, day=0, reply_hours=2) for at in range(30)]
    rows += [signal(100 + at, day=200 + at, reply_hours=5) for at in range(15)]

    found = answering(Signals(rows))

    assert found.n == 15
    assert found.hours == pytest.approx(5)


def test_records_without_answers_say_nothing():
    assert answering(Signals([signal(at, day=at) for at in range(30)])) is None


def test_fewer_than_ten_signals_say_nothing():
    assert answering(Signals([signal(at, day=at, reply_hours=1) for at in range(9)])) is None
