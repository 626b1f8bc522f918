"""Exports of helpdesks, communities and review pages are recognised and become signals, without anybody's name."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import openpyxl
import pytest

from interlock.connectors import open_source
from interlock.connectors.records import Chunk

from . import helpdesk_exports as exports
from .conftest import NOW, all_chunks, rows_of


def at(day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    # Records hold times in UTC without saying so in each.
    return datetime(2026, 2, day, hour, minute, second, tzinfo=UTC).replace(tzinfo=None)


CASES: list[tuple[str, str, str | bytes, dict[str, Any]]] = [
    (
        "zendesk_export", "tickets.jsonl", exports.as_lines(exports.ZENDESK_TICKET, exports.GONE),
        {
            "signal_id": "zendesk:35436", "kind": "ticket", "occurred_at": at(20, 22, 55, 29),
            "account_id": "zendesk:509974", "contact_id": "zendesk:20978392", "channel": "web", "rating": 1.0,
            "rating_max": 1.0, "title": "Help, my printer is on fire!", "body": "The fire is very colourful.",
            "reason": "incident", "url": "https://acme.zendesk.com/api/v2/tickets/35436.json",
        },
    ),
    (
        "zendesk_export", "tickets.csv", exports.ZENDESK_CSV,
        {
            "signal_id": "zendesk:77", "kind": "ticket", "occurred_at": at(20, 22, 55),
            "contact_id": "zendesk:20978392", "channel": "Mail", "rating": 0.0, "rating_max": 1.0, "title": "Printer",
            "reason": "Problem", "resolved_at": at(21, 5, 38), "reopened": 2,
        },
    ),
    (
        "discourse_export", "posts.csv", exports.DISCOURSE,
        {
            "signal_id": "discourse:9001", "kind": "post", "occurred_at": at(20, 22, 55, 29),
            "contact_id": "discourse:42", "channel": "community", "title": "Lamp flickers",
            "body": "The red lamp flickers.\n\nIt is new.", "url": "/t/lamp-flickers/77/1",
        },
    ),
    (
        "freshdesk_export", "tickets.csv", exports.FRESHDESK,
        {
            "signal_id": "freshdesk:512", "kind": "ticket", "occurred_at": at(20, 10), "channel": "Email",
            "title": "Wrong invoice", "reason": "Question", "resolution": "Within SLA",
            "first_reply_at": at(20, 12, 15), "resolved_at": at(21, 11, 30),
        },
    ),
    (
        "jira_service_export", "Jira.csv", exports.JIRA,
        {
            "signal_id": "jira:HELP-17", "kind": "ticket", "occurred_at": at(20, 9, 5), "channel": "service desk",
            "rating": 4.0, "rating_max": 5.0, "title": "VPN is down", "body": "Nobody can work.",
            "reason": "Report an incident", "resolution": "Done", "resolved_at": at(20, 13, 30),
        },
    ),
    (
        "app_store_reviews", "customerReviews.json", exports.as_json(exports.APP_STORE),
        {
            "signal_id": "appstore:00000028-b08c-0014", "kind": "review", "occurred_at": at(20, 16, 10, 34),
            "channel": "App Store", "rating": 2.0, "rating_max": 5.0, "title": "Crashes",
            "body": "It crashes at the start.",
        },
    ),
    (
        "google_play_reviews", "reviews_example.aldermoor.app_202602.csv", exports.GOOGLE_PLAY.encode("utf-16"),
        {
            "signal_id": "gplay:example.aldermoor.app/1771581600000/star2qltechn", "kind": "review",
            "occurred_at": at(20, 10), "product_id": "gplay:example.aldermoor.app", "channel": "Google Play",
            "lang": "de", "rating": 1.0, "rating_max": 5.0, "body": "Stürzt ab", "first_reply_at": at(20, 12),
            "url": "https://play.google.com/console/review?reviewId=1",
        },
    ),
    (
        "trustpilot_reviews", "trustpilot.csv", exports.TRUSTPILOT,
        {
            "signal_id": "trustpilot:r-100", "kind": "review", "occurred_at": at(20, 10),
            "contact_id": "trustpilot:u-7", "channel": "Trustpilot", "rating": 2.0, "rating_max": 5.0,
            "title": "Late", "body": "It came three weeks late.", "url": "https://www.trustpilot.com/reviews/r-100",
        },
    ),
    (
        "g2_reviews", "g2.json", exports.as_json(exports.G2),
        {
            "signal_id": "g2:123456", "kind": "review", "occurred_at": at(20, 16), "channel": "G2", "rating": 3.5,
            "rating_max": 5.0, "title": "Solid", "body": "Quick.\n\nThe price.",
        },
    ),
]  # fmt: skip


def filled(chunks: list[Chunk]) -> list[dict[str, Any]]:
    return [
        {name: value for name, value in row.items() if value is not None}
        for row in rows_of(chunks, "signals").to_pylist()
    ]


@pytest.mark.parametrize(
    ("name", "file", "content", "expected"), CASES, ids=[f"{case[0]} {case[1]}" for case in CASES]
)
def test_an_export_is_recognised_and_every_field_kept(write, name, file, content, expected):
    path = write(file, content)

    with open_source(path, now=NOW) as source:
        mapping = source.propose()
        chunks = list(source.chunks(mapping))

    assert (mapping.name, mapping.shipped) == (name, True)
    assert filled(chunks) == [expected]
    assert [chunk.refusals for chunk in chunks if chunk.refusals] == []
    everything = str([chunk.rows.to_pylist() for chunk in chunks])
    assert "Novak" not in everything
    assert "novak" not in everything
    assert "Tom Reed" not in everything


def test_zammads_workbook_is_recognised_and_own_calls_left_out(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["2026-2"])
    for row in exports.ZAMMAD:
        book.active.append(row)
    path = tmp_path / "tickets.xlsx"
    book.save(path)

    chunks = all_chunks(path)

    assert filled(chunks) == [
        {
            "signal_id": "zammad:20017", "kind": "ticket", "occurred_at": at(20, 10), "account_id": "zammad:Acme",
            "channel": "email", "title": "Door stuck", "reason": "door", "first_reply_at": at(20, 11),
            "resolved_at": at(21, 9),
        }
    ]  # fmt: skip
    assert [(left.reason, left.rows) for chunk in chunks for left in chunk.left_out] == [
        ("opened by the company itself", 1)
    ]


def test_a_deleted_ticket_is_counted_as_left_out(write):
    chunks = all_chunks(write("tickets.jsonl", exports.as_lines(exports.ZENDESK_TICKET, exports.GONE)))

    assert [(left.reason, left.rows) for chunk in chunks for left in chunk.left_out] == [
        ("deleted tickets", 1)
    ]
