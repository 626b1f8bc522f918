"""Salesforce: the promises of every connector, and what is its own."""

from __future__ import annotations

import pytest

from interlock.connectors.conformance import Answer, Conformance
from interlock.connectors.conformance.stage import staged
from interlock.connectors.errors import ConnectorError
from interlock.connectors.live import TryLater, Unauthorised
from interlock.connectors.salesforce import connector

from .salesforce_played import ANSWERS, CASE, RECORDED, Salesforce


class TestSalesforce(Conformance):
    def case(self):
        return CASE


def all_rows(api, answers=ANSWERS):
    with staged(CASE, api) as stage:
        pages = list(connector.pages(answers, "", stage.reach))
    return [row for page in pages for row in page.rows]


def test_large_results_are_followed_by_the_link_that_salesforce_gives():
    with staged(CASE) as stage:
        list(stage.pages())
        parts = [one.path for one in stage.server.asked if "/query/01g" in one.path]

    assert len(parts) == 2


def test_a_killed_asking_goes_on_behind_the_last_record_with_a_query_of_its_own():
    with staged(CASE) as stage:
        first = next(iter(stage.pages()))
    with staged(CASE) as stage:
        next(iter(stage.pages(first.cursor)))
        asked = stage.server.asked[-1].query["q"]

    assert asked.endswith(
        "FROM Account WHERE SystemModstamp > 2026-10-01T08:00:00.000Z OR "
        "(SystemModstamp = 2026-10-01T08:00:00.000Z AND Id > '0015g00000A1abAAAR') ORDER BY SystemModstamp, Id"
    )


def test_without_a_refresh_token_the_app_signs_in_for_itself():
    answers = {**ANSWERS, "refresh_token": ""}

    with staged(CASE) as stage:
        list(connector.pages(answers, "", stage.reach))
        form = stage.server.asked[0].form()

    assert form["grant_type"] == "client_credentials"


def test_a_refused_sign_in_is_said_as_such_and_not_as_a_faulty_request():
    with staged(CASE) as stage, pytest.raises(Unauthorised, match=r"refused the sign-in \(invalid_grant\)"):
        connector.check({**ANSWERS, "refresh_token": "revoked"}, stage.reach)


def test_a_token_that_is_refused_again_is_not_renewed_for_ever():
    class Closed(Salesforce):
        def query(self, soql):
            return self.refusal(401, "INVALID_SESSION_ID", "Session expired or invalid")

    closed = Closed(RECORDED)
    with staged(CASE, closed) as stage, pytest.raises(Unauthorised):
        list(stage.pages())

    assert closed.signed_in == 2


def test_an_allowance_that_is_used_up_asks_for_patience():
    class Used(Salesforce):
        def query(self, soql):
            return self.refusal(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")

    with staged(CASE, Used(RECORDED)) as stage, pytest.raises(TryLater) as caught:
        list(stage.pages())

    assert caught.value.seconds == 3600


def test_the_last_tenth_of_the_allowance_is_left_to_others_and_no_page_is_lost():
    busy = Salesforce(RECORDED)
    busy.used = {"Sforce-Limit-Info": "api-usage=4500/5000"}
    taken = []

    with staged(CASE, busy) as stage, pytest.raises(TryLater, match="4,500 of 5,000"):
        taken.extend(stage.pages())

    assert len(taken) == 1


def test_accounts_that_are_persons_are_known_by_a_number_and_where_there_are_none_nothing_is_asked():
    names = {row.row.get("name") for row in all_rows(Salesforce(RECORDED))}
    company_only = Salesforce(RECORDED, person_accounts=False)

    assert "Ana Ruiz" not in names
    assert len(all_rows(company_only)) == len(CASE.expected)


def test_a_field_that_is_not_there_is_named():
    answers = {**ANSWERS, "rival_field": "Rival__c"}

    with pytest.raises(ConnectorError, match=r"Salesforce does not show Opportunity\.Rival__c to this user"):
        all_rows(Salesforce(RECORDED), answers)


@pytest.mark.parametrize("field", ["Id FROM User", "a'", "x.y", "1st"])
def test_nothing_but_a_name_is_put_into_a_query(field):
    with staged(CASE) as stage, pytest.raises(ConnectorError, match="is no name of a field"):
        connector.check({**ANSWERS, "rival_field": field}, stage.reach)


def test_a_token_is_never_sent_to_a_strange_host():
    class Elsewhere(Salesforce):
        def sign_in(self, form):
            return Answer(
                super().sign_in(form).body | {"instance_url": "https://salesforce.com.evil.example"}
            )

    with (
        staged(CASE, Elsewhere(RECORDED)) as stage,
        pytest.raises(ConnectorError, match="which is not its own"),
    ):
        connector.check(ANSWERS, stage.reach)


def test_the_check_names_organisation_and_cases():
    with staged(CASE) as stage:
        said = connector.check(ANSWERS, stage.reach)

    assert said == "Salesforce organisation 00D5g000000AbCdEAK answers and shows 3 cases."
