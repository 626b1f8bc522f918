"""What other systems send: records of the API, events, HTML, and whatever a live connector's system may answer."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from hypothesis import strategies as st

from fuzz.small import records
from fuzz.targets import Target, texts
from interlock.api.webhooks import cloud_events
from interlock.connectors.errors import ConnectorError
from interlock.connectors.html_text import text_of_html
from interlock.connectors.live import HttpReply, LiveConnector, Reach
from interlock.connectors.live_registry import live_connectors
from interlock.connectors.mail import read_mail
from interlock.connectors.mail.body import LONGEST_TEXT
from interlock.listen import inbox

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
RECORDED = Path(__file__).parents[1] / "connectors" / "live" / "recorded"
SIGNAL = b'{"signal_id": "a", "kind": "ticket", "occurred_at": "2026-01-01T00:00:00Z", "body": "late", "rating": 2}'
EVENT = b'{"specversion": "1.0", "id": "1", "source": "/s", "type": "t", "data_base64": "e30=", "datacontenttype": "application/json"}'
FEED = b'<rss version="2.0"><channel><item><guid>1</guid><title>t</title><description>&lt;p&gt;b</description></item></channel></rss>'
MAIL = (
    b"From: a@b.c\nSubject: =?utf-8?q?=41?=\nMessage-ID: <1@x>\nReferences: <0@x>\nDate: Fri, 20 Feb 2026 10:00:00 +0100\n"
    b"Content-Type: multipart/mixed; boundary=B\n\n--B\nContent-Type: text/plain; format=flowed; charset=latin-1\n\n"
    b"words \n\nOn Fri 10:00 <a@b.c> wrote:\n> quoted\n-- \nAnna\n--B\nContent-Type: text/html\n\n<blockquote>x</blockquote>\n--B--\n"
)
# These speak no HTTP; what they read is fuzzed as mail.
NOT_OVER_HTTP = frozenset({"imap"})


def targets() -> list[Target]:
    shipped = [
        connector
        for kind, connector in live_connectors().items()
        if isinstance(connector, LiveConnector) and kind not in NOT_OVER_HTTP
    ]
    return [
        Target("record", run_record, (SIGNAL,), (json.JSONDecodeError, UnicodeDecodeError, RecursionError), records()),
        Target("cloud_event", run_event, (EVENT,), (cloud_events.NotAnEvent, ValueError, RecursionError), json_texts()),
        Target("html", run_html, (b"<p>a<br>b</p><script>x</script>&amp;", b"<div>" * 50), inputs=texts("<>/abdipv &;#\n\"'=")),
        Target("mail", run_mail, (MAIL,), inputs=texts("<>:; =?-\n\"@.ABOnutf8fromwrotequabcx/*")),
        *(connector_target(connector) for connector in shipped),
    ]  # fmt: skip


def run_record(given: bytes) -> None:
    """Any object is either stored as it can be or refused with a reason."""
    record = json.loads(given)
    verdict = inbox.checked("signals", record, place="0", now=NOW)
    if isinstance(verdict, inbox.Refusal):
        assert verdict.reason
    else:
        assert json.loads(verdict.payload)["signal_id"] == verdict.key


def run_mail(given: bytes) -> None:
    """Whatever a mail holds, it is read: bounded, without controls, and the same each time."""
    mail = read_mail(given)
    assert mail == read_mail(given)
    assert len(mail.body) <= LONGEST_TEXT
    assert "\x00" not in mail.body + mail.subject


def run_event(given: bytes) -> None:
    cloud_events.from_json(json.loads(given))


def run_html(given: bytes) -> None:
    assert "\x00" not in text_of_html(given.decode("utf-8", "replace"))


def connector_target(connector: LiveConnector) -> Target:
    """A connector whose system answers every question with the same bytes."""
    answers = {question.name: question.default or _answer(question.kind) for question in connector.questions}
    if answers.get("token"):
        answers.pop("client_id", None)  # a token lets in at once, so that every answer is about records

    def ask(given: bytes) -> None:
        reply = HttpReply(200, {"content-type": "application/json"}, given, "https://example.com/x")
        reach = Reach(http=lambda *asked, **options: reply, now=lambda: NOW, wait=lambda seconds: None)
        for page in islice(connector.pages(answers, "", reach), 3):
            for row in page.rows:
                inbox.checked(row.table, row.row, place=row.place, now=NOW, route=row.route)

    recorded = [path.read_bytes() for path in sorted((RECORDED / connector.kind).glob("*.json"))[:10]]
    return Target(connector.kind, ask, (FEED, b"{}", b"[]", *recorded), (ConnectorError,), json_texts())


def _answer(kind: str) -> str:
    return {"address": "https://example.com", "number": "1"}.get(kind, "x")


def json_texts() -> st.SearchStrategy[bytes]:
    """JSON of any shape."""
    leaves = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=20))
    shapes = st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    )
    return shapes.map(lambda value: json.dumps(value).encode())
