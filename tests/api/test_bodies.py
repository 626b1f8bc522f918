"""Bodies that cannot be read are refused as a whole, with a reason, and counted."""

from __future__ import annotations

import gzip
import json

import pytest

from api.conftest import signal

ONE = json.dumps(signal()).encode()
BROKEN = {
    "not JSON": (b"{", {}, 400, "not_json"),
    "not UTF-8": (b'{"body": "\xff"}', {}, 400, "not_json"),
    "a number beyond all": (b'{"rating": 1e999}', {}, 400, "not_json"),
    "not a number": (b'{"rating": NaN}', {}, 400, "not_json"),
    "half a surrogate pair": (b'{"body": "\\ud800"}', {}, 400, "not_json"),
    "nested without end": (b"[" * 100_000, {}, 400, "not_json"),
    "an empty array": (b"[]", {}, 400, "no_signals"),
    "nothing": (b" ", {}, 400, "not_json"),
    "a number": (b"7", {}, 400, "no_signals"),
    "another type": (ONE, {"content_type": "text/csv"}, 415, "unsupported_type"),
    "another character set": (
        ONE,
        {"content_type": "application/json; charset=latin-1"},
        400,
        "wrong_charset",
    ),
    "packed otherwise": (ONE, {"Content_Encoding": "br"}, 415, "unsupported_encoding"),
    "packed and damaged": (gzip.compress(ONE)[:-9], {"Content_Encoding": "gzip"}, 400, "damaged_gzip"),
    "a bomb": (gzip.compress(b" " * 10_000_000), {"Content_Encoding": "gzip"}, 413, "unpacks_too_large"),
    "5,001 signals": (json.dumps([1] * 5_001).encode(), {}, 413, "too_many"),
    "an empty key": (ONE, {"Idempotency_Key": " "}, 400, "bad_key"),
    "a key of 256": (ONE, {"Idempotency_Key": "k" * 256}, 400, "bad_key"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_body_that_cannot_be_read_is_refused_and_counted(shop, name):
    body, sent, status, code = BROKEN[name]

    answer = shop.post(body, **sent)

    problem = answer.json()
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert answer["Content-Type"] == "application/problem+json"
    assert problem["remedy"]
    assert shop.tallies() == (1, 0, 0, 1)
    assert shop.reasons() == [problem["detail"]]


def test_a_body_past_the_limit_is_not_even_read(shop, settings):
    settings.API_MB = 1

    answer = shop.post(signal(body="x" * 1_000_001))

    assert (answer.status_code, answer.json()["detail"]) == (413, "The body is larger than 1 MB.")
    assert shop.reasons() == ["The body is larger than 1 MB."]


def test_an_honest_gzip_is_taken(shop):
    answer = shop.post(gzip.compress(ONE), Content_Encoding="gzip")

    assert answer.status_code == 202


def test_a_byte_order_mark_is_passed_over(shop):
    assert shop.post(b"\xef\xbb\xbf" + ONE).status_code == 202


def test_utf_8_may_be_named(shop):
    assert shop.post(ONE, content_type="Application/JSON; charset=UTF-8").status_code == 202
