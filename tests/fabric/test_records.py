"""Writers of the lake wait for one another, but not for ever."""

from __future__ import annotations

import threading

import pytest

from interlock.fabric import records
from interlock.store.errors import LakeBusy


def test_a_writer_waits_for_one_who_is_done_in_a_moment(home):
    begun, end = threading.Event(), threading.Event()

    def hold() -> None:
        with records.lake().writing(batch_id="flush", source_id="shop"):
            begun.set()
            end.wait(120)

    holder = threading.Thread(target=hold)
    holder.start()
    assert begun.wait(120)
    threading.Timer(0.3, end.set).start()

    with records.writing(batch_id="import", source_id="shop"):
        assert end.is_set()
    holder.join()


def test_it_says_who_writes_when_that_takes_too_long(home, monkeypatch):
    monkeypatch.setattr(records, "PATIENCE_SECONDS", 0.2)

    with (
        records.lake().writing(batch_id="long import", source_id="shop"),
        pytest.raises(LakeBusy, match="long import"),
        records.writing(batch_id="another", source_id="shop"),
    ):
        pytest.fail("two wrote at once")
