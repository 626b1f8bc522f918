"""HubSpot: the promises of every connector, and what is its own."""

from __future__ import annotations

import copy
import json

import pytest

from interlock.connectors.conformance import Answer, Conformance
from interlock.connectors.conformance.stage import staged
from interlock.connectors.hubspot import connector
from interlock.connectors.live import TryLater

from .hubspot_played import ANSWERS, CASE, RECORDED, HubSpot


class TestHubSpot(Conformance):
    def case(self):
        return CASE


def all_rows(api):
    with staged(CASE, api) as stage:
        return [row for page in stage.pages() for row in page.rows], stage.server.asked


def test_more_records_of_one_moment_than_a_page_holds_are_all_read():
    rows, asked = all_rows(HubSpot(RECORDED))
    filters = [
        one.json()["filterGroups"][0]["filters"] for one in asked if one.path.endswith("companies/search")
    ]

    assert {row.row["account_id"] for row in rows if row.table == "accounts"} == {
        f"hs:62515:{number}" for number in (5001, 5002, 5003, 5004)
    }
    assert [[one["operator"] for one in each] for each in filters] == [
        ["GTE"], ["GTE"], ["EQ", "GT"], ["EQ", "GT"], ["GTE"],
    ]  # fmt: skip


def test_a_record_that_changes_while_it_is_read_pushes_no_other_out_of_sight():
    class Busy(HubSpot):
        """The first ticket changes as soon as it was handed over."""

        def search(self, name, body):
            answer = super().search(name, body)
            if name == "tickets" and body["filterGroups"][0]["filters"][0]["value"] == "0":
                moved = self.recorded["tickets"][0]["properties"]
                moved["hs_lastmodifieddate"] = "2026-11-01T07:00:00Z"
            return answer

    rows, _asked = all_rows(Busy(copy.deepcopy(RECORDED)))

    assert {row.row["signal_id"] for row in rows if row.table == "signals"} == {
        "hs:62515:ticket-9001", "hs:62515:ticket-9002", "hs:62515:ticket-9003", "hs:62515:survey-3001",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("policy", "seconds"), [("TEN_SECONDLY_ROLLING", 10), ("SECONDLY", 1), ("DAILY", 3600), ("NEW", 10)]
)
def test_the_limit_that_was_reached_says_how_long_to_wait(policy, seconds):
    body = {"status": "error", "errorType": "RATE_LIMIT", "policyName": policy, "message": "limit"}

    with staged(CASE, lambda asked: Answer(body, 429)) as stage, pytest.raises(TryLater) as caught:
        list(stage.pages())

    assert caught.value.seconds == seconds


def test_surveys_are_left_out_unless_they_are_asked_for():
    with staged(CASE) as stage:
        pages = list(connector.pages({**ANSWERS, "surveys": "no"}, "", stage.reach))

    assert not any("survey" in row.row.get("signal_id", "") for page in pages for row in page.rows)
    assert not any("feedback" in one.path for one in stage.server.asked)


def test_no_name_mail_or_telephone_of_a_person_is_asked_for():
    _rows, asked = all_rows(HubSpot(RECORDED))
    wanted = {name for one in asked if one.path.endswith("search") for name in one.json()["properties"]}

    assert not {
        name for name in wanted if any(part in name for part in ("email", "phone", "firstname", "owner"))
    }


def test_a_record_without_its_time_is_refused_and_kept():
    recorded = copy.deepcopy(RECORDED)
    recorded["tickets"][0]["properties"]["createdate"] = "yesterday"

    with staged(CASE, HubSpot(recorded)) as stage:
        pages = list(stage.pages())

    (refused,) = [one for page in pages for one in page.refused]
    assert (refused.place, refused.reason) == ("tickets 9001", "'yesterday' is no moment")
    assert json.loads(refused.payload)["id"] == "9001"


def test_the_check_names_account_and_tickets():
    with staged(CASE) as stage:
        assert connector.check(ANSWERS, stage.reach) == "HubSpot account 62515 answers and holds 3 tickets."
