"""Exports of Slack and Teams: customers' messages become signals, own people's do not, and nobody is named."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from interlock.connectors import open_source, write_mapping
from interlock.connectors.errors import SourceRefused
from interlock.connectors.limits import Limits
from interlock.connectors.readers.slack import plain

from .conftest import NOW, all_chunks, rows_of

SLACK = {
    "channels.json": [{"id": "C1", "name": "support"}, {"id": "C2", "name": "lunch"}],
    "users.json": [
        {"id": "U1", "name": "eva", "real_name": "Eva Novak", "profile": {"email": "eva@novak.example"}},
        {"id": "U2", "name": "guest", "real_name": "Gus Guest", "is_ultra_restricted": True},
        {"id": "U3", "name": "robot", "is_bot": True},
    ],
    "integration_logs.json": [],
    "support/2026-02-20.json": [
        {"type": "message", "user": "U1", "text": "<@U2> see <https://a.example|the page> &amp; tell", "ts": "1771581600.000100"},
        {"type": "message", "user": "U3", "text": "beep", "ts": "1771581601.000100"},
        {"type": "message", "subtype": "channel_join", "user": "U1", "text": "has joined", "ts": "1771581602.000100"},
        {"type": "message", "user": "U2", "text": "It fails", "ts": "1771581603.000100", "thread_ts": "1771581600.000100"},
    ],
    "lunch/2026-02-20.json": [
        {"type": "message", "user": "U1", "text": "Pizza?", "ts": "1771581604.000100"},
        {"type": "message", "user": "U2", "text": "Where is my invoice?", "ts": "1771581605.000100"},
        "damaged",
    ],
}  # fmt: skip

TEAMS = {
    "userId": "8:live:tom",
    "exportDate": "2026-02-21T10:00:00",
    "conversations": [
        {
            "id": "19:abc@thread.skype",
            "displayName": "Customer questions",
            "MessageList": [
                {"id": "1", "displayName": "Eva Novak", "from": "8:live:eva.novak", "messagetype": "RichText/Html",
                 "originalarrivaltime": "2026-02-20T10:00:00.123Z", "content": "<p>The door is <b>stuck</b></p><script>x()</script>"},
                {"id": "2", "from": "8:live:tom", "messagetype": "Text",
                 "originalarrivaltime": "2026-02-20T10:01:00Z", "content": "I look into it"},
                {"id": "3", "from": "8:live:eva.novak", "messagetype": "Event/Call",
                 "originalarrivaltime": "2026-02-20T10:02:00Z", "content": "<partlist/>"},
            ],
        },
        {"id": "8:live:eva.novak", "displayName": "Eva Novak", "MessageList": [
            {"id": "4", "from": "8:live:eva.novak", "messagetype": "Text",
             "originalarrivaltime": "2026-02-20T11:00:00Z", "content": "private"}]},
    ],
}  # fmt: skip

GRAPH = {
    "value": [
        {
            "id": "1616990032035", "replyToId": None, "messageType": "message", "createdDateTime": "2026-02-20T10:00:00Z",
            "webUrl": "https://teams.microsoft.com/l/message/1",
            "from": {"user": {"id": "8c0a1a67", "displayName": "Eva Novak", "userIdentityType": "anonymousGuest"}},
            "body": {"contentType": "html", "content": "<div>Hello <at id=\"0\">Tom</at></div>"},
            "channelIdentity": {"teamId": "t", "channelId": "19:4a95@thread.tacv2"},
        },
        {
            "id": "1616990032036", "messageType": "systemEventMessage", "createdDateTime": "2026-02-20T10:00:01Z",
            "from": None, "body": {"contentType": "html", "content": "<systemEventMessage/>"},
        },
    ]
}  # fmt: skip


def zipped(path: Path, files: dict[str, Any]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, value in files.items():
            archive.writestr(name, value if isinstance(value, bytes) else json.dumps(value))
    return path


def left_out(chunks: list[Any]) -> list[tuple[str, int]]:
    return [(left.reason, left.rows) for chunk in chunks for left in chunk.left_out]


def test_slack_messages_of_customers_become_signals(tmp_path):
    path = zipped(tmp_path / "export.zip", SLACK)
    with open_source(path, now=NOW) as source:
        mapping = source.propose()
        (table,) = source.tables()
        chunks = list(source.chunks(mapping))

    rows = rows_of(chunks, "signals").to_pylist()

    assert (mapping.name, table.rows) == ("slack", 6)
    assert [(row["signal_id"], row["contact_id"], row["channel"], row["body"]) for row in rows] == [
        ("slack:C2-1771581605.000100", "slack:U2", "slack/lunch", "Where is my invoice?"),
        (
            "slack:C1-1771581600.000100",
            "slack:U1",
            "slack/support",
            "@someone see the page (https://a.example) & tell",
        ),
        ("slack:C1-1771581603.000100", "slack:U2", "slack/support", "It fails"),
    ]
    assert left_out(chunks) == [
        ("not words of a person", 1),
        ("written by a program", 1),
        ("written by own members in channels not named for customers", 1),
    ]
    assert [refusal.reason for chunk in chunks for refusal in chunk.refusals] == ["not a message"]
    assert "Novak" not in str(rows)


def test_channels_are_chosen_in_the_mapping(tmp_path):
    path = zipped(tmp_path / "export.zip", SLACK)
    with open_source(path, now=NOW) as source:
        text = write_mapping(source.propose())
    head, _, rest = text.partition("    - when:\n        not:")
    chosen = head + "    - when: {channel: {not_in: [support]}}\n" + rest[rest.index("      reason:") :]

    rows = rows_of(all_chunks(path, chosen), "signals").to_pylist()

    assert {row["channel"] for row in rows} == {"slack/support"}


@pytest.mark.parametrize("packed", [True, False])
def test_a_personal_export_of_teams_is_read(tmp_path, packed: bool):
    path = tmp_path / ("export.zip" if packed else "messages.json")
    if packed:
        zipped(path, {"messages.json": TEAMS, "endpoints.json": {"endpoints": []}})
    else:
        path.write_text(json.dumps(TEAMS))

    chunks = all_chunks(path)
    (row,) = rows_of(chunks, "signals").to_pylist()

    assert row["body"] == "The door is stuck"
    assert str(row["occurred_at"]) == "2026-02-20 10:00:00.123000"
    assert row["signal_id"].startswith("teams:")
    assert left_out(chunks) == [
        ("not words of a person", 1),
        ("written by a program or by the owner of the export", 1),
        ("written by own members in chats not named for customers", 1),
    ]
    assert "novak" not in str(row).lower()


def test_messages_saved_from_graph_are_read(tmp_path):
    (row,) = rows_of(
        all_chunks(zipped(tmp_path / "teams.zip", {"channel.json": GRAPH})), "signals"
    ).to_pylist()

    assert (row["body"], row["url"]) == ("Hello Tom", "https://teams.microsoft.com/l/message/1")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<!channel> look", "@channel look"),
        ("<#C1|support> and <#C9>", "#support and #C9"),
        ("<mailto:eva@novak.example|Eva>", "Eva"),
        ("<!subteam^S1|@helpers>", "@helpers"),
        ("1 &lt; 2 &gt; 0", "1 < 2 > 0"),
        ("a < b", "a < b"),
    ],
)
def test_slacks_marks_are_read(text: str, expected: str):
    assert plain(text) == expected


def bomb() -> bytes:
    return b"[" + b" " * 60_000_000 + b"]"


@pytest.mark.parametrize(
    ("files", "limits", "said"),
    [
        (SLACK | {"support/2026-02-21.json": bomb()}, Limits(), "unpacks to more than 50 times its size"),
        (SLACK | {"../support/2026-02-21.json": []}, Limits(), "points outside the archive"),
        (SLACK | {"files/more.zip": b"PK"}, Limits(), "holds another archive"),
        (SLACK, Limits(chat_files=3), "holds 5 files; at most 3"),
        (SLACK, Limits(unpacked_bytes=100), "unpacks to more than"),
        (SLACK | {"support/2026-02-21.json": b"[" * 100_000}, Limits(), "is not valid JSON"),
        (SLACK | {"support/2026-02-21.json": b"{not json"}, Limits(), "is not valid JSON"),
        (SLACK, Limits(document_bytes=200), "is larger than"),
        ({"messages.json": TEAMS, "../x.json": []}, Limits(), "points outside the archive"),
        ({"messages.json": TEAMS, "inner.zip": b"PK"}, Limits(), "holds another archive"),
    ],
)
def test_hostile_exports_are_refused_with_a_reason(tmp_path, files, limits, said):
    path = zipped(tmp_path / "export.zip", files)

    with pytest.raises(SourceRefused, match=said), open_source(path, now=NOW, limits=limits) as source:
        source.propose()


def test_a_damaged_or_locked_zip_is_refused_with_a_reason(tmp_path):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, value in SLACK.items():
            archive.writestr(name, json.dumps(value))
    path = tmp_path / "export.zip"
    path.write_bytes(content.getvalue()[:-40])

    with pytest.raises(SourceRefused, match="is not a whole zip file"), open_source(path, now=NOW):
        pass


def test_a_json_document_is_a_table_and_a_damaged_one_is_refused(write):
    rows = [{"id": 1, "customer": {"city": "Bonn"}}, {"id": 2}, "odd"]
    with open_source(write("orders.json", json.dumps({"count": 3, "orders": rows})), now=NOW) as source:
        (table,) = source.tables()
    assert (table.column_names, table.rows, table.refused) == (("id", "customer.city"), 2, 1)

    for content, said in (
        ("{", "is not valid JSON"), ('{"a": 1}', "holds no list of objects"), ("[" * 100_000, "is not valid JSON"),
    ):  # fmt: skip
        with (
            pytest.raises(SourceRefused, match=said),
            open_source(write("bad.json", content), now=NOW) as source,
        ):
            source.tables()
