"""One record: taken exactly, cleaned where nothing is lost, or refused with its field and a reason."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta, timezone

import pytest

from interlock.listen.inbox import Offered, Refusal, checked
from listen.live import NOON, ticket


def look(table: str = "signals", **more: object) -> Offered | Refusal:
    return checked(table, {**ticket(1), **more} if table == "signals" else more, place="row 1", now=NOON)


def stored(**more: object) -> dict[str, object]:
    found = look(**more)
    assert isinstance(found, Offered), found
    return json.loads(found.payload)


def test_a_whole_record_is_taken_as_it_came():
    found = look(rating=4, rating_max=5, cost="12.5", reopened=2, first_reply_at="2026-03-02T10:00+02:00")

    assert isinstance(found, Offered)
    assert (found.table, found.key, found.place) == ("signals", "t1", "row 1")
    assert json.loads(found.payload) == {
        "signal_id": "t1",
        "kind": "ticket",
        "occurred_at": "2026-03-02T08:00:00Z",
        "account_id": "a1",
        "rating": 4.0,
        "rating_max": 5.0,
        "body": "The bike 1 came late",
        "first_reply_at": "2026-03-02T08:00:00Z",
        "reopened": 2,
        "cost": "12.50",
    }


def test_equal_records_have_one_digest_however_they_are_written():
    one = look(rating=4, cost=12.5, title="", lang=None, unknown="passed over")
    row = dict(reversed({**ticket(1), "rating": 4.0, "cost": "12.500"}.items()))
    row["occurred_at"] = datetime(2026, 3, 2, 10, tzinfo=timezone(timedelta(hours=2)))

    other = checked("signals", row, place="elsewhere", now=NOON)

    assert (one.digest, one.payload) == (other.digest, other.payload)
    assert look(body="The bike 1 came on time").digest != one.digest


@pytest.mark.parametrize(
    "words",
    ["🚲🚲🚲", "הדראג׳ איחר", "ab\u200bcd\u200d", "\u202eevil\u202c", "Ærø 東京 русский", "  padded\n\n"],
)
def test_words_of_every_script_are_kept_exactly(words):
    assert stored(body=words)["body"] == words


def test_nul_and_halves_of_surrogate_pairs_are_cleaned():
    assert stored(body="a\0b\ud800c", title="\\u0000")["body"] == "ab\ufffdc"
    assert stored(title="literally \\u0000")["title"] == "literally \\u0000"


REFUSED = [
    ({"signal_id": None}, "signal_id", "signal_id is missing; every record of signals needs it."),
    ({"signal_id": " "}, "signal_id", "signal_id is empty; every record needs its key."),
    ({"signal_id": "\0"}, "signal_id", "signal_id is missing; every record of signals needs it."),
    ({"signal_id": "x" * 401}, "signal_id", "signal_id has 401 characters; at most 400 are taken. Shorten it and send it again."),
    ({"signal_id": 7}, "signal_id", "signal_id must be a text; this is a number (7)."),
    ({"kind": "Ticket"}, "kind", "kind must be one of: ticket, complaint, review, survey, return, cancel, social, post, idea, loss, praise; this is a text (Ticket)."),
    ({"kind": ["ticket"]}, "kind", "kind must be one of: ticket, complaint, review, survey, return, cancel, social, post, idea, loss, praise; this is a list (['ticket'])."),
    ({"body": ""}, "body", "The signal says nothing: give it a body, a title, a rating or a reason."),
    ({"body": "\0"}, "body", "The signal says nothing: give it a body, a title, a rating or a reason."),
    ({"body": "x" * 1_000_001}, "body", "body has 1,000,001 characters; at most 1,000,000 are taken. Shorten it and send it again."),
    ({"body": {"html": "x"}}, "body", "body must be a text; this is an object ({'html': 'x'})."),
    ({"occurred_at": "2026-03-02T08:00:00"}, "occurred_at", "occurred_at (2026-03-02T08:00:00) has no time zone, so nobody can know when it was. Send it as 2026-03-02T12:00:00Z."),
    ({"occurred_at": "2026-02-30T08:00:00Z"}, "occurred_at", "occurred_at must be a time that exists, written as 2026-03-02T12:00:00Z; this is a text (2026-02-30T08:00:00Z)."),
    ({"occurred_at": 1772438400}, "occurred_at", "occurred_at must be a time as 2026-03-02T12:00:00Z; this is a number (1772438400)."),
    ({"occurred_at": "1969-12-31T23:59:59Z"}, "occurred_at", "occurred_at must be a time of the years 1970 to 9999; this is a text (1969-12-31T23:59:59Z)."),
    ({"occurred_at": "0001-01-01T00:00:00+14:00"}, "occurred_at", "occurred_at must be a time of the years 1970 to 9999; this is a text (0001-01-01T00:00:00+14:00)."),
    ({"occurred_at": "2026-03-02T12:10:01Z"}, "occurred_at", "occurred_at (2026-03-02T12:10:01Z) lies in the future by this server's clock (2026-03-02 12:00 UTC). Set the sender's clock or mend the date."),
    ({"rating": "4"}, "rating", "rating must be a number; this is a text (4)."),
    ({"rating": -5, "rating_max": 5}, "rating", "rating must be between 0 and rating_max (5.0); this is a number (-5.0)."),
    ({"rating": 50, "rating_max": 5}, "rating", "rating must be between 0 and rating_max (5.0); this is a number (50.0)."),
    ({"rating": -1}, "rating", "rating must be 0 or more; this is a number (-1.0)."),
    ({"rating": 5, "rating_max": 0}, "rating_max", "rating_max must be the best that can be given, more than 0; this is a number (0.0)."),
    ({"rating": True}, "rating", "rating must be a number; this is true or false (True)."),
    ({"rating": math.inf}, "rating", "rating must be a number; this is a number (inf)."),
    ({"rating": 10**400}, "rating", None),
    ({"reopened": 1.5}, "reopened", "reopened must be a whole number; this is a number (1.5)."),
    ({"reopened": 2**31}, "reopened", "reopened must be a whole number; this is a number (2147483648)."),
    ({"cost": "NaN"}, "cost", "cost must be an amount as 12.50; this is a text (NaN)."),
    ({"cost": "1e30"}, "cost", "cost must be an amount as 12.50; this is a text (1e30)."),
    ({"cost": "12,50"}, "cost", "cost must be an amount as 12.50; this is a text (12,50)."),
    ({"url": "javascript:alert(1)"}, "url", "url must be an address that begins with https:// or http://; this is a text (javascript:alert(1))."),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "field", "reason"), REFUSED)
def test_a_wrong_record_is_refused_with_its_field_and_a_reason(wrong, field, reason):
    found = look(**wrong)

    assert isinstance(found, Refusal)
    assert (found.place, found.field) == ("row 1", field)
    assert reason is None or found.reason == reason
    assert found.payload.startswith("{")
    assert len(found.payload) <= 64_000


def test_a_clock_ten_minutes_ahead_is_forgiven():
    assert stored(occurred_at="2026-03-02T12:10:00Z")["occurred_at"] == "2026-03-02T12:10:00Z"


def test_what_is_no_record_at_all_is_refused():
    for row in ("words", 7, None, ["a"]):
        found = checked("signals", row, place="row 1", now=NOON)
        assert isinstance(found, Refusal)
    assert look("secrets", a=1).reason == "“secrets” is no table of the contract."


def test_fields_that_the_contract_does_not_know_are_named_where_one_is_missing():
    found = checked("signals", {"id": "7", "text": "Late"}, place="row 1", now=NOON)
    assert found.reason == (
        "signal_id is missing; every record of signals needs it. The contract does not know id, text."
    )


def test_a_key_of_several_columns_is_one_key():
    row = {"site_id": "s1", "family": "Cargo", "week": "2026-03-02", "capacity_qty": 4}

    found = checked("capacity", row, place="row 1", now=NOON)

    assert isinstance(found, Offered)
    assert found.key == "s1\x1fCargo\x1f2026-03-02"
    assert json.loads(found.payload) == {**row, "capacity_qty": "4.000"}


def test_a_day_and_a_yes_are_read_as_such():
    refused = checked("invoices", {"invoice_id": "i1", "due_at": "soon"}, place="1", now=NOON)
    good = checked(
        "invoices", {"invoice_id": "i1", "due_at": "2026-03-02", "disputed": False}, place="1", now=NOON
    )

    assert refused.reason == "due_at must be a day as 2026-03-02; this is a text (soon)."
    assert json.loads(good.payload) == {"invoice_id": "i1", "due_at": "2026-03-02", "disputed": False}


def test_the_latest_time_that_is_taken_is_the_sender_clock_in_any_zone():
    at = datetime(2026, 3, 2, 12, 5, tzinfo=UTC).astimezone(timezone(timedelta(hours=-8)))

    assert stored(occurred_at=at.isoformat())["occurred_at"] == "2026-03-02T12:05:00Z"
