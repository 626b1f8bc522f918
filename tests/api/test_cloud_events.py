"""CloudEvents 1.0: the scenarios and cases of the project's own conformance suite, and what becomes of an event."""

from __future__ import annotations

import json

import pytest

from interlock.api.webhooks.cloud_events import NotAnEvent, from_headers, from_json
from interlock.listen.models import InboxRow, RefusedRow

MINIMAL = {
    "specversion": "1.0",
    "id": "minimal",
    "type": "io.cloudevents.test",
    "source": "https://cloudevents.io",
}
HELLO = {
    "id": "1234-1234-1234",
    "specversion": "1.0",
    "type": "com.example.someevent",
    "source": "/mycontext/subcontext",
    "time": "2018-04-05T03:56:24Z",
}


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8"])
def test_scenario_binary_content_mode(kind):
    headers = {f"ce-{name}": value for name, value in HELLO.items()} | {"Content-Type": kind}

    event = from_headers(headers, b'{\n    "message": "Hello World!"\n}')

    assert event.attributes == HELLO | {"datacontenttype": kind}
    assert event.data == {"message": "Hello World!"}


def test_scenario_structured_content_mode():
    event = from_json(HELLO | {"datacontenttype": "application/json", "data": {"message": "Hello World!"}})

    assert event.attributes == HELLO | {"datacontenttype": "application/json"}
    assert event.data == {"message": "Hello World!"}


VALID = {
    "minimal": {},
    "null for optional": dict.fromkeys(("datacontenttype", "dataschema", "subject", "time")),
    "all core attributes": {
        "datacontenttype": "text/plain",
        "dataschema": "https://cloudevents.io/dataschema",
        "subject": "tests",
        "time": "2018-04-05T17:31:00Z",
    },
    "time to nanoseconds": {"time": "2018-04-05T17:31:00.000000000Z"},
    "positive offset": {"time": "2018-04-05T18:31:00+01:00"},
    "negative offset": {"time": "2018-04-05T16:31:00-01:00"},
    "relative source": {"source": "#fragment"},
    "text data": {"datacontenttype": "text/plain", "data": "Simple text"},
    "all extension types": {
        "extinteger": 10,
        "extboolean": True,
        "extstring": "text",
        "exturi": "https://cloudevents.io",
        "exttimestamp": "2023-03-31T15:12:00Z",
        "extbinary": "TWE=",
    },
}


@pytest.mark.parametrize("name", VALID)
def test_valid_events_are_read(name):
    event = MINIMAL | VALID[name]

    read = from_json(event)

    assert read.attributes == {
        key: value for key, value in event.items() if value is not None and key != "data"
    }
    assert read.data == event.get("data")


INVALID = {
    **{f"no {name}": ({name: None}, name) for name in MINIMAL},
    **{f"empty {name}": ({name: ""}, name) for name in MINIMAL},
    "unknown specversion": ({"specversion": "0.9"}, "specversion"),
    **{
        f"time {time}": ({"time": time}, "time")
        for time in (
            "lunchtime",
            "2018-04-05T18:31Z",
            "2018-04-05T18:31:00X",
            "2018-04-05T18:31:00+25:00",
            "2018-04-05T18:31:00+xx:00",
            "2018-04-05T18:31:00+05",
        )
    },
    "a content type that is none": ({"datacontenttype": "xyz"}, "datacontenttype"),
    **{f"empty {name}": ({name: ""}, name) for name in ("datacontenttype", "dataschema", "subject")},
    "numeric id": ({"id": 25}, "id"),
    "object id": ({"id": {"xyz": "abc"}}, "id"),
    "capitalized extension": ({"MyExtension": "bad"}, "MyExtension"),
    "punctuated extension": ({"my.extension": "bad"}, "my.extension"),
    "fraction as extension": ({"myextension": 1.5}, "myextension"),
    "data and data_base64": ({"data": "text", "data_base64": "eyAieHl6IjogMTIzIH0="}, "data_base64"),
    "data that is no Base64": ({"data_base64": "***"}, "data_base64"),
}


@pytest.mark.parametrize("name", INVALID)
def test_invalid_events_are_refused_by_name(name):
    change, field = INVALID[name]

    with pytest.raises(NotAnEvent) as refused:
        from_json(MINIMAL | change)

    assert refused.value.field == field


def test_an_event_in_base64_is_read():
    read = from_json(MINIMAL | {"datacontenttype": "application/json", "data_base64": "eyAieHl6IjogMTIzIH0="})

    assert read.data == {"xyz": 123}


def test_header_values_are_unescaped():
    headers = {f"ce-{name}": value for name, value in MINIMAL.items()} | {
        "CE-Subject": '"Euro%20%E2%82%AC%20%F0%9F%98%80"'
    }

    assert from_headers(headers, b"").attributes["subject"] == "Euro € 😀"


DATA = {"kind": "complaint", "body": "Late again."}


def stored(row: InboxRow) -> dict:
    return json.loads(row.payload)


EXPECTED = {
    "signal_id": "help-desk:1234-1234-1234",
    "kind": "complaint",
    "occurred_at": "2018-04-05T03:56:24Z",
    "body": "Late again.",
}


def test_a_structured_event_becomes_a_signal_with_its_id_and_time(webhook):
    answer = webhook().send(
        HELLO | {"data": DATA}, content_type="application/cloudevents+json; charset=utf-8"
    )

    assert (answer.status_code, stored(InboxRow.objects.get())) == (202, EXPECTED)


def test_a_binary_event_becomes_the_same_signal(webhook):
    answer = webhook().send(DATA, headers={f"ce-{name}": value for name, value in HELLO.items()})

    assert (answer.status_code, stored(InboxRow.objects.get())) == (202, EXPECTED)


def test_a_batch_is_taken_event_by_event(webhook):
    desk = webhook()
    batch = [HELLO | {"data": DATA}, "not an object", {**HELLO, "id": None, "data": DATA}]

    answer = desk.send(batch, content_type="application/cloudevents-batch+json")

    assert (answer.status_code, desk.tallies()) == (202, (3, 1, 0, 2))
    assert list(RefusedRow.objects.values_list("place", "field", "reason")) == [
        ("1", "", "It is not a JSON object."),
        ("2", "id", "The event has no id; CloudEvents asks for one."),
    ]


@pytest.mark.parametrize("missing", ["id", "source", "type", "specversion"])
def test_a_binary_event_that_lacks_an_attribute_is_refused_and_counted(webhook, missing):
    desk = webhook()
    headers = {f"ce-{name}": value for name, value in HELLO.items() if name != missing}

    answer = desk.send(DATA, headers=headers)

    assert (answer.status_code, desk.tallies()) == (422, (1, 0, 0, 1))
    assert answer.json()["refusals"][0]["field"] == missing


def test_fields_find_their_way_through_an_event(webhook):
    desk = webhook({"body": "data.review.text", "kind": '"review"', "account_id": "subject"})

    answer = desk.send(
        HELLO | {"subject": "A-7", "data": {"review": {"text": "Fine"}}},
        content_type="application/cloudevents+json",
    )

    assert answer.status_code == 202
    assert stored(InboxRow.objects.get()) == EXPECTED | {
        "kind": "review",
        "body": "Fine",
        "account_id": "A-7",
    }


def test_an_event_whose_data_is_text_speaks_in_it(webhook):
    desk = webhook({"kind": '"post"'})

    desk.send(
        HELLO | {"datacontenttype": "text/plain", "data": "Simple text"},
        content_type="application/cloudevents+json",
    )

    assert stored(InboxRow.objects.get()) == EXPECTED | {"kind": "post", "body": "Simple text"}
