"""Zendesk keeps every promise of a live connector, and its own."""

from __future__ import annotations

import json

import pytest

from interlock.connectors.conformance import Case, Conformance
from interlock.connectors.conformance.stage import rows_of, staged
from interlock.connectors.errors import ConnectorError
from interlock.connectors.live import Letter, NotSent, Route
from interlock.connectors.zendesk import connector

from . import zendesk_played
from .reaches import reach, says


class TestZendesk(Conformance):
    def case(self) -> Case:
        return zendesk_played.case()


class TestZendeskForAPerson(Conformance):
    def case(self) -> Case:
        return zendesk_played.case_of_client()


class TestZendeskByItself(Conformance):
    def case(self) -> Case:
        return zendesk_played.case_of_client(refreshing=False)


def test_an_answer_is_sent_once_although_its_token_had_run_out():
    case = zendesk_played.case_of_client()
    zendesk = zendesk_played.rotating(1, strict=True)
    with staged(case, zendesk) as stage:
        letter = Letter(reference="r-1", author="Ana Ruiz", text="Your parcel is found.")
        assert connector.find(case.answers, Route(thread="35436"), letter, stage.reach) is None
        kept = {**case.answers, **stage.kept}
        connector.send(kept, Route(thread="35436"), letter, stage.reach)

    assert zendesk.system.replies() == ["Your parcel is found.\n\nAna Ruiz"]
    assert stage.kept["refresh_token"] == f"refresh-token-{zendesk.turn}"


def test_who_gives_nothing_to_sign_in_with_is_told_what_to_give():
    with pytest.raises(ConnectorError, match="Give an API token, an access token, or"):
        connector.check({"address": "acme"}, reach(lambda *arguments, **options: says("{}")))


def test_names_and_addresses_of_people_are_never_read():
    with staged(zendesk_played.case()) as stage:
        read = repr(list(stage.pages()))

    for personal in ("Ann Lee", "ann.lee@", "Jonas", "+49", "Mo Khan", "Smith"):
        assert personal not in read


def test_open_tickets_can_be_answered_closed_and_deleted_ones_cannot():
    with staged(zendesk_played.case()) as stage:
        tickets = [one for one in rows_of(list(stage.pages())) if one.row.get("kind") == "ticket"]

    assert {one.row["signal_id"]: one.route and one.route.thread for one in tickets} == {
        "zd:acme:35436": "35436",
        "zd:acme:35437": "35437",
        "zd:acme:35438": None,
        "zd:acme:35439": None,
        "zd:acme:35440": "35440",
    }


def test_an_answer_is_public_and_names_who_wrote_it():
    zendesk = zendesk_played.Zendesk(zendesk_played.RECORDED)
    with staged(zendesk_played.case(), zendesk) as stage:
        letter = Letter(reference="r-1", author="Ana Ruiz", text="Your parcel is found.")
        connector.send(zendesk_played.ANSWERS, Route(thread="35436"), letter, stage.reach)

    assert zendesk.replies() == ["Your parcel is found.\n\nAna Ruiz"]


def test_a_closed_ticket_is_refused_for_good():
    with pytest.raises(NotSent, match="did not accept the request") as caught:
        connector.send(
            zendesk_played.ANSWERS,
            Route(thread="35438"),
            Letter("r-1", "Ana Ruiz", "Hello"),
            reach(lambda *arguments, **options: says('{"error": "RecordInvalid"}', 422)),
        )

    assert caught.value.for_good


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("acme", "https://acme.zendesk.com"),
        ("acme.zendesk.com", "https://acme.zendesk.com"),
        (" https://acme.zendesk.com/ ", "https://acme.zendesk.com"),
        ("https://help.acme.example", "https://help.acme.example"),
    ],
)
def test_the_address_may_be_written_in_any_usual_way(address, host):
    asked = []

    def answer(method, url, **_):
        asked.append(url)
        return says(json.dumps({"user": {"role": "admin"}, "count": {"value": 1_234}}))

    sentence = connector.check(zendesk_played.ANSWERS | {"address": address}, reach(answer))

    assert asked == [f"{host}/api/v2/users/me.json", f"{host}/api/v2/tickets/count.json"]
    assert (
        sentence == f"{host.removeprefix('https://')} holds 1,234 tickets; the token is an administrator's."
    )


def test_an_oauth_token_goes_without_an_address():
    headers = []

    def answer(method, url, **options):
        headers.append(options["headers"]["authorization"])
        return says('{"user": {"role": "agent"}}')

    sentence = connector.check(zendesk_played.ANSWERS | {"email": ""}, reach(answer))

    assert headers == [f"Bearer {zendesk_played.TOKEN}"] * 2
    assert sentence.endswith("the token is an agent's: only administrators may export them.")


def test_a_token_of_nobody_is_named():
    with pytest.raises(ConnectorError, match="knows this token as nobody in service"):
        connector.check(zendesk_played.ANSWERS, reach(lambda *a, **o: says('{"user": {"role": "end-user"}}')))


def test_an_unreadable_start_is_named():
    with pytest.raises(ConnectorError, match="Write it as 2026-01-01"):
        list(
            connector.pages(zendesk_played.ANSWERS | {"since": "May"}, "", reach(lambda *a, **o: says("{}")))
        )


def test_a_ticket_without_a_time_is_refused_and_the_others_come():
    tickets = [
        {"id": 1, "created_at": "yesterday"},
        {"id": 2, "created_at": "2026-10-01T00:00:00Z", "description": "x"},
    ]
    content = {"tickets": tickets, "after_cursor": "c2", "end_of_stream": True}
    ratings = {"satisfaction_ratings": [], "meta": {"has_more": False}}

    def answer(method, url, **_):
        return says(json.dumps(content if "incremental" in url else ratings))

    first, _ = connector.pages(zendesk_played.ANSWERS, "", reach(answer))

    assert [one.row["signal_id"] for one in first.rows] == ["zd:acme:2"]
    assert [(one.place, one.field, one.payload) for one in first.refused] == [
        ("ticket 1", "occurred_at", "yesterday")
    ]
