"""`interlock disconnects` and `interlock drivers`: the fields machines rely on, and tables for people."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from reconnect.conftest import report, symptom, three_rows

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
pytestmark = pytest.mark.django_db
DRIVER = {
    "outcome": "bad_rating", "factor": "late", "n_with": 1852, "n_without": 9474, "rate_with": 0.29,
    "rate_without": 0.086, "risk_ratio": 3.4, "risk_ratio_low": 3.1, "risk_ratio_high": 3.7,
    "adjusted_difference": 0.23, "adjusted_low": 0.21, "adjusted_high": 0.26, "share_of_outcome": 0.3,
}  # fmt: skip


@pytest.fixture
def found(home, db):
    """One disconnect and one driver of the empty snapshot, with a rule that is off."""
    from interlock.analytics.finding import RuleOff
    from interlock.fabric import records
    from interlock.reconnect.services import detection

    off = (RuleOff("R10", "No order line names a batch."),)
    now = NOW
    detection.record_report(
        report=report(symptom(), off=off), snapshot=records.snapshot(), read_rows=three_rows, now=now
    )
    detection.keep_drivers(records.snapshot(), {"drivers": [DRIVER], "off": []}, now)


def run(*arguments: str) -> str:
    from interlock.cli import findings

    command = {"disconnects": findings.disconnects, "drivers": findings.drivers}[arguments[0]]
    result = CliRunner().invoke(command, arguments[1:], catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def test_a_disconnect_for_machines_has_every_field_and_money_in_major_units(found):
    said = json.loads(run("disconnects", "--json"))

    (one,) = said["disconnects"]
    assert said["rules_off"] == [{"rule": "R10", "reason": "No order line names a batch."}]
    assert one["context"] == {"kind": "team", "key": "north", "label": "Shops North"}
    assert one["money"] == {
        "currency": "EUR", "low": 181_000.0, "mid": 312_000.0, "high": 474_000.0, "basis": "lost",
    }  # fmt: skip
    assert (one["rule"], one["functions"], one["status"]) == ("R01", ["sales", "production"], "detected")
    assert (one["n"], one["x"], one["baseline"], one["probability"]) == (208, 71, 0.12, 0.97)
    assert one["evidence"]["query"]["rule"] == "R01"
    assert (one["evidence"]["rows"], one["evidence"]["hits"]) == (3, 2)
    assert one["sentence"] == (
        "Shops North promised dates that we missed 71 of 208 times; usually it is 12 in 100."
    )


def test_a_driver_for_machines_has_every_field(found):
    (one,) = json.loads(run("drivers", "--json"))["drivers"]

    assert one == DRIVER


def test_people_get_tables(found):
    assert "One disconnect" in run("disconnects")
    assert "One driver" in run("drivers")
