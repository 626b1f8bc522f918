"""Signals that a program posts: stored before the answer, counted whatever becomes of them."""

from __future__ import annotations

import pytest

from api.conftest import signal
from interlock.fabric.models import JournalEntry
from interlock.listen.models import InboxRow


def counts(answer) -> tuple[int, int, int, int]:
    body = answer.json()
    return body["received"], body["stored"], body["duplicate"], body["refused"]


def test_one_signal_is_stored_and_counted(shop):
    answer = shop.post(signal())

    body = answer.json()
    assert (answer.status_code, answer["Content-Type"]) == (202, "application/json")
    assert body == {
        "source": "shop",
        "arrival": body["arrival"],
        "received": 1,
        "stored": 1,
        "updated": 0,
        "duplicate": 0,
        "refused": 0,
        "refusals": [],
    }
    assert list(InboxRow.objects.values_list("source__key", "key")) == [("shop", "shop:s-1")]
    assert shop.tallies() == (1, 1, 0, 0)


def test_an_array_is_stored_in_one_go(shop):
    answer = shop.post([signal(f"s-{number}") for number in range(5_000)])

    assert (answer.status_code, counts(answer)) == (202, (5_000, 5_000, 0, 0))
    assert JournalEntry.objects.filter(about_kind="arrival").count() == 1


def test_what_is_known_already_is_a_duplicate(shop):
    shop.post(signal())

    answer = shop.post([signal(), signal()])

    assert (answer.status_code, counts(answer)) == (200, (2, 0, 2, 0))


def test_a_changed_signal_is_stored_as_an_update(shop):
    shop.post(signal())

    answer = shop.post(signal(body="It came at last."))

    assert (answer.status_code, answer.json()["stored"], answer.json()["updated"]) == (202, 1, 1)
    assert InboxRow.objects.count() == 1


def test_the_good_of_an_array_are_stored_and_the_bad_are_named(shop):
    answer = shop.post([signal("a"), signal("b", kind="grumble"), "text", signal("d", occurred_at="soon")])

    assert (answer.status_code, counts(answer)) == (202, (4, 1, 0, 3))
    refusals = answer.json()["refusals"]
    assert [(each["index"], each["id"], each["field"]) for each in refusals] == [
        (1, "b", "kind"),
        (2, "", ""),
        (3, "d", "occurred_at"),
    ]
    assert [each["reason"] for each in refusals] == shop.reasons()
    assert shop.tallies() == (4, 1, 0, 3)


def test_an_array_without_a_good_signal_is_refused_with_its_accounting(shop):
    answer = shop.post([signal(kind="grumble")])

    assert (answer.status_code, counts(answer)) == (422, (1, 0, 0, 1))


@pytest.mark.parametrize(
    ("token", "status", "said"),
    [
        ("", 401, "No token came"),
        ("Bearer ", 401, "not of the form"),
        ("Bearer ilk_x", 401, "not known here"),
    ],
)
def test_without_a_good_token_nothing_is_told(shop, token, status, said):
    answer = shop.client.post(
        "/api/v1/signals", signal(), "application/json", headers={"Authorization": token}
    )

    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert answer["WWW-Authenticate"] == 'Bearer realm="Interlock"'
    assert said in answer.json()["detail"]
    assert shop.tallies() == (0, 0, 0, 0)


def test_a_token_without_the_scope_is_refused(program):
    answer = program("dashboard", "status:read").post(signal())

    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
    assert answer["WWW-Authenticate"].endswith('scope="signals:write"')


def test_a_revoked_token_opens_nothing_from_the_next_request_on(shop):
    from django.utils import timezone

    from interlock.fabric import tokens

    shop.post(signal())
    tokens.revoke_token(token=shop.source.token, by=None, now=timezone.now())

    answer = shop.post(signal("s-2"))

    assert (answer.status_code, answer.json()["detail"]) == (
        401,
        "This token was revoked. Ask whoever runs Interlock for a new one.",
    )
    assert shop.tallies() == (1, 1, 0, 0)


def test_a_paused_source_asks_to_come_back(shop):
    from django.utils import timezone

    shop.source.paused_at = timezone.now()
    shop.source.save()

    answer = shop.post(signal())

    assert (answer.status_code, answer["Retry-After"], shop.tallies()) == (503, "300", (0, 0, 0, 0))


def test_no_session_and_no_cookie_is_made_or_needed(shop):
    answer = shop.post(signal())

    assert (answer.cookies.output(), answer.headers.get("Vary", "")) == ("", answer.headers.get("Vary", ""))
    assert "Cookie" not in answer.headers.get("Vary", "")
    assert answer["Cache-Control"] == "no-store"


def test_a_wrong_method_names_the_right_one(shop):
    answer = shop.get("/api/v1/signals")

    assert (answer.status_code, answer["Allow"]) == (405, "POST")


def test_an_address_that_does_not_exist_is_a_problem_and_no_page(shop):
    answer = shop.get("/api/v2/signals")

    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


def test_a_program_sees_what_became_of_its_signal(shop):
    shop.post(signal("shop/7 ü"))

    answer = shop.get("/api/v1/signals/shop%2F7%20%C3%BC")

    body = answer.json()
    assert answer.status_code == 200
    assert body.pop("received_at") is not None
    assert body == {
        "signal_id": "shop/7 ü",
        "key": "shop:shop/7 ü",
        "source": "shop",
        "state": "received",
        "readable": False,
        "due_at": None,
        "answered_at": None,
    }


def test_a_foreign_signal_looks_like_one_that_is_not_there(program):
    shop, rival = program("shop"), program("rival")
    shop.post(signal())

    foreign, absent = rival.get("/api/v1/signals/s-1"), rival.get("/api/v1/signals/none")

    assert (foreign.status_code, foreign.content) == (absent.status_code, absent.content)
    assert foreign.status_code == 404
    assert dict(foreign.headers) == dict(absent.headers)


def test_a_reader_without_a_source_sees_the_signals_of_all(program):
    program("shop").post(signal())

    assert program("reader", "signals:read").get("/api/v1/signals/shop:s-1").status_code == 200


def test_two_programs_that_count_from_one_do_not_overwrite_each_other(program):
    shop, rival = program("shop"), program("rival")

    shop.post(signal("1", body="From the shop."))
    rival.post(signal("1", body="From the rival."))

    assert sorted(InboxRow.objects.values_list("source__key", "key")) == [
        ("rival", "rival:1"),
        ("shop", "shop:1"),
    ]


def test_an_id_that_names_its_system_stays_as_it_is(program):
    program("shop").post(signal("zd:4711"))

    assert list(InboxRow.objects.values_list("key", flat=True)) == ["zd:4711"]
