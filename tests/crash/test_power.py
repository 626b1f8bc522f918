"""A short run of `./do crash`: no cut of the power loses what was acknowledged, and a weaker setting is caught."""

from __future__ import annotations

import pytest
from django.db import connection

from crash import power, recording

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def recorded(home, tmp_path):
    if connection.vendor != "sqlite":
        pytest.skip("the simulation is one of SQLite")
    recording.begin()
    base = recording.copy_of(tmp_path / "base.sqlite3")
    return base, recording.record(60, seed=1)


def test_no_cut_of_the_power_loses_what_was_acknowledged(recorded):
    base, commits = recorded

    found = power.simulate(base, recording.pragmas(), commits, cuts=30, seed=1)

    assert (found.cuts, found.losing, found.damaged, found.commits) == (30, 0, 0, 60)


def test_a_weaker_setting_loses_something_here(recorded):
    base, commits = recorded

    found = power.simulate(base, recording.pragmas(), commits, cuts=10, seed=1, synchronous="NORMAL")

    assert found.losing > 0


def test_the_shipped_setting_is_the_strong_one():
    assert "PRAGMA synchronous=FULL" in recording.pragmas()
