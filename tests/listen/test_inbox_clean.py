"""The quick reader of clean signals makes exactly the rows that the careful one makes, or leaves them to it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import msgspec
from hypothesis import given
from hypothesis import strategies as some

from interlock.listen.inbox import Offered, checked, clean_signals

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)

texts = some.one_of(
    some.text(max_size=8),
    some.sampled_from(["", " ", "​", "\0", "Late", "שלום", "👩‍🚀", "ilk:1", "x" * 401, "\\u0000"]),
)
zones = some.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


def moments(first: float, last: float) -> some.SearchStrategy[str]:
    """Times between these seconds since 1970, as written in any zone."""
    return some.builds(
        lambda seconds, zone: datetime.fromtimestamp(seconds, zone).isoformat(),
        some.floats(first, last),
        zones,
    )


times = some.one_of(
    moments(-1, 1_772_500_000),
    some.sampled_from([
        "2026-03-02T11:00:00Z", "2026-03-02t11:00:00z", "2026-03-02 11:00:00.1234567+00:00", "20260302T110000Z",
        "2026-W10-1T11:00Z", "2026-03-02", "2026-03-02T11:00:00", "2026-03-02T11:00:60Z", "2026-03-02T12:20:00Z",
        "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "", "soon", 1772449200, None,
    ]),
)  # fmt: skip
numbers = some.one_of(
    some.integers(), some.floats(allow_nan=False, allow_infinity=False), some.sampled_from(["", "4", None, True])
)  # fmt: skip
kinds = some.sampled_from(["ticket", "review", "praise", "Ticket", "", None, 3])
addresses = some.sampled_from(
    [
        "https://x.example/1",
        "HTTP://X",
        "http://",
        "ftp://x",
        "//x",
        " https://x",
        "https://" + "x" * 2_000,
        "",
    ]
)
signals = some.fixed_dictionaries(
    {"signal_id": texts, "kind": kinds, "occurred_at": times},
    optional={
        "body": texts, "title": texts, "reason": texts, "account_id": texts, "lang": some.none() | texts,
        "rating": numbers, "rating_max": numbers, "first_reply_at": times, "resolved_at": times, "url": addresses,
        "reopened": numbers, "cost": numbers, "unknown": numbers | texts,
    },
)  # fmt: skip


def own_key(given: str) -> str:
    return given if ":" in given else f"shop:{given}"


@given(some.lists(signals, min_size=1, max_size=3))
def test_whatever_the_quick_reader_takes_the_careful_one_takes_as_well(records):
    body = json.dumps(records).encode()

    quick = clean_signals(body, most=3, key_of=own_key, now=NOW)

    if quick is not None:
        assert quick == carefully(body)


clean = some.fixed_dictionaries(
    {
        "signal_id": some.uuids().map(str),
        "kind": some.sampled_from(["ticket", "review"]),
        "occurred_at": moments(0, 1_772_000_000),
        "body": some.text("abc äöü ", min_size=1).map(lambda text: f"{text}."),
    },
    optional={
        "rating": some.floats(0, 5) | some.integers(0, 5),
        "url": some.just("https://x.example"),
        "cost": some.none(),
    },
)


@given(some.lists(clean, min_size=1, max_size=3))
def test_what_is_clean_is_taken_quickly(records):
    body = json.dumps(records).encode()

    quick = clean_signals(body, most=3, key_of=own_key, now=NOW)

    assert quick == carefully(body)


def test_what_is_more_than_allowed_or_nothing_is_left_to_the_careful_reader():
    one = {"signal_id": "1", "kind": "ticket", "occurred_at": "2026-03-01T00:00:00Z", "body": "Late"}

    def taken(value: object) -> int | None:
        rows = clean_signals(json.dumps(value).encode(), most=2, key_of=own_key, now=NOW)
        return None if rows is None else len(rows)

    assert [taken(value) for value in (one, [one], [one, one], [one, one, one], [], None, [[one]])] == [
        1, 1, 2, None, None, None, None,
    ]  # fmt: skip


def carefully(body: bytes) -> list[object]:
    """Each record as the API has it checked; a refusal is no row, so that it equals none."""
    found = []
    for place, record in enumerate(msgspec.json.decode(body)):
        row = checked(
            "signals", record | {"signal_id": own_key(record["signal_id"])}, place=str(place), now=NOW
        )
        assert isinstance(row, Offered), row
        found.append(row)
    return found
