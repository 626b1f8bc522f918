"""What the rules say of the Olist sample, a small old export; skipped where the files are not there."""

import os
from pathlib import Path

import pytest

from analytics.driver_worlds import Memory, olist_tables
from interlock.analytics.symptoms import find_symptoms

HERE = Path(__file__).resolve().parents[2]
OLIST = Path(os.environ.get("TEST_DATA", HERE.parent / "shared" / "data")) / "olist" / "sample"


@pytest.fixture(scope="module")
def report():
    if not OLIST.is_dir():
        pytest.skip(f"the Olist sample is not in {OLIST}")
    return find_symptoms(Memory(olist_tables(OLIST)))


def test_at_least_three_disconnects_are_detected_and_each_is_true(report):
    detected = [s for s in report.symptoms if s.tier == "detected"]

    assert len(detected) >= 3
    for symptom in detected:
        assert symptom.rate > 1.5 * symptom.baseline
        assert symptom.n >= 30
        assert symptom.probability >= 0.8


def test_late_into_rio_joins_operations_and_late_hand_over_joins_the_sellers(report):
    named = {s.context.key.split("|")[0]: s.functions for s in report.symptoms if s.tier == "detected"}

    assert named["RJ"] == ("sales", "operations")
    assert named["moveis_escritorio"] == ("operations", "production")
    assert named["1025f0e2d44d7041d6cf58b6550e0bfa"] == ("operations", "production")


def test_no_month_that_is_over_is_named(report):
    assert [s.context.key for s in report.symptoms if s.context.kind == "month"] == []
